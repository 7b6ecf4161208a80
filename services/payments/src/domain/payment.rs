//! The payment of an order by card: what can be asked of it, and what happens then.

use serde::{Deserialize, Serialize};
use tradewind_eventstore::{Aggregate, DomainEvent};
use tradewind_kernel::{Id, Money, Slug};

use crate::domain::state::{Payment, Status};

/// What a payment can be asked.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Request {
        customer: Id,
        amount: Money,
        card: Slug,
    },
    /// The provider keeps the amount.
    RecordAuthorised,
    Capture,
    /// The provider has taken the amount.
    RecordCaptured {
        /// The refund that follows when the order wants it no more.
        refund: Id,
    },
    /// The order has ended without being fulfilled.
    Release {
        reason: String,
        /// The refund that it becomes when the amount was taken.
        refund: Id,
    },
    /// Whatever was asked of the provider is undone.
    RecordUndone {
        reason: String,
    },
    Refund {
        refund: Id,
        amount: Money,
    },
    /// The provider has given it back.
    RecordRefunded {
        refund: Id,
    },
    /// The provider will not give it back.
    RecordNotRefunded {
        refund: Id,
        reason: String,
    },
}

/// What can happen to a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Event {
    Requested { customer: Id, amount: Money, card: Slug },
    Authorised,
    CaptureAsked,
    Captured,
    ReleaseAsked { reason: String },
    Declined { reason: String },
    Released { reason: String },
    RefundAsked { refund: Id, amount: Money },
    Refunded { refund: Id, amount: Money },
    RefundFailed { refund: Id, reason: String },
}

impl DomainEvent for Event {
    fn name(&self) -> &'static str {
        match self {
            Self::Requested { .. } => "requested",
            Self::Authorised => "authorised",
            Self::CaptureAsked => "capture-asked",
            Self::Captured => "captured",
            Self::ReleaseAsked { .. } => "release-asked",
            Self::Declined { .. } => "declined",
            Self::Released { .. } => "released",
            Self::RefundAsked { .. } => "refund-asked",
            Self::Refunded { .. } => "refunded",
            Self::RefundFailed { .. } => "refund-failed",
        }
    }
}

/// The payment does not allow what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is nothing that could be taken.
    NotAuthorised(Status),
    /// There is nothing that could be given back.
    NotCaptured(Status),
    /// So much was not taken, or is given back already.
    TooMuch { left: Money },
    /// The refund of this id was another one.
    OtherRefund,
}

impl Aggregate for Payment {
    type Event = Event;
    type Command = Command;
    type Refusal = Refusal;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Refusal> {
        match command {
            Command::Request { customer, amount, card } if self.status == Status::Absent => {
                Ok(vec![Event::Requested { customer, amount, card }])
            }
            Command::RecordAuthorised if self.status == Status::Requested => Ok(vec![Event::Authorised]),
            Command::Capture => self.capture(),
            Command::RecordCaptured { refund } => Ok(self.captured(refund)),
            Command::Release { reason, refund } => Ok(self.release(reason, refund)),
            Command::RecordUndone { reason } => Ok(self.undone(reason)),
            Command::Refund { refund, amount } => self.refund(refund, amount),
            Command::RecordRefunded { refund } => Ok(self.refunded(refund)),
            Command::RecordNotRefunded { refund, reason } if self.is_open(refund) => {
                Ok(vec![Event::RefundFailed { refund, reason }])
            }
            // What comes twice, or after the end, changes nothing.
            Command::Request { .. } | Command::RecordAuthorised | Command::RecordNotRefunded { .. } => {
                Ok(Vec::new())
            }
        }
    }

    fn apply(self, event: &Event) -> Self {
        self.after(event)
    }
}

impl Payment {
    fn capture(&self) -> Result<Vec<Event>, Refusal> {
        match self.status {
            Status::Captured => Ok(Vec::new()),
            Status::Authorised if self.is_releasing => Err(Refusal::NotAuthorised(Status::Released)),
            Status::Authorised if self.is_capturing => Ok(Vec::new()),
            Status::Authorised => Ok(vec![Event::CaptureAsked]),
            other => Err(Refusal::NotAuthorised(other)),
        }
    }

    fn captured(&self, refund: Id) -> Vec<Event> {
        match (self.status, self.amount) {
            // It was under way when the order ended.
            (Status::Authorised, Some(amount)) if self.is_releasing => {
                vec![Event::Captured, Event::RefundAsked { refund, amount }]
            }
            (Status::Authorised, _) => vec![Event::Captured],
            _ => Vec::new(),
        }
    }

    fn release(&self, reason: String, refund: Id) -> Vec<Event> {
        match self.status {
            Status::Requested | Status::Authorised if self.is_releasing => Vec::new(),
            Status::Requested | Status::Authorised => vec![Event::ReleaseAsked { reason }],
            Status::Captured => match self.left() {
                Some(left) if left.minor() > 0 => vec![Event::RefundAsked { refund, amount: left }],
                _ => Vec::new(),
            },
            Status::Absent | Status::Declined | Status::Released => Vec::new(),
        }
    }

    fn undone(&self, reason: String) -> Vec<Event> {
        match self.status {
            Status::Requested if !self.is_releasing => vec![Event::Declined { reason }],
            Status::Requested | Status::Authorised => vec![Event::Released { reason }],
            _ => Vec::new(),
        }
    }

    fn refund(&self, refund: Id, amount: Money) -> Result<Vec<Event>, Refusal> {
        if let Some(before) = self.refunds.get(&refund) {
            return if before.amount == amount { Ok(Vec::new()) } else { Err(Refusal::OtherRefund) };
        }
        self.can_give_back(amount)?;
        Ok(vec![Event::RefundAsked { refund, amount }])
    }

    /// Whether so much was taken and is not given back, nor about to be.
    pub(crate) fn can_give_back(&self, amount: Money) -> Result<(), Refusal> {
        let Some(left) = self.left().filter(|_| self.status == Status::Captured) else {
            return Err(Refusal::NotCaptured(self.status));
        };
        if amount.currency() != left.currency() || amount.minor() <= 0 || amount.minor() > left.minor() {
            return Err(Refusal::TooMuch { left });
        }
        Ok(())
    }

    fn refunded(&self, refund: Id) -> Vec<Event> {
        let asked = self.refunds.get(&refund).filter(|_| self.is_open(refund));
        asked.map(|asked| Event::Refunded { refund, amount: asked.amount }).into_iter().collect()
    }
}
