//! Compression of answers on their way (RFC 9110 §8.4): which ones, and how.

mod elsewhere;
mod encoder;

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

pub use encoder::Encoder;

use crate::request::Fields;

/// Answers of one thread that are compressed at a time: each takes up to 1 MiB. Further ones go on as they are.
const MOST: usize = 64;

/// The answers of one thread that are being compressed. Each of them holds it as well.
#[derive(Debug, Default)]
pub(crate) struct Compressing(Rc<()>);

impl Compressing {
    /// A place for one more; none when there are as many as there may be.
    pub(crate) fn place(&self) -> Option<Rc<()>> {
        (Rc::strong_count(&self.0) <= MOST).then(|| self.0.clone())
    }
}

/// How an answer is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// gzip (RFC 1952).
    Gzip,
    /// Brotli (RFC 7932).
    Brotli,
}

/// Media types.
pub trait MediaTypes: Send + Sync {
    /// Whether a `Content-Type` is one of them.
    fn contains(&self, content_type: &str) -> bool;
}

/// What of a backend's answers is compressed.
#[derive(Clone)]
pub struct Compression {
    /// How; none where the client takes none of those that there are.
    pub coding: Option<Coding>,
    /// Shorter answers stay as they are, in bytes.
    pub least: u64,
    /// Answers of other types stay as they are.
    pub types: Arc<dyn MediaTypes>,
}

impl fmt::Debug for Compression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Compression");
        shown.field("coding", &self.coding).field("least", &self.least).finish_non_exhaustive()
    }
}

impl Coding {
    /// The word in `Content-Encoding`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        }
    }

    /// The first of some that a client takes, by its `Accept-Encoding` (RFC 9110 §12.5.3). One that says nothing gets
    /// what everybody can read.
    #[must_use]
    pub fn accepted(all: &[Self], accept_encoding: &[u8]) -> Option<Self> {
        let said = std::str::from_utf8(accept_encoding).ok()?;
        let accepts = |coding: &Self| {
            let named = weight(said, |name| name.eq_ignore_ascii_case(coding.name()));
            named.or_else(|| weight(said, |name| name == "*")).unwrap_or(false)
        };
        all.iter().copied().find(accepts)
    }
}

/// Whether the first of the codings that are meant has a weight above zero; none where there is none.
fn weight(said: &str, is_meant: impl Fn(&str) -> bool) -> Option<bool> {
    said.split(',').find_map(|one| {
        let mut parts = one.split(';').map(str::trim);
        let name = parts.next()?;
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        // What is no number is no consent.
        is_meant(name).then(|| quality.is_none_or(|quality| quality.parse::<f32>().is_ok_and(|q| q > 0.0)))
    })
}

/// What becomes of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coded {
    /// It goes on as it is, whatever a client accepts.
    No,
    /// It goes on as it is, and would not if the client accepted another coding, or another server were less busy.
    Varies,
    /// It is compressed.
    By(Coding),
}

/// What is known of an answer whose head is here.
pub(crate) struct Seen<'a> {
    pub(crate) status: u16,
    pub(crate) fields: Fields<'a>,
    /// None where it is not said.
    pub(crate) length: Option<u64>,
    /// Whether the request was one for the head alone.
    pub(crate) to_head: bool,
}

impl Compression {
    /// What becomes of an answer.
    pub(crate) fn judge(&self, seen: &Seen<'_>) -> Coded {
        let text = |name| seen.fields.first(name).and_then(|value| std::str::from_utf8(value).ok());
        let is_plain = seen.fields.first("content-encoding").is_none();
        let is_meant = text("content-type").is_some_and(|found| self.types.contains(found));
        // What it means to be without a body, a part, or not to be changed (RFC 9110 §15.3.7, RFC 9111 §5.2.2.6).
        let is_fixed = matches!(seen.status, 204..=206 | 304)
            || text("cache-control").is_some_and(|said| said.to_ascii_lowercase().contains("no-transform"));
        let is_long = seen.length.is_none_or(|length| length >= self.least.max(1));
        match self.coding {
            _ if !(is_plain && is_meant && is_long) || is_fixed => Coded::No,
            Some(coding) if !seen.to_head => Coded::By(coding),
            _ => Coded::Varies,
        }
    }
}

impl Coded {
    /// Shows the fields of an answer as they are for this coding: a validator of the bytes as they were is weak from here
    /// on (RFC 9110 §8.8.1), and parts are not to be asked for.
    pub(crate) fn field(self, name: &[u8], value: &[u8], show: &mut dyn FnMut(&[u8], &[u8])) {
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        match self {
            Self::By(_) if is("accept-ranges") || is("content-md5") || is("digest") => {}
            Self::By(_) if is("etag") && value.starts_with(b"\"") => show(name, &[b"W/", value].concat()),
            _ => show(name, value),
        }
    }

    /// Shows the fields that come besides.
    pub(crate) fn more(self, show: &mut dyn FnMut(&[u8], &[u8])) {
        if let Self::By(coding) = self {
            show(b"content-encoding", coding.name().as_bytes());
        }
        if self != Self::No {
            show(b"vary", b"accept-encoding");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_compressed_at_a_time() {
        let compressing = Compressing::default();
        let mut places: Vec<_> = std::iter::from_fn(|| compressing.place()).take(MOST + 1).collect();
        assert_eq!(places.len(), MOST);
        places.pop();
        assert!(compressing.place().is_some());
    }

    #[test]
    fn a_client_gets_the_first_coding_that_it_takes() {
        use Coding::{Brotli, Gzip};
        for (said, expected) in [
            ("", None),
            ("gzip", Some(Gzip)),
            ("br, gzip", Some(Brotli)),
            ("gzip;q=1.0, br;q=0.1", Some(Brotli)),
            ("GZIP ; q=0.5", Some(Gzip)),
            ("br;q=0, gzip", Some(Gzip)),
            ("*", Some(Brotli)),
            ("*;q=0, gzip", Some(Gzip)),
            ("gzip;q=0.000, *", Some(Brotli)),
            ("br;q=0, *", Some(Gzip)),
            ("identity", None),
            ("gzip;q=much", None),
            ("gzipped, brr", None),
        ] {
            assert_eq!(Coding::accepted(&[Brotli, Gzip], said.as_bytes()), expected, "{said}");
        }
        assert_eq!(Coding::accepted(&[Gzip], b"br"), None);
        assert_eq!(Coding::accepted(&[Gzip], b"\xff"), None);
    }
}
