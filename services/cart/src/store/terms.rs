//! What prices are changed by: promotions and rates of tax.

use tradewind_cart_contract::{BasisPoints, Country, Promotion, SetPromotion, TaxRate};
use tradewind_db::{Db, DbError, FromRow, Row, Tx, params, sql};
use tradewind_kernel::Slug;

sql! {
    SET_PROMOTION = "insert into promotion (name, discount, valid_from, valid_until, changed_at)
        values ($1, $2, $3, $4, $5)
        on conflict (name) do update set discount = excluded.discount, valid_from = excluded.valid_from,
            valid_until = excluded.valid_until, changed_at = excluded.changed_at";
    GREATEST = "select cast(coalesce(max(discount), 0) as bigint) from promotion
        where (valid_from is null or valid_from <= $1) and (valid_until is null or valid_until > $1)";
    SET_TAX = "insert into tax_rate (country, rate, changed_at) values ($1, $2, $3)
        on conflict (country) do update set rate = excluded.rate, changed_at = excluded.changed_at";
    TAX = "select rate from tax_rate where country = $1";
    PROMOTIONS = "select name, discount, valid_from, valid_until from promotion
        where name > $2 order by name limit $1";
    TAXES = "select country, rate from tax_rate where country > $2 order by country limit $1";
}

struct PromotionRow(Promotion);

impl FromRow for PromotionRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let (discount, valid_from, valid_until) = (basis_points(row.get(1)?)?, row.get(2)?, row.get(3)?);
        Ok(Self(Promotion { name: row.get(0)?, discount, valid_from, valid_until }))
    }
}

struct TaxRow(TaxRate);

impl FromRow for TaxRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let code: String = row.get(0)?;
        let country =
            code.parse().map_err(|_| DbError::Column { message: format!("{code} is no country") })?;
        Ok(Self(TaxRate { country, rate: basis_points(row.get(1)?)? }))
    }
}

/// Up to `limit` promotions by name.
pub(crate) async fn promotions(db: &Db, after: Option<&Slug>, limit: u16) -> Result<Vec<Promotion>, DbError> {
    // Before every name stands nothing.
    let after = after.map_or("", Slug::as_str);
    let rows: Vec<PromotionRow> = db.query(&PROMOTIONS, params![limit, after]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Up to `limit` rates of tax by country.
pub(crate) async fn taxes(db: &Db, after: Option<Country>, limit: u16) -> Result<Vec<TaxRate>, DbError> {
    let after = after.as_ref().map_or("", Country::code);
    let rows: Vec<TaxRow> = db.query(&TAXES, params![limit, after]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

pub(crate) async fn set_promotion(tx: &mut Tx, name: &Slug, promotion: &SetPromotion) -> Result<(), DbError> {
    let now = tx.now();
    let SetPromotion { discount, valid_from, valid_until } = promotion;
    let discount = discount.get();
    tx.execute(&SET_PROMOTION, params![name, discount, valid_from, valid_until, now]).await.map(drop)
}

/// The discount of the greatest promotion in force, in hundredths of a percent; 0 when there is none.
pub(crate) async fn promotion(tx: &mut Tx) -> Result<BasisPoints, DbError> {
    let now = tx.now();
    let (points,): (i64,) = tx.query_one(&GREATEST, params![now]).await?;
    basis_points(points)
}

pub(crate) async fn set_tax(tx: &mut Tx, country: Country, rate: BasisPoints) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&SET_TAX, params![country.code(), rate.get(), now]).await.map(drop)
}

/// The rate of tax of a country; none when nothing is sent there.
pub(crate) async fn tax(tx: &mut Tx, country: Country) -> Result<Option<BasisPoints>, DbError> {
    let found: Option<(i64,)> = tx.query_optional(&TAX, params![country.code()]).await?;
    found.map(|(points,)| basis_points(points)).transpose()
}

fn basis_points(points: i64) -> Result<BasisPoints, DbError> {
    points.try_into().map_err(|message: &str| DbError::Column { message: message.to_owned() })
}
