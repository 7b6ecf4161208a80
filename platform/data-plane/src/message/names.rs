//! Which fields concern one connection only, and which a gateway alone may write.

/// Says, with the value `1`, that whoever sends a request would send it again.
pub(crate) const RETRIES: &str = "tradewind-retries";

/// What becomes of a field of a message that goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It goes on.
    Passes,
    /// It ends here: it concerns one connection (RFC 9110 §7.6.1), or how its messages are framed.
    Ends,
    /// It ends here and is written anew: who asks, and whom. A client's own claims are worth nothing.
    Forwarded,
    /// The trace, which gets a span of its own.
    Trace,
    /// Whether the request would be sent again, which each hop says for itself.
    Retries,
    /// Whom the request is for.
    Host,
    /// The length of the body.
    Length,
}

/// What becomes of a field, by its name in any case.
///
/// A name with underscores is taken for the one with hyphens that many programs read it as, and ends here where that
/// one is not for clients to write.
pub(crate) fn fate(name: &[u8]) -> Fate {
    if !name.contains(&b'_') {
        return by_name(name);
    }
    let hyphens: Vec<u8> = name.iter().map(|&byte| if byte == b'_' { b'-' } else { byte }).collect();
    match by_name(&hyphens) {
        Fate::Passes => Fate::Passes,
        _ => Fate::Ends,
    }
}

fn by_name(name: &[u8]) -> Fate {
    let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
    // By length first: of most fields nothing else is looked at.
    match name.len() {
        2 if is(b"te") => Fate::Ends,
        4 if is(b"host") => Fate::Host,
        6 if is(b"expect") => Fate::Ends,
        7 if is(b"trailer") || is(b"upgrade") => Fate::Ends,
        9 if is(b"forwarded") || is(b"x-real-ip") => Fate::Forwarded,
        10 if is(b"connection") || is(b"keep-alive") => Fate::Ends,
        11 if is(b"traceparent") => Fate::Trace,
        14 if is(b"content-length") => Fate::Length,
        14 if is(b"http2-settings") => Fate::Ends,
        15 if is(b"x-forwarded-for") => Fate::Forwarded,
        16 if is(b"x-forwarded-host") || is(b"x-forwarded-port") => Fate::Forwarded,
        16 if is(b"proxy-connection") => Fate::Ends,
        17 if is(b"x-forwarded-proto") => Fate::Forwarded,
        17 if is(RETRIES.as_bytes()) => Fate::Retries,
        17 if is(b"transfer-encoding") => Fate::Ends,
        18 if is(b"proxy-authenticate") => Fate::Ends,
        18 if is(b"x-forwarded-prefix") || is(b"x-forwarded-server") => Fate::Forwarded,
        19 if is(b"proxy-authorization") => Fate::Ends,
        25 if is(b"proxy-authentication-info") => Fate::Ends,
        _ => Fate::Passes,
    }
}

/// Whether a `Connection` field names this one, which then ends here, too.
///
/// What says whom a request is for, who sends it or where a message ends is written anew whatever the field says, so
/// that nobody can take it away from a request.
pub(crate) fn is_named(name: &[u8], connection: &[u8]) -> bool {
    let mut tokens = connection.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    tokens.any(|token| token.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_its_fate() {
        for (name, expected) in [
            ("TE", Fate::Ends),
            ("Host", Fate::Host),
            ("EXPECT", Fate::Ends),
            ("trailer", Fate::Ends),
            ("Upgrade", Fate::Ends),
            ("Forwarded", Fate::Forwarded),
            ("Connection", Fate::Ends),
            ("Keep-Alive", Fate::Ends),
            ("traceparent", Fate::Trace),
            ("Content-Length", Fate::Length),
            ("Tradewind-Retries", Fate::Retries),
            ("HTTP2-Settings", Fate::Ends),
            ("X-Forwarded-For", Fate::Forwarded),
            ("X-Forwarded-Host", Fate::Forwarded),
            ("X-Forwarded-Port", Fate::Forwarded),
            ("X-Forwarded-Proto", Fate::Forwarded),
            ("X-Forwarded-Prefix", Fate::Forwarded),
            ("X-Forwarded-Server", Fate::Forwarded),
            ("X-Real-IP", Fate::Forwarded),
            ("Proxy-Connection", Fate::Ends),
            ("Transfer-Encoding", Fate::Ends),
            ("Proxy-Authenticate", Fate::Ends),
            ("Proxy-Authorization", Fate::Ends),
            ("Proxy-Authentication-Info", Fate::Ends),
            ("Accept", Fate::Passes),
            ("X-Forwarded-Foo", Fate::Passes),
            ("X_Forwarded-For", Fate::Ends),
            ("Content_Length", Fate::Ends),
            ("My_Field", Fate::Passes),
        ] {
            assert_eq!(fate(name.as_bytes()), expected, "{name}");
        }
    }

    #[test]
    fn connection_names_fields() {
        assert!(is_named(b"X-Mine", b"close, x-mine"));
        assert!(!is_named(b"X-Mine", b"x-mine-too"));
    }
}
