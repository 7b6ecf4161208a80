//! A payment as its events say it is.

use std::collections::BTreeMap;

use tradewind_kernel::{Id, Money};

use crate::domain::payment::Event;

/// How far a payment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Status {
    /// Nobody has asked for it.
    #[default]
    Absent,
    Requested,
    Authorised,
    Declined,
    Released,
    Captured,
}

/// How far a refund has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    Asked,
    Done,
    Failed,
}

/// Something that is given back, or was to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refund {
    pub(crate) amount: Money,
    pub(crate) progress: Progress,
}

/// A payment as its events say it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Payment {
    pub(crate) status: Status,
    pub(crate) customer: Option<Id>,
    pub(crate) amount: Option<Money>,
    /// Whether the order has asked for the money.
    pub(crate) is_capturing: bool,
    /// Whether the order wants no money any more.
    pub(crate) is_releasing: bool,
    pub(crate) refunds: BTreeMap<Id, Refund>,
}

impl Payment {
    /// What of the amount is not given back, nor about to be; none before it is known.
    pub(crate) fn left(&self) -> Option<Money> {
        let amount = self.amount?;
        Some(Money::from_minor(amount.minor() - self.given_back(), amount.currency()))
    }

    /// What is given back or about to be, in minor units.
    pub(crate) fn given_back(&self) -> i64 {
        let kept = self.refunds.values().filter(|refund| refund.progress != Progress::Failed);
        kept.map(|refund| refund.amount.minor()).sum()
    }

    /// Whether a refund waits for the provider.
    pub(crate) fn is_open(&self, refund: Id) -> bool {
        self.refunds.get(&refund).is_some_and(|refund| refund.progress == Progress::Asked)
    }

    /// Whether the provider will not give a refund back.
    #[cfg(test)]
    pub(crate) fn has_failed(&self, refund: Id) -> bool {
        self.refunds.get(&refund).is_some_and(|refund| refund.progress == Progress::Failed)
    }

    pub(super) fn after(mut self, event: &Event) -> Self {
        match event {
            Event::Requested { customer, amount, .. } => {
                (self.status, self.customer, self.amount) =
                    (Status::Requested, Some(*customer), Some(*amount));
            }
            Event::Authorised => self.status = Status::Authorised,
            Event::CaptureAsked => self.is_capturing = true,
            Event::Captured => self.status = Status::Captured,
            Event::ReleaseAsked { .. } => self.is_releasing = true,
            Event::Declined { .. } => self.status = Status::Declined,
            Event::Released { .. } => self.status = Status::Released,
            Event::RefundAsked { refund, amount } => {
                let asked = Refund { amount: *amount, progress: Progress::Asked };
                self.refunds.insert(*refund, asked);
            }
            Event::Refunded { refund, .. } => self.set(*refund, Progress::Done),
            Event::RefundFailed { refund, .. } => self.set(*refund, Progress::Failed),
        }
        self
    }

    fn set(&mut self, refund: Id, progress: Progress) {
        if let Some(refund) = self.refunds.get_mut(&refund) {
            refund.progress = progress;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tradewind_eventstore::Aggregate;
    use tradewind_kernel::Currency;

    use super::*;
    use crate::domain::Command;

    fn pounds(minor: i64) -> Money {
        Money::from_minor(minor, Currency::GBP)
    }

    fn command() -> impl Strategy<Value = Command> {
        let refund = || (1..4_u128).prop_map(Id::from_u128);
        prop_oneof![
            Just(Command::Request {
                customer: Id::from_u128(9),
                amount: pounds(10),
                card: "card_1".parse().unwrap()
            }),
            Just(Command::RecordAuthorised),
            Just(Command::Capture),
            Just(Command::RecordCaptured { refund: Id::from_u128(0) }),
            Just(Command::Release { reason: "sold-out".into(), refund: Id::from_u128(0) }),
            Just(Command::RecordUndone { reason: "card-declined".into() }),
            (refund(), 1..8_i64)
                .prop_map(|(refund, minor)| Command::Refund { refund, amount: pounds(minor) }),
            refund().prop_map(|refund| Command::RecordRefunded { refund }),
            refund().prop_map(|refund| Command::RecordNotRefunded { refund, reason: "closed".into() }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_096))]

        #[test]
        fn money_is_taken_once_and_no_more_is_given_back(
            commands in prop::collection::vec(command(), 0..30)
        ) {
            let mut payment = Payment::default();
            let mut happened = Vec::new();
            for command in commands {
                for event in payment.decide(command).unwrap_or_default() {
                    payment = payment.apply(&event);
                    happened.push(event);
                }
                prop_assert!(payment.given_back() <= 10, "{happened:?}");
            }
            let count = |wanted: fn(&Event) -> bool| happened.iter().filter(|event| wanted(event)).count();
            let captured = count(|event| matches!(event, Event::Captured));
            let ended = count(|event| matches!(event, Event::Declined { .. } | Event::Released { .. }));
            prop_assert!(captured + ended <= 1, "{happened:?}");
            prop_assert!(captured == 1 || payment.refunds.is_empty());
            let back: i64 = happened.iter().map(|event| match event {
                Event::Refunded { amount, .. } => amount.minor(),
                _ => 0,
            }).sum();
            prop_assert!(back <= 10);
        }
    }

    #[test]
    fn what_a_failed_refund_kept_can_be_given_back_again() {
        let steps = [
            Command::Request { customer: Id::from_u128(9), amount: pounds(10), card: "c".parse().unwrap() },
            Command::RecordAuthorised,
            Command::Capture,
            Command::RecordCaptured { refund: Id::from_u128(0) },
            Command::Refund { refund: Id::from_u128(1), amount: pounds(7) },
        ];
        let run = |payment: Payment, command| {
            let events = payment.decide(command).unwrap();
            events.iter().fold(payment, Payment::apply)
        };
        let payment = steps.into_iter().fold(Payment::default(), run);
        let more = Command::Refund { refund: Id::from_u128(2), amount: pounds(4) };
        assert!(payment.decide(more.clone()).is_err());
        let failed = Command::RecordNotRefunded { refund: Id::from_u128(1), reason: "closed".into() };
        assert!(run(payment, failed).decide(more).is_ok());
    }
}
