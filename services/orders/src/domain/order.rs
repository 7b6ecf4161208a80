//! An order: what can be asked of it, what happens then, what it is afterwards.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_eventstore::{Aggregate, DomainEvent, Snapshots};
use tradewind_kernel::{Id, Money, Slug};

use crate::domain::mutants;

/// One line, with the facts at the time of placing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) product: Slug,
    pub(crate) sku: Option<Slug>,
    pub(crate) name: String,
    pub(crate) quantity: u32,
    pub(crate) unit_price: Money,
}

/// What is agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Placement {
    pub(crate) customer: Id,
    pub(crate) lines: Vec<Line>,
    pub(crate) total: Money,
    /// How it is paid; what was placed before there was a choice is on account.
    #[serde(default)]
    pub(crate) payment: Payment,
    /// What it was made of, if that was a quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) quoted: Option<Quoted>,
}

/// The quote that an order was made of. The total is the sum of the lines, less the discount, with the tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quoted {
    pub(crate) quote: Id,
    pub(crate) discount: Money,
    pub(crate) tax: Money,
}

/// How an order is paid.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Payment {
    #[default]
    Account,
    Card {
        token: Slug,
    },
}

/// What an order can be asked.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Place(Placement),
    ConfirmStock,
    ConfirmCredit,
    ConfirmCard,
    /// One of the owners refused, or what it held has expired: too late for an order that is open, of which
    /// the owner hears and which it tries to hold again.
    Refuse {
        reason: String,
    },
    /// An owner heard that the order is open and could not hold again what had expired.
    Lose {
        reason: String,
    },
    Cancel,
    /// Everything that was done for it is undone.
    CallOff {
        /// Why, when nobody has asked for it.
        reason: Option<String>,
    },
    /// Everything was done for it.
    Complete,
}

/// What can happen to an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Event {
    Placed(Placement),
    StockConfirmed,
    CreditConfirmed,
    CardConfirmed,
    Opened,
    Rejected {
        reason: String,
    },
    /// It is to end, because somebody has asked for it, or for a reason: what was done for it is being undone.
    CancellationRequested {
        reason: Option<String>,
    },
    Cancelled,
    /// It was open and could not be fulfilled; it ends as cancelled.
    Lost {
        reason: String,
    },
    Completed,
}

impl DomainEvent for Event {
    fn name(&self) -> &'static str {
        match self {
            Self::Placed(_) => "placed",
            Self::StockConfirmed => "stock-confirmed",
            Self::CreditConfirmed => "credit-confirmed",
            Self::CardConfirmed => "card-confirmed",
            Self::Opened => "opened",
            Self::Rejected { .. } => "rejected",
            Self::CancellationRequested { .. } => "cancellation-requested",
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
            Self::Lost { .. } => "lost",
        }
    }
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    /// It was never placed.
    #[default]
    Absent,
    New,
    Open,
    Rejected,
    Cancelled,
    Completed,
}

/// The order does not allow what was asked in its present state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) Status);

/// An order as its events say it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Order {
    pub(crate) status: Status,
    pub(crate) customer: Option<Id>,
    pub(crate) payment: Payment,
    stock_confirmed: bool,
    payment_confirmed: bool,
    is_cancelling: bool,
}

/// So often that every order which opens has one: its first event is by far the largest, and is not read again.
static SNAPSHOTS: Snapshots<Order> = Snapshots::every(4, 1);

impl Aggregate for Order {
    type Event = Event;
    type Command = Command;
    type Refusal = Refusal;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Refusal> {
        if let Some(events) = self.mistake(&command) {
            return Ok(events);
        }
        let status = self.status;
        match command {
            Command::Place(placement) if status == Status::Absent => Ok(vec![Event::Placed(placement)]),
            Command::Place(_) => Err(Refusal(status)),
            Command::ConfirmStock | Command::ConfirmCredit | Command::ConfirmCard => {
                Ok(self.confirm(&command))
            }
            Command::Refuse { reason } => Ok(self.refuse(reason)),
            Command::Lose { reason } if status == Status::Open => Ok(self.ask_to_cancel(Some(reason))),
            Command::Lose { reason } => Ok(self.refuse(reason)),
            Command::Cancel => match status {
                Status::Open => Ok(self.ask_to_cancel(None)),
                Status::Cancelled => Ok(Vec::new()),
                _ => Err(Refusal(status)),
            },
            Command::CallOff { reason } => Ok(self.call_off(reason)),
            Command::Complete if status == Status::Open => Ok(vec![Event::Completed]),
            Command::Complete => Ok(Vec::new()),
        }
    }

