//! Names of hosts.

use std::net::Ipv4Addr;

/// The longest name (RFC 1035 §2.3.4), as it is written.
const MAX_NAME: usize = 253;
/// The longest part of one.
const MAX_LABEL: usize = 63;

/// A host in lower case; none where it cannot be one: an address is no name (RFC 6066 §3), nor is one with a dot in the
/// end. Underscores are let pass, since some hosts have them.
pub(super) fn host(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= MAX_NAME)?;
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && label.bytes().all(is_letter)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_host = text.split('.').all(is_label) && text.parse::<Ipv4Addr>().is_err();
    is_host.then(|| text.to_ascii_lowercase())
}
