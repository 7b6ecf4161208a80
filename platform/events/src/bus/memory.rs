//! A driver for those who share a process, simulated ones included.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tradewind_kernel::Clock;
use tradewind_problem::{Problem, UNAVAILABLE};

use super::{
    Binding, Deliveries, Delivery, Driver, Exchange, How, Later, Message, Outcome, Queue, Routed, Routing,
    Settled, To, matches, no_receiver,
};

/// Exchanges, queues, and who waits for an answer.
#[derive(Clone)]
pub(super) struct Memory {
    clock: Clock,
    state: Arc<Mutex<State>>,
    /// Something came into a queue.
    came: Arc<Notify>,
}

#[derive(Default)]
struct State {
    exchanges: BTreeMap<String, Known>,
    queues: BTreeMap<String, Line>,
    asked: BTreeMap<String, oneshot::Sender<Outcome>>,
}

/// An exchange.
struct Known {
    routing: Routing,
    /// Key and queue.
    bindings: BTreeSet<(String, String)>,
}

/// A queue, and what waits in it.
struct Line {
    queue: Queue,
    waiting: VecDeque<Waiting>,
}

#[derive(Clone)]
struct Waiting {
    message: Message,
    attempt: u32,
    reply_to: Option<String>,
    /// After which nobody is interested, by the monotonic clock.
    until: Option<Duration>,
}

impl Memory {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, state: Arc::default(), came: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, to: To<'_>, waiting: &Waiting) -> Result<Routed, Problem> {
        let routed = self.state().put(to, waiting);
        self.came.notify_waiters();
        routed
    }
}

impl State {
    fn put(&mut self, to: To<'_>, waiting: &Waiting) -> Result<Routed, Problem> {
        let names = match to {
            To::Queue(queue) => BTreeSet::from([queue.name().to_owned()]),
            To::Exchange { exchange, key } => self.exchange(exchange)?.chosen(key),
        };
        let (mut routed, mut full) = (Routed::Nowhere, None);
        for name in names {
            let Some(line) = self.queues.get_mut(&name) else { continue };
            routed = Routed::Somewhere;
            if !line.put(waiting.clone()) {
                full = Some(name);
            }
        }
        let refused = |name| Problem::new(&UNAVAILABLE).operator(format!("the queue {name} is full"));
        full.map_or(Ok(routed), |name| Err(refused(name)))
    }

    fn exchange(&mut self, exchange: &Exchange) -> Result<&mut Known, Problem> {
        let (name, routing) = (exchange.name().to_owned(), exchange.routing());
        let known = self.exchanges.entry(name).or_insert(Known { routing, bindings: BTreeSet::new() });
        if known.routing == routing {
            return Ok(known);
        }
        let (name, other) = (exchange.name(), known.routing);
        Err(Problem::internal(format!("the exchange {name} is {other:?} already, and cannot be {routing:?}")))
    }

    fn declare(&mut self, queue: &Queue, name: &str, bindings: &[Binding]) -> Result<(), Problem> {
        let mut lines = vec![(name.to_owned(), queue.clone())];
        if queue.is_shared() && !queue.is_of_dead_letters() {
            let dead = queue.dead_letters();
            lines.push((dead.name().to_owned(), dead));
        }
        for (name, queue) in lines {
            let line = self.queues.entry(name.clone());
            let line = line.or_insert_with(|| Line { queue: queue.clone(), waiting: VecDeque::new() });
            if line.queue.bound() != queue.bound() || line.queue.most_attempts() != queue.most_attempts() {
                return Err(Problem::internal(format!("the queue {name} is there with other bounds")));
            }
        }
        for Binding { exchange, key } in bindings {
            self.exchange(exchange)?.bindings.insert((key.clone(), name.to_owned()));
        }
        Ok(())
    }

    fn remove(&mut self, name: &str) {
        self.queues.remove(name);
        for known in self.exchanges.values_mut() {
            known.bindings.retain(|(_, queue)| queue != name);
        }
    }

    /// The next message that somebody is still interested in.
    fn take(&mut self, name: &str, now: Duration) -> Option<Waiting> {
        let line = self.queues.get_mut(name)?;
        let is_due = |waiting: &Waiting| waiting.until.is_none_or(|until| now < until);
        std::iter::from_fn(|| line.waiting.pop_front()).find(is_due)
    }

    fn give_back(&mut self, name: &str, mut waiting: Waiting) {
        let Some(line) = self.queues.get_mut(name) else { return };
        if waiting.attempt < line.queue.most_attempts() {
            waiting.attempt += 1;
            line.waiting.push_front(waiting);
        } else if line.queue.is_shared() {
            let dead = line.queue.dead_letters();
            (waiting.attempt, waiting.reply_to, waiting.until) = (1, None, None);
            if let Some(dead) = self.queues.get_mut(dead.name()) {
                dead.put(waiting);
            }
        }
    }
}

impl Known {
    fn chosen(&self, key: &str) -> BTreeSet<String> {
        let fits = |wanted: &str| match self.routing {
            Routing::Direct => wanted == key,
            Routing::Fanout => true,
            Routing::Topic => matches(wanted, key),
        };
        self.bindings.iter().filter(|(wanted, _)| fits(wanted)).map(|(_, queue)| queue.clone()).collect()
    }
}

