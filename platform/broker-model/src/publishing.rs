//! What becomes of messages that are published, also when the queues lose their leaders.

use std::time::Duration;

use tradewind_amqp::transport::{Confirmation, Parcel};

use crate::queue::{Message, Queue};
use crate::said::{Due, Reply};
use crate::state::State;
use crate::trouble::Fate;
use crate::undecided::Undecided;

/// How late a late confirmation is at most, in microseconds.
const LATE: u64 = 12_000_000;

impl State {
    pub(crate) fn publish(
        &mut self,
        now: Duration,
        channel: u64,
        (exchange, key, parcel): (String, String, Parcel),
        reply: Option<Reply>,
    ) {
        let number = self.number();
        self.undecided.push_back(Undecided { number, channel, exchange, key, parcel, reply });
        if !self.is_leaderless {
            let at = now + self.step();
            self.at(at, Due::Decided(number));
        }
    }

    /// Messages are decided in the order in which they came: those before one that is due are due as well.
    pub(crate) fn decided(&mut self, now: Duration, number: u64) {
        while !self.is_leaderless && self.undecided.front().is_some_and(|first| first.number <= number) {
            let Some(message) = self.undecided.pop_front() else { return };
            let dice = &self.dice;
            let fate = self.trouble.fate(|bound| dice.below(bound));
            self.decide(now, message, fate);
        }
    }

    fn decide(&mut self, now: Duration, message: Undecided, fate: Fate) {
        let Undecided { channel, exchange, key, parcel, reply, number } = message;
        let kind = parcel.kind.clone();
        let position = parcel.position.unwrap_or_default();
        let queues = self.exchanges.route(&exchange, &key);
        self.around.does(format!("takes {exchange} {position}: {fate:?}, {} queues", queues.len()));
        let copies = match fate {
            Fate::Lost | Fate::Refused => 0,
            Fate::Repeated => 2,
            Fate::Kept | Fate::Unconfirmed | Fate::Late => 1,
        };
        for copy in 0..copies {
            let number = if copy == 0 { number } else { self.number() };
            let message = Message { number, key: key.clone(), parcel: parcel.clone(), is_again: false };
            self.keep(now, &queues, &message);
        }
        let Some(open) = self.channels.get(&channel) else { return };
        let (connection, Some(reply)) = (open.connection, reply) else { return };
        let answer = match fate {
            // Of a channel that asked for no confirmations nobody is told that all is well.
            _ if !open.confirms => Ok(Confirmation::Refused),
            Fate::Lost | Fate::Unconfirmed => return self.never.entry(connection).or_default().push(reply),
            Fate::Refused => Ok(Confirmation::Refused),
            _ if queues.is_empty() => Ok(Confirmation::Returned(kind)),
            _ => Ok(Confirmation::Kept),
        };
        let due = Due::Answers { connection, reply, answer };
        if fate == Fate::Late {
            let late = Duration::from_micros(self.below(LATE));
            self.at(now + late, due);
        } else {
            self.send(now, due);
        }
    }

    pub(crate) fn keep(&mut self, now: Duration, queues: &[String], message: &Message) {
        for name in queues {
            if let Some(queue) = self.queues.get_mut(name)
                && let Some(dropped) = queue.push(message.clone())
            {
                self.around
                    .note(&format!("broker drops message {} of {name}, which is full", dropped.number));
            }
            self.pump(now, name);
        }
    }

    /// Nobody leads any queue for a while; gives whether somebody did.
    pub(crate) fn lose_leader(&mut self, now: Duration, pause: Duration) -> bool {
        let is_new = !std::mem::replace(&mut self.is_leaderless, true);
        if is_new {
            self.at(now + pause, Due::Elected);
        }
        is_new
    }

    /// Of what was not on enough disks the first part is there, and the rest is lost; who published learns nothing of
    /// the rest, and perhaps nothing of the first part. What was not acknowledged comes again.
    pub(crate) fn elected(&mut self, now: Duration) {
        self.is_leaderless = false;
        self.queues.values_mut().for_each(Queue::deliver_again);
        let kept = self.below(self.undecided.len() as u64 + 1);
        self.around.does(format!("has leaders; of {} messages {kept} kept", self.undecided.len()));
        for (index, message) in (0..).zip(std::mem::take(&mut self.undecided)) {
            let fate = match self.below(2) {
                _ if index >= kept => Fate::Lost,
                0 => Fate::Unconfirmed,
                _ => Fate::Kept,
            };
            self.decide(now, message, fate);
        }
        for name in self.queues.keys().cloned().collect::<Vec<_>>() {
            self.pump(now, &name);
        }
        for (connection, channel, said, reply) in std::mem::take(&mut self.stalled) {
            self.arrive(now, (connection, channel), said, reply);
        }
    }
}
