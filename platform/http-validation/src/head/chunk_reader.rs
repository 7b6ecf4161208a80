//! A chunked body taken apart where it lies.

use super::chunks::{Chunks, Trailers};
use super::lines::Lines;
use super::refusal::Refusal;

/// Follows a chunked body (RFC 9112 §7.1) and says which bytes are data.
///
/// It gives the same verdicts as a [`Scanner`](super::Scanner) on the same bytes.
#[derive(Debug, Default)]
pub struct ChunkReader {
    chunks: Chunks,
    lines: Lines,
    allowed: Trailers,
    /// Framing that was read; in the end the trailer section.
    framing: Vec<u8>,
}

/// What the bytes in front are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// So many bytes of data.
    Data(usize),
    /// So many bytes of framing, which is not data.
    Framing(usize),
    /// So many bytes of framing, with which the body ends.
    End(usize),
}

impl ChunkReader {
    /// A reader for one body, with at most so many trailer fields.
    #[must_use]
    pub fn new(max_fields: usize) -> Self {
        let allowed = Trailers { most: max_fields, may_frame: false };
        Self { allowed, ..Self::default() }
    }

    /// A reader for the body of an answer, which may have trailer fields that frame or route a message: a backend that
    /// sends them is careless, and who passes them on leaves them out.
    #[must_use]
    pub fn of_answer(max_fields: usize) -> Self {
        let allowed = Trailers { most: max_fields, may_frame: true };
        Self { allowed, ..Self::default() }
    }

    /// Looks at the bytes in front of `input`, which must not be empty.
    ///
    /// # Errors
    ///
    /// [`Refusal`] says what is wrong; nothing behind it can be told apart any more.
    pub fn next(&mut self, input: &[u8]) -> Result<Piece, Refusal> {
        let left = usize::try_from(self.chunks.data_left()).unwrap_or(usize::MAX);
        if left > 0 {
            let data = left.min(input.len());
            self.chunks.take_data(data as u64);
            return Ok(Piece::Data(data));
        }
        if !self.chunks.in_trailers() {
            self.framing.clear();
        }
        let mut taken = 0;
        while let Some(rest) = input.get(taken..).filter(|rest| !rest.is_empty()) {
            if self.chunks.data_left() > 0 {
                break;
            }
            taken += self.chunks.step(rest, &mut self.lines, self.allowed, &mut self.framing)?;
            // Trailers are released all at once, when their section has ended.
            if self.chunks.in_trailers() {
                self.framing.clear();
            }
            if self.chunks.is_finished() {
                return Ok(Piece::End(taken));
            }
        }
        Ok(Piece::Framing(taken))
    }

    /// The trailer section after the end: field lines and the empty line, each with its CRLF.
    #[must_use]
    pub fn trailers(&self) -> &[u8] {
        &self.framing
    }
}
