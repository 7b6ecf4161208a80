//! Makes a coupon or changes it.

use tradewind_audit::{Entry, Facts, record};
use tradewind_cart_contract::{Coupon, SERVICE, SetCoupon};
use tradewind_db::{Tx, Work};
use tradewind_kernel::Slug;
use tradewind_problem::Problem;

use crate::error;
use crate::store::coupons;

/// The greatest limit.
const MOST: u32 = 1_000_000_000;

pub(crate) struct Set {
    pub(crate) code: Slug,
    pub(crate) coupon: SetCoupon,
}

impl Work for Set {
    type Output = Coupon;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Coupon, Problem> {
        if self.coupon.limit.is_some_and(|limit| limit > MOST) {
            return Err(error::field("/limit", "a limit is a whole number from 0 to 1000000000"));
        }
        let before = coupons::find(tx, &self.code).await?;
        if !coupons::set(tx, &self.code, &self.coupon).await? {
            return Err(error::limit_too_low());
        }
        let entry = Entry::new("cart.coupon-set", "coupon", &self.code)
            .before_if(before.map(|before| Facts::new().with("coupon", &before)))
            .after(Facts::new().with("coupon", &self.coupon));
        record(tx, SERVICE, entry).await?;
        coupons::find(tx, &self.code).await?.ok_or_else(error::no_coupon)
    }
}
