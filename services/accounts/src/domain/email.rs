//! E-mail addresses, as far as they tell people apart.

use tradewind_kernel::is_one_line;

/// The longest address (RFC 5321 §4.5.3.1.3), in bytes.
const LONGEST: usize = 254;

/// The form of an address in which two are the same if their letters are, upper or lower; `None` when it is none.
///
/// Only what would confuse people is refused: whether somebody reads what is sent there, only sending shows.
pub(crate) fn normal(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, domain) = text.rsplit_once('@')?;
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control();
    let is_whole = !local.is_empty() && !local.contains('@') && !domain.is_empty();
    let is_address = is_whole && text.len() <= LONGEST && text.chars().all(is_plain) && is_one_line(text);
    is_address.then(|| text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upper_and_lower_case_are_the_same() {
        assert_eq!(normal(" Ada@Example.COM "), Some("ada@example.com".to_owned()));
        assert_eq!(normal("ada+shop@example.com"), Some("ada+shop@example.com".to_owned()));
    }

    #[test]
    fn what_is_no_address_is_none() {
        let long = format!("{}@example.com", "a".repeat(243));
        for text in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a@b@c",
            "a da@example.com",
            "a\0@b.c",
            "a\u{202e}@b.c",
            &long,
        ] {
            assert_eq!(normal(text), None, "{text:?}");
        }
    }
}
