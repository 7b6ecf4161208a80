//! Connections as the readers follow them, message after message.

use tradewind_http_validation::head::{
    ChunkReader, Framing, HeadLimits, Piece, Refusal, RequestReader, Scanner,
};

/// The usual limits, and such as a short input reaches.
pub(crate) const LIMITS: [HeadLimits; 2] = [
    HeadLimits { max_head_bytes: 16 * 1024, max_headers: 100, max_target_bytes: 8 * 1024 },
    HeadLimits { max_head_bytes: 96, max_headers: 3, max_target_bytes: 24 },
];

/// All that a scanner tells about a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Scanned {
    pub(crate) released: Vec<u8>,
    pub(crate) heads: u64,
    pub(crate) verdict: Result<(), Refusal>,
    is_idle: bool,
    in_head: bool,
}

pub(crate) fn scan(pieces: &[&[u8]], limits: HeadLimits) -> Scanned {
    let (mut scanner, mut released) = (Scanner::new(limits), Vec::new());
    let mut verdict = Ok(());
    for piece in pieces {
        verdict = scanner.feed(piece, &mut released);
    }
    let (is_idle, in_head) = (scanner.is_idle(), scanner.in_head());
    Scanned { released, heads: scanner.heads(), verdict, is_idle, in_head }
}

/// What the readers make of a stream of requests.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) heads: u64,
    pub(crate) verdict: Result<(), Refusal>,
    /// Method and target of each head, its fields, and the data of the bodies, one after the other.
    said: Vec<u8>,
}

pub(crate) fn read(pieces: &[&[u8]], limits: HeadLimits) -> Read {
    let mut connection = Connection::new(limits);
    let verdict = pieces.iter().try_for_each(|piece| connection.take(piece));
    Read { heads: connection.heads, verdict, said: connection.said }
}

struct Connection {
    limits: HeadLimits,
    buffer: Vec<u8>,
    reader: RequestReader,
    sized: u64,
    chunks: Option<ChunkReader>,
    heads: u64,
    said: Vec<u8>,
}

impl Connection {
    fn new(limits: HeadLimits) -> Self {
        let reader = RequestReader::new(limits);
        Self { limits, buffer: Vec::new(), reader, sized: 0, chunks: None, heads: 0, said: Vec::new() }
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        self.buffer.extend_from_slice(piece);
        while !self.buffer.is_empty() {
            let Some(taken) = self.step()? else { break };
            assert!((1..=self.buffer.len()).contains(&taken), "took {taken} of {}", self.buffer.len());
            self.buffer.drain(..taken);
        }
        Ok(())
    }

    fn step(&mut self) -> Result<Option<usize>, Refusal> {
        if let Some(chunks) = &mut self.chunks {
            let piece = chunks.next(&self.buffer)?;
            if let Piece::Data(length) = piece {
                self.said.extend_from_slice(&self.buffer[..length]);
            }
            if let Piece::End(_) = piece {
                self.said.extend_from_slice(chunks.trailers());
                self.chunks = None;
            }
            let (Piece::Data(taken) | Piece::Framing(taken) | Piece::End(taken)) = piece;
            return Ok(Some(taken));
        }
        if self.sized > 0 {
            let taken = self.buffer.len().min(usize::try_from(self.sized).unwrap_or(usize::MAX));
            self.sized -= taken as u64;
            self.said.extend_from_slice(&self.buffer[..taken]);
            return Ok(Some(taken));
        }
        self.head()
    }

    fn head(&mut self) -> Result<Option<usize>, Refusal> {
        let Some(taken) = self.reader.read(&self.buffer)? else { return Ok(None) };
        self.heads += 1;
        for part in [self.reader.method(&self.buffer), self.reader.target(&self.buffer)] {
            self.said.extend_from_slice(part.as_bytes());
            self.said.push(b' ');
        }
        for (name, value) in self.reader.fields(&self.buffer).iter() {
            self.said.extend([name, b":", value, b"\n"].concat());
        }
        match self.reader.framing() {
            Framing::Sized(length) => self.sized = length,
            Framing::Chunked => self.chunks = Some(ChunkReader::new(self.limits.max_headers)),
        }
        self.reader.reset();
        Ok(Some(taken))
    }
}
