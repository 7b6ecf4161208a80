//! Dates as HTTP writes them (RFC 9110 §5.6.7): whole seconds.

use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};
use tradewind_kernel::Timestamp;

/// The date of a time, such as `Sun, 06 Nov 1994 08:49:37 GMT`; `None` where HTTP has no date for it.
pub(crate) fn http_date(time: Timestamp) -> Option<String> {
    let time = jiff::Timestamp::from_microsecond(time.as_micros()).ok()?;
    DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok()
}

/// The second that a date names; `None` when it is none of the form above.
pub(crate) fn seconds(date: &str) -> Option<i64> {
    let time = DateTimeParser::new().parse_timestamp(date).ok().filter(|_| date.ends_with(" GMT"))?;
    Some(time.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_that_of_its_second() {
        let time = Timestamp::from_micros(784_111_777_999_999);
        let date = http_date(time).unwrap();
        assert_eq!(date, "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(seconds(&date), Some(784_111_777));
        for other in ["", "yesterday", "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 +0100", "GMT"] {
            assert_eq!(seconds(other), None, "{other}");
        }
        assert_eq!(http_date(Timestamp::from_micros(i64::MIN)), None);
    }
}
