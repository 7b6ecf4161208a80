//! Bodies that come by HTTP/1.

use tradewind_http_validation::head::{ChunkReader, Framing, Piece, Refusal, ResponseFraming};

/// Follows a body to its end.
#[derive(Debug)]
pub(crate) enum Body {
    /// So many bytes are left.
    Sized(u64),
    /// In chunks.
    Chunked(Box<ChunkReader>),
    /// Until the peer closes.
    UntilClose,
    /// It has ended; of a chunked one here are the trailers, with the empty line.
    Ended(Vec<u8>),
}

/// What the bytes in front are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// So many bytes of data.
    Data(usize),
    /// So many bytes that are framing only.
    Skip(usize),
}

/// Fields that may follow a chunked body.
const TRAILERS: usize = 32;

impl Body {
    pub(crate) fn of_request(framing: Framing) -> Self {
        match framing {
            Framing::Sized(0) => Self::Ended(Vec::new()),
            Framing::Sized(length) => Self::Sized(length),
            Framing::Chunked => Self::Chunked(Box::new(ChunkReader::new(TRAILERS))),
        }
    }

    pub(crate) fn of_answer(framing: ResponseFraming) -> Self {
        match framing {
            ResponseFraming::Sized(0) => Self::Ended(Vec::new()),
            ResponseFraming::Sized(length) => Self::Sized(length),
            ResponseFraming::Chunked => Self::Chunked(Box::new(ChunkReader::of_answer(TRAILERS))),
            ResponseFraming::UntilClose => Self::UntilClose,
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        matches!(self, Self::Ended(_))
    }

    /// The trailers of a chunked body that has ended; empty where there are none.
    pub(crate) fn trailers(&self) -> &[u8] {
        match self {
            Self::Ended(trailers) if trailers.len() > 2 => trailers,
            _ => &[],
        }
    }

    /// What the bytes in front are; they are to be used up.
    pub(crate) fn part(&mut self, input: &[u8]) -> Result<Part, Refusal> {
        match self {
            Self::Sized(left) => {
                let data = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                *left -= data as u64;
                if *left == 0 {
                    *self = Self::Ended(Vec::new());
                }
                Ok(Part::Data(data))
            }
            Self::Chunked(reader) => match reader.next(input)? {
                Piece::Data(count) => Ok(Part::Data(count)),
                Piece::Framing(count) => Ok(Part::Skip(count)),
                Piece::End(count) => {
                    *self = Self::Ended(reader.trailers().to_vec());
                    Ok(Part::Skip(count))
                }
            },
            Self::UntilClose => Ok(Part::Data(input.len())),
            Self::Ended(_) => Ok(Part::Data(0)),
        }
    }

    /// The peer has closed: whether the body may end so.
    pub(crate) fn close(&mut self) -> bool {
        let may = matches!(self, Self::UntilClose | Self::Ended(_));
        if matches!(self, Self::UntilClose) {
            *self = Self::Ended(Vec::new());
        }
        may
    }
}