impl Line {
    /// Whether there was room, or was made.
    fn put(&mut self, waiting: Waiting) -> bool {
        let is_full = self.waiting.len() >= usize::try_from(self.queue.bound()).unwrap_or(usize::MAX);
        if is_full && self.queue.is_shared() && !self.queue.is_of_dead_letters() {
            return false;
        }
        if is_full {
            self.waiting.pop_front();
        }
        self.waiting.push_back(waiting);
        true
    }
}

impl Driver for Memory {
    fn publish<'a>(&'a self, to: To<'a>, message: &'a Message, _: How) -> Later<'a, Result<Routed, Problem>> {
        let waiting = Waiting { message: message.clone(), attempt: 1, reply_to: None, until: None };
        Box::pin(async move { self.put(to, &waiting) })
    }

    fn request<'a>(&'a self, queue: &'a Queue, message: &'a Message, within: Duration) -> Later<'a, Outcome> {
        Box::pin(async move {
            let id = message.id.to_string();
            let (sender, answer) = oneshot::channel();
            self.state().asked.insert(id.clone(), sender);
            // Whoever stops waiting is not waited for.
            let _asking = Asking { memory: self, id: id.clone() };
            let until = Some(self.clock.monotonic() + within);
            let waiting = Waiting { message: message.clone(), attempt: 1, reply_to: Some(id), until };
            match self.put(To::Queue(queue), &waiting)? {
                Routed::Nowhere => Err(no_receiver(queue)),
                Routed::Somewhere => {
                    answer.await.unwrap_or_else(|_| Err(Problem::internal("the question was forgotten")))
                }
            }
        })
    }

    fn consume(&self, queue: &Queue, bindings: &[Binding], id: &str) -> Box<dyn Deliveries> {
        let name = queue.name();
        Box::new(Held {
            memory: self.clone(),
            name: if queue.is_shared() { name.to_owned() } else { format!("{name}.{id}") },
            queue: queue.clone(),
            bindings: bindings.to_vec(),
            held: BTreeMap::new(),
            tag: 0,
        })
    }
}

/// A question that is under way.
struct Asking<'a> {
    memory: &'a Memory,
    id: String,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.memory.state().asked.remove(&self.id);
    }
}

/// What one consumer holds.
struct Held {
    memory: Memory,
    name: String,
    queue: Queue,
    bindings: Vec<Binding>,
    held: BTreeMap<u64, Waiting>,
    tag: u64,
}

impl Held {
    fn try_next(&mut self) -> Option<Delivery> {
        let now = self.memory.clock.monotonic();
        let waiting = self.memory.state().take(&self.name, now)?;
        self.tag += 1;
        let (message, attempt) = (waiting.message.clone(), waiting.attempt);
        let delivery = Delivery { message, attempt, tag: self.tag, reply_to: waiting.reply_to.clone() };
        self.held.insert(self.tag, waiting);
        Some(delivery)
    }

    fn give_back(&mut self, waiting: Waiting) {
        self.memory.state().give_back(&self.name, waiting);
        self.memory.came.notify_waiters();
    }
}

impl Deliveries for Held {
    fn attach(&mut self) -> Later<'_, Result<(), Problem>> {
        Box::pin(async { self.memory.state().declare(&self.queue, &self.name, &self.bindings) })
    }

    fn next(&mut self) -> Later<'_, Delivery> {
        Box::pin(async {
            if let Err(problem) = self.attach().await {
                tracing::error!(queue = self.name, %problem, "the queue is not consumed");
                return std::future::pending().await;
            }
            let came = self.memory.came.clone();
            loop {
                let mut came = pin!(came.notified());
                // In line before looking: what comes between the two must not be missed.
                came.as_mut().enable();
                if let Some(delivery) = self.try_next() {
                    return delivery;
                }
                came.await;
            }
        })
    }

    fn reply<'a>(&'a mut self, delivery: &'a Delivery, outcome: &'a Outcome) -> Later<'a, ()> {
        Box::pin(async move {
            let Some(id) = &delivery.reply_to else { return };
            let asked = self.memory.state().asked.remove(id);
            // As it would be after a journey: what is for operators stays where it happened.
            let outcome = outcome.clone().map_err(|problem| {
                Problem::from_json(problem.to_json().as_bytes()).unwrap_or_else(|| problem.clone())
            });
            if asked.is_none_or(|asked| asked.send(outcome).is_err()) {
                tracing::debug!(queue = self.name, "nobody waits for an answer any more");
            }
        })
    }

    fn settle(&mut self, tag: u64, settled: Settled) -> Later<'_, ()> {
        Box::pin(async move {
            let Some(waiting) = self.held.remove(&tag) else { return };
            if settled == Settled::Again {
                self.give_back(waiting);
            }
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let held = std::mem::take(&mut self.held);
        for waiting in held.into_values().rev() {
            self.give_back(waiting);
        }
        if !self.queue.is_shared() {
            self.memory.state().remove(&self.name);
        }
    }
}
