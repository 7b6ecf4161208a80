//! Sets of networks (RFC 4632, RFC 4291 §2.3).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks of both families, to be asked whether an address is in one of them.
///
/// An IPv4 address in the form of IPv6 (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2) is the IPv4 address: a socket that
/// listens on both families shows every IPv4 client like that. So `::/0` is all of IPv6 and none of IPv4.
///
/// Networks that overlap or touch are kept as one range, and a look-up is a binary search among the ranges.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CidrSet {
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

/// Why a text is no network, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CidrError {
    /// What stands before the slash is no address.
    #[error("{0:?} is no IP address; write a network such as 10.0.0.0/8 or 2001:db8::/32")]
    Address(String),
    /// What stands after the slash is no length, or one that the family does not have.
    #[error("{length:?} is no length of {family} networks; write a number from 0 to {most}")]
    Length {
        /// What was written.
        length: String,
        /// IPv4 or IPv6.
        family: &'static str,
        /// The greatest length of that family.
        most: u8,
    },
    /// The address has bits that are not of the network.
    #[error("{written} lies in the middle of a network; write {network}, or {alone} for the one address")]
    HostBits {
        /// What was written.
        written: String,
        /// The network around it.
        network: String,
        /// The network of that address alone.
        alone: String,
    },
    /// It contains IPv4 and more.
    #[error("{0} is wider than all of IPv4; write 0.0.0.0/0 for IPv4 and ::/0 for IPv6")]
    WiderThanIpv4(String),
}

impl CidrSet {
    /// The set of these networks. An address without a length is that address alone.
    ///
    /// # Errors
    /// At the first text that is no network.
    pub fn parse<'a>(networks: impl IntoIterator<Item = &'a str>) -> Result<Self, CidrError> {
        let mut set = Self::default();
        for text in networks {
            match Network::parse(text.trim())? {
                Network::V4(first, last) => set.v4.push((first, last)),
                Network::V6(first, last) => set.v6.push((first, last)),
            }
        }
        set.v4 = joined(set.v4, |last| last.checked_add(1));
        set.v6 = joined(set.v6, |last| last.checked_add(1));
        Ok(set)
    }

    /// Whether an address is in one of the networks.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(address) => is_within(&self.v4, u32::from(address)),
            IpAddr::V6(address) => is_within(&self.v6, u128::from(address)),
        }
    }

    /// Whether there is no network in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }
}

/// The first and last address of one network.
enum Network {
    V4(u32, u32),
    V6(u128, u128),
}

impl Network {
    fn parse(text: &str) -> Result<Self, CidrError> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        match address.parse() {
            Ok(IpAddr::V4(address)) => Self::v4(address, length_of(length, "IPv4", 32)?),
            Ok(IpAddr::V6(address)) => {
                let length = length_of(length, "IPv6", 128)?;
                match (address.to_ipv4_mapped(), length.checked_sub(96)) {
                    (Some(mapped), Some(length)) => Self::v4(mapped, length),
                    (Some(_), None) => Err(CidrError::WiderThanIpv4(text.to_owned())),
                    (None, _) => Self::v6(address, length),
                }
            }
            Err(_) => Err(CidrError::Address(address.to_owned())),
        }
    }

    fn v4(address: Ipv4Addr, length: u8) -> Result<Self, CidrError> {
        let hosts = u32::MAX.checked_shr(u32::from(length)).unwrap_or(0);
        let first = u32::from(address) & !hosts;
        if first != u32::from(address) {
            return Err(host_bits((address.into(), Ipv4Addr::from(first).into()), length, 32));
        }
        Ok(Self::V4(first, first | hosts))
    }

    fn v6(address: Ipv6Addr, length: u8) -> Result<Self, CidrError> {
        let hosts = u128::MAX.checked_shr(u32::from(length)).unwrap_or(0);
        let first = u128::from(address) & !hosts;
        if first != u128::from(address) {
            return Err(host_bits((address.into(), Ipv6Addr::from(first).into()), length, 128));
        }
        Ok(Self::V6(first, first | hosts))
    }
}

fn length_of(text: Option<&str>, family: &'static str, most: u8) -> Result<u8, CidrError> {
    let Some(text) = text else { return Ok(most) };
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let length = text.parse().ok().filter(|length| is_number && *length <= most);
    length.ok_or_else(|| CidrError::Length { length: text.to_owned(), family, most })
}

fn host_bits((address, first): (IpAddr, IpAddr), length: u8, most: u8) -> CidrError {
    CidrError::HostBits {
        written: format!("{address}/{length}"),
        network: format!("{first}/{length}"),
        alone: format!("{address}/{most}"),
    }
}

