//! Learns what the neighbours tell of products and customers.

use tradewind_customers_contract::CustomerId;
use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::{Money, Slug};

use crate::views::{customers, products};

/// What there is to learn.
pub(crate) enum Learn {
    Price { product: Slug, name: String, price: Money },
    Sku { product: Slug, sku: Slug },
    Customer(CustomerId),
}

impl Work for Learn {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        match self {
            Self::Price { product, name, price } => products::set_price(tx, product, name, *price).await,
            Self::Sku { product, sku } => products::set_sku(tx, product, sku).await,
            Self::Customer(customer) => customers::add(tx, *customer).await,
        }
    }
}
