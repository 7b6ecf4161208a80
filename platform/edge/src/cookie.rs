//! The `Cookie` field.

/// The value of a cookie in one `Cookie` field (RFC 6265 §4.2.1), the first one of the name; quotes are a part of it.
#[must_use]
pub fn value<'field>(field: &'field [u8], name: &str) -> Option<&'field [u8]> {
    field.split(|byte| *byte == b';').find_map(|pair| {
        let pair = pair.trim_ascii();
        let value = pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        Some(value)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let field = b"a=1; at=x=y;  b=; at=second; \"q\"=3";
        assert_eq!(value(field, "at"), Some(&b"x=y"[..]));
        assert_eq!(value(field, "a"), Some(&b"1"[..]));
        assert_eq!(value(field, "b"), Some(&b""[..]));
        for absent in ["t", "A", "c", "1", "x"] {
            assert_eq!(value(field, absent), None, "{absent}");
        }
        assert_eq!(value(b"at", "at"), None);
    }

    proptest! {
        #[test]
        fn what_was_written_is_found(
            before in prop::collection::vec("[b-z]{1,5}=[a-z=]{0,5}", 0..4),
            wanted in "[a-z=]{0,9}",
        ) {
            let mut pairs = before;
            pairs.push(format!("a={wanted}"));
            let field = pairs.join("; ");
            prop_assert_eq!(value(field.as_bytes(), "a"), Some(wanted.as_bytes()));
        }
    }
}
