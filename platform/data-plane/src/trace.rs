//! Trace context (W3C Trace Context, level 2), without an allocation.

/// Where a request stands in a distributed trace: the content of `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    trace: u128,
    span: u64,
    flags: u8,
}

/// The trace is recorded (§3.2.2.5.1).
const SAMPLED: u8 = 1;
/// The trace id was made at random (§3.2.2.5.2).
const RANDOM: u8 = 2;

impl TraceParent {
    /// The length of a `traceparent` in bytes.
    pub const LENGTH: usize = 55;

    /// A new trace from 192 random bits.
    #[must_use]
    pub fn begin(random: [u64; 3]) -> Self {
        let [high, low, span] = random;
        // All zeros is the one value that the specification forbids.
        let trace = ((u128::from(high) << 64) | u128::from(low)).max(1);
        Self { trace, span: span.max(1), flags: SAMPLED | RANDOM }
    }

    /// Reads a `traceparent`; later versions by their first four parts, as §4.3 asks.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (version, rest) = (hexadecimal(text.get(..2)?)?, text.get(2..)?);
        let is_known = version == 0 && text.len() == Self::LENGTH;
        let is_later = version > 0
            && version != 0xff
            && (text.len() == Self::LENGTH || text.get(Self::LENGTH) == Some(&b'-'));
        let [b'-', rest @ ..] = rest else { return None };
        let (trace, rest) = (hexadecimal(rest.get(..32)?)?, rest.get(32..)?);
        let [b'-', rest @ ..] = rest else { return None };
        let (span, rest) = (hexadecimal(rest.get(..16)?)?, rest.get(16..)?);
        let [b'-', rest @ ..] = rest else { return None };
        let flags = hexadecimal(rest.get(..2)?)?;
        let is_valid = (is_known || is_later) && trace != 0 && span != 0;
        is_valid.then_some(Self {
            trace,
            span: u64::try_from(span).ok()?,
            // Flags of a later version mean what nobody here knows.
            flags: u8::try_from(flags).ok()? & (SAMPLED | RANDOM),
        })
    }

    /// The same trace with a span of its own.
    #[must_use]
    pub fn child(self, random: u64) -> Self {
        Self { span: random.max(1), ..self }
    }

    /// Whether the trace is recorded.
    #[must_use]
    pub fn is_sampled(self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// The trace's id: 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(self) -> [u8; 32] {
        digits(self.trace)
    }

    /// As a header carries it.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        let parts: [(usize, &[u8]); 3] = [
            (3, &digits::<32>(self.trace)),
            (36, &digits::<16>(u128::from(self.span))),
            (53, &digits::<2>(u128::from(self.flags))),
        ];
        for (at, part) in parts {
            if let Some(place) = text.get_mut(at..at + part.len()) {
                place.copy_from_slice(part);
            }
        }
        text
    }
}

/// Lower-case digits only (§3.2.2).
fn hexadecimal(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some((number << 4) | u128::from(value))
    })
}

fn digits<const N: usize>(mut number: u128) -> [u8; N] {
    let mut text = [b'0'; N];
    for place in text.iter_mut().rev() {
        *place = match (number & 0xf) as u8 {
            digit @ 0..=9 => b'0' + digit,
            digit => b'a' + digit - 10,
        };
        number >>= 4;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_is_read_is_written_again() {
        let parent = TraceParent::parse(GOOD.as_bytes()).unwrap();
        assert_eq!(parent.to_bytes(), GOOD.as_bytes());
        assert_eq!(&parent.trace_id(), b"4bf92f3577b34da6a3ce929d0e0e4736");
        assert!(parent.is_sampled());
        let child = parent.child(0x1f);
        assert_eq!(child.to_bytes(), b"00-4bf92f3577b34da6a3ce929d0e0e4736-000000000000001f-01"[..]);
    }

    #[test]
    fn a_new_trace_says_that_it_is_random() {
        let parent = TraceParent::begin([0, 0, 0]);
        let text = parent.to_bytes();
        assert_eq!(text, b"00-00000000000000000000000000000001-0000000000000001-03"[..]);
        assert_eq!(TraceParent::parse(&text), Some(parent));
    }

    #[test]
    fn what_is_malformed_is_none() {
        for text in [
            "",
            "00",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
        ] {
            assert_eq!(TraceParent::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn later_versions_are_read_by_what_is_known_of_them() {
        let text = b"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff-more";
        let parent = TraceParent::parse(text).unwrap();
        assert_eq!(parent.to_bytes(), b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03"[..]);
    }
}
