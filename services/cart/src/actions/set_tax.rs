//! Sets the rate of tax of a country.

use tradewind_cart_contract::{BasisPoints, Country, TaxRate};
use tradewind_db::{DbError, Tx, Work};

use crate::store::terms;

pub(crate) struct Set {
    pub(crate) country: Country,
    pub(crate) rate: BasisPoints,
}

impl Work for Set {
    type Output = TaxRate;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<TaxRate, DbError> {
        terms::set_tax(tx, self.country, self.rate).await?;
        Ok(TaxRate { country: self.country, rate: self.rate })
    }
}
