//! Coupons, and what was redeemed of them.
//!
//! `redeemed` counts what is held by orders that may still be completed, and what was consumed by those that were. It
//! grows in one statement with the check of the limit, and goes back by the one change of a redemption's state.

use tradewind_cart_contract::{BasisPoints, Coupon, SetCoupon};
use tradewind_db::{Db, DbError, FromRow, Row, Tx, params, sql};
use tradewind_kernel::{Id, Slug};

use crate::domain::Window;
use crate::mutants;

sql! {
    FIND = "select code, discount, redemption_limit, redeemed, valid_from, valid_until from coupon where code = $1";
    AFTER = "select code, discount, redemption_limit, redeemed, valid_from, valid_until from coupon
        where code > $2 order by code limit $1";
    SET = "insert into coupon (code, discount, redemption_limit, redeemed, valid_from, valid_until, changed_at)
        values ($1, $2, $3, 0, $4, $5, $6)
        on conflict (code) do update set discount = excluded.discount,
            redemption_limit = excluded.redemption_limit, valid_from = excluded.valid_from,
            valid_until = excluded.valid_until, changed_at = excluded.changed_at
        where excluded.redemption_limit is null or coupon.redeemed <= excluded.redemption_limit";
    REDEEM = "update coupon set redeemed = redeemed + 1, changed_at = $2
        where code = $1 and (redemption_limit is null or redeemed < redemption_limit)";
    HOLD = "insert into coupon_redemption (order_id, code, state, changed_at) values ($1, $2, 'held', $3)";
    CONSUME = "update coupon_redemption set state = 'consumed', changed_at = $2
        where order_id = $1 and state = 'held'";
    GIVE_BACK = "update coupon_redemption set state = 'returned', changed_at = $2
        where order_id = $1 and state = 'held' returning code";
    REDEEM_LESS = "update coupon set redeemed = redeemed - 1, changed_at = $2 where code = $1";
}

/// A coupon as it is kept.
pub(crate) struct Kept(pub(crate) Coupon);

impl FromRow for Kept {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let discount: i64 = row.get(1)?;
        let discount = BasisPoints::try_from(discount)
            .map_err(|message| DbError::Column { message: message.to_owned() })?;
        Ok(Self(Coupon {
            code: row.get(0)?,
            discount,
            limit: row.get(2)?,
            redeemed: row.get(3)?,
            valid_from: row.get(4)?,
            valid_until: row.get(5)?,
        }))
    }
}

/// When quotes take it into account.
pub(crate) fn window(coupon: &Coupon) -> Window {
    Window { from: coupon.valid_from, until: coupon.valid_until }
}

/// Whether it can be redeemed once more.
pub(crate) fn has_room(coupon: &Coupon) -> bool {
    coupon.limit.is_none_or(|limit| coupon.redeemed < limit)
}

pub(crate) async fn find(tx: &mut Tx, code: &Slug) -> Result<Option<Coupon>, DbError> {
    Ok(tx.query_optional::<Kept>(&FIND, params![code]).await?.map(|kept| kept.0))
}

pub(crate) async fn show(db: &Db, code: &Slug) -> Result<Option<Coupon>, DbError> {
    Ok(db.query_optional::<Kept>(&FIND, params![code]).await?.map(|kept| kept.0))
}

/// Up to `limit` coupons by code.
pub(crate) async fn page(db: &Db, after: Option<&Slug>, limit: u16) -> Result<Vec<Coupon>, DbError> {
    // Before every code stands nothing.
    let after = after.map_or("", Slug::as_str);
    let rows: Vec<Kept> = db.query(&AFTER, params![limit, after]).await?;
    Ok(rows.into_iter().map(|kept| kept.0).collect())
}

/// Makes a coupon or changes it; `false`, and nothing changed, when more is redeemed than the limit would allow.
pub(crate) async fn set(tx: &mut Tx, code: &Slug, coupon: &SetCoupon) -> Result<bool, DbError> {
    let now = tx.now();
    let SetCoupon { discount, limit, valid_from, valid_until } = coupon;
    let discount = discount.get();
    Ok(tx.execute(&SET, params![code, discount, limit, valid_from, valid_until, now]).await? == 1)
}

/// Redeems a coupon for an order; `false`, and nothing changed, when it is used up.
pub(crate) async fn redeem(tx: &mut Tx, code: &Slug, order: Id) -> Result<bool, DbError> {
    let now = tx.now();
    if tx.execute(&REDEEM, params![code, now]).await? == 0 {
        return Ok(false);
    }
    tx.execute(&HOLD, params![order, code, now]).await?;
    Ok(true)
}