/// The ranges in order, with those that overlap or touch made one.
fn joined<N: Copy + Ord>(mut ranges: Vec<(N, N)>, next: impl Fn(N) -> Option<N>) -> Vec<(N, N)> {
    ranges.sort_unstable();
    let mut all: Vec<(N, N)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match all.last_mut() {
            // Nothing comes after the last address of all.
            Some(before) if next(before.1).is_none_or(|next| first <= next) => before.1 = before.1.max(last),
            _ => all.push((first, last)),
        }
    }
    all
}

fn is_within<N: Copy + Ord>(ranges: &[(N, N)], address: N) -> bool {
    let behind = ranges.partition_point(|(first, _)| *first <= address);
    let range = behind.checked_sub(1).and_then(|at| ranges.get(at));
    range.is_some_and(|(_, last)| address <= *last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(networks: &[&str]) -> CidrSet {
        CidrSet::parse(networks.iter().copied()).unwrap()
    }

    fn has(set: &CidrSet, address: &str) -> bool {
        set.contains(address.parse().unwrap())
    }

    #[test]
    fn both_families_and_their_borders() {
        let set = set(&["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", " 172.16.0.0/12 "]);
        for inside in
            ["10.0.0.0", "10.255.255.255", "192.0.2.7", "2001:db8::1", "172.31.0.1", "::ffff:10.1.2.3"]
        {
            assert!(has(&set, inside), "{inside}");
        }
        for outside in
            ["9.255.255.255", "11.0.0.0", "192.0.2.6", "192.0.2.8", "2001:db9::", "::a01:203", "::1"]
        {
            assert!(!has(&set, outside), "{outside}");
        }
        assert!(CidrSet::default().is_empty() && !has(&CidrSet::default(), "::1"));
    }

    #[test]
    fn a_whole_family_is_not_the_other_one() {
        let (v4, v6) = (set(&["0.0.0.0/0"]), set(&["::/0"]));
        for address in ["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"] {
            assert!(has(&v4, address) && !has(&v6, address), "{address}");
        }
        for address in ["::", "::1.2.3.4", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"] {
            assert!(!has(&v4, address) && has(&v6, address), "{address}");
        }
        assert_eq!(set(&["::ffff:10.0.0.0/104"]), set(&["10.0.0.0/8"]));
    }

    #[test]
    fn neighbours_become_one() {
        assert_eq!(set(&["10.0.0.0/9", "10.128.0.0/9", "10.4.0.0/16"]), set(&["10.0.0.0/8"]));
        assert_eq!(set(&["255.255.255.255", "255.255.255.254"]).v4, [(u32::MAX - 1, u32::MAX)]);
    }

    #[test]
    fn mistakes_say_what_to_write() {
        for (text, said) in [
            ("10.0.0/8", r#""10.0.0" is no IP address; write a network such as 10.0.0.0/8 or 2001:db8::/32"#),
            ("", r#""" is no IP address; write a network such as 10.0.0.0/8 or 2001:db8::/32"#),
            ("10.0.0.0/33", r#""33" is no length of IPv4 networks; write a number from 0 to 32"#),
            ("10.0.0.0/", r#""" is no length of IPv4 networks; write a number from 0 to 32"#),
            ("10.0.0.0/+8", r#""+8" is no length of IPv4 networks; write a number from 0 to 32"#),
            ("::/129", r#""129" is no length of IPv6 networks; write a number from 0 to 128"#),
            (
                "10.0.0.1/8",
                "10.0.0.1/8 lies in the middle of a network; write 10.0.0.0/8, or 10.0.0.1/32 for the one address",
            ),
            (
                "::ffff:0.0.0.0/95",
                "::ffff:0.0.0.0/95 is wider than all of IPv4; write 0.0.0.0/0 for IPv4 and ::/0 for IPv6",
            ),
        ] {
            assert_eq!(CidrSet::parse([text]).unwrap_err().to_string(), said);
        }
        assert!(matches!(CidrSet::parse(["2001:db8::1/32"]), Err(CidrError::HostBits { .. })));
    }

    proptest! {
        /// Against asking one network after the other.
        #[test]
        fn it_finds_what_a_list_would_find(
            networks in prop::collection::vec((0_u32..4096, 20_u32..=32), 0..12),
            asked in prop::collection::vec(0_u32..4200, 1..40),
        ) {
            let networks: Vec<(u32, u32)> = networks
                .into_iter()
                .map(|(address, length)| (address & !u32::MAX.checked_shr(length).unwrap_or(0), length))
                .collect();
            let texts: Vec<String> = networks
                .iter()
                .map(|(address, length)| format!("{}/{length}", Ipv4Addr::from(*address)))
                .collect();
            let set = CidrSet::parse(texts.iter().map(String::as_str)).unwrap();
            for address in asked {
                let expected = networks
                    .iter()
                    .any(|(first, length)| address & !u32::MAX.checked_shr(*length).unwrap_or(0) == *first);
                prop_assert_eq!(set.contains(Ipv4Addr::from(address).into()), expected);
            }
        }
    }
}
