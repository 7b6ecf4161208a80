//! Cross-origin resource sharing (Fetch standard, §3.2): which pages of other origins may see an answer.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tradewind_gateway_api::filter::Cors;

/// Whether a request only asks what another one may do; the gateway answers it.
#[must_use]
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The headers of the answer to a preflight. An origin that is not allowed is told nothing, which browsers take for no.
#[must_use]
pub(crate) fn preflight(cors: &Cors, headers: &HeaderMap) -> HeaderMap {
    let mut answer = shared(cors, headers);
    if !answer.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
        return answer;
    }
    let asked = |name: HeaderName| headers.get(name).cloned();
    let methods = list(cors, &cors.allow_methods, asked(ACCESS_CONTROL_REQUEST_METHOD));
    put(&mut answer, ACCESS_CONTROL_ALLOW_METHODS, methods);
    let names = list(cors, &cors.allow_headers, asked(ACCESS_CONTROL_REQUEST_HEADERS));
    put(&mut answer, ACCESS_CONTROL_ALLOW_HEADERS, names);
    put(&mut answer, ACCESS_CONTROL_MAX_AGE, HeaderValue::from_str(&cors.max_age.to_string()).ok());
    answer
}

/// The headers that every answer gets besides its own.
#[must_use]
pub(crate) fn answer(cors: &Cors, headers: &HeaderMap) -> HeaderMap {
    let mut answer = shared(cors, headers);
    if answer.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
        // With credentials `*` is a name like any other, so it says nothing there.
        put(&mut answer, ACCESS_CONTROL_EXPOSE_HEADERS, list(cors, &cors.expose_headers, None));
    }
    answer
}

/// Who may see the answer.
fn shared(cors: &Cors, headers: &HeaderMap) -> HeaderMap {
    let mut answer = HeaderMap::new();
    let is_open = cors.allow_origins.iter().any(|allowed| allowed == "*") && !cors.allow_credentials;
    if !is_open {
        // The answer to one origin must not be given from a cache to another.
        answer.insert(VARY, HeaderValue::from_static("Origin"));
    }
    let Some(origin) = headers.get(ORIGIN) else { return answer };
    let Ok(text) = origin.to_str() else { return answer };
    if !cors.allow_origins.iter().any(|allowed| is_allowed(allowed, text)) {
        return answer;
    }
    let shown = if is_open { HeaderValue::from_static("*") } else { origin.clone() };
    answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, shown);
    if cors.allow_credentials {
        answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    answer
}

/// A list as it is written, or what was asked for where it is `*`.
fn list(cors: &Cors, names: &[String], asked: Option<HeaderValue>) -> Option<HeaderValue> {
    let is_any = names.iter().any(|name| name == "*");
    match (is_any, cors.allow_credentials) {
        (true, false) => Some(HeaderValue::from_static("*")),
        (true, true) => asked,
        (false, _) if names.is_empty() => None,
        (false, _) => HeaderValue::from_str(&names.join(", ")).ok(),
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value {
        headers.insert(name, value);
    }
}

/// Whether an origin is one that a document allows: as it is written, or with any subdomains in the place of `*.`.
fn is_allowed(allowed: &str, origin: &str) -> bool {
    if allowed == "*" {
        return true;
    }
    let (Some((scheme, host)), Some((asked_scheme, asked_host))) =
        (allowed.split_once("://"), origin.split_once("://"))
    else {
        return false;
    };
    if scheme != asked_scheme {
        return false;
    }
    let (host, asked_host) = (host.to_ascii_lowercase(), asked_host.to_ascii_lowercase());
    match host.strip_prefix('*') {
        // `http://*`: any host, by the port of the scheme.
        Some("") => !asked_host.contains(':'),
        Some(suffix) => asked_host.len() > suffix.len() && asked_host.ends_with(suffix),
        None => host == asked_host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(origin: &'static str) -> HeaderMap {
        HeaderMap::from_iter([
            (ORIGIN, HeaderValue::from_static(origin)),
            (ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("PUT")),
            (ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static("x-a, x-b")),
        ])
    }

    fn allowing(origins: &[&str]) -> Cors {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Cors {
            allow_origins: texts(origins),
            allow_methods: texts(&["GET", "PUT"]),
            max_age: 5,
            ..Cors::default()
        }
    }

    fn text(headers: &HeaderMap, name: HeaderName) -> &str {
        headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[test]
    fn origins_are_compared_whole() {
        for (allowed, origin, fits) in [
            ("*", "https://a.example", true),
            ("https://a.example", "https://a.example", true),
            ("https://a.example", "https://A.example", true),
            ("https://a.example", "http://a.example", false),
            ("https://a.example", "https://a.example:8443", false),
            ("https://a.example:8443", "https://a.example:8443", true),
            ("https://*.example", "https://a.example", true),
            ("https://*.example", "https://a.b.example", true),
            ("https://*.example", "https://example", false),
            ("https://*.example", "https://.example", false),
            ("https://*.example", "https://an-example", false),
            ("https://*.example", "https://a.example.evil", false),
            ("http://*", "http://a.example", true),
            ("http://*", "https://a.example", false),
            ("https://a.example", "null", false),
        ] {
            assert_eq!(is_allowed(allowed, origin), fits, "{allowed}: {origin}");
        }
    }

    #[test]
    fn a_preflight_is_told_what_may_be_done() {
        let cors = allowing(&["https://a.example"]);
        let found = preflight(&cors, &asking("https://a.example"));
        assert_eq!(text(&found, ACCESS_CONTROL_ALLOW_ORIGIN), "https://a.example");
        assert_eq!(text(&found, ACCESS_CONTROL_ALLOW_METHODS), "GET, PUT");
        assert_eq!(text(&found, ACCESS_CONTROL_MAX_AGE), "5");
        assert_eq!(text(&found, ACCESS_CONTROL_ALLOW_HEADERS), "");
        assert_eq!(text(&found, VARY), "Origin");
        let other = preflight(&cors, &asking("https://b.example"));
        assert_eq!(other.len(), 1, "{other:?}");
    }

    #[test]
    fn anything_is_written_out_where_credentials_come_along() {
        let any = vec!["*".to_owned()];
        let open = Cors { allow_headers: any.clone(), expose_headers: any, ..allowing(&["*"]) };
        let found = preflight(&open, &asking("https://a.example"));
        assert_eq!(text(&found, ACCESS_CONTROL_ALLOW_ORIGIN), "*");
        assert_eq!(text(&found, ACCESS_CONTROL_ALLOW_HEADERS), "*");
        assert_eq!(text(&answer(&open, &asking("https://a.example")), ACCESS_CONTROL_EXPOSE_HEADERS), "*");
        let trusting = Cors { allow_credentials: true, ..open };
        let found = preflight(&trusting, &asking("https://a.example"));
        assert_eq!(text(&found, ACCESS_CONTROL_ALLOW_ORIGIN), "https://a.example");
        assert_eq!(text(&found, ACCESS_CONTROL_ALLOW_HEADERS), "x-a, x-b");
        assert_eq!(text(&found, ACCESS_CONTROL_ALLOW_CREDENTIALS), "true");
        assert_eq!(text(&answer(&trusting, &asking("https://a.example")), ACCESS_CONTROL_EXPOSE_HEADERS), "");
    }

    #[test]
    fn only_what_browsers_send_is_a_preflight() {
        assert!(is_preflight(&Method::OPTIONS, &asking("https://a.example")));
        assert!(!is_preflight(&Method::GET, &asking("https://a.example")));
        assert!(!is_preflight(&Method::OPTIONS, &HeaderMap::new()));
    }
}
