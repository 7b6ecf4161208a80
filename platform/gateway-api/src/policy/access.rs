//! From which addresses requests may come.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// From which addresses requests may come; that of the client, behind trusted proxies.
///
/// By default from all, since a public door has no list of its visitors.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Access {
    /// Those that may; all when empty.
    pub allow: Vec<Cidr>,
    /// Those that may not, whatever `allow` says.
    pub deny: Vec<Cidr>,
}

impl Access {
    /// Whether requests from an address are taken.
    #[must_use]
    pub fn takes(&self, address: IpAddr) -> bool {
        let is_in = |blocks: &[Cidr]| blocks.iter().any(|block| block.contains(address));
        !is_in(&self.deny) && (self.allow.is_empty() || is_in(&self.allow))
    }
}

/// A block of addresses (RFC 4632): those that share the first bits.
///
/// An IPv4 address is the same in its own form and in that of IPv6 (`::ffff:10.0.0.1`), so that a socket for both
/// changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// The first address, bits behind the prefix being 0.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// How many bits count: up to 32 of IPv4, up to 128 of IPv6.
    #[must_use]
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Whether an address is one of the block.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && masked(address, self.prefix) == self.address
    }

    fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        let most = if address.is_ipv4() { 32 } else { 128 };
        if prefix > most {
            return None;
        }
        // Of a block in the form of IPv6 that holds IPv4 addresses only, the IPv4 block.
        let (address, prefix) = match (address.to_canonical(), prefix.checked_sub(96)) {
            (short @ IpAddr::V4(_), Some(short_prefix)) if address.is_ipv6() => (short, short_prefix),
            (IpAddr::V4(_), None) if address.is_ipv6() => (address, prefix),
            (same, _) => (same, prefix),
        };
        Some(Self { address: masked(address, prefix), prefix })
    }
}

fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0);
            IpAddr::V4((u32::from(address) & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix.min(128))).unwrap_or(0);
            IpAddr::V6((u128::from(address) & mask).into())
        }
    }
}

impl FromStr for Cidr {
    type Err = String;

    /// Reads `10.0.0.0/8`; bits behind the prefix are taken for 0.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is not a block of addresses such as 10.0.0.0/8");
        let (address, digits) = text.split_once('/').ok_or_else(wrong)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        digits.parse().ok().and_then(|prefix| Self::new(address, prefix)).ok_or_else(wrong)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.prefix)
    }
}

impl<'de> Deserialize<'de> for Cidr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn block(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    #[test]
    fn blocks_are_read_and_hold_what_they_say() {
        for (text, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("10.1.2.3/32", "10.1.2.3", "10.1.2.4"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("10.0.0.0/8", "::ffff:10.1.1.1", "::10.1.1.1"),
            ("::ffff:10.0.0.0/104", "10.1.1.1", "11.1.1.1"),
            ("fd00::/8", "fdff::1", "fe00::1"),
            ("::/0", "2001:db8::1", "10.0.0.1"),
            ("2001:db8::1/128", "2001:db8::1", "2001:db8::2"),
        ] {
            assert!(block(text).contains(inside.parse().unwrap()), "{text} {inside}");
            assert!(!block(text).contains(outside.parse().unwrap()), "{text} {outside}");
        }
        assert_eq!(block("10.1.2.3/8").to_string(), "10.0.0.0/8");
        for text in ["", "/", "10.0.0.0", "10.0.0/8", "10.0.0.0/33", "::/129", "::/", "::/+1", "::/ 1", "a/8"]
        {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
    }

    #[test]
    fn deny_goes_before_allow() {
        let access = |allow: &[&str], deny: &[&str]| {
            let blocks = |texts: &[&str]| texts.iter().map(|text| block(text)).collect();
            Access { allow: blocks(allow), deny: blocks(deny) }
        };
        let takes = |access: &Access| access.takes("10.1.1.1".parse().unwrap());
        assert!(takes(&Access::default()));
        assert!(takes(&access(&["10.0.0.0/8"], &["10.2.0.0/16"])));
        assert!(!takes(&access(&["10.0.0.0/8"], &["10.1.0.0/16"])));
        assert!(!takes(&access(&["11.0.0.0/8"], &[])));
        assert!(!takes(&access(&[], &["10.1.1.1/32"])));
    }

    proptest! {
        #[test]
        fn a_block_holds_the_addresses_that_share_its_bits(
            one in any::<u32>(), two in any::<u32>(), prefix in 0_u8..=32,
        ) {
            let block = block(&format!("{}/{prefix}", std::net::Ipv4Addr::from(one)));
            let shares = prefix == 0 || (one ^ two) >> (32 - prefix) == 0;
            prop_assert_eq!(block.contains(IpAddr::V4(two.into())), shares);
        }

        #[test]
        fn what_is_written_is_read_again(address in any::<u128>(), prefix in 0_u8..=128) {
            let block = block(&format!("{}/{prefix}", std::net::Ipv6Addr::from(address)));
            prop_assert_eq!(block.to_string().parse::<Cidr>().unwrap(), block);
        }
    }
}
