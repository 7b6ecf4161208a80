//! What the two services promise each other and their users. In a system of its own each has a crate for it.

use http::{HeaderName, Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_client::Caller;
use tradewind_events::Event;
use tradewind_kernel::{Id, Slug};
use tradewind_problem::Problem;

/// The service that holds money.
pub const WALLETS: &str = "wallets";

/// The service that sells tickets.
pub const TICKETS: &str = "tickets";

/// What a ticket costs, in cents.
pub const PRICE: i64 = 1_200;

/// Puts money into a wallet, which is opened if need be: `POST /wallets/{holder}/top-ups`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TopUp {
    pub cents: i64,
}

/// Takes money from a wallet, if it holds as much: `POST /wallets/{holder}/charges`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Charge {
    pub purpose: String,
    pub cents: i64,
}

/// What is in a wallet, and what was taken from it: `GET /wallets/{holder}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Wallet {
    pub cents: i64,
    pub charges: Vec<Charge>,
}

/// Money was put into a wallet.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ToppedUp {
    pub holder: Slug,
    pub cents: i64,
}

impl Event for ToppedUp {
    const TYPE: &'static str = "tradewind.wallets.topped-up.v1";

    fn partition_key(&self) -> String {
        format!("wallet-{}", self.holder)
    }
}

/// Buys a ticket, to be paid from the wallet of `holder`: `POST /tickets`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Buy {
    pub holder: String,
}

/// How far the sale of a ticket has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum State {
    Wanted,
    Paid,
    /// The wallet held too little.
    Refused,
}

/// A ticket: `GET /tickets/{id}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ticket {
    pub id: Id,
    pub holder: String,
    pub state: State,
}

/// The sale of a ticket has come this far.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TicketChanged {
    pub id: Id,
    pub state: State,
}

impl Event for TicketChanged {
    const TYPE: &'static str = "tradewind.tickets.ticket-changed.v1";

    fn partition_key(&self) -> String {
        self.id.to_string()
    }
}

/// Calls wallets. The same key again has no second effect.
#[derive(Debug, Clone)]
pub struct WalletsClient(pub Caller);

impl WalletsClient {
    pub async fn top_up(&self, holder: &str, cents: i64, key: &str) -> Result<(), Problem> {
        keyed(&self.0, key).send(Method::POST, &format!("/wallets/{holder}/top-ups"), &TopUp { cents }).await
    }

    pub async fn charge(&self, holder: &str, charge: &Charge, key: &str) -> Result<(), Problem> {
        keyed(&self.0, key).send(Method::POST, &format!("/wallets/{holder}/charges"), charge).await
    }

    pub async fn wallet(&self, holder: &str) -> Result<Wallet, Problem> {
        self.0.get(&format!("/wallets/{holder}")).await
    }
}

/// Calls tickets. The same key again gives the same ticket.
#[derive(Debug, Clone)]
pub struct TicketsClient(pub Caller);

impl TicketsClient {
    pub async fn buy(&self, holder: &str, key: &str) -> Result<Ticket, Problem> {
        keyed(&self.0, key).send(Method::POST, "/tickets", &Buy { holder: holder.to_owned() }).await
    }

    pub async fn ticket(&self, id: Id) -> Result<Ticket, Problem> {
        self.0.get(&format!("/tickets/{id}")).await
    }
}

fn keyed(caller: &Caller, key: &str) -> Caller {
    caller.clone().header(HeaderName::from_static("idempotency-key"), key)
}
