//! Whom a request is for.

/// A host and a port, as the client named them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// In lower case, without a dot at the end; empty when the client named none.
    pub host: String,
    /// Absent when the client named none.
    pub port: Option<u16>,
}

impl Authority {
    /// Takes apart `host[:port]`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        // The colons of an IPv6 address stand between brackets.
        let end = text.rfind(']').map_or(0, |bracket| bracket + 1);
        let (host, port) = match text.get(end..).and_then(|rest| rest.rfind(':')) {
            Some(colon) => (text.get(..end + colon), text.get(end + colon + 1..)),
            None => (Some(text), None),
        };
        let host = host.unwrap_or_default().to_ascii_lowercase();
        let host = host.strip_suffix('.').map(str::to_owned).unwrap_or(host);
        Self { host, port: port.and_then(|port| port.parse().ok()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_in_their_one_form() {
        for (text, host, port) in [
            ("Shop.Example", "shop.example", None),
            ("shop.example:8080", "shop.example", Some(8080)),
            ("shop.example.", "shop.example", None),
            ("shop.example.:80", "shop.example", Some(80)),
            ("[::1]", "[::1]", None),
            ("[::1]:80", "[::1]", Some(80)),
            ("127.0.0.1:1", "127.0.0.1", Some(1)),
            ("", "", None),
        ] {
            let found = Authority::parse(text);
            assert_eq!((found.host.as_str(), found.port), (host, port), "{text}");
        }
    }
}