/// Keeps what was redeemed for an order for good, if anything was and is held still.
pub(crate) async fn consume(tx: &mut Tx, order: Id) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&CONSUME, params![order, now]).await.map(drop)
}

/// Gives back what was redeemed for an order, if anything was and is held still.
pub(crate) async fn give_back(tx: &mut Tx, order: Id) -> Result<(), DbError> {
    let now = tx.now();
    let Some((code,)) = tx.query_optional::<(Slug,)>(&GIVE_BACK, params![order, now]).await? else {
        return Ok(());
    };
    if mutants::REDEMPTION_KEPT.is_planted() {
        return Ok(());
    }
    tx.execute(&REDEEM_LESS, params![code, now]).await.map(drop)
}

#[cfg(test)]
mod tests {
    use tradewind_db::{Execution, Location, MigrateMode, Options, Work};
    use tradewind_kernel::{Clock, Context, Entropy, Principal};

    use super::*;
    use crate::store::MIGRATIONS;

    /// What is done with the coupon, in one transaction each.
    #[derive(Debug, Clone, Copy)]
    enum Step {
        Limit(Option<u32>),
        Redeem(u128),
        GiveBack(u128),
        Consume(u128),
    }

    impl Work for Step {
        /// Whether it was done, and how often the coupon is redeemed then.
        type Output = (bool, u32);
        type Error = DbError;

        async fn run(&self, tx: &mut Tx) -> Result<(bool, u32), DbError> {
            let code: Slug = "TEN".parse().unwrap();
            let is_done = match *self {
                Self::Limit(limit) => {
                    let discount = BasisPoints::try_from(1_000).unwrap();
                    let coupon = SetCoupon { discount, limit, valid_from: None, valid_until: None };
                    set(tx, &code, &coupon).await?
                }
                Self::Redeem(order) => redeem(tx, &code, Id::from_u128(order)).await?,
                Self::GiveBack(order) => give_back(tx, Id::from_u128(order)).await.map(|()| true)?,
                Self::Consume(order) => consume(tx, Id::from_u128(order)).await.map(|()| true)?,
            };
            Ok((is_done, find(tx, &code).await?.unwrap().redeemed))
        }
    }

    async fn played(steps: &[Step]) -> Vec<(bool, u32)> {
        let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
        let context = Context::begin(Principal::Anonymous, &clock, &entropy);
        let (location, execution) = (Location::Memory, Execution::Inline);
        let db = Db::open(Options { location, execution, readers: 1, clock, entropy }).unwrap();
        db.migrate(&[MIGRATIONS], MigrateMode::Auto).await.unwrap();
        let mut played = Vec::new();
        for step in steps {
            played.push(db.write(&context, *step).await.unwrap());
        }
        played
    }

    #[tokio::test]
    async fn a_coupon_is_redeemed_up_to_its_limit() {
        use Step::{Limit, Redeem};
        let played = played(&[Limit(Some(2)), Redeem(1), Redeem(2), Redeem(3), Limit(None), Redeem(4)]).await;
        assert_eq!(played, [(true, 0), (true, 1), (true, 2), (false, 2), (true, 2), (true, 3)]);
    }

    #[tokio::test]
    async fn what_was_redeemed_is_given_back_once_and_not_when_it_was_consumed() {
        use Step::{Consume, GiveBack, Limit, Redeem};
        let steps = [Limit(Some(1)), Redeem(1), GiveBack(1), GiveBack(1), Redeem(2), GiveBack(1)];
        let counts: Vec<u32> = played(&steps).await.into_iter().map(|(_, redeemed)| redeemed).collect();
        assert_eq!(counts, [0, 1, 0, 0, 1, 1]);
        let steps = [Limit(Some(1)), Redeem(1), Consume(1), GiveBack(1), Redeem(2), Consume(9), GiveBack(9)];
        let counts: Vec<u32> = played(&steps).await.into_iter().map(|(_, redeemed)| redeemed).collect();
        assert_eq!(counts, [0, 1, 1, 1, 1, 1, 1]);
    }

    #[tokio::test]
    async fn a_limit_is_never_below_what_is_redeemed() {
        use Step::{GiveBack, Limit, Redeem};
        let played =
            played(&[Limit(None), Redeem(1), Limit(Some(0)), Limit(Some(1)), GiveBack(1), Limit(Some(0))]);
        let expected = [(true, 0), (true, 1), (false, 1), (true, 1), (true, 0), (true, 0)];
        assert_eq!(played.await, expected);
    }
}
