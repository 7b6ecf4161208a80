//! Addresses.

use std::fmt;
use std::str::FromStr;

/// The greatest length of an address, in bytes (RFC 5321 §4.5.3.1.3, without the brackets).
const MAX_ADDRESS: usize = 254;

/// The most characters of a name that are shown.
const MAX_NAME: usize = 100;

/// An e-mail address that has the form of one.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(pub(crate) lettre::Address);

/// A text that is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no e-mail address, such as somebody@example.com")]
pub struct InvalidAddress;

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        // What the parser lets pass is not for this crate to rely on: an address ends a line of the protocol.
        let is_plain = text.len() <= MAX_ADDRESS
            && !text
                .chars()
                .any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';'));
        if !is_plain {
            return Err(InvalidAddress);
        }
        text.parse().map(Self).map_err(|_| InvalidAddress)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whoever logs it tells nobody who it is.
        f.write_str("Address")
    }
}

/// Somebody with an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub(crate) name: Option<String>,
    pub(crate) address: Address,
}

impl Mailbox {
    /// Somebody who is called `name` at `address`. Characters that could end a line are left out of the name, and it is
    /// cut after 100 characters.
    #[must_use]
    pub fn new(name: &str, address: Address) -> Self {
        let name = one_line(name, MAX_NAME);
        Self { name: (!name.is_empty()).then_some(name), address }
    }

    /// The address.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn written(&self) -> lettre::message::Mailbox {
        lettre::message::Mailbox::new(self.name.clone(), self.address.0.clone())
    }
}

/// The text on one line: what controls or breaks lines becomes a space, several become one, and it is cut after `most`
/// characters.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let breaks = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}');
    let words: Vec<&str> = text.split(breaks).filter(|word| !word.is_empty()).collect();
    let line: String = words.join(" ").chars().take(most).collect();
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["ada@example.com", "ada+shop@mail.example.com", "a.b-c_d@example.co.uk"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        let long = format!("{}@example.com", "a".repeat(250));
        for text in [
            "",
            "ada",
            "@",
            "ada@",
            "@example.com",
            "ada@example.com\r\nRCPT TO:<eve@example.com>",
            "ada@example.com\n",
            "ada @example.com",
            "<ada@example.com>",
            "ada@example.com,eve@example.com",
            "ada@exa\u{0}mple.com",
            "ada@@example.com",
            &long,
        ] {
            assert!(text.parse::<Address>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(one_line(" Ada \r\n  Bcc: eve@example.com\u{2028}x\t", 99), "Ada Bcc: eve@example.com x");
        assert_eq!(one_line("abcdef", 3), "abc");
        assert_eq!(one_line("ab cdef", 3), "ab");
        assert_eq!(one_line("\r\n\0", 3), "");
    }

    #[test]
    fn nothing_shows_who_somebody_is() {
        let mailbox = Mailbox::new("", "ada@example.com".parse().unwrap());
        assert!(!format!("{mailbox:?}").contains("example"));
    }
}
