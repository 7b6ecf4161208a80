//! Trace context in a fixed array: the `traceparent` field of W3C Trace Context, level 2.
//!
//! The kernel has the same as a value for services, with ids that are written and read as text. A gateway passes
//! every request on and keeps nothing of it: here is the field alone, read and written without allocating.

/// The length of the field, in bytes.
pub const LENGTH: usize = 55;

/// The flag that says that the caller may have recorded the trace.
const SAMPLED: u8 = 1;

/// The flag that says that the trace id was drawn at random (level 2, § 3.2.2.5.2).
const RANDOM: u8 = 2;

/// Which trace and span a request belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traceparent {
    trace: u128,
    span: u64,
    flags: u8,
}

impl Traceparent {
    /// Begins a trace with ids of these random bits.
    #[must_use]
    pub fn begin(trace: [u64; 2], span: u64, sampled: bool) -> Self {
        let [high, low] = trace;
        // All zeros is no id.
        let trace = ((u128::from(high) << 64) | u128::from(low)).max(1);
        Self { trace, span: span.max(1), flags: RANDOM | u8::from(sampled) }
    }

    /// The same trace with a span of these random bits.
    #[must_use]
    pub fn child(self, span: u64) -> Self {
        Self { span: span.max(1), ..self }
    }

    /// Reads a field; nothing when it is not valid, and a trace begins anew.
    ///
    /// A later version may go on behind the flags (§ 4.3), and is read as this one.
    #[must_use]
    pub fn parse(field: &[u8]) -> Option<Self> {
        let (known, rest) = field.split_at_checked(LENGTH)?;
        let [v0, v1, b'-', ids @ .., f0, f1] = known else { return None };
        let (trace, ids) = ids.split_at_checked(32)?;
        let (span, end) = ids.strip_prefix(b"-")?.split_at_checked(16)?;
        let version = hexadecimal(&[*v0, *v1])?;
        let flags = u8::try_from(hexadecimal(&[*f0, *f1])?).ok()?;
        let is_whole = rest.is_empty() || (version > 0 && rest.first() == Some(&b'-'));
        let trace =
            (u128::from(hexadecimal(trace.get(..16)?)?) << 64) | u128::from(hexadecimal(trace.get(16..)?)?);
        let span = hexadecimal(span)?;
        let valid = end == b"-" && is_whole && version != 0xff && trace != 0 && span != 0;
        // What other flags mean is not known here, so they are not passed on.
        valid.then_some(Self { trace, span, flags: flags & (SAMPLED | RANDOM) })
    }

    /// The field, to be sent.
    #[must_use]
    pub fn format(self) -> [u8; LENGTH] {
        let mut field = [b'-'; LENGTH];
        put(&mut field, 0, [b'0', b'0']);
        put(&mut field, 3, self.trace_id());
        put(&mut field, 36, self.span_id());
        put(&mut field, 53, [b'0', digit(u64::from(self.flags))]);
        field
    }

    /// The id of the trace, as 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(self) -> [u8; 32] {
        let mut text = [b'0'; 32];
        put(&mut text, 0, digits((self.trace >> 64) as u64));
        put(&mut text, 16, digits(self.trace as u64));
        text
    }

    /// The id of the span, as 16 hexadecimal digits.
    #[must_use]
    pub fn span_id(self) -> [u8; 16] {
        digits(self.span)
    }

    /// Whether the caller may have recorded the trace.
    #[must_use]
    pub fn is_sampled(self) -> bool {
        self.flags & SAMPLED != 0
    }
}

fn put<const N: usize>(to: &mut [u8], at: usize, from: [u8; N]) {
    if let Some(to) = to.get_mut(at..at + N) {
        to.copy_from_slice(&from);
    }
}

fn digits(number: u64) -> [u8; 16] {
    let mut text = [0; 16];
    for (place, byte) in text.iter_mut().enumerate() {
        *byte = digit(number >> (60 - 4 * place));
    }
    text
}

fn digit(number: u64) -> u8 {
    b"0123456789abcdef"[(number & 15) as usize]
}

/// The number that at most 16 lower-case hexadecimal digits write.
fn hexadecimal(text: &[u8]) -> Option<u64> {
    let mut number = 0;
    let mut wrong = 0;
    for byte in text {
        let value = VALUES[usize::from(*byte)];
        wrong |= value;
        number = (number << 4) | u64::from(value & 15);
    }
    (wrong < 16).then_some(number)
}

/// The value of each byte as a digit; 16 for what is none.
const VALUES: [u8; 256] = {
    let mut values = [16; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tradewind_kernel::TraceContext;

    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn text(trace: Traceparent) -> String {
        String::from_utf8(trace.format().to_vec()).unwrap()
    }

    #[test]
    fn a_field_comes_out_as_it_went_in() {
        let trace = Traceparent::parse(GOOD.as_bytes()).unwrap();
        assert_eq!(text(trace), GOOD);
        assert_eq!(&trace.trace_id(), b"4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(&trace.span_id(), b"00f067aa0ba902b7");
        assert!(trace.is_sampled());
        let child = trace.child(0);
        assert_eq!(text(child), "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000001-01");
    }

    #[test]
    fn flags_that_are_not_known_go_no_further() {
        let flags = |flags: &str| {
            let field = format!("{}{flags}", &GOOD[..53]);
            text(Traceparent::parse(field.as_bytes()).unwrap())[53..].to_owned()
        };
        assert_eq!([flags("00"), flags("02"), flags("03"), flags("fd")], ["00", "02", "03", "01"]);
    }

    #[test]
    fn a_new_trace_is_valid_and_says_that_it_is_random() {
        assert_eq!(
            text(Traceparent::begin([0, 0], 0, false)),
            "00-00000000000000000000000000000001-0000000000000001-02"
        );
        assert_eq!(
            text(Traceparent::begin([1, u64::MAX], 2, true)),
            "00-0000000000000001ffffffffffffffff-0000000000000002-03"
        );
    }

    #[test]
    fn a_later_version_may_go_on() {
        let later = |rest: &str| Traceparent::parse(format!("cc{}{rest}", &GOOD[2..]).as_bytes());
        assert_eq!(later(""), Traceparent::parse(GOOD.as_bytes()));
        assert_eq!(later("-what-comes"), Traceparent::parse(GOOD.as_bytes()));
        assert_eq!(later("what-comes"), None);
    }

    #[test]
    fn what_is_not_valid_is_nothing() {
        for field in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
            "00-4bf92f3577b34da6a3ce929d0e0e4736000f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7001",
            "00+4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
        ] {
            assert_eq!(Traceparent::parse(field.as_bytes()), None, "{field}");
        }
    }

    proptest! {
        /// The kernel reads the same fields, and the same in them.
        #[test]
        fn it_agrees_with_the_kernel(place in 0_usize..60, byte in "[-0-9a-fA-G]", extra in "-?[a-z]{0,3}") {
            let mut field = format!("{GOOD}{extra}");
            let place = place % field.len();
            field.replace_range(place..=place, &byte);
            let (ours, theirs) = (Traceparent::parse(field.as_bytes()), field.parse::<TraceContext>());
            prop_assert_eq!(ours.is_some(), theirs.is_ok(), "{}", field);
            if let (Some(ours), Ok(theirs)) = (ours, theirs) {
                prop_assert_eq!(ours.trace_id().to_vec(), theirs.trace_id().into_bytes());
                prop_assert_eq!(ours.span_id().to_vec(), theirs.span_id().into_bytes());
            }
        }
    }
}
