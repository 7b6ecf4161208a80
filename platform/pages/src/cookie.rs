//! Cookies (RFC 6265): host-only, out of reach of scripts, not sent along from other sites' forms.

use std::fmt;
use std::time::Duration;

use http::header::COOKIE;
use http::{HeaderMap, HeaderName, Uri};
use tradewind_chassis::http::Call;

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// A cookie for the browser to keep, or to forget.
#[derive(Clone, PartialEq, Eq)]
pub struct Cookie {
    name: String,
    value: String,
    max_age: Option<Duration>,
    secure: bool,
}

impl Cookie {
    /// A cookie called `name` on the connection that `call` came by: over TLS it is kept from all others, and its name
    /// says so (`__Host-`). It is forgotten when the browser ends, unless [`Cookie::lasting`] says otherwise.
    ///
    /// The value may hold letters, digits, `-`, `_`, `.` and `~`; anything else is left out.
    #[must_use]
    pub fn new(call: &Call, name: &str, value: &str) -> Self {
        Self::on(is_secure(call.headers(), call.uri()), name, value)
    }

    fn on(secure: bool, name: &str, value: &str) -> Self {
        let value = value.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.~".contains(*c)).collect();
        Self { name: name_on(secure, name), value, max_age: None, secure }
    }

    /// Keeps it for so long.
    #[must_use]
    pub fn lasting(self, max_age: Duration) -> Self {
        Self { max_age: Some(max_age), ..self }
    }

    /// Has it forgotten.
    #[must_use]
    pub fn gone(call: &Call, name: &str) -> Self {
        Self::new(call, name, "").lasting(Duration::ZERO)
    }

    /// What the browser keeps under `name`, if anything. Of several the first counts, which is the one that was set for
    /// the nearest path.
    #[must_use]
    pub fn read(call: &Call, name: &str) -> Option<String> {
        find(call.headers(), &name_on(is_secure(call.headers(), call.uri()), name))
    }
}

fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

fn name_on(secure: bool, name: &str) -> String {
    if secure { format!("__Host-{name}") } else { name.to_owned() }
}

/// Whether the browser spoke TLS, as whoever stands in front says.
fn is_secure(headers: &HeaderMap, uri: &Uri) -> bool {
    let said = headers.get(FORWARDED_PROTO).and_then(|value| value.to_str().ok());
    said.or(uri.scheme_str()).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}

impl fmt::Display for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}; Path=/; HttpOnly; SameSite=Lax", self.name, self.value)?;
        if self.secure {
            f.write_str("; Secure")?;
        }
        self.max_age.map_or(Ok(()), |age| write!(f, "; Max-Age={}", age.as_secs()))
    }
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The value may be a secret.
        write!(f, "Cookie({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn over_tls_the_name_says_that_nobody_else_can_set_it() {
        let plain = Cookie::on(false, "lamp", "abc");
        assert_eq!(plain.to_string(), "lamp=abc; Path=/; HttpOnly; SameSite=Lax");
        let secure = Cookie::on(true, "lamp", "abc").lasting(Duration::from_secs(60));
        assert_eq!(secure.to_string(), "__Host-lamp=abc; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60");
        assert!(!format!("{secure:?}").contains("abc"));
    }

    #[test]
    fn a_value_adds_no_attribute() {
        assert_eq!(Cookie::on(false, "a", "x; Domain=evil\r\n").value, "xDomainevil");
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("xlamp=1; lamp=2;lamp=3"));
        headers.append(COOKIE, HeaderValue::from_static("__Host-lamp=4; odd"));
        assert_eq!(find(&headers, "lamp").as_deref(), Some("2"));
        assert_eq!(find(&headers, "__Host-lamp").as_deref(), Some("4"));
        assert_eq!(find(&headers, "amp"), None);
    }

    #[test]
    fn the_one_in_front_says_whether_it_was_tls() {
        let mut headers = HeaderMap::new();
        let uri = Uri::from_static("/a");
        assert!(!is_secure(&headers, &uri));
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
        assert!(is_secure(&headers, &uri));
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static("http"));
        assert!(!is_secure(&headers, &Uri::from_static("https://a/")));
    }
}