    fn apply(self, event: &Event) -> Self {
        match event {
            Event::Placed(placement) => {
                let Placement { customer, payment, .. } = placement;
                Self { status: Status::New, customer: Some(*customer), payment: payment.clone(), ..self }
            }
            Event::StockConfirmed => Self { stock_confirmed: true, ..self },
            Event::CreditConfirmed | Event::CardConfirmed => Self { payment_confirmed: true, ..self },
            Event::Opened => Self { status: Status::Open, ..self },
            Event::Rejected { .. } => Self { status: Status::Rejected, ..self },
            Event::CancellationRequested { .. } => Self { is_cancelling: true, ..self },
            Event::Cancelled | Event::Lost { .. } => Self { status: Status::Cancelled, ..self },
            Event::Completed => Self { status: Status::Completed, ..self },
        }
    }

    fn snapshots() -> Option<&'static Snapshots<Self>> {
        Some(&SNAPSHOTS)
    }
}

impl Order {
    /// An answer of an owner, if it is the first one and comes while the order is decided. Those that come twice, or
    /// after the end, change nothing: the end is final.
    fn confirm(&self, command: &Command) -> Vec<Event> {
        let is_card = matches!(self.payment, Payment::Card { .. });
        match command {
            _ if self.status != Status::New => Vec::new(),
            Command::ConfirmStock if !self.stock_confirmed => {
                confirmed(Event::StockConfirmed, self.payment_confirmed)
            }
            Command::ConfirmCredit if !self.payment_confirmed && !is_card => {
                confirmed(Event::CreditConfirmed, self.stock_confirmed)
            }
            Command::ConfirmCard if !self.payment_confirmed && is_card => {
                confirmed(Event::CardConfirmed, self.stock_confirmed)
            }
            _ => Vec::new(),
        }
    }

    fn refuse(&self, reason: String) -> Vec<Event> {
        if self.status == Status::New { vec![Event::Rejected { reason }] } else { Vec::new() }
    }

    fn ask_to_cancel(&self, reason: Option<String>) -> Vec<Event> {
        if self.is_cancelling { Vec::new() } else { vec![Event::CancellationRequested { reason }] }
    }

    fn call_off(&self, reason: Option<String>) -> Vec<Event> {
        match (self.status, reason) {
            (Status::Open, Some(reason)) => vec![Event::Lost { reason }],
            (Status::Open, None) => vec![Event::Cancelled],
            _ => Vec::new(),
        }
    }

    /// What a mutant decides.
    fn mistake(&self, command: &Command) -> Option<Vec<Event>> {
        match (command, self.status) {
            (Command::ConfirmCredit, Status::New) if mutants::ONE_ANSWER_OPENS.is_planted() => {
                Some(vec![Event::CreditConfirmed, Event::Opened])
            }
            (Command::ConfirmStock, Status::Rejected) if mutants::REOPENS.is_planted() => {
                Some(confirmed(Event::StockConfirmed, self.payment_confirmed))
            }
            (Command::ConfirmCredit, Status::Rejected) if mutants::REOPENS.is_planted() => {
                Some(confirmed(Event::CreditConfirmed, self.stock_confirmed))
            }
            (Command::Refuse { reason }, Status::Open) if mutants::LATE_REFUSAL.is_planted() => {
                Some(vec![Event::Rejected { reason: reason.clone() }])
            }
            (Command::Lose { .. }, Status::Open) if mutants::LOSS_IGNORED.is_planted() => Some(Vec::new()),
            _ => None,
        }
    }
}

