//! The ids of traces and spans, as W3C Trace Context writes them.

use std::fmt;
use std::str::FromStr;

use crate::text::written_as_text;

/// The id of a trace: 32 lower-case hexadecimal digits, not all of them zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(u128);

/// The id of a span within its trace: 16 lower-case hexadecimal digits, not all of them zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(u64);

/// The text is no id of a trace or span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of a trace (32 lower-case hexadecimal digits) or span (16), or all zeros")]
pub struct InvalidTraceId;

impl TraceId {
    pub(crate) const fn new(number: u128) -> Self {
        Self(number)
    }
}

impl SpanId {
    pub(crate) const fn new(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for TraceId {
    type Err = InvalidTraceId;

    fn from_str(text: &str) -> Result<Self, InvalidTraceId> {
        let number = lower_hex(text, 32).filter(|number| *number != 0);
        number.map(Self).ok_or(InvalidTraceId)
    }
}

impl FromStr for SpanId {
    type Err = InvalidTraceId;

    fn from_str(text: &str) -> Result<Self, InvalidTraceId> {
        let number = lower_hex(text, 16).and_then(|number| u64::try_from(number).ok());
        number.filter(|number| *number != 0).map(Self).ok_or(InvalidTraceId)
    }
}

written_as_text!(TraceId);
written_as_text!(SpanId);

/// The number that exactly `length` lower-case hexadecimal digits write.
pub(crate) fn lower_hex(text: &str, length: usize) -> Option<u128> {
    let valid = text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if valid { u128::from_str_radix(text, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(trace.parse::<TraceId>().unwrap().to_string(), trace);
        assert_eq!("00f067aa0ba902b7".parse::<SpanId>().unwrap().to_string(), "00f067aa0ba902b7");
        for wrong in ["", "4BF92F3577B34DA6A3CE929D0E0E4736", "4bf9", &"0".repeat(32), &"é".repeat(16)] {
            assert_eq!(wrong.parse::<TraceId>(), Err(InvalidTraceId), "{wrong}");
            assert_eq!(wrong.parse::<SpanId>(), Err(InvalidTraceId), "{wrong}");
        }
        assert_eq!("0000000000000000".parse::<SpanId>(), Err(InvalidTraceId));
    }
}
