//! A client that sends exactly the bytes of a case, cut as it is told, and reads what comes back.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use super::case::{Answer, Case, End, Step};
use super::message::{Kind, Message, Read, read};
use super::random::Random;
use super::upstream::PROBE;

/// How long the client waits for what has to come.
const LIMIT: Duration = Duration::from_secs(3);
/// What the client reads at most: a gateway that never stops is not waited for.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Up to so many bytes are sent one by one.
const MOST_SINGLE_BYTES: usize = 3000;

/// How the bytes of a client are cut into writes.
#[derive(Debug, Clone, Copy)]
pub enum Cut {
    Whole,
    EachByte,
    /// At places that the seed decides on.
    Random(u64),
}

impl Cut {
    /// The lengths of the pieces of `length` bytes.
    fn pieces(self, length: usize) -> Vec<usize> {
        let (mut pieces, mut left) = (Vec::new(), length);
        let mut random = Random::new(if let Self::Random(seed) = self { seed } else { 1 });
        let longest = if length > MOST_SINGLE_BYTES { length / 20 } else { length.div_ceil(3) };
        while left > 0 {
            let piece = match self {
                Self::Whole => left,
                Self::EachByte if length <= MOST_SINGLE_BYTES => 1,
                Self::EachByte | Self::Random(_) => 1 + random.below(longest),
            };
            pieces.push(piece.min(left));
            left -= piece.min(left);
        }
        pieces
    }
}

/// What the client got where it expected an answer.
#[derive(Debug)]
pub enum Got {
    Whole(Message),
    /// The connection ended before, or within an answer.
    Ended(Option<Message>),
    Flawed(String),
    /// Nothing more came in time.
    Quiet(Option<Message>),
}

impl Got {
    /// For a complaint.
    pub fn told(&self) -> String {
        match self {
            Self::Whole(message) => format!("{message:?}"),
            Self::Ended(None) => "the end of the connection".to_owned(),
            Self::Ended(Some(message)) => format!("the end of the connection within {message:?}"),
            Self::Flawed(flaw) => format!("what is no answer: {flaw}"),
            Self::Quiet(None) => "nothing in time".to_owned(),
            Self::Quiet(Some(message)) => format!("nothing more in time than {message:?}"),
        }
    }
}

/// How the connection was left.
#[derive(Debug, PartialEq, Eq)]
pub enum Left {
    /// A further request was answered as it should be.
    Open,
    Closed,
    Otherwise(String),
}

#[derive(Debug)]
pub struct Seen {
    pub got: Vec<Got>,
    /// What came after a switch of protocols.
    pub tunnel: Vec<u8>,
    pub left: Left,
    /// How many interim answers came that the case does not name.
    pub interim: usize,
    /// What a step of the client waited for in vain.
    pub missed: Vec<String>,
}

/// Carries out the client's part of a case.
pub fn run(case: &Case, gateway: SocketAddr, cut: Cut) -> Seen {
    let mut client = Client::connect(gateway);
    let mut missed = Vec::new();
    for step in &case.client {
        match step {
            Step::Send(bytes) => client.send(bytes, cut),
            Step::Wait(text) if client.wait(text) => {}
            Step::Wait(text) => missed.push(text.escape_ascii().to_string()),
            Step::Pause(milliseconds) => std::thread::sleep(Duration::from_millis(*milliseconds)),
            Step::Shut => drop(client.stream.shutdown(Shutdown::Write)),
        }
    }
    let got: Vec<Got> = case.answers.iter().map(|answer| client.answer(answer)).collect();
    let switched = matches!(got.last(), Some(Got::Whole(message)) if message.status() == 101);
    let mut tunnel = Vec::new();
    if switched {
        while client.more() {}
        tunnel = client.received.split_off(client.next);
    }
    let left = client.leave(case.end);
    Seen { got, tunnel, left, interim: client.interim, missed }
}

/// Sends `bytes` on a connection of their own and reads as many answers as there are requests.
pub fn exchange(gateway: SocketAddr, bytes: &[u8], cut: Cut, to_heads: &[bool]) -> Vec<Got> {
    let mut client = Client::connect(gateway);
    std::thread::scope(|scope| {
        let mut sending = client.stream.try_clone().unwrap();
        scope.spawn(move || write(&mut sending, bytes, cut));
        to_heads.iter().map(|to_head| client.next_final(*to_head)).collect()
    })
}