fn confirmed(event: Event, other_confirmed: bool) -> Vec<Event> {
    if other_confirmed { vec![event, Event::Opened] } else { vec![event] }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tradewind_kernel::Currency;

    use super::*;

    fn placement() -> Placement {
        Placement {
            customer: Id::from_u128(1),
            lines: Vec::new(),
            total: Money::from_minor(5, Currency::GBP),
            payment: Payment::Account,
            quoted: None,
        }
    }

    fn command() -> impl Strategy<Value = Command> {
        prop_oneof![
            Just(Command::Place(placement())),
            Just(Command::ConfirmStock),
            Just(Command::ConfirmCredit),
            Just(Command::Refuse { reason: "sold-out".into() }),
            Just(Command::Lose { reason: "reservation-expired".into() }),
            Just(Command::ConfirmCard),
            Just(Command::Cancel),
            Just(Command::CallOff { reason: None }),
            Just(Command::CallOff { reason: Some("sold-out".into()) }),
            Just(Command::Complete),
        ]
    }

    fn run(commands: impl IntoIterator<Item = Command>) -> (Order, Vec<Event>) {
        let mut order = Order::default();
        let mut happened = Vec::new();
        for command in commands {
            for event in order.decide(command).unwrap_or_default() {
                order = order.apply(&event);
                happened.push(event);
            }
        }
        (order, happened)
    }

    #[test]
    fn both_confirmations_open_in_either_sequence() {
        for pair in
            [[Command::ConfirmStock, Command::ConfirmCredit], [Command::ConfirmCredit, Command::ConfirmStock]]
        {
            let (order, happened) = run([Command::Place(placement())].into_iter().chain(pair));
            assert_eq!(order.status, Status::Open);
            assert_eq!(happened.last(), Some(&Event::Opened));
        }
    }

    #[test]
    fn one_confirmation_twice_does_not_open() {
        let (order, _) = run([Command::Place(placement()), Command::ConfirmStock, Command::ConfirmStock]);
        assert_eq!(order.status, Status::New);
    }

    #[test]
    fn only_an_open_order_can_be_cancelled_and_only_once() {
        let (order, _) = run([Command::Place(placement())]);
        assert_eq!(order.decide(Command::Cancel), Err(Refusal(Status::New)));
        let all =
            [Command::Place(placement()), Command::ConfirmStock, Command::ConfirmCredit, Command::Cancel];
        let (order, happened) = run(all);
        assert_eq!(happened.last(), Some(&Event::CancellationRequested { reason: None }));
        assert_eq!(order.decide(Command::Cancel), Ok(Vec::new()), "it is under way");
        let order = order.apply(&Event::Cancelled);
        assert_eq!(order.decide(Command::Cancel), Ok(Vec::new()));
        assert_eq!(order.decide(Command::Complete), Ok(Vec::new()));
    }

    #[test]
    fn an_order_by_card_opens_by_the_word_of_the_provider_only() {
        let by_card =
            Placement { payment: Payment::Card { token: "card_1".parse().unwrap() }, ..placement() };
        let place = || [Command::Place(by_card.clone()), Command::ConfirmStock];
        let (order, _) = run(place().into_iter().chain([Command::ConfirmCredit]));
        assert_eq!(order.status, Status::New);
        let (order, _) = run(place().into_iter().chain([Command::ConfirmCard]));
        assert_eq!(order.status, Status::Open);
        assert_eq!(order.decide(Command::Complete), Ok(vec![Event::Completed]));
    }

    proptest! {
        #[test]
        fn every_history_has_at_most_one_end(commands in prop::collection::vec(command(), 0..12)) {
            let (order, happened) = run(commands);
            let count = |wanted: fn(&Event) -> bool| happened.iter().filter(|event| wanted(event)).count();
            let opened = count(|event| matches!(event, Event::Opened));
            let rejected = count(|event| matches!(event, Event::Rejected { .. }));
            let cancelled = count(|event| matches!(event, Event::Cancelled | Event::Lost { .. }));
            prop_assert!(opened + rejected <= 1, "{happened:?}");
            let completed = count(|event| matches!(event, Event::Completed));
            prop_assert!(cancelled + completed <= opened, "{happened:?}");
            prop_assert!(!happened.contains(&Event::CardConfirmed), "it is on account");
            if order.status == Status::Open {
                prop_assert!(happened.contains(&Event::StockConfirmed));
                prop_assert!(happened.contains(&Event::CreditConfirmed));
            }
        }
    }
}
