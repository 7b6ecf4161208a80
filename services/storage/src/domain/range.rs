//! Which bytes of an object are asked for (RFC 9110 §14).

/// What is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// From the first of these bytes up to before the second.
    Bytes(u64, u64),
    /// Nothing: it has no such bytes.
    None,
}

/// What is given of so many bytes. A part is an offer, not a duty: several at once, other units and what cannot be read
/// are answered with the whole.
pub(crate) fn part(asked: &str, size: u64) -> Part {
    let Some(range) = asked.trim().strip_prefix("bytes=") else { return Part::Whole };
    let Some((first, last)) = range.trim().split_once('-') else { return Part::Whole };
    let (first, last) = (first.trim(), last.trim());
    match (number(first), number(last)) {
        (Some(first), _) if last.is_empty() => from(first, u64::MAX, size),
        (Some(first), Some(last)) if first <= last => from(first, last, size),
        (None, Some(count)) if first.is_empty() => match count.min(size) {
            0 => Part::None,
            count => Part::Bytes(size - count, size),
        },
        _ => Part::Whole,
    }
}

fn from(first: u64, last: u64, size: u64) -> Part {
    if first < size { Part::Bytes(first, last.saturating_add(1).min(size)) } else { Part::None }
}

/// A number of any length: what is greater than all numbers here lies behind every end.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_part_is_given_and_several_are_the_whole() {
        for (asked, expected) in [
            ("bytes=0-0", Part::Bytes(0, 1)),
            ("bytes=0-", Part::Bytes(0, 10)),
            ("bytes= 2-4 ", Part::Bytes(2, 5)),
            ("bytes=9-", Part::Bytes(9, 10)),
            ("bytes=9-99999999999999999999999", Part::Bytes(9, 10)),
            ("bytes=-3", Part::Bytes(7, 10)),
            ("bytes=-300", Part::Bytes(0, 10)),
            ("bytes=10-", Part::None),
            ("bytes=99999999999999999999999-", Part::None),
            ("bytes=-0", Part::None),
            ("bytes=4-2", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=0x1-2", Part::Whole),
            ("lines=0-1", Part::Whole),
            ("", Part::Whole),
        ] {
            assert_eq!(part(asked, 10), expected, "{asked}");
        }
        assert_eq!((part("bytes=0-", 0), part("bytes=-1", 0)), (Part::None, Part::None));
    }

    proptest! {
        #[test]
        fn a_part_lies_within_and_is_not_empty(asked in "(bytes=)?[0-9]{0,20}-?[0-9]{0,20}(,[0-9]-)?", size in 0_u64..100) {
            if let Part::Bytes(first, end) = part(&asked, size) {
                prop_assert!(first < end && end <= size);
            }
        }
    }
}
