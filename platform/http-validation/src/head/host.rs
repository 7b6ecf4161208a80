//! The value of the Host field (RFC 9110 §7.2).

use std::net::Ipv6Addr;

/// Longest name in the DNS, in bytes of its text form (RFC 1035 §2.3.4).
const MAX_NAME_BYTES: usize = 253;

/// True for `host [ ":" port ]` with a host that is not empty and a port from 0 to 65535.
///
/// A host is an IPv6 address in brackets, or a name or IPv4 address of letters, digits, `-`, `.` and `_`.
/// RFC 3986 §3.2.2 allows more (percent triplets, sub-delimiters, future address forms). No name in the DNS
/// needs them, and they are a way into logs, links and cache keys.
pub(super) fn is_valid(value: &[u8]) -> bool {
    let Ok(value) = std::str::from_utf8(value) else {
        return false;
    };
    if let Some(bracketed) = value.strip_prefix('[') {
        return bracketed.split_once(']').is_some_and(|(address, rest)| {
            address.parse::<Ipv6Addr>().is_ok() && rest.strip_prefix(':').map_or(rest.is_empty(), is_port)
        });
    }
    match value.split_once(':') {
        Some((name, port)) => is_name(name) && is_port(port),
        None => is_name(value),
    }
}

fn is_name(name: &str) -> bool {
    let name_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(name_byte)
}

fn is_port(port: &str) -> bool {
    (1..=5).contains(&port.len())
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    #[test]
    fn knows_hosts() {
        for host in
            ["a", "shop.example", "shop.example:8080", "127.0.0.1:1", "[::1]", "[2001:db8::1]:443", "a_b-c"]
        {
            assert!(is_valid(host.as_bytes()), "{host}");
        }
        for host in [
            "",
            ":80",
            "a:",
            "a:b",
            "a:65536",
            "a:+80",
            "a:000080",
            "a:1:2",
            "a b",
            "a,b",
            "user@a",
            "a/b",
            "[::1",
            "[]",
            "[::1]x",
            "[::1]:",
            "[1.2.3.4]",
            "[fe80::1%25eth0]",
            "::1",
            "a%41",
            "ä",
            "a?b",
            "a\\b",
        ] {
            assert!(!is_valid(host.as_bytes()), "{host}");
        }
        assert!(!is_valid(b"a\xff"));
        assert!(!is_valid("a".repeat(254).as_bytes()));
    }
}
