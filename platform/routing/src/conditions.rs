//! What a match asks besides the path: method, headers, query parameters.

use std::borrow::Cow;

use http::{HeaderName, Method};
use percent_encoding::percent_decode_str;
use regex::Regex;

use crate::asked::{Asked, Headers};

/// All of it must hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conditions {
    pub(crate) method: Option<Method>,
    pub(crate) headers: Vec<(HeaderName, Expected)>,
    pub(crate) queries: Vec<(String, Expected)>,
    /// Only calls of gRPC, which say so in their content type.
    pub(crate) is_grpc: bool,
}

/// A value, or what describes it.
#[derive(Debug, Clone)]
pub(crate) enum Expected {
    Exact(String),
    Fitting(Regex),
}

impl Expected {
    fn is_met(&self, value: &str) -> bool {
        match self {
            Self::Exact(expected) => value == expected,
            Self::Fitting(regex) => regex.is_match(value),
        }
    }
}

impl Conditions {
    /// The Gateway API's order of precedence behind the path: a method, then more headers, then more parameters.
    pub(crate) fn weight(&self) -> (bool, usize, usize) {
        (self.method.is_some(), self.headers.len(), self.queries.len())
    }

    pub(crate) fn hold(&self, asked: &Asked<'_>) -> bool {
        self.method.as_ref().is_none_or(|method| method.as_str() == asked.method)
            && (!self.is_grpc || is_grpc(asked.headers))
            && self.headers.iter().all(|(name, expected)| holds(asked.headers, name, expected))
            && self.queries.iter().all(|(name, expected)| has_parameter(asked.query, name, expected))
    }
}

fn is_grpc(headers: &dyn Headers) -> bool {
    let mut is_grpc = None;
    headers.each(&http::header::CONTENT_TYPE, &mut |value| {
        is_grpc.get_or_insert(value.starts_with(b"application/grpc"));
    });
    is_grpc.unwrap_or_default()
}

/// Several headers of one name are one list (RFC 9110 §5.3).
fn holds(headers: &dyn Headers, name: &HeaderName, expected: &Expected) -> bool {
    let (mut list, mut has_any) = (String::new(), false);
    headers.each(name, &mut |value| {
        // What is not text fits nothing.
        let Some(text) = std::str::from_utf8(value).ok().filter(|text| text.is_ascii()) else { return };
        if std::mem::replace(&mut has_any, true) {
            list.push(',');
        }
        list.push_str(text);
    });
    has_any && expected.is_met(&list)
}

/// Of several parameters of one name the first counts.
fn has_parameter(query: Option<&str>, name: &str, expected: &Expected) -> bool {
    let mut pairs =
        query.unwrap_or_default().split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let found = pairs.find(|(key, _)| decoded(key) == name);
    found.is_some_and(|(_, value)| expected.is_met(&decoded(value)))
}

/// As forms write parameters (WHATWG URL, `application/x-www-form-urlencoded`).
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let spaced = text.replace('+', " ");
    Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}
