//! The loop: what is due is sent, what has come is counted.

use std::collections::VecDeque;
use std::error::Error;
use std::io;
use std::iter::Peekable;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tradewind_proxy_load::arrivals::{Arrivals, Random};
use tradewind_proxy_load::poll::{Events, Interest, Poll, Ready, connecting};

use crate::Arguments;
use crate::counts::{Outcome, Report};
use crate::link::{Link, Seen, State};
use crate::request::{Request, Template};

/// How long connections may take to be made before the first request.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug)]
struct Driver {
    poll: Poll,
    target: SocketAddr,
    template: Template,
    timeout: Duration,
    fresh: bool,
    links: Vec<Link>,
    /// Those that wait for a request, the one that waits longest first.
    idle: VecDeque<usize>,
    cold: Vec<usize>,
    queue: VecDeque<Request>,
    /// When what was sent over a link has failed: requests are sent in their order, so deadlines are in theirs.
    deadlines: VecDeque<(Instant, usize, u64)>,
    on_their_way: usize,
    buffer: Vec<u8>,
    report: Report,
}

/// Sends all requests and waits for their ends.
pub(crate) fn run(arguments: &Arguments) -> Result<Report, Box<dyn Error>> {
    let (target, path) = arguments.target()?;
    let steps = arguments.all_steps()?;
    let connections = usize::try_from(arguments.connections)?;
    let mut driver = Driver {
        poll: Poll::new()?,
        target,
        template: Template::new(arguments, &target.to_string(), path),
        timeout: Duration::from_millis(arguments.timeout_ms),
        fresh: arguments.fresh,
        links: (0..connections).map(|_| Link::default()).collect(),
        idle: VecDeque::new(),
        cold: (0..connections).collect(),
        queue: VecDeque::new(),
        deadlines: VecDeque::new(),
        on_their_way: 0,
        buffer: vec![0; 64 * 1024],
        report: Report::new(steps.clone()),
    };
    if !arguments.fresh {
        driver.warm()?;
    }
    let arrivals = Arrivals::new(steps, arguments.seed).peekable();
    let duplicates = arguments.duplicate.unwrap_or(0.0) / 100.0;
    driver.drive(arrivals, duplicates, Random::new(!arguments.seed))?;
    Ok(driver.report)
}

