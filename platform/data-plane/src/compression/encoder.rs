//! What compresses one answer.

use std::fmt;
use std::io::Write;

use brotli::CompressorWriter;
use flate2::write::GzEncoder;

use crate::compression::Coding;

/// gzip at a level whose gain is near the best and whose cost is near the least.
const LEVEL: u32 = 4;

/// Brotli at a quality that keeps up with what comes, and with a window of 256 KiB: it is what costs memory.
const QUALITY: u32 = 4;
const WINDOW_BITS: u32 = 18;

/// Compresses one answer, as it comes.
pub struct Encoder(Kind);

enum Kind {
    Gzip(Box<GzEncoder<Vec<u8>>>),
    Brotli(Box<CompressorWriter<Vec<u8>>>),
    Ended(Vec<u8>),
}

impl Encoder {
    /// One that has taken nothing yet.
    #[must_use]
    pub fn new(coding: Coding) -> Self {
        Self(match coding {
            Coding::Gzip => Kind::Gzip(Box::new(GzEncoder::new(Vec::new(), flate2::Compression::new(LEVEL)))),
            Coding::Brotli => {
                Kind::Brotli(Box::new(CompressorWriter::new(Vec::new(), 4096, QUALITY, WINDOW_BITS)))
            }
        })
    }

    /// Takes some of the answer. Writing into memory does not fail.
    pub fn write(&mut self, data: &[u8]) {
        drop(match &mut self.0 {
            Kind::Gzip(encoder) => encoder.write_all(data),
            Kind::Brotli(encoder) => encoder.write_all(data),
            Kind::Ended(_) => Ok(()),
        });
    }

    /// Has everything come out that was taken, since more will be long in coming.
    pub fn flush(&mut self) {
        drop(match &mut self.0 {
            Kind::Gzip(encoder) => encoder.flush(),
            Kind::Brotli(encoder) => encoder.flush(),
            Kind::Ended(_) => Ok(()),
        });
    }

    /// There is no more.
    pub fn end(&mut self) {
        self.0 = match std::mem::replace(&mut self.0, Kind::Ended(Vec::new())) {
            Kind::Gzip(encoder) => Kind::Ended(encoder.finish().unwrap_or_default()),
            Kind::Brotli(encoder) => Kind::Ended(encoder.into_inner()),
            ended @ Kind::Ended(_) => ended,
        };
    }

    /// Moves what has come out.
    pub fn take(&mut self, into: &mut Vec<u8>) {
        into.append(match &mut self.0 {
            Kind::Gzip(encoder) => encoder.get_mut(),
            Kind::Brotli(encoder) => encoder.get_mut(),
            Kind::Ended(rest) => rest,
        });
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            Kind::Gzip(_) => "Encoder(gzip)",
            Kind::Brotli(_) => "Encoder(br)",
            Kind::Ended(_) => "Encoder(ended)",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    fn read(coding: Coding, data: &[u8]) -> Vec<u8> {
        let mut read = Vec::new();
        match coding {
            Coding::Gzip => flate2::read::GzDecoder::new(data).read_to_end(&mut read),
            Coding::Brotli => brotli::Decompressor::new(data, 4096).read_to_end(&mut read),
        }
        .unwrap();
        read
    }

    proptest! {
        #[test]
        fn what_comes_out_is_read_as_what_went_in(
            pieces in proptest::collection::vec((proptest::collection::vec(0..8_u8, 0..3000), any::<bool>()), 0..8),
            is_gzip: bool,
        ) {
            let coding = if is_gzip { Coding::Gzip } else { Coding::Brotli };
            let (mut encoder, mut out, mut all) = (Encoder::new(coding), Vec::new(), Vec::new());
            for (piece, is_flushed) in &pieces {
                encoder.write(piece);
                all.extend_from_slice(piece);
                if *is_flushed {
                    let before = out.len();
                    encoder.flush();
                    encoder.take(&mut out);
                    prop_assert!(piece.is_empty() || out.len() > before, "what was flushed is there");
                }
                encoder.take(&mut out);
            }
            encoder.end();
            encoder.take(&mut out);
            prop_assert_eq!(read(coding, &out), all);
        }
    }
}
