//! What customers promises: who may buy on account, and how much of their credit is reserved.

#![warn(missing_docs)]

use http::{HeaderName, Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_client::Caller;
use tradewind_events::Event;
use tradewind_kernel::{Id, Money, Page, TypedId};
use tradewind_problem::Problem;

/// The name of the service.
pub const SERVICE: &str = "customers";

/// Marks ids of customers.
#[derive(Debug)]
pub enum Customer {}

/// The id of a customer.
pub type CustomerId = TypedId<Customer>;

/// An account: `GET /api/customers/v1/me`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The customer.
    pub customer_id: CustomerId,
    /// What they are called.
    pub name: String,
    /// How much they may owe.
    pub credit_limit: Money,
    /// How much of it is reserved.
    pub reserved: Money,
    /// How much is owed for orders that were delivered.
    pub owed: Money,
    /// How much can still be reserved; never negative.
    pub available: Money,
}

/// Makes a customer known: `PUT /admin/customers/{id}`, internal door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegisterCustomer {
    /// What they are called, 1 to 200 characters.
    #[schemars(length(min = 1, max = 200), example = &"Ada")]
    pub name: String,
    /// How much they may owe; not negative.
    pub credit_limit: Money,
}

/// Changes how much a customer may owe: `PUT /admin/customers/{id}/credit-limit`, internal door; for admins `PUT
/// /api/customers/v1/admin/customers/{id}/credit-limit`.
///
/// A limit below what is reserved takes nothing back; it only refuses what comes next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetCreditLimit {
    /// How much they may owe; not negative, in the currency of the account.
    pub limit: Money,
}

/// Why credit could not be reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-open" = true))]
pub enum CreditRefusal {
    /// It would exceed the limit.
    CreditLimitExceeded,
    /// The account is in another currency.
    OtherCurrency,
    /// No such customer is known here.
    UnknownCustomer,
    /// A reason that this version does not know.
    #[serde(other)]
    Other,
}

/// A customer was made known. Carries no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerRegistered {
    /// The customer.
    pub customer_id: CustomerId,
}

impl Event for CustomerRegistered {
    const TYPE: &'static str = "tradewind.customers.customer-registered.v1";

    fn partition_key(&self) -> String {
        format!("customer-{}", self.customer_id)
    }
}

/// The credit for an order is reserved; told once more when it expired and could be reserved again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreditReserved {
    /// The order.
    pub order_id: Id,
    /// The customer.
    pub customer_id: CustomerId,
    /// How much.
    pub amount: Money,
}

impl Event for CreditReserved {
    const TYPE: &'static str = "tradewind.customers.credit-reserved.v1";

    fn partition_key(&self) -> String {
        format!("order-{}", self.order_id)
    }
}

/// The credit for an order could not be reserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreditRefused {
    /// The order.
    pub order_id: Id,
    /// Why.
    pub reason: CreditRefusal,
}

impl Event for CreditRefused {
    const TYPE: &'static str = "tradewind.customers.credit-refused.v1";

    fn partition_key(&self) -> String {
        format!("order-{}", self.order_id)
    }
}

/// What an order had reserved of a customer's credit is free again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreditReleased {
    /// The order.
    pub order_id: Id,
}

impl Event for CreditReleased {
    const TYPE: &'static str = "tradewind.customers.credit-released.v1";

    fn partition_key(&self) -> String {
        format!("order-{}", self.order_id)
    }
}

/// Nobody confirmed in time what an order had reserved of a customer's credit; it is free again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreditReservationExpired {
    /// The order.
    pub order_id: Id,
}

impl Event for CreditReservationExpired {
    const TYPE: &'static str = "tradewind.customers.credit-reservation-expired.v1";

    fn partition_key(&self) -> String {
        format!("order-{}", self.order_id)
    }
}

/// An order was opened after its reservation had expired, and its credit could not be reserved again;
/// nothing is reserved for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreditReservationLost {
    /// The order.
    pub order_id: Id,
}

