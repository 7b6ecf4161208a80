//! The loop that all connections share.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use tradewind_proxy_load::poll::{Events, Interest, Poll, Ready, listening};

use crate::Arguments;
use crate::answers::Answers;
use crate::connection::{Connection, Next};

const LISTENER: usize = usize::MAX;
const INPUT: usize = usize::MAX - 1;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) answers: Answers,
    pub(crate) requests: u64,
    opened: u64,
    open: u64,
    slots: usize,
    /// When each slot that is taken becomes free.
    taken: BinaryHeap<Reverse<Instant>>,
}

impl Service {
    /// When work of this length, which is asked for now, is done.
    pub(crate) fn turn(&mut self, work: Duration) -> Instant {
        let now = Instant::now();
        if self.slots == 0 {
            return now + work;
        }
        let free = if self.taken.len() < self.slots { None } else { self.taken.pop() };
        let done = free.map_or(now, |Reverse(free)| free.max(now)) + work;
        self.taken.push(Reverse(done));
        done
    }

    pub(crate) fn counts(&self) -> String {
        let Self { requests, opened, open, .. } = self;
        format!("{{\"requests\":{requests},\"connections_opened\":{opened},\"connections_open\":{open}}}")
    }
}

#[derive(Debug)]
struct Server {
    poll: Poll,
    listener: TcpListener,
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
    timers: BinaryHeap<Reverse<(Instant, usize, u64)>>,
    buffer: Vec<u8>,
    service: Service,
}

/// Serves until standard input ends, if that is wanted, else for ever.
pub(crate) fn run(arguments: &Arguments) -> io::Result<()> {
    let mut server = Server::new(arguments)?;
    println!("{}", server.listener.local_addr()?);
    if arguments.until_end_of_input {
        server.poll.add(io::stdin().as_fd(), INPUT, Interest::Read)?;
    }
    let mut events = Events::new();
    loop {
        let next = server.timers.peek().map(|Reverse((at, ..))| at.saturating_duration_since(Instant::now()));
        server.poll.wait(&mut events, next)?;
        for ready in events.iter() {
            match ready.token {
                LISTENER => server.accept()?,
                INPUT => return Ok(()),
                _ => server.ready(ready),
            }
        }
        server.ring();
    }
}

impl Server {
    fn new(arguments: &Arguments) -> io::Result<Self> {
        let (poll, listener) = (Poll::new()?, listening(arguments.listen)?);
        poll.add(&listener, LISTENER, Interest::Read)?;
        let service = Service {
            answers: Answers::new(arguments)?,
            requests: 0,
            opened: 0,
            open: 0,
            slots: arguments.slots,
            taken: BinaryHeap::new(),
        };
        let (connections, free, timers) = (Vec::new(), Vec::new(), BinaryHeap::new());
        Ok(Self { poll, listener, connections, free, timers, buffer: vec![0; 64 * 1024], service })
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // Who is gone before being accepted does not matter.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                Err(error) => return Err(error),
            };
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
            self.service.opened += 1;
            self.service.open += 1;
            let token = self.free.pop().unwrap_or(self.connections.len());
            self.poll.add(&stream, token, Interest::Read)?;
            let connection = Some(Connection::new(stream, self.service.opened));
            match self.connections.get_mut(token) {
                Some(place) => *place = connection,
                None => self.connections.push(connection),
            }
        }
    }

    fn ready(&mut self, ready: Ready) {
        let Some(Some(connection)) = self.connections.get_mut(ready.token) else { return };
        let next = connection.ready(&mut self.buffer, &mut self.service);
        self.follow(ready.token, next);
    }

    /// Goes on with what was put off until now.
    fn ring(&mut self) {
        while let Some(Reverse((at, token, number))) = self.timers.peek().copied() {
            if at > Instant::now() {
                return;
            }
            self.timers.pop();
            let Some(Some(connection)) = self.connections.get_mut(token) else { continue };
            if connection.number == number {
                let next = connection.wake(&mut self.service);
                self.follow(token, next);
            }
        }
    }

    fn follow(&mut self, token: usize, next: io::Result<Next>) {
        let next = next.and_then(|next| self.watch(token).map(|()| next)).unwrap_or(Next::Close);
        match next {
            Next::Go => {}
            Next::WakeAt(at) => {
                let number = self.connections.get(token).and_then(Option::as_ref).map(|one| one.number);
                self.timers.push(Reverse((at, token, number.unwrap_or(0))));
            }
            Next::Close => {
                if self.connections.get_mut(token).and_then(Option::take).is_some() {
                    self.free.push(token);
                    self.service.open -= 1;
                }
            }
        }
    }

    /// Waits for room only while bytes want it.
    fn watch(&mut self, token: usize) -> io::Result<()> {
        let Some(Some(connection)) = self.connections.get_mut(token) else { return Ok(()) };
        let wants = connection.wants_room();
        if wants == connection.waits_for_room {
            return Ok(());
        }
        connection.waits_for_room = wants;
        let interest = if wants { Interest::Write } else { Interest::Read };
        self.poll.change(&connection.stream, token, interest)
    }
}
