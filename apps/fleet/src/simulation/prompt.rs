//! What the shop does in a moment once nothing goes wrong.
//!
//! A reader of a log looks again now and then, so that a wake-up that is lost costs time and nothing else. Nobody would
//! notice that wake-ups are lost if nobody asked how long it takes: in the time of the run, which is the same each time.

use std::time::Duration;

use tradewind_orders_contract::{OrderId, OrderState, OrdersClient, PaymentMethod, PlaceLine, PlaceOrder};
use tradewind_problem::Problem;
use tradewind_sim::Failure;

use crate::seed::LoadSize;
use crate::simulation::client::{Client, broken};

const DECIDED: &str = "an order is decided in a moment once nothing goes wrong";

const GIVEN_UP: &str = "no event is given up that nothing is wrong with";

const OWN: &str = "a key belongs to who sent it";

/// Until everybody has noticed that nothing goes wrong any more: the longest question that a subscription asks, and its
/// longest pause after a failure.
const CALM: Duration = Duration::from_secs(40);

/// Far more than some requests take, far less than until a reader looks again by itself.
const MOMENT: Duration = Duration::from_millis(1_500);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// The key of both orders.
const KEY: &str = "in-a-moment";

impl Client<'_> {
    /// Two customers order with the same key, and look until the first order is decided or the moment is over. Nothing
    /// else may be judged after it: of these orders nobody knows.
    pub(super) async fn prompt(&self) -> Vec<Failure> {
        self.world.sleep(CALM).await;
        let mut failures = self.given_up().await;
        match self.order_at_once().await {
            Ok(found) => failures.extend(found),
            Err(problem) => failures.extend(broken(DECIDED, problem.to_string())),
        }
        failures
    }

    /// Nothing is wrong with any event of a run, so that none may be left in a letter. An order whose event is one may
    /// have ended all the same, by its reservations.
    async fn given_up(&self) -> Vec<Failure> {
        match self.desk().list(None).await {
            Ok(found) if found.is_empty() => Vec::new(),
            Ok(found) => broken(GIVEN_UP, format!("{} letters, the first of {}", found.len(), found[0].0)),
            Err(error) => broken(GIVEN_UP, error.to_string()),
        }
    }

    async fn order_at_once(&self) -> Result<Vec<Failure>, Problem> {
        let product_id = LoadSize::product(0).parse().map_err(Problem::internal)?;
        let line = PlaceLine { product_id, quantity: 1.try_into().map_err(Problem::internal)? };
        let order = PlaceOrder { customer_id: None, lines: vec![line], payment: PaymentMethod::Account };
        let [one, other] = [0, 1].map(|customer| OrdersClient::new(self.user(customer)));
        let id = one.place(&order, KEY).await?.id;
        let mut failures = Vec::new();
        if !self.is_decided(&one, id).await? {
            failures.extend(broken(DECIDED, format!("{id} is undecided after {MOMENT:?}")));
        }
        if other.place(&order, KEY).await?.id == id {
            failures.extend(broken(OWN, format!("{id} is the answer to two customers")));
        }
        Ok(failures)
    }

    async fn is_decided(&self, orders: &OrdersClient, id: OrderId) -> Result<bool, Problem> {
        let until = self.world.clock().monotonic() + MOMENT;
        while orders.order(id).await?.state == OrderState::New {
            if self.world.clock().monotonic() > until {
                return Ok(false);
            }
            self.world.sleep(PAUSE).await;
        }
        Ok(true)
    }
}
