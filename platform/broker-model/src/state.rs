//! What the broker is and does: exchanges, queues, channels, and what is due when.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tradewind_amqp::transport::{Confirmation, Delivered, Failed, Sign};
use tradewind_kernel::Entropy;

use crate::Surroundings;
use crate::exchanges::{Exchanges, mismatch, none};
use crate::post::Post;
use crate::queue::{Message, Queue, UnknownTag};
use crate::said::{Due, Inbox, Reply, Said};
use crate::trouble::BrokerTrouble;
use crate::undecided::Undecided;

/// What a step on the way takes at least, and up to how much more, in microseconds.
const LEAST: u64 = 100;
const SPREAD: u64 = 400;

/// All of the broker.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) dice: Entropy,
    pub(crate) around: Arc<dyn Surroundings>,
    pub(crate) trouble: BrokerTrouble,
    /// Until when it cannot be reached.
    pub(crate) away_until: Duration,
    pub(crate) exchanges: Exchanges,
    pub(crate) queues: BTreeMap<String, Queue>,
    pub(crate) connections: BTreeMap<u64, Line>,
    pub(crate) channels: BTreeMap<u64, Open>,
    /// By time and by order.
    agenda: BTreeMap<(Duration, u64), Due>,
    /// Messages that are not on enough disks, in their order; the last of them may be lost with their leader.
    pub(crate) undecided: VecDeque<Undecided>,
    /// Whether no queue has a leader.
    pub(crate) is_leaderless: bool,
    /// What waits for a leader, in the order in which it came.
    pub(crate) stalled: Vec<(u64, u64, Said, Option<Reply>)>,
    /// What is never answered, by connection. It is kept, because dropping it says that the connection is gone.
    pub(crate) never: BTreeMap<u64, Vec<Reply>>,
    numbers: u64,
}

/// A connection, as the broker sees it.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) node: String,
    pub(crate) life: u32,
    pub(crate) signs: Post<Sign>,
    /// Nothing arrives any more, on either side.
    pub(crate) is_silent: bool,
    /// When the last thing arrives that is on its way there, and back.
    last: (Duration, Duration),
}

/// An open channel.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) connection: u64,
    pub(crate) confirms: bool,
    /// What it consumes.
    pub(crate) consumes: Option<(String, Inbox)>,
}

impl State {
    pub(crate) fn new(dice: Entropy, around: Arc<dyn Surroundings>) -> Self {
        Self {
            dice,
            around,
            trouble: BrokerTrouble::default(),
            away_until: Duration::ZERO,
            exchanges: Exchanges::default(),
            queues: BTreeMap::new(),
            connections: BTreeMap::new(),
            channels: BTreeMap::new(),
            agenda: BTreeMap::new(),
            undecided: VecDeque::new(),
            is_leaderless: false,
            stalled: Vec::new(),
            never: BTreeMap::new(),
            numbers: 0,
        }
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.dice.below(bound.max(1))
    }

    pub(crate) fn step(&self) -> Duration {
        Duration::from_micros(LEAST + self.below(SPREAD))
    }

    pub(crate) fn enter(&mut self, (node, life): (&str, u32), signs: Post<Sign>) -> u64 {
        let connection = self.number();
        let (node, last) = (node.to_owned(), (Duration::ZERO, Duration::ZERO));
        self.connections.insert(connection, Line { node, life, signs, is_silent: false, last });
        connection
    }

    /// When the next thing is due.
    pub(crate) fn next_at(&self) -> Option<Duration> {
        self.agenda.keys().next().map(|(at, _)| *at)
    }

