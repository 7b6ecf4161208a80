//! One visit of a browser: which language it gets, which secret it is known by, and whether a form is its own.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{ACCEPT_LANGUAGE, HOST, ORIGIN};
use http::{HeaderMap, HeaderName, Uri};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tradewind_chassis::http::Call;
use tradewind_kernel::Entropy;
use tradewind_problem::{FORBIDDEN, Problem};

use crate::{Cookie, Fields, Language};

/// The cookie with the language that somebody chose.
const LANGUAGE: &str = "language";

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The field of a form that shows that a page of this site made it.
pub const FORM_TOKEN: &str = "form_token";

/// A browser's secret: 32 random bytes that only its cookie has.
#[derive(Clone, PartialEq, Eq)]
pub struct VisitorKey([u8; 32]);

impl VisitorKey {
    /// A new one. Take a new one whenever somebody signs in or out: what was known before then is worth nothing.
    #[must_use]
    pub fn new(entropy: &Entropy) -> Self {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// What a cookie held, if it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// For the cookie, and nothing else.
    #[must_use]
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What it is kept by where others may read: nobody finds the key by it.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(b"tradewind visitor 1\0");
        hash.update(self.0);
        hash.finalize().into()
    }

    /// What forms of this browser carry: made of the key, and no way back to it.
    #[must_use]
    pub fn form_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.tag())
    }

    fn tag(&self) -> [u8; 32] {
        // A key of any length will do.
        let made = Hmac::<Sha256>::new_from_slice(&self.0).map(|mut mac| {
            mac.update(b"tradewind form 1");
            mac.finalize().into_bytes().into()
        });
        made.unwrap_or_default()
    }

    fn made(&self, token: &str) -> bool {
        let given = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
        self.tag().as_slice().ct_eq(&given).into()
    }
}

impl fmt::Debug for VisitorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[visitor]")
    }
}

/// One visit of a browser.
#[derive(Debug, Clone)]
pub struct Visit {
    /// In which language it is answered.
    pub language: Language,
    /// By which secret it is known; a new one when it showed none.
    pub key: VisitorKey,
    /// Whether the browser does not have the key yet: then the answer must bring it.
    pub is_new: bool,
    cookie: &'static str,
}

impl Visit {
    /// The visit that `call` is a part of; its key is in the cookie called `cookie`.
    #[must_use]
    pub fn of(call: &Call, cookie: &'static str) -> Self {
        let known = Cookie::read(call, cookie).and_then(|text| VisitorKey::parse(&text));
        let is_new = known.is_none();
        let key = known.unwrap_or_else(|| VisitorKey::new(call.entropy()));
        let accepted = call.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let chosen = Cookie::read(call, LANGUAGE);
        let language = Language::choose(chosen.as_deref(), accepted.unwrap_or_default());
        Self { language, key, is_new, cookie }
    }

    /// The same browser under another key: take one whenever somebody signs in or out.
    #[must_use]
    pub fn with_key(&self, key: VisitorKey) -> Self {
        Self { key, is_new: true, ..self.clone() }
    }

    /// The cookie with the key.
    #[must_use]
    pub fn cookie(&self, call: &Call) -> Cookie {
        Cookie::new(call, self.cookie, &self.key.expose())
    }

    /// The cookie that keeps a language that somebody chose.
    #[must_use]
    pub fn language_cookie(call: &Call, language: Language) -> Cookie {
        Cookie::new(call, LANGUAGE, language.tag()).lasting(crate::A_YEAR)
    }

    /// Refuses a form that no page of this site made for this browser: what another site lets a browser send has another
    /// origin, and it knows no token.
    ///
    /// # Errors
    /// [`FORBIDDEN`] when it is not this browser's own.
    pub fn own_form(&self, call: &Call, fields: &Fields) -> Result<(), Problem> {
        let from_here = is_from_here(call.headers(), call.uri());
        if from_here && self.key.made(fields.raw(FORM_TOKEN).unwrap_or_default()) {
            return Ok(());
        }
        Err(forged())
    }
}

/// A form that another site may have made.
fn forged() -> Problem {
    Problem::new(&FORBIDDEN).detail(
        "This form was not made for you here, or it is too old. Load the page again and send it once more.",
    )
}

/// What the browser says of where the request came from; what is not said is not held against it, as the token decides.
fn is_from_here(headers: &HeaderMap, uri: &Uri) -> bool {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if headers.contains_key(&FETCH_SITE) {
        return text(&FETCH_SITE) == Some("same-origin");
    }
    if !headers.contains_key(ORIGIN) {
        return true;
    }
    let host = text(&FORWARDED_HOST).or(text(&HOST)).or(uri.authority().map(|authority| authority.as_str()));
    let origin = text(&ORIGIN).and_then(|origin| origin.split_once("://"));
    origin.zip(host).is_some_and(|((_, origin), host)| origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_key_makes_one_form_token_and_shows_itself_to_nobody() {
        let entropy = Entropy::seeded(1);
        let (one, other) = (VisitorKey::new(&entropy), VisitorKey::new(&entropy));
        assert!(one.made(&one.form_token()) && !one.made(&other.form_token()));
        for token in ["", "a", "===", &one.expose(), &one.form_token()[1..]] {
            assert!(!one.made(token), "{token}");
        }
        assert_eq!(VisitorKey::parse(&one.expose()), Some(one.clone()));
        assert!(one != other && one.digest() != other.digest() && one.digest() != one.tag());
        assert_eq!(format!("{one:?}"), "[visitor]");
        for text in ["", "abc", "ü", &"a".repeat(44)] {
            assert_eq!(VisitorKey::parse(text), None);
        }
    }

    #[test]
    fn what_another_site_sends_is_not_from_here() {
        let uri = Uri::from_static("/a");
        let said = |pairs: &[(&HeaderName, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            is_from_here(&headers, &uri)
        };
        assert!(said(&[]) && said(&[(&HOST, "a.example")]));
        assert!(said(&[(&FETCH_SITE, "same-origin"), (&ORIGIN, "https://other.example")]));
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!said(&[(&FETCH_SITE, site)]), "{site}");
        }
        assert!(said(&[(&HOST, "a.example:80"), (&ORIGIN, "http://a.example:80")]));
        assert!(said(&[(&HOST, "in:1"), (&FORWARDED_HOST, "a.example"), (&ORIGIN, "https://a.example")]));
        for origin in ["null", "", "https://evil.example", "https://a.example.evil.example"] {
            assert!(!said(&[(&HOST, "a.example"), (&ORIGIN, origin)]), "{origin}");
        }
        assert!(!said(&[(&ORIGIN, "https://a.example")]));
    }
}
