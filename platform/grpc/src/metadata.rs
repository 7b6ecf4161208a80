//! The headers that make an HTTP/2 request a gRPC call.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName};

/// The media type of calls and answers.
pub const MEDIA_TYPE: &str = "application/grpc";

/// What is left of the caller's deadline, such as `250m`.
pub const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// Which compressions the other side may use; `identity`, none, is all that there is here.
pub const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// The greatest number that a timeout may hold: eight digits.
const MOST: u128 = 99_999_999;

/// Whether the headers are those of a gRPC call or answer, in whatever form its messages are.
#[must_use]
pub fn is_grpc(headers: &HeaderMap) -> bool {
    subtype(headers).is_some()
}

/// Whether its messages are protocol buffers; `application/grpc` alone means that too.
#[must_use]
pub fn is_protobuf(headers: &HeaderMap) -> bool {
    matches!(subtype(headers), Some("" | "+proto"))
}

/// What follows `application/grpc`, without parameters.
fn subtype(headers: &HeaderMap) -> Option<&str> {
    let media_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = media_type.split(';').next()?.trim_end();
    let rest = essence.strip_prefix(MEDIA_TYPE)?;
    (rest.is_empty() || rest.starts_with('+')).then_some(rest)
}

/// The text of a timeout: microseconds while they fit, then coarser units, never longer than what is left.
#[must_use]
pub fn format_timeout(left: Duration) -> String {
    let units = [(left.as_micros(), 'u'), (left.as_millis(), 'm'), (u128::from(left.as_secs()), 'S')];
    let fits = units.into_iter().find(|(count, _)| *count <= MOST);
    let (count, unit) = fits.unwrap_or((MOST, 'S'));
    format!("{count}{unit}")
}

/// How long the caller still waits; `None` for a text that is no timeout.
#[must_use]
pub fn parse_timeout(text: &str) -> Option<Duration> {
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let well_formed = (1..=8).contains(&count.len()) && count.bytes().all(|byte| byte.is_ascii_digit());
    let count: u64 = if well_formed { count.parse().ok()? } else { return None };
    match unit {
        "H" => Some(Duration::from_secs(count * 3_600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_media_type_of_grpc_is_taken_for_it() {
        let cases = [
            ("application/grpc", true, true),
            ("application/grpc+proto", true, true),
            ("application/grpc;x=y", true, true),
            ("application/grpc+json", true, false),
            ("application/grpc-web", false, false),
            ("application/json", false, false),
        ];
        for (media_type, grpc, protobuf) in cases {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(media_type))]);
            assert_eq!((is_grpc(&headers), is_protobuf(&headers)), (grpc, protobuf), "{media_type}");
        }
        assert!(!is_grpc(&HeaderMap::new()));
    }

    #[test]
    fn every_unit_is_read_and_nothing_else() {
        let cases = [
            ("1H", Some(Duration::from_secs(3_600))),
            ("2M", Some(Duration::from_secs(120))),
            ("3S", Some(Duration::from_secs(3))),
            ("4m", Some(Duration::from_millis(4))),
            ("5u", Some(Duration::from_micros(5))),
            ("99999999n", Some(Duration::from_nanos(99_999_999))),
            ("0m", Some(Duration::ZERO)),
            ("", None),
            ("m", None),
            ("1", None),
            ("-1m", None),
            ("+1m", None),
            ("1.5S", None),
            ("100000000m", None),
            ("1é", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_timeout(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_callee_never_waits_longer_than_its_caller(seconds in 0_u64..99_999_999, nanos in 0_u32..1_000_000_000) {
            let left = Duration::new(seconds, nanos);
            let read = parse_timeout(&format_timeout(left)).unwrap();
            prop_assert!(read <= left && left - read < Duration::from_secs(1));
        }
    }
}
