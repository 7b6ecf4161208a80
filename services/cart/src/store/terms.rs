//! What prices are changed by: promotions and rates of tax.

use tradewind_cart_contract::{BasisPoints, Country, SetPromotion};
use tradewind_db::{DbError, Tx, params, sql};
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
