//! W3C trace context: which trace a piece of work belongs to.

use std::fmt;
use std::str::FromStr;

use crate::trace_ids::lower_hex;
use crate::{Entropy, SpanId, TraceId};

/// The content of a `traceparent` header, version 00 (W3C Trace Context, level 1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: u128,
    span_id: u64,
    sampled: bool,
}

impl TraceContext {
    /// Begins a new trace.
    #[must_use]
    pub fn begin(entropy: &Entropy) -> Self {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        // All zeros is the one value the specification forbids.
        let trace_id = u128::from_be_bytes(bytes).max(1);
        Self { trace_id, span_id: new_span(entropy), sampled: true }
    }

    /// The context of a child span in the same trace.
    #[must_use]
    pub fn child(&self, entropy: &Entropy) -> Self {
        Self { span_id: new_span(entropy), ..*self }
    }

    /// The id of the trace.
    #[must_use]
    pub const fn trace(&self) -> TraceId {
        TraceId::new(self.trace_id)
    }

    /// The id of the span.
    #[must_use]
    pub const fn span(&self) -> SpanId {
        SpanId::new(self.span_id)
    }

    /// The trace id, as 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace_id)
    }

    /// The span id, as 16 hexadecimal digits.
    #[must_use]
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span_id)
    }
}

fn new_span(entropy: &Entropy) -> u64 {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    u64::from_be_bytes(bytes).max(1)
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.sampled);
        write!(f, "00-{:032x}-{:016x}-{flags:02x}", self.trace_id, self.span_id)
    }
}

impl fmt::Debug for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for TraceContext {
    type Err = ();

    /// Later versions are read by their first four fields, as the specification asks.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('-');
        let mut next = |length: usize| parts.next().and_then(|part| lower_hex(part, length)).ok_or(());
        let version = next(2)?;
        let (trace_id, span_id, flags) = (next(32)?, next(16)?, next(2)?);
        let exact = version != 0 || parts.next().is_none();
        let span_id = u64::try_from(span_id).map_err(|_| ())?;
        if version == 0xff || trace_id == 0 || span_id == 0 || !exact {
            return Err(());
        }
        Ok(Self { trace_id, span_id, sampled: flags & 1 == 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_round_trips() {
        let trace: TraceContext = GOOD.parse().unwrap();
        assert_eq!(trace.to_string(), GOOD);
        assert_eq!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
    }

    #[test]
    fn a_child_keeps_the_trace_and_changes_the_span() {
        let trace: TraceContext = GOOD.parse().unwrap();
        let child = trace.child(&Entropy::seeded(1));
        assert_eq!(child.trace_id(), trace.trace_id());
        assert_ne!(child.span_id(), trace.span_id());
    }

    #[test]
    fn malformed_contexts_are_refused() {
        for text in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        ] {
            assert_eq!(text.parse::<TraceContext>(), Err(()), "{text}");
        }
        assert!(GOOD.replacen("00", "01", 1).parse::<TraceContext>().is_ok());
    }
}