fn write(stream: &mut TcpStream, bytes: &[u8], cut: Cut) {
    let mut rest = bytes;
    for length in cut.pieces(bytes.len()) {
        let (piece, after) = rest.split_at(length);
        // A gateway that has refused may have gone.
        if stream.write_all(piece).is_err() {
            return;
        }
        rest = after;
    }
}

struct Client {
    stream: TcpStream,
    received: Vec<u8>,
    /// Where in `received` the next answer begins.
    next: usize,
    is_at_end: bool,
    /// The end came as a reset, which may destroy what was sent before.
    was_reset: bool,
    interim: usize,
}

impl Client {
    fn connect(gateway: SocketAddr) -> Self {
        let stream = TcpStream::connect(gateway).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_write_timeout(Some(LIMIT)).unwrap();
        Self { stream, received: Vec::new(), next: 0, is_at_end: false, was_reset: false, interim: 0 }
    }

    fn send(&mut self, bytes: &[u8], cut: Cut) {
        write(&mut self.stream, bytes, cut);
    }

    /// Reads more; false when the end has come, or nothing in time, or too much.
    fn more(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        while self.received.len() < MOST_BYTES {
            match self.stream.read(&mut buffer) {
                Ok(0) => self.is_at_end = true,
                Ok(count) => {
                    self.received.extend_from_slice(&buffer[..count]);
                    return true;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => (self.is_at_end, self.was_reset) = (true, true),
            }
            return false;
        }
        false
    }

    /// Waits until `text` has come.
    fn wait(&mut self, text: &[u8]) -> bool {
        loop {
            if self.received.windows(text.len()).any(|window| window == text) {
                return true;
            }
            if !self.more() {
                return false;
            }
        }
    }

    fn answer(&mut self, expected: &Answer) -> Got {
        match expected {
            Answer::Whole { message, to_head, .. } if message.is_interim() => self.message(*to_head),
            Answer::Whole { to_head, .. } => self.next_final(*to_head),
            _ => self.next_final(false),
        }
    }

    /// The next final answer. Interim ones in front of it may come or not.
    fn next_final(&mut self, to_head: bool) -> Got {
        loop {
            match self.message(to_head) {
                Got::Whole(message) if message.is_interim() => self.interim += 1,
                got => return got,
            }
        }
    }

    fn message(&mut self, to_head: bool) -> Got {
        loop {
            let kind = Kind::Response { to_head, at_end: self.is_at_end };
            match read(&self.received[self.next..], kind) {
                Read::Whole(message, taken) => {
                    self.next += taken;
                    return Got::Whole(message);
                }
                Read::Flawed(flaw) => return Got::Flawed(flaw),
                Read::Incomplete(seen) if self.is_at_end => return Got::Ended(seen),
                Read::Incomplete(seen) => {
                    if !self.more() && !self.is_at_end {
                        return Got::Quiet(seen);
                    }
                }
            }
        }
    }

    /// Finds out how the connection is left.
    fn leave(&mut self, expected: End) -> Left {
        if matches!(expected, End::Open | End::Any) && !self.is_at_end {
            let probe = format!("GET {PROBE} HTTP/1.1\r\nHost: probe.example\r\n\r\n");
            let _ = self.stream.write_all(probe.as_bytes());
            return match self.next_final(false) {
                Got::Whole(message) if message.body == b"probe" => Left::Open,
                Got::Ended(None) if self.next == self.received.len() => Left::Closed,
                got => Left::Otherwise(format!("a further request got {}", got.told())),
            };
        }
        while self.more() {}
        match (self.is_at_end, self.received.get(self.next..).unwrap_or_default()) {
            (true, []) if self.was_reset && expected == End::Orderly => {
                Left::Otherwise("it was reset".to_owned())
            }
            (true, []) => Left::Closed,
            // The half of a spoilt answer.
            (true, _) if expected == End::Any => Left::Closed,
            (true, rest) => Left::Otherwise(format!("after the answers came \"{}\"", rest.escape_ascii())),
            (false, _) => Left::Otherwise("the connection was not closed".to_owned()),
        }
    }
}

#[test]
fn pieces_are_the_whole() {
    for length in [0, 1, 2, 100, 3000, 3001, 20_000] {
        for cut in [Cut::Whole, Cut::EachByte, Cut::Random(7)] {
            let pieces = cut.pieces(length);
            assert_eq!(pieces.iter().sum::<usize>(), length, "{cut:?}");
            assert!(!pieces.contains(&0));
        }
    }
    assert_eq!(Cut::EachByte.pieces(3), [1, 1, 1]);
}