    pub(crate) fn take_due(&mut self, now: Duration) -> Option<Due> {
        let first = self.agenda.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    pub(crate) fn at(&mut self, at: Duration, due: Due) {
        let number = self.number();
        self.agenda.insert((at, number), due);
    }

    /// Sends something on its way, behind what goes the same way already.
    pub(crate) fn send(&mut self, now: Duration, due: Due) {
        let mut at = now + self.step();
        if let Some((connection, is_to_broker)) = due.way() {
            let Some(line) = self.connections.get_mut(&connection) else { return };
            let last = if is_to_broker { &mut line.last.0 } else { &mut line.last.1 };
            at = at.max(*last);
            *last = at;
        }
        self.at(at, due);
    }

    /// Does what is due. Of those on a connection only what still arrives comes here.
    pub(crate) fn happen(&mut self, now: Duration, due: Due) {
        match due {
            Due::Arrives { connection, channel, said, reply } => {
                self.arrive(now, (connection, channel), said, reply);
            }
            Due::Answers { reply, answer, .. } => drop(reply.send(answer)),
            Due::Delivers { inbox, delivered, .. } => inbox.put(Ok(*delivered)),
            Due::Decided(number) => self.decided(now, number),
            Due::Elected => self.elected(now),
            Due::Expires { connection, why } => self.close(now, connection, &why),
        }
    }

    pub(crate) fn arrive(
        &mut self,
        now: Duration,
        (connection, channel): (u64, u64),
        said: Said,
        reply: Option<Reply>,
    ) {
        if self.is_leaderless && said.needs_leader() {
            return self.stalled.push((connection, channel, said, reply));
        }
        if let Said::Open = said {
            self.channels.insert(channel, Open { connection, confirms: false, consumes: None });
        }
        if !self.channels.contains_key(&channel) {
            return;
        }
        let answer = match said {
            Said::Open => Ok(()),
            Said::Publish { exchange, key, parcel } => {
                return self.publish(now, channel, (exchange, key, parcel), reply);
            }
            Said::Close => return self.close_channel(now, channel, "it was closed"),
            said => self.carry_out(now, channel, said),
        };
        let is_failure = answer.is_err();
        let why = answer.clone().err().map(|failed| failed.to_string()).unwrap_or_default();
        if let Some(reply) = reply {
            let answer = answer.map(|()| Confirmation::Kept);
            self.send(now, Due::Answers { connection, reply, answer });
        }
        if is_failure {
            self.around.does(format!("ends a channel: {why}"));
            self.close_channel(now, channel, &why);
        }
    }

    fn carry_out(&mut self, now: Duration, channel: u64, said: Said) -> Result<(), Failed> {
        match said {
            Said::Exchange(name, kind) => self.exchanges.declare(name, kind),
            Said::Queue(declaration) => {
                let known = self.queues.entry(declaration.name.clone());
                let queue = known.or_insert_with(|| Queue::new(declaration.clone()));
                if queue.declaration == declaration { Ok(()) } else { Err(mismatch(&declaration.name)) }
            }
            Said::Bind { queue, .. } if !self.queues.contains_key(&queue) => Err(none(&queue)),
            Said::Bind { queue, exchange, pattern } => self.exchanges.bind(queue, &exchange, pattern),
            Said::Delete(name) => {
                self.delete(&name);
                Ok(())
            }
            Said::Confirm => {
                self.channels.entry(channel).and_modify(|open| open.confirms = true);
                Ok(())
            }
            Said::Consume { queue, prefetch, inbox } => {
                let found = self.queues.get_mut(&queue).ok_or_else(|| none(&queue))?;
                found.consume(channel, prefetch);
                self.channels.entry(channel).and_modify(|open| open.consumes = Some((queue.clone(), inbox)));
                self.pump(now, &queue);
                Ok(())
            }
            Said::Acknowledge(tag) => self.acknowledge(now, channel, tag),
            Said::Reject(tag) => self.reject(now, channel, tag),
            Said::Open | Said::Publish { .. } | Said::Close => Ok(()),
        }
    }

    fn delete(&mut self, name: &str) {
        let Some(queue) = self.queues.remove(name) else { return };
        self.exchanges.forget(name);
        for channel in queue.channels() {
            let consumed = self.channels.get_mut(&channel).and_then(|open| open.consumes.take());
            if let Some((_, inbox)) = consumed {
                inbox.end();
            }
        }
    }

    /// Sends what consumers have room for.
    pub(crate) fn pump(&mut self, now: Duration, name: &str) {
        while !self.is_leaderless {
            let (dice, trouble) = (&self.dice, &mut self.trouble);
            let twice = || trouble.comes_twice(|bound| dice.below(bound));
            let Some(leaving) = self.queues.get_mut(name).and_then(|queue| queue.next(twice)) else { return };
            let Some(open) = self.channels.get(&leaving.channel) else { return };
            let (connection, Some((_, inbox))) = (open.connection, open.consumes.clone()) else { return };
            let Message { key, parcel, is_again, .. } = leaving.message;
            let again = if is_again { " again" } else { "" };
            let position = parcel.position.unwrap_or_default();
            self.around.does(format!("gives {name} {position}{again}"));
            let delivered = Box::new(Delivered { tag: leaving.tag, key, parcel });
            self.send(now, Due::Delivers { connection, inbox, delivered });
        }
    }

    fn consumed(&self, channel: u64) -> Option<String> {
        self.channels.get(&channel)?.consumes.as_ref().map(|(queue, _)| queue.clone())
    }

    fn acknowledge(&mut self, now: Duration, channel: u64, tag: u64) -> Result<(), Failed> {
        // Whoever leads next has not heard of it.
        if self.is_leaderless {
            return Ok(());
        }
        let Some(name) = self.consumed(channel) else { return Ok(()) };
        let Some(queue) = self.queues.get_mut(&name) else { return Ok(()) };
        let gone = queue.acknowledge(channel, tag).map_err(|UnknownTag| unknown(tag))?;
        self.around.does(format!("forgets {gone} of {name}, which are done"));
        self.pump(now, &name);
        Ok(())
    }

    fn reject(&mut self, now: Duration, channel: u64, tag: u64) -> Result<(), Failed> {
        let Some(name) = self.consumed(channel) else { return Ok(()) };
        let Some(queue) = self.queues.get_mut(&name) else { return Ok(()) };
        let rejected = queue.reject(channel, tag).map_err(|UnknownTag| unknown(tag))?;
        if let (Some(message), Some(exchange)) = (rejected, queue.declaration.dead_letters.clone()) {
            self.around.does(format!("keeps a dead letter of {name}"));
            let queues = self.exchanges.route(&exchange, &message.key);
            let number = self.number();
            self.keep(now, &queues, &Message { number, is_again: false, ..message });
        }
        self.pump(now, &name);
        Ok(())
    }

    /// What was on its way on a silent connection: whoever waits for an answer goes on waiting.
    pub(crate) fn swallow(&mut self, connection: u64, due: Due) {
        if let Due::Arrives { reply: Some(reply), .. } | Due::Answers { reply, .. } = due {
            self.never.entry(connection).or_default().push(reply);
        }
    }

    /// The client closes its connection. The broker learns of it behind what was said before; of a silent one it
    /// learns nothing.
    pub(crate) fn hang_up(&mut self, now: Duration, connection: u64) {
        let Some(line) = self.connections.get(&connection) else { return };
        if !line.is_silent {
            let (at, why) = (line.last.0.max(now + self.step()), Arc::from("good-bye"));
            return self.at(at, Due::Expires { connection, why });
        }
        self.never.remove(&connection);
        let open = self.channels.values().filter(|open| open.connection == connection);
        for (_, inbox) in open.filter_map(|open| open.consumes.as_ref()) {
            inbox.put(Err(Failed::Gone("good-bye".to_owned())));
            inbox.end();
        }
    }

    /// The connection is gone, with its channels; what it had not acknowledged is delivered again.
    pub(crate) fn close(&mut self, now: Duration, connection: u64, why: &str) {
        let Some(line) = self.connections.remove(&connection) else { return };
        self.never.remove(&connection);
        self.around
            .note(&format!("broker loses a connection of {} in its life {}: {why}", line.node, line.life));
        line.signs.put(Sign::Failed(why.to_owned()));
        line.signs.end();
        let of = |open: &Open| open.connection == connection;
        let channels: Vec<u64> =
            self.channels.iter().filter(|(_, open)| of(open)).map(|(id, _)| *id).collect();
        for channel in channels {
            self.close_channel(now, channel, why);
        }
        self.stalled.retain(|(of, ..)| *of != connection);
    }

    fn close_channel(&mut self, now: Duration, channel: u64, why: &str) {
        let Some(open) = self.channels.remove(&channel) else { return };
        for message in self.undecided.iter_mut().filter(|message| message.channel == channel) {
            message.reply = None;
        }
        let Some((name, inbox)) = open.consumes else { return };
        inbox.put(Err(Failed::Gone(why.to_owned())));
        inbox.end();
        if let Some(queue) = self.queues.get_mut(&name) {
            queue.leave(channel);
        }
        self.pump(now, &name);
    }
}

fn unknown(tag: u64) -> Failed {
    Failed::Mismatch(format!("unknown delivery tag {tag}"))
}
