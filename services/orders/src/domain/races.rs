//! An order between two owners whose reservations expire: whatever arrives when, it ends once and holds what it
//! needs.
//!
//! The owners are models of what stock and customers promise; the order is the real one.

use std::collections::VecDeque;

use proptest::prelude::*;
use tradewind_eventstore::Aggregate;
use tradewind_kernel::{Currency, Id, Money};

use super::{Command, Event, Order, Payment, Placement, Status};

/// What an owner hears of the order.
#[derive(Debug, Clone, Copy)]
enum Heard {
    Placed,
    Opened,
    Ended,
}

/// What an owner tells of it.
#[derive(Debug, Clone, Copy)]
enum Told {
    Reserved,
    Refused,
    Expired,
    Lost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Hold {
    #[default]
    None,
    Held,
    Confirmed,
    Expired,
    Released,
}

#[derive(Debug, Default)]
struct Owner {
    hold: Hold,
    /// Whether there is enough at this moment.
    is_empty: bool,
    hears: VecDeque<Heard>,
    told: VecDeque<Told>,
}

impl Owner {
    fn hear(&mut self) {
        let Some(heard) = self.hears.pop_front() else { return };
        match (heard, self.hold) {
            (Heard::Placed, _) if self.is_empty => self.told.push_back(Told::Refused),
            (Heard::Placed, _) => {
                self.hold = Hold::Held;
                self.told.push_back(Told::Reserved);
            }
            (Heard::Opened, Hold::Expired) if self.is_empty => {
                self.hold = Hold::Released;
                self.told.push_back(Told::Lost);
            }
            (Heard::Opened, Hold::Held | Hold::Expired) => self.hold = Hold::Confirmed,
            (Heard::Ended, Hold::Held | Hold::Confirmed) => self.hold = Hold::Released,
            (Heard::Opened | Heard::Ended, _) => {}
        }
    }

    fn sweep(&mut self) {
        if self.hold == Hold::Held {
            self.hold = Hold::Expired;
            self.told.push_back(Told::Expired);
        }
    }
}

#[derive(Debug)]
struct World {
    order: Order,
    happened: Vec<Event>,
    owners: [Owner; 2],
    /// Its fulfilment was told to turn back, and why.
    turns_back: Option<Option<String>>,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            order: Order::default(),
            happened: Vec::new(),
            owners: Default::default(),
            turns_back: None,
        };
        let (customer, total) = (Id::from_u128(1), Money::from_minor(5, Currency::GBP));
        world.ask(Command::Place(Placement {
            customer,
            lines: Vec::new(),
            total,
            payment: Payment::Account,
            quoted: None,
        }));
        world
    }

    fn ask(&mut self, command: Command) {
        for event in self.order.decide(command).unwrap_or_default() {
            self.order = self.order.clone().apply(&event);
            let heard = match event {
                Event::Placed(_) => Some(Heard::Placed),
                Event::Opened => Some(Heard::Opened),
                Event::Rejected { .. } | Event::Cancelled | Event::Lost { .. } => Some(Heard::Ended),
                Event::StockConfirmed
                | Event::CreditConfirmed
                | Event::CardConfirmed
                | Event::CancellationRequested { .. }
                | Event::Completed => None,
            };
            if let Event::CancellationRequested { reason } = &event {
                self.turns_back = Some(reason.clone());
            }
            self.owners.iter_mut().for_each(|owner| owner.hears.extend(heard));
            self.happened.push(event);
        }
    }

    /// The order takes what an owner told first.
    fn answer(&mut self, owner: usize) {
        let reason = || "reason".to_owned();
        let command = match self.owners[owner].told.pop_front() {
            None => return,
            Some(Told::Reserved) if owner == 0 => Command::ConfirmStock,
            Some(Told::Reserved) => Command::ConfirmCredit,
            Some(Told::Refused | Told::Expired) => Command::Refuse { reason: reason() },
            Some(Told::Lost) => Command::Lose { reason: reason() },
        };
        self.ask(command);
    }

    fn step(&mut self, (kind, owner): (u8, usize)) {
        match kind {
            0 | 1 => self.owners[owner].hear(),
            2 | 3 => self.answer(owner),
            4 => self.owners[owner].sweep(),
            5 => self.owners[owner].is_empty ^= true,
            6 => self.turn_back(),
            _ => self.ask(Command::Cancel),
        }
    }

    /// The fulfilment has undone what it had done.
    fn turn_back(&mut self) {
        if let Some(reason) = self.turns_back.take() {
            self.ask(Command::CallOff { reason });
        }
    }

    /// Everybody hears everything.
    fn settle(&mut self) {
        let is_busy = |owner: &Owner| !owner.hears.is_empty() || !owner.told.is_empty();
        while self.turns_back.is_some() || self.owners.iter().any(is_busy) {
            self.turn_back();
            for owner in 0..2 {
                self.owners[owner].hear();
                self.answer(owner);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    #[test]
    fn an_order_ends_once_and_an_open_one_has_everything_behind_it(
        steps in prop::collection::vec((0..8_u8, 0..2_usize), 0..40)
    ) {
        let mut world = World::new();
        steps.into_iter().for_each(|step| world.step(step));
        world.settle();
        // Time passes: what is held still would be over now.
        world.owners.iter_mut().for_each(Owner::sweep);
        world.settle();
        let holds = [world.owners[0].hold, world.owners[1].hold];
        match world.order.status {
            Status::Open => prop_assert_eq!(holds, [Hold::Confirmed; 2]),
            Status::Rejected | Status::Cancelled => {
                prop_assert!(!holds.contains(&Hold::Held) && !holds.contains(&Hold::Confirmed), "{world:?}");
            }
            Status::Absent | Status::New | Status::Completed => prop_assert!(false, "no end: {world:?}"),
        }
        let ends = |wanted: fn(&Event) -> bool| world.happened.iter().filter(|event| wanted(event)).count();
        let opened = ends(|event| matches!(event, Event::Opened));
        let rejected = ends(|event| matches!(event, Event::Rejected { .. }));
        let cancelled = ends(|event| matches!(event, Event::Cancelled | Event::Lost { .. }));
        prop_assert!(opened + rejected == 1 && cancelled <= opened, "{world:?}");
    }
}

#[test]
fn an_old_cancellation_is_still_understood() {
    let event: Event = serde_json::from_str("\"cancelled\"").unwrap();
    assert_eq!(event, Event::Cancelled);
}