impl Event for CreditReservationLost {
    const TYPE: &'static str = "tradewind.customers.credit-reservation-lost.v1";

    fn partition_key(&self) -> String {
        format!("order-{}", self.order_id)
    }
}

/// What an order had reserved of a customer's credit is owed now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceIssued {
    /// The order.
    pub order_id: Id,
    /// Who owes it.
    pub customer_id: CustomerId,
    /// How much.
    pub amount: Money,
}

impl Event for InvoiceIssued {
    const TYPE: &'static str = "tradewind.customers.invoice-issued.v1";

    fn partition_key(&self) -> String {
        format!("order-{}", self.order_id)
    }
}

/// What was owed for an order is not owed any more, because the order was called off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceCredited {
    /// The order.
    pub order_id: Id,
    /// Who owed it.
    pub customer_id: CustomerId,
    /// How much.
    pub amount: Money,
}

impl Event for InvoiceCredited {
    const TYPE: &'static str = "tradewind.customers.invoice-credited.v1";

    fn partition_key(&self) -> String {
        format!("order-{}", self.order_id)
    }
}

/// Calls customers.
#[derive(Debug, Clone)]
pub struct CustomersClient(Caller);

impl CustomersClient {
    /// Calls through `caller`.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// The account of the caller.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn me(&self) -> Result<Account, Problem> {
        self.0.get("/api/customers/v1/me").await
    }

    /// A page of accounts, for staff, whose token the caller shows.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn list(&self, after: Option<Id>, limit: u16) -> Result<Page<Account>, Problem> {
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        self.0.get(&format!("/api/customers/v1/admin/customers?limit={limit}{after}")).await
    }

    /// An account, for staff, whose token the caller shows.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn account(&self, id: CustomerId) -> Result<Account, Problem> {
        self.0.get(&format!("/api/customers/v1/admin/customers/{id}")).await
    }

    /// Changes a credit limit on behalf of an admin, whose token the caller shows. `key` makes it happen once.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn set_credit_limit_as_admin(
        &self,
        id: CustomerId,
        limit: &SetCreditLimit,
        key: &str,
    ) -> Result<Account, Problem> {
        let path = format!("/api/customers/v1/admin/customers/{id}/credit-limit");
        self.keyed(key).send(Method::PUT, &path, limit).await
    }

    /// Makes a customer known; internal door. `key` makes it happen once.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn register(
        &self,
        id: CustomerId,
        customer: &RegisterCustomer,
        key: &str,
    ) -> Result<(), Problem> {
        self.keyed(key).send(Method::PUT, &format!("/admin/customers/{id}"), customer).await
    }

    /// Changes a credit limit; internal door. `key` makes it happen once.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn set_credit_limit(
        &self,
        id: CustomerId,
        limit: &SetCreditLimit,
        key: &str,
    ) -> Result<Account, Problem> {
        self.keyed(key).send(Method::PUT, &format!("/admin/customers/{id}/credit-limit"), limit).await
    }

    /// Turns the credit that an order has reserved into a debt; internal door. Again it does nothing.
    ///
    /// # Errors
    /// `no-credit-reserved` when nothing is reserved, or that the service did not answer.
    pub async fn invoice(&self, order: Id) -> Result<(), Problem> {
        self.0.put(&format!("/admin/invoices/{order}")).await
    }

    /// Takes the debt of an order back and lets go of what it has reserved; internal door. No invoice can be written for
    /// it any more. Again, or when there is no debt, it does nothing.
    ///
    /// # Errors
    /// That the service did not answer.
    pub async fn credit_invoice(&self, order: Id) -> Result<(), Problem> {
        self.0.delete(&format!("/admin/invoices/{order}")).await
    }

    fn keyed(&self, key: &str) -> Caller {
        self.0.clone().header(HeaderName::from_static("idempotency-key"), key)
    }
}