impl Driver {
    /// Makes all connections before the first request.
    fn warm(&mut self) -> io::Result<()> {
        for link in std::mem::take(&mut self.cold) {
            self.connect(link)?;
        }
        let (mut events, until) = (Events::new(), Instant::now() + PATIENCE);
        while self.idle.len() + self.cold.len() < self.links.len() && Instant::now() < until {
            self.poll.wait(&mut events, Some(Duration::from_millis(100)))?;
            events.iter().for_each(|ready| self.ready(ready));
        }
        if self.idle.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotConnected, "no connection could be made"));
        }
        Ok(())
    }

    fn drive(
        &mut self,
        mut arrivals: Peekable<Arrivals>,
        duplicates: f64,
        mut random: Random,
    ) -> io::Result<()> {
        let (began, mut events, mut key) = (Instant::now(), Events::new(), 0);
        loop {
            let now = Instant::now();
            while let Some((step, at)) = arrivals.next_if(|(_, at)| began + *at <= now) {
                key += 1;
                let second = usize::try_from(at.as_secs()).unwrap_or(usize::MAX);
                let request = Request { step, scheduled: began + at, second, key };
                self.queue.push_back(request);
                if duplicates > 0.0 && random.share() < duplicates {
                    self.queue.push_back(request);
                }
            }
            self.expire(now);
            self.dispatch();
            let arrival = arrivals.peek().map(|(_, at)| began + *at);
            if arrival.is_none() && self.queue.is_empty() && self.on_their_way == 0 {
                return Ok(());
            }
            let queued = self.queue.front().map(|request| request.scheduled + self.timeout);
            let deadline = self.deadlines.front().map(|(at, ..)| *at);
            let next = [arrival, queued, deadline].into_iter().flatten().min();
            self.poll.wait(&mut events, next.map(|at| at.saturating_duration_since(Instant::now())))?;
            events.iter().for_each(|ready| self.ready(ready));
        }
    }

    /// Counts what has waited for too long.
    fn expire(&mut self, now: Instant) {
        while let Some(request) = self.queue.pop_front_if(|request| request.scheduled + self.timeout <= now) {
            self.count(request, Outcome::TimedOut);
        }
        while let Some((_, place, sent)) = self.deadlines.pop_front_if(|(at, ..)| *at <= now) {
            let Some(link) = self.links.get(place) else { continue };
            if link.sent == sent && link.request.is_some() {
                self.follow(place, Seen::Done(Outcome::TimedOut, false));
            }
        }
    }

    /// Sends what is due, as far as there are connections.
    fn dispatch(&mut self) {
        while !self.queue.is_empty() {
            if let Some(place) = self.idle.pop_front() {
                if self.links.get(place).is_some_and(|link| link.state == State::Idle) {
                    let request = self.queue.pop_front();
                    self.send(place, request);
                }
            } else if let Some(place) = self.cold.pop() {
                let request = self.queue.pop_front();
                self.connect_for(place, request);
            } else {
                return;
            }
        }
    }

    fn connect_for(&mut self, place: usize, request: Option<Request>) {
        let made = self.connect(place);
        let (Some(link), Some(request)) = (self.links.get_mut(place), request) else { return };
        link.request = Some(request);
        link.sent += 1;
        self.deadlines.push_back((request.scheduled + self.timeout, place, link.sent));
        self.on_their_way += 1;
        if made.is_err() {
            self.follow(place, Seen::Done(Outcome::NotConnected, false));
        }
    }

    fn connect(&mut self, place: usize) -> io::Result<()> {
        let Some(link) = self.links.get_mut(place) else { return Ok(()) };
        let stream = connecting(self.target, None, None)?;
        self.poll.add(&stream, place, Interest::Write)?;
        link.stream = Some(stream);
        link.state = State::Connecting;
        Ok(())
    }

    fn send(&mut self, place: usize, request: Option<Request>) {
        let (Some(link), Some(request)) = (self.links.get_mut(place), request) else { return };
        let known = link.request.is_some();
        let seen = link.send(request, self.template.bytes(request.key));
        self.on_their_way += usize::from(!known);
        self.deadlines.push_back((request.scheduled + self.timeout, place, link.sent));
        if link.wants_room() && seen == Seen::Nothing {
            self.watch(place, Interest::Write);
        }
        self.follow(place, seen);
    }

    fn ready(&mut self, ready: Ready) {
        let place = ready.token;
        let Some(link) = self.links.get_mut(place) else { return };
        if link.state == State::Connecting {
            return self.connected(place);
        }
        if ready.writable && link.wants_room() {
            let seen = link.flush();
            let all = !link.wants_room();
            self.follow(place, seen);
            if all {
                self.watch(place, Interest::Read);
            }
        }
        let Some(link) = self.links.get_mut(place) else { return };
        let seen = link.read(&mut self.buffer);
        self.follow(place, seen);
    }

    fn connected(&mut self, place: usize) {
        let Some(link) = self.links.get_mut(place) else { return };
        let failed = link.stream.as_ref().is_none_or(|stream| !matches!(stream.take_error(), Ok(None)));
        let request = link.request;
        match (failed, request) {
            (true, Some(_)) => self.follow(place, Seen::Done(Outcome::NotConnected, false)),
            (true, None) => self.give_up(place),
            (false, Some(_)) => {
                self.watch(place, Interest::Read);
                self.send(place, request);
            }
            (false, None) => {
                self.watch(place, Interest::Read);
                self.rest(place);
            }
        }
    }

    fn follow(&mut self, place: usize, seen: Seen) {
        match seen {
            Seen::Nothing => {}
            Seen::Lost => {
                self.report.lost_idle += 1;
                self.give_up(place);
            }
            Seen::Done(outcome, usable) => {
                let request = self.links.get_mut(place).and_then(|link| {
                    link.answers += 1;
                    link.request.take()
                });
                if let Some(request) = request {
                    self.on_their_way -= 1;
                    self.count(request, outcome);
                }
                if usable && !self.fresh { self.rest(place) } else { self.give_up(place) }
            }
        }
    }

    fn count(&mut self, request: Request, outcome: Outcome) {
        let latency = Instant::now().saturating_duration_since(request.scheduled);
        self.report.count(request.step, request.second, outcome, latency);
    }

    fn rest(&mut self, place: usize) {
        if let Some(link) = self.links.get_mut(place) {
            link.rest();
            self.idle.push_back(place);
        }
    }

    fn give_up(&mut self, place: usize) {
        if let Some(link) = self.links.get_mut(place) {
            link.close();
            self.cold.push(place);
        }
    }

    fn watch(&self, place: usize, interest: Interest) {
        if let Some(stream) = self.links.get(place).and_then(|link| link.stream.as_ref()) {
            // A socket that cannot be watched is found by the deadline of its request.
            let _ = self.poll.change(stream, place, interest);
        }
    }
}
