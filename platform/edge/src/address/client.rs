//! The client behind proxies.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::address::CidrSet;

/// So many entries of `X-Forwarded-For` are looked at; a longer chain of proxies of one's own does not exist.
pub const MAX_FORWARDED: usize = 32;

/// The address of whoever asks: that of the peer, or what trusted proxies say of it.
///
/// Each proxy appends the address that it saw, so the list is read from its end for as long as the one who wrote an
/// entry is trusted. Whatever stands before was written by somebody who is not, and is worth nothing. An entry that
/// is no address ends the reading as well, and the trusted proxy that wrote it counts as the client.
///
/// `forwarded` are the field lines in the order of the request, as text or bytes.
pub fn client_address<F>(peer: IpAddr, forwarded: F, trusted: &CidrSet) -> IpAddr
where
    F: IntoIterator<Item: AsRef<[u8]>, IntoIter: DoubleEndedIterator>,
{
    let mut client = peer.to_canonical();
    if !trusted.contains(client) {
        return client;
    }
    let mut looked_at = 0;
    for line in forwarded.into_iter().rev() {
        let Ok(line) = std::str::from_utf8(line.as_ref()) else { return client };
        // An entry without content is no entry (RFC 9110 §5.6.1), but costs as much.
        for entry in line.rsplit(',').map(str::trim) {
            looked_at += 1;
            if looked_at > MAX_FORWARDED {
                return client;
            }
            if entry.is_empty() {
                continue;
            }
            let Some(address) = address_of(entry) else { return client };
            client = address;
            if !trusted.contains(client) {
                return client;
            }
        }
    }
    client
}

/// An address as proxies write it: alone, or with a port.
fn address_of(entry: &str) -> Option<IpAddr> {
    let address = match entry.parse() {
        Ok(address) => address,
        Err(_) => match entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(bracketed) => bracketed.parse::<Ipv6Addr>().ok()?.into(),
            None => entry.parse::<SocketAddr>().ok()?.ip(),
        },
    };
    Some(address.to_canonical())
}

/// What counts as one client where clients are counted: an IPv4 address, or the /64 network of an IPv6 address, since
/// whoever has one address there has all of them (RFC 4291 §2.5.1).
#[must_use]
pub fn client_key(address: IpAddr) -> [u8; 9] {
    let mut key = [0; 9];
    let (family, rest) = key.split_at_mut(1);
    match address.to_canonical() {
        IpAddr::V4(address) => {
            family.fill(4);
            rest.iter_mut().zip(address.octets()).for_each(|(to, from)| *to = from);
        }
        IpAddr::V6(address) => {
            family.fill(6);
            rest.iter_mut().zip(address.octets()).for_each(|(to, from)| *to = from);
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let trusted = CidrSet::parse(["10.0.0.0/8", "2001:db8::/32"]).unwrap();
        client_address(peer.parse().unwrap(), forwarded, &trusted).to_string()
    }

    #[test]
    fn only_what_trusted_proxies_wrote_counts() {
        for (peer, forwarded, expected) in [
            ("192.0.2.1", &["203.0.113.1"][..], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.1"], "203.0.113.1"),
            ("::ffff:10.0.0.1", &["::ffff:203.0.113.1"], "203.0.113.1"),
            ("10.0.0.1", &["198.51.100.9, 203.0.113.1"], "203.0.113.1"),
            ("10.0.0.1", &["198.51.100.9, 203.0.113.1, 10.0.0.2"], "203.0.113.1"),
            ("10.0.0.1", &["198.51.100.9", "203.0.113.1,10.0.0.2"], "203.0.113.1"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &["203.0.113.1, ,, 10.0.0.2"], "203.0.113.1"),
            ("2001:db8::1", &["[2001:db9::5]:443"], "2001:db9::5"),
            ("2001:db8::1", &["[2001:db9::5]"], "2001:db9::5"),
            ("10.0.0.1", &["203.0.113.1:4711"], "203.0.113.1"),
        ] {
            assert_eq!(client(peer, forwarded), expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn what_is_no_address_ends_the_reading() {
        for wrong in
            ["unknown", "_hidden", "203.0.113", "010.0.0.1", "[203.0.113.1]", "fe80::1%1", "1.1.1.1:", "é"]
        {
            assert_eq!(
                client("10.0.0.1", &[&format!("203.0.113.1, {wrong}, 10.0.0.2")]),
                "10.0.0.2",
                "{wrong}"
            );
        }
        let trusted = CidrSet::parse(["10.0.0.0/8"]).unwrap();
        let found = client_address(IpAddr::from([10, 0, 0, 1]), [&b"203.0.113.1, 1.1.1.1\xff"[..]], &trusted);
        assert_eq!(found, IpAddr::from([10, 0, 0, 1]));
    }

    #[test]
    fn a_list_is_read_up_to_a_bound() {
        let list = |proxies: usize| format!("203.0.113.1{}", ", 10.0.0.2".repeat(proxies));
        assert_eq!(client("10.0.0.1", &[&list(MAX_FORWARDED - 1)]), "203.0.113.1");
        assert_eq!(client("10.0.0.1", &[&list(MAX_FORWARDED)]), "10.0.0.2");
        assert_eq!(client("10.0.0.1", &[&format!("203.0.113.1{}", ",".repeat(MAX_FORWARDED))]), "10.0.0.1");
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let key = |text: &str| client_key(text.parse().unwrap());
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_ne!(key("192.0.2.1"), key("c000:201::"));
    }
}
