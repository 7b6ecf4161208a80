//! What the doors work with.

use std::sync::Arc;

use tradewind_accounts_contract::{AccountsClient, SERVICE as ACCOUNTS};
use tradewind_catalogue_contract::{CatalogueClient, SERVICE as CATALOGUE};
use tradewind_chassis::Dependency;
use tradewind_chassis::http::Call;
use tradewind_client::Caller;
use tradewind_customers_contract::{CustomersClient, SERVICE as CUSTOMERS};
use tradewind_kernel::Secret;
use tradewind_orders_contract::{OrdersClient, SERVICE as ORDERS};
use tradewind_pages::{Assets, Sessions};
use tradewind_payments_contract::{PaymentsClient, SERVICE as PAYMENTS};
use tradewind_problem::Problem;
use tradewind_stock_contract::{SERVICE as STOCK, StockClient};

use crate::OWNERS;

/// Who owns something that is shown and changed here.
pub(crate) struct Owner {
    pub(crate) name: &'static str,
    pub(crate) door: Dependency,
}

/// What the doors work with. It may do nothing by itself: every call shows the token of whoever asks, and whoever is
/// called decides.
pub(crate) struct Office {
    pub(crate) owners: [Owner; OWNERS.len()],
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) assets: Assets,
}

impl Office {
    /// Calls an owner for somebody who has no token yet.
    fn calling(&self, name: &str, call: &Call) -> Result<Caller, Problem> {
        let owner = self.owners.iter().find(|owner| owner.name == name);
        let owner = owner.ok_or_else(|| Problem::internal(format!("nobody is called {name}")))?;
        Ok(owner.door.caller(call))
    }

    /// Calls an owner on behalf of whoever asks.
    pub(crate) fn caller(&self, name: &str, call: &Call, token: &Secret) -> Result<Caller, Problem> {
        Ok(self.calling(name, call)?.bearer(token.clone()))
    }

    pub(crate) fn issuer(&self, call: &Call) -> Result<AccountsClient, Problem> {
        self.calling(ACCOUNTS, call).map(AccountsClient::new)
    }

    pub(crate) fn accounts(&self, call: &Call, token: &Secret) -> Result<AccountsClient, Problem> {
        self.caller(ACCOUNTS, call, token).map(AccountsClient::new)
    }

    pub(crate) fn catalogue(&self, call: &Call, token: &Secret) -> Result<CatalogueClient, Problem> {
        self.caller(CATALOGUE, call, token).map(CatalogueClient::new)
    }

    pub(crate) fn stock(&self, call: &Call, token: &Secret) -> Result<StockClient, Problem> {
        self.caller(STOCK, call, token).map(StockClient::new)
    }

    pub(crate) fn orders(&self, call: &Call, token: &Secret) -> Result<OrdersClient, Problem> {
        self.caller(ORDERS, call, token).map(OrdersClient::new)
    }

    pub(crate) fn payments(&self, call: &Call, token: &Secret) -> Result<PaymentsClient, Problem> {
        self.caller(PAYMENTS, call, token).map(PaymentsClient::new)
    }

    pub(crate) fn customers(&self, call: &Call, token: &Secret) -> Result<CustomersClient, Problem> {
        self.caller(CUSTOMERS, call, token).map(CustomersClient::new)
    }
}
