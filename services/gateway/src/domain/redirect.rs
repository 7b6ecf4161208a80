//! Writes the address that a client should go to.

use tradewind_http_validation::path::CanonicalPath;
use tradewind_routing::Redirect;

use super::authority::Authority;

/// What the client asked for.
#[derive(Debug, Clone, Copy)]
pub struct AskedFor<'request> {
    /// `http` or `https`.
    pub scheme: &'request str,
    /// The host, and the port that the client named.
    pub authority: &'request Authority,
    /// The path.
    pub path: &'request CanonicalPath,
    /// The query, without `?`.
    pub query: Option<&'request str>,
    /// The prefix of the path that matched, where one did.
    pub prefix: Option<&'request CanonicalPath>,
}

/// The address of a redirect: what it leaves open stays as the client asked for it, the query always.
///
/// A port that goes without saying for the scheme is not written.
#[must_use]
pub fn location(redirect: &Redirect, asked: &AskedFor<'_>) -> String {
    let scheme = redirect.scheme.as_deref().unwrap_or(asked.scheme);
    let host = redirect.hostname.as_deref().unwrap_or(&asked.authority.host);
    let usual = if scheme == "https" { 443 } else { 80 };
    let port = match (redirect.port, &redirect.scheme) {
        (Some(port), _) => port,
        (None, Some(_)) => usual,
        // The port by which the client came, which is that of the listener as far as the client can see it.
        (None, None) => asked.authority.port.unwrap_or(usual),
    };
    let path = match &redirect.path {
        Some(change) => change.apply(asked.path, asked.prefix).to_string(),
        None => asked.path.to_string(),
    };
    let port = if port == usual { String::new() } else { format!(":{port}") };
    let query = asked.query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{scheme}://{host}{port}{path}{query}")
}

#[cfg(test)]
mod tests {
    use tradewind_http_validation::path::canonical;
    use tradewind_routing::PathChange;

    use super::*;

    #[test]
    fn what_is_left_open_stays() {
        let nothing = Redirect { scheme: None, hostname: None, path: None, port: None, status: 302 };
        let to = |redirect: &Redirect, port: Option<u16>| {
            let authority = Authority { host: "a.example".to_owned(), port };
            let (path, prefix) = (canonical("/a/b").unwrap(), canonical("/a").unwrap());
            let asked = AskedFor {
                scheme: "http",
                authority: &authority,
                path: &path,
                query: Some("x=1"),
                prefix: Some(&prefix),
            };
            location(redirect, &asked)
        };
        assert_eq!(to(&nothing, None), "http://a.example/a/b?x=1");
        assert_eq!(to(&nothing, Some(8080)), "http://a.example:8080/a/b?x=1");
        let secure = Redirect { scheme: Some("https".to_owned()), ..nothing.clone() };
        assert_eq!(to(&secure, Some(8080)), "https://a.example/a/b?x=1");
        assert_eq!(to(&Redirect { port: Some(443), ..secure.clone() }, None), "https://a.example/a/b?x=1");
        assert_eq!(to(&Redirect { port: Some(8443), ..secure }, None), "https://a.example:8443/a/b?x=1");
        let elsewhere = Redirect { hostname: Some("b.example".to_owned()), ..nothing.clone() };
        assert_eq!(to(&elsewhere, None), "http://b.example/a/b?x=1");
        let path = PathChange::Prefix(Some(canonical("/c").unwrap()));
        assert_eq!(to(&Redirect { path: Some(path), ..nothing }, None), "http://a.example/c/b?x=1");
    }
}
