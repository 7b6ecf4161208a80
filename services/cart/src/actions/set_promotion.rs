//! Makes a promotion or changes it.

use tradewind_audit::{Entry, Facts, record};
use tradewind_cart_contract::{Promotion, SERVICE, SetPromotion};
use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::Slug;

use crate::store::terms;

pub(crate) struct Set {
    pub(crate) name: Slug,
    pub(crate) promotion: SetPromotion,
}

impl Work for Set {
    type Output = Promotion;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Promotion, DbError> {
        terms::set_promotion(tx, &self.name, &self.promotion).await?;
        let entry = Entry::new("cart.promotion-set", "promotion", &self.name);
        record(tx, SERVICE, entry.after(Facts::new().with("promotion", &self.promotion))).await?;
        let SetPromotion { discount, valid_from, valid_until } = self.promotion.clone();
        Ok(Promotion { name: self.name.clone(), discount, valid_from, valid_until })
    }
}
