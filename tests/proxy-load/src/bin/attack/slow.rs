//! Slow clients: each is one connection, all are one thread.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tradewind_proxy_load::histogram::Histogram;
use tradewind_proxy_load::message::Head;
use tradewind_proxy_load::poll::{Events, Interest, Poll, connecting};

use crate::{Arguments, Mode, Values};

/// Room for what a slow reader does not read: the least that the system gives.
const SMALL_BUFFER: usize = 2048;

/// Requests that a slow reader sends at once, so that answers outgrow every buffer on the way.
const ASKED_AT_ONCE: usize = 64;

/// Slow clients do not all move at one moment: the generator itself would be busy for so long. So many parts of them take
/// turns.
const TURNS: u32 = 50;

#[derive(Debug)]
struct Client {
    stream: TcpStream,
    since: Instant,
    /// The connection is there.
    begun: bool,
    /// What came first: at most a head.
    heard: Vec<u8>,
}

#[derive(Debug, Default)]
struct Counts {
    connected: u64,
    not_connected: u64,
    /// How long connections lasted that the peer closed.
    closed: Histogram,
    statuses: BTreeMap<u16, u64>,
}

#[derive(Debug)]
struct Attack<'arguments> {
    arguments: &'arguments Arguments,
    poll: Poll,
    clients: Vec<Option<Client>>,
    /// How many have come.
    come: usize,
    counts: Counts,
    start: Vec<u8>,
}

pub(crate) fn run(arguments: &Arguments) -> io::Result<Values> {
    let mut attack = Attack {
        arguments,
        poll: Poll::new()?,
        clients: (0..arguments.connections).map(|_| None).collect(),
        come: 0,
        counts: Counts::default(),
        start: start(arguments),
    };
    let every = Duration::from_millis(arguments.every_ms.max(1));
    let began = Instant::now();
    let until = began + Duration::from_secs_f64(arguments.seconds);
    let (mut events, mut tick, mut turn) = (Events::new(), began + every / TURNS, 0);
    while Instant::now() < until {
        let next = attack.come(began).unwrap_or(until);
        let patience = tick.min(until).min(next).saturating_duration_since(Instant::now());
        attack.poll.wait(&mut events, Some(patience))?;
        events.iter().for_each(|ready| attack.ready(ready.token, ready.ended));
        if Instant::now() >= tick {
            tick += every / TURNS;
            (turn..attack.come).step_by(TURNS as usize).for_each(|place| attack.tick(place));
            turn = (turn + 1) % TURNS as usize;
        }
    }
    Ok(attack.values())
}

/// What a client sends as soon as it is connected.
fn start(arguments: &Arguments) -> Vec<u8> {
    let Arguments { host, path, .. } = arguments;
    match arguments.mode {
        Mode::SlowHead => format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Slow: ").into_bytes(),
        Mode::SlowBody => {
            format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000000\r\n\r\n").into_bytes()
        }
        Mode::SlowRead => {
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").repeat(ASKED_AT_ONCE).into_bytes()
        }
        _ => Vec::new(),
    }
}

impl Attack<'_> {
    /// Those come whose time it is. When the next one will.
    fn come(&mut self, began: Instant) -> Option<Instant> {
        let all = self.arguments.connections;
        let apart = Duration::from_secs_f64(self.arguments.ramp_seconds / all.max(1) as f64);
        while self.come < all {
            let at = began + apart * u32::try_from(self.come).unwrap_or(u32::MAX);
            if at > Instant::now() {
                return Some(at);
            }
            self.connect(self.come);
            self.come += 1;
        }
        None
    }

    fn connect(&mut self, place: usize) {
        let buffer = (self.arguments.mode == Mode::SlowRead).then_some(SMALL_BUFFER);
        let made = connecting(self.arguments.address, self.arguments.from, buffer).and_then(|stream| {
            self.poll.add(&stream, place, Interest::Write)?;
            Ok(Client { stream, since: Instant::now(), begun: false, heard: Vec::new() })
        });
        match made {
            Ok(client) => self.put(place, Some(client)),
            Err(_) => self.counts.not_connected += 1,
        }
    }

    fn put(&mut self, place: usize, client: Option<Client>) {
        if let Some(at) = self.clients.get_mut(place) {
            *at = client;
        }
    }

    fn ready(&mut self, place: usize, ended: bool) {
        let Some(Some(client)) = self.clients.get_mut(place) else { return };
        if !client.begun {
            if !matches!(client.stream.take_error(), Ok(None)) {
                self.counts.not_connected += 1;
                return self.put(place, None);
            }
            client.begun = true;
            self.counts.connected += 1;
            let reads = self.arguments.mode != Mode::SlowRead;
            let interest = if reads { Interest::Read } else { Interest::End };
            let sent = client.stream.write_all(&self.start);
            if sent.and_then(|()| self.poll.change(&client.stream, place, interest)).is_err() {
                self.closed(place);
            }
            return;
        }
        let gone = match self.arguments.mode {
            // The end is seen before the bytes in front of it are read.
            Mode::SlowRead => ended,
            _ => client.listen(64 * 1024),
        };
        if gone {
            self.closed(place);
        }
    }

    /// A slow client does its little something.
    fn tick(&mut self, place: usize) {
        let Some(Some(client)) = self.clients.get_mut(place) else {
            if self.arguments.again {
                self.connect(place);
            }
            return;
        };
        if !client.begun {
            return;
        }
        let gone = match self.arguments.mode {
            Mode::SlowHead | Mode::SlowBody => match client.stream.write(b"x") {
                Ok(_) => false,
                Err(error) => error.kind() != io::ErrorKind::WouldBlock,
            },
            Mode::SlowRead => client.listen(1),
            _ => false,
        };
        if gone {
            self.closed(place);
        }
    }

    fn closed(&mut self, place: usize) {
        let Some(Some(client)) = self.clients.get_mut(place) else { return };
        self.counts.closed.record(client.since.elapsed());
        if let Some(status) = client.status() {
            *self.counts.statuses.entry(status).or_default() += 1;
        }
        self.put(place, None);
    }

    fn values(&self) -> Values {
        let open = self.clients.iter().flatten().filter(|client| client.begun).count();
        let Counts { connected, not_connected, closed, statuses } = &self.counts;
        let mut values = vec![
            ("connected".to_owned(), *connected as f64),
            ("not_connected".to_owned(), *not_connected as f64),
            ("closed_by_peer".to_owned(), closed.total() as f64),
            ("open_at_end".to_owned(), open as f64),
            ("closed_after_p50_ms".to_owned(), closed.percentile(50.0) as f64 / 1000.0),
            ("closed_after_max_ms".to_owned(), closed.percentile(100.0) as f64 / 1000.0),
        ];
        let answered =
            statuses.iter().map(|(status, count)| (format!("closed_with_{status}"), *count as f64));
        values.extend(answered);
        values
    }
}

impl Client {
    /// Reads once, at most so many bytes. Whether the connection is gone.
    fn listen(&mut self, most: usize) -> bool {
        let mut buffer = vec![0; most];
        match self.stream.read(&mut buffer) {
            Ok(0) => true,
            Ok(length) => {
                if self.heard.len() < 1024 {
                    self.heard.extend_from_slice(buffer.get(..length).unwrap_or_default());
                }
                false
            }
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }

    /// The status that was heard before the end.
    fn status(&self) -> Option<u16> {
        Head::parse(&self.heard).ok().flatten()?.status()
    }
}
