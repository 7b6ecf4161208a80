//! How clients of a simulated shop call it.

use std::time::Duration;

use http::HeaderName;
use tradewind_client::{Caller, PhoneBook};
use tradewind_history::What;
use tradewind_kernel::{Context, Deadline, Entropy, Principal, Secret};
use tradewind_problem::{IDEMPOTENCY_KEY_IN_FLIGHT, Problem};
use tradewind_sim::{Failure, Planned, World};

use crate::seed::LoadSize;
use crate::simulation::Shop;
use crate::simulation::act::Act;
use crate::simulation::objects::Object;

/// How long one call may take.
const LIMIT: Duration = Duration::from_secs(5);

/// How often a client who heard nothing comes back with the same key.
const TRIES: u32 = 4;

/// The longest pause before a client comes back.
const PAUSE: Duration = Duration::from_millis(1_500);

/// What came of a command.
pub(super) enum Answer<T> {
    /// It was carried out.
    Given(T),
    /// It was refused, for good.
    Refused(Problem),
    /// Nobody knows.
    Nothing,
}

/// A client during one act.
pub(super) struct Client<'a> {
    pub(super) shop: &'a Shop,
    pub(super) world: &'a World,
    /// The number of the act.
    pub(super) number: u32,
    /// Who it is.
    pub(super) name: &'a str,
    pub(super) book: PhoneBook,
    dice: Entropy,
    /// For the ids of its calls.
    pub(super) entropy: Entropy,
}

impl<'a> Client<'a> {
    pub(super) fn new(shop: &'a Shop, world: &'a World, act: &'a Planned<Act>) -> Self {
        let (number, name, label) = (act.number, act.by.as_str(), format!("act {}", act.number));
        let (dice, entropy) = (world.entropy(&format!("dice of {label}")), world.entropy(&label));
        Self { shop, world, number, name, book: shop.book(world, name), dice, entropy }
    }

    /// Looks on when all is over, with a network that loses nothing.
    pub(super) fn judge(shop: &'a Shop, world: &'a World) -> Self {
        let (dice, entropy) = (world.entropy("dice of the judge"), world.entropy("judge"));
        Self { shop, world, number: 0, name: "judge", book: world.observer(), dice, entropy }
    }

    /// Calls through the gateway, as a customer.
    /// Calls through the gateway, as somebody who has not signed in.
    pub(super) fn guest(&self) -> Caller {
        self.caller("gateway/data-plane", Principal::Anonymous)
            .header(HeaderName::from_static("accept"), "application/json")
    }

    /// Calls through the gateway, as a customer.
    pub(super) fn user(&self, customer: u32) -> Caller {
        let token = Secret::new(format!("dev-user-{}", LoadSize::customer(customer)));
        self.caller("gateway/data-plane", Principal::Anonymous)
            .bearer(token)
            .header(HeaderName::from_static("accept"), "application/json")
    }

    /// Calls the internal door of a service.
    pub(super) fn internal(&self, service: &str) -> Caller {
        let principal = Principal::Service(self.name.to_owned());
        self.caller(&format!("{service}/internal"), principal).bearer(self.world.secret())
    }

    pub(super) fn caller(&self, peer: &str, principal: Principal) -> Caller {
        let clock = self.world.clock();
        let context = Context::begin(principal, clock, &self.entropy);
        let deadline = Deadline::after(clock, LIMIT);
        Caller::new(self.book.peer(peer), context, deadline, clock.clone(), self.entropy.clone())
    }

    /// The key of a command of this act.
    pub(super) fn key(&self, of: &str) -> String {
        format!("{}-{}-{of}", self.name, self.number)
    }

    pub(super) async fn rest(&self) {
        let most = u64::try_from(PAUSE.as_micros()).unwrap_or_default();
        self.world.sleep(Duration::from_micros(self.dice.below(most))).await;
    }

    /// Sends a command with its key until there is an answer, or the client gives up.
    pub(super) async fn insist<T>(&self, send: impl AsyncFn() -> Result<T, Problem>) -> Answer<T> {
        for _ in 0..TRIES {
            match send().await {
                Ok(given) => return Answer::Given(given),
                Err(problem) if is_final(&problem) => return Answer::Refused(problem),
                Err(_) => self.rest().await,
            }
        }
        Answer::Nothing
    }

    pub(super) fn moment(&self) -> u64 {
        self.shop.with(|known| known.history.moment())
    }

    /// Writes down what was asked at `invoked` and answered now.
    pub(super) fn answered(&self, object: Object<'_>, invoked: u64, what: What) {
        self.shop.with(|known| known.record(true, self.name, &object.to_string(), invoked, what));
    }

    /// Writes down what was asked at `invoked` and never answered.
    pub(super) fn unanswered(&self, object: Object<'_>, invoked: u64, what: What) {
        self.shop.with(|known| known.record(false, self.name, &object.to_string(), invoked, what));
    }
}

/// A refusal that the same key gets again.
pub(super) fn is_final(problem: &Problem) -> bool {
    let is_refusal = matches!(problem.status(), 400 | 401 | 403 | 404 | 409 | 410 | 412 | 413 | 415 | 422);
    is_refusal && !problem.is(&IDEMPOTENCY_KEY_IN_FLIGHT)
}

/// What must never be seen, with what shows it.
pub(super) fn broken(promise: &str, row: impl Into<String>) -> Vec<Failure> {
    vec![Failure::new(promise, vec![row.into()])]
}
