//! Cookies that keep a client at one endpoint.
//!
//! A cookie names endpoints by what a keyed hash makes of their addresses, and an endpoint is looked up by it among those
//! that there are. So nobody gets anywhere else by writing a cookie, and without the key nobody learns an address from
//! one. Since the name is made of service and address alone, a cookie holds across changes of documents, restarts, and
//! at every gateway with the same key.
//!
//! One cookie may name endpoints of several services: behind one host they would otherwise take it from each other.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The bytes of a name: enough that no two of some thousand endpoints share one.
const BYTES: usize = 12;

/// The letters of a name.
const LETTERS: usize = 16;

/// The names that one cookie holds; the oldest ones are forgotten.
const MOST: usize = 8;

/// What stands between names.
const BETWEEN: u8 = b'.';

/// What endpoints are named with.
#[derive(Clone)]
pub struct SessionKey(hmac::Key);

impl SessionKey {
    /// A key of some secret bytes. Without any, whoever guesses an address can find out by its name that it is right.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The name of an endpoint of a service.
    #[must_use]
    pub fn name(&self, service: &str, endpoint: &str) -> SessionName {
        // No service has a line break in its name.
        let tag = hmac::sign(&self.0, format!("{service}\n{endpoint}").as_bytes());
        let bytes = tag.as_ref().get(..BYTES).unwrap_or_default();
        SessionName(URL_SAFE_NO_PAD.encode(bytes).into())
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SessionKey")
    }
}

/// The name of an endpoint in a cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionName(Box<str>);

/// The names in the value of a cookie, as far as they could be such; the newest one first.
fn names(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_name = |name: &&[u8]| {
        let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        name.len() == LETTERS && name.iter().all(is_letter)
    };
    value.split(|byte| *byte == BETWEEN).filter(is_name).take(MOST)
}

impl SessionName {
    /// How many newer names the value of a cookie has; none where it does not have this one.
    #[must_use]
    pub fn rank(&self, value: &[u8]) -> Option<usize> {
        names(value).position(|name| name == self.0.as_bytes())
    }
}

/// How the cookie is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionCookie {
    /// Its name.
    pub name: String,
    /// How long it holds; until the browser is closed where nobody says.
    pub max_age: Option<Duration>,
}

impl SessionCookie {
    /// The value of `Set-Cookie` that names an endpoint, and those of other services that `before` named.
    #[must_use]
    pub fn set(&self, endpoint: &SessionName, before: &[u8], is_secure: bool) -> String {
        let mut cookie = format!("{}={}", self.name, endpoint.0);
        for name in names(before).filter(|name| *name != endpoint.0.as_bytes()).take(MOST - 1) {
            cookie.push(char::from(BETWEEN));
            cookie.extend(name.iter().map(|byte| char::from(*byte)));
        }
        cookie.push_str("; Path=/; HttpOnly; SameSite=Lax");
        if is_secure {
            cookie.push_str("; Secure");
        }
        if let Some(max_age) = self.max_age {
            cookie.push_str(&format!("; Max-Age={}", max_age.as_secs()));
        }
        cookie
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cookie(max_age: Option<u64>) -> SessionCookie {
        SessionCookie { name: "at".to_owned(), max_age: max_age.map(Duration::from_secs) }
    }

    fn value(cookie: &str) -> &str {
        cookie.strip_prefix("at=").unwrap().split(';').next().unwrap()
    }

    #[test]
    fn a_name_is_of_a_key_a_service_and_an_address() {
        let key = SessionKey::new(b"secret");
        let name = key.name("shop", "10.0.0.1:80");
        assert_eq!(name, SessionKey::new(b"secret").name("shop", "10.0.0.1:80"));
        for other in [
            key.name("shop", "10.0.0.2:80"),
            key.name("cart", "10.0.0.1:80"),
            SessionKey::new(b"").name("shop", "10.0.0.1:80"),
        ] {
            assert_ne!(name, other);
        }
        assert_eq!(format!("{key:?}"), "SessionKey");
    }

    #[test]
    fn a_cookie_holds_the_names_of_several_services() {
        let key = SessionKey::new(b"secret");
        let (shop, cart) = (key.name("shop", "10.0.0.1:80"), key.name("cart", "10.0.0.1:80"));
        let first = cookie(None).set(&shop, b"", false);
        assert_eq!(first, format!("at={}; Path=/; HttpOnly; SameSite=Lax", shop.0));
        let second = cookie(Some(60)).set(&cart, value(&first).as_bytes(), true);
        let expected =
            format!("at={}.{}; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60", cart.0, shop.0);
        assert_eq!(second, expected);
        let rank = |name: &SessionName, cookie: &str| name.rank(value(cookie).as_bytes());
        assert_eq!([rank(&cart, &second), rank(&shop, &second)], [Some(0), Some(1)]);
        assert_eq!([rank(&cart, &first), rank(&shop, &first)], [None, Some(0)]);
        let many = |before: usize| "0123456789abcdef.".repeat(before) + &shop.0;
        assert_eq!(shop.rank(many(7).as_bytes()), Some(7));
        assert_eq!(shop.rank(many(8).as_bytes()), None, "nobody looks for long");
    }

    proptest! {
        /// Whatever a client sends, what it gets is a cookie of bounded length, without a letter that ends it.
        #[test]
        fn nothing_of_a_client_gets_out_of_the_value(
            before in "([a-zA-Z0-9_-]{14,17}|[;=, \r\n\\x00-\\x7f]{0,4})([.][a-zA-Z0-9_-]{16}){0,12}",
        ) {
            let name = SessionKey::new(b"").name("shop", "10.0.0.1:80");
            let set = cookie(None).set(&name, before.as_bytes(), false);
            let value = value(&set);
            prop_assert_eq!(name.rank(value.as_bytes()), Some(0));
            prop_assert!(value.len() <= MOST * (LETTERS + 1));
            prop_assert!(value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
            prop_assert_eq!(set.split(';').count(), 4);
            prop_assert!(cookie(None).set(&name, value.as_bytes(), false) == set);
        }
    }
}
