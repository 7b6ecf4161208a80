//! Sets the rate of tax of a country.

use tradewind_audit::{Entry, Facts, record};
use tradewind_cart_contract::{BasisPoints, Country, SERVICE, TaxRate};
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
        let before = terms::tax(tx, self.country).await?;
        terms::set_tax(tx, self.country, self.rate).await?;
        let entry = Entry::new("cart.tax-set", "country", &self.country.code())
            .before_if(before.map(|before| Facts::new().with("rate", &before)))
            .after(Facts::new().with("rate", &self.rate));
        record(tx, SERVICE, entry).await?;
        Ok(TaxRate { country: self.country, rate: self.rate })
    }
}
