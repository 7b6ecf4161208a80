//! Asking the catalogue and stock, at the same time.

use futures_util::future::try_join;
use tradewind_catalogue_contract::CatalogueClient;
use tradewind_chassis::http::Call;
use tradewind_client::{Answer, Source};
use tradewind_problem::Problem;
use tradewind_stock_contract::{Stock, StockClient, StockGrpcClient};

use crate::config::Protocol;
use crate::error;
use crate::offer::{Offer, join};
use crate::state::Shopfront;

/// What the shop offers now. Stock may be missing, the catalogue may not.
pub(crate) async fn offers(shop: &Shopfront, call: &Call) -> Result<Vec<Offer>, Problem> {
    let catalogue = CatalogueClient::new(shop.catalogue.caller(call));
    let products = async { catalogue.legacy_products().await.map_err(|cause| error::no_catalogue(&cause)) };
    // Stock never fails, so that only the catalogue ends the wait for the other.
    let stocks = Box::pin(async { Ok(stocks(shop, call).await) });
    let (products, stocks) = try_join(products, stocks).await?;
    Ok(join(products, stocks, shop.compat))
}

/// All stock; nothing when it cannot be known now.
async fn stocks(shop: &Shopfront, call: &Call) -> Option<Vec<Stock>> {
    let caller = shop.stock.caller(call);
    let answer = match shop.stock_protocol {
        Protocol::Http => StockClient::new(caller).stocks_if_known().await,
        Protocol::Grpc => StockGrpcClient::new(caller).stocks_if_known().await,
    };
    match answer {
        Ok(Answer { value, source: Source::Peer }) => value,
        Ok(Answer { source: Source::Fallback { problem, reason }, .. }) => {
            tracing::debug!(%reason, %problem, "stock is shown as unknown");
            None
        }
        // It works, and does not take this request: the two do not fit together.
        Err(problem) => {
            tracing::warn!(%problem, "stock refuses to be asked; it is shown as unknown");
            None
        }
    }
}
