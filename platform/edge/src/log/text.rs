//! Texts within a line: strings of JSON (RFC 8259 §7), and addresses.

use std::net::{IpAddr, Ipv6Addr};

use crate::decimal;

/// Appends a string in quotes. What is no UTF-8 is shown as U+FFFD, and every control character is escaped, those of
/// C1 too: a log is read on terminals.
pub(super) fn string(text: &[u8], to: &mut Vec<u8>) {
    to.push(b'"');
    let mut rest = text;
    while let Some(at) = first_special(rest) {
        let (plain, special) = rest.split_at(at);
        to.extend_from_slice(plain);
        match special.split_first() {
            Some((byte, behind)) if byte.is_ascii() => {
                escape(*byte, to);
                rest = behind;
            }
            _ => {
                beyond_ascii(special, to);
                rest = &[];
            }
        }
    }
    to.extend_from_slice(rest);
    to.push(b'"');
}

/// Where the first byte is that does not stand for itself; eight bytes at a time are looked at.
fn first_special(text: &[u8]) -> Option<usize> {
    let (words, _) = text.as_chunks::<8>();
    let plain = words.iter().take_while(|word| !has_special(u64::from_le_bytes(**word))).count() * 8;
    let rest = text.get(plain..)?;
    rest.iter().position(|byte| IS_SPECIAL[usize::from(*byte)]).map(|at| plain + at)
}

/// Whether one of eight bytes does not stand for itself.
///
/// `x - 0x01…` sets the highest bit of a byte that is zero; a borrow from a byte below can do so wrongly, but only
/// when that byte was zero itself. The same with `0x20…` finds what is below a space.
fn has_special(word: u64) -> bool {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGHEST: u64 = 0x80 * EACH;
    let below = |word: u64, least: u64| word.wrapping_sub(least * EACH) & !word;
    let is = |byte: u8| below(word ^ (u64::from(byte) * EACH), 1);
    (word | below(word, 0x20) | is(b'"') | is(b'\\') | is(0x7f)) & HIGHEST != 0
}

/// Appends `text` up to `most` bytes, and not half a character.
pub(super) fn bounded(text: &[u8], most: usize, to: &mut Vec<u8>) {
    // A character that goes on behind the cut began at most three bytes before it.
    let goes_on = |at: &usize| text.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let begin = (0..=3).filter_map(|back| most.checked_sub(back)).find(|at| !goes_on(at));
    string(text.get(..begin.unwrap_or(most)).unwrap_or(text), to);
}

#[cold]
fn beyond_ascii(text: &[u8], to: &mut Vec<u8>) {
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            match u8::try_from(character) {
                Ok(byte)
                    if character.is_control() || IS_SPECIAL[usize::from(byte & 0x7f)] && byte.is_ascii() =>
                {
                    escape(byte, to);
                }
                _ => to.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        if !chunk.invalid().is_empty() {
            to.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
}

fn escape(byte: u8, to: &mut Vec<u8>) {
    match byte {
        b'"' | b'\\' => to.extend_from_slice(&[b'\\', byte]),
        b'\n' => to.extend_from_slice(b"\\n"),
        b'\r' => to.extend_from_slice(b"\\r"),
        b'\t' => to.extend_from_slice(b"\\t"),
        _ => {
            to.extend_from_slice(b"\\u00");
            to.extend([byte >> 4, byte & 15].map(hexadecimal));
        }
    }
}

fn hexadecimal(digit: u8) -> u8 {
    b"0123456789abcdef"[usize::from(digit & 15)]
}

/// What does not stand for itself in a string.
const IS_SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        special[byte] = byte < 0x20 || byte >= 0x7f || byte == b'"' as usize || byte == b'\\' as usize;
        byte += 1;
    }
    special
};

/// Appends an address, an IPv6 one as RFC 5952 writes it.
pub(super) fn address(address: IpAddr, to: &mut Vec<u8>) {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [first, rest @ ..] = address.octets();
            decimal::write(u64::from(first), to);
            for octet in rest {
                to.push(b'.');
                decimal::write(u64::from(octet), to);
            }
        }
        IpAddr::V6(address) => ipv6(address, to),
    }
}

fn ipv6(address: Ipv6Addr, to: &mut Vec<u8>) {
    let segments = address.segments();
    let (gap, length) = longest_gap(&segments);
    for (at, segment) in segments.iter().enumerate() {
        if length > 1 && (gap..gap + length).contains(&at) {
            if at == gap {
                to.extend_from_slice(b"::");
            }
            continue;
        }
        if at > 0 && (length < 2 || at != gap + length) {
            to.push(b':');
        }
        let digits = [segment >> 12, segment >> 8, segment >> 4, *segment].map(|part| (part & 15) as u8);
        let zeros = digits.iter().take(3).take_while(|digit| **digit == 0).count();
        to.extend(digits.iter().skip(zeros).map(|digit| hexadecimal(*digit)));
    }
}

/// Where the longest run of zeros begins, the first of equal ones, and how long it is.
fn longest_gap(segments: &[u16; 8]) -> (usize, usize) {
    let (mut best, mut run) = ((0, 0), 0);
    for (at, segment) in segments.iter().enumerate() {
        run = if *segment == 0 { run + 1 } else { 0 };
        if run > best.1 {
            best = (at + 1 - run, run);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &[u8]) -> String {
        let mut to = Vec::new();
        string(text, &mut to);
        String::from_utf8(to).unwrap()
    }

    #[test]
    fn what_is_special_is_escaped() {
        assert_eq!(written(b"plain /a?b"), r#""plain /a?b""#);
        assert_eq!(written(b"\"\\\n\r\t\0\x1b[31m\x7f"), r#""\"\\\n\r\t\u0000\u001b[31m\u007f""#);
        assert_eq!(written("é\u{85}\"\n€".as_bytes()), "\"é\\u0085\\\"\\n€\"");
        assert_eq!(written(b"a\xffb\xc3"), "\"a\u{fffd}b\u{fffd}\"");
        assert_eq!(written(b"\xed\xa0\x80"), "\"\u{fffd}\u{fffd}\u{fffd}\"");
    }

    #[test]
    fn a_cut_leaves_whole_characters() {
        let cut = |text: &str, most: usize| {
            let mut to = Vec::new();
            bounded(text.as_bytes(), most, &mut to);
            String::from_utf8(to).unwrap()
        };
        assert_eq!(cut("abcd", 4), r#""abcd""#);
        assert_eq!(cut("abcd", 3), r#""abc""#);
        assert_eq!(cut("aé€", 6), r#""aé€""#);
        assert_eq!(
            (cut("aé€", 5), cut("aé€", 4), cut("aé€", 3)),
            (r#""aé""#.into(), r#""aé""#.into(), r#""aé""#.into())
        );
        assert_eq!(cut("aé€", 2), r#""a""#);
        assert_eq!(cut("€", 0), r#""""#);
    }

    proptest! {
        #[test]
        fn eight_bytes_are_looked_at_as_one_by_one(word in prop::array::uniform8(prop_oneof![
            any::<u8>(), 0x1d_u8..0x25, 0x5a_u8..0x5f, 0x7d_u8..0x82, Just(b'a'),
        ])) {
            let expected = word.iter().any(|byte| IS_SPECIAL[usize::from(*byte)]);
            prop_assert_eq!(has_special(u64::from_le_bytes(word)), expected);
        }

        /// Whatever comes: one line of visible characters, which a reader of JSON reads as what was sent.
        #[test]
        fn any_bytes_come_back(
            text in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'"'), 0x1e_u8..0x22, 0x7e_u8..0x82, Just(0xc2)], 0..60),
            most in 0_usize..70,
        ) {
            let found = written(&text);
            prop_assert!(!found.chars().any(char::is_control));
            let read: String = serde_json::from_str(&found).unwrap();
            prop_assert_eq!(&read, &String::from_utf8_lossy(&text));
            let mut cut = Vec::new();
            bounded(&text, most, &mut cut);
            let cut: String = serde_json::from_slice(&cut).unwrap();
            prop_assert!(cut.len() <= 3 * most);
            let is_beginning = read.starts_with(cut.trim_end_matches(char::REPLACEMENT_CHARACTER));
            prop_assert!(is_beginning);
        }

        #[test]
        fn addresses_are_those_of_the_standard_library(
            segments in prop::array::uniform8(prop_oneof![Just(0_u16), 0_u16..20, any::<u16>()]),
            v4 in any::<u32>(),
        ) {
            for ip in [IpAddr::from(segments), IpAddr::from(v4.to_be_bytes())] {
                let mut to = Vec::new();
                address(ip, &mut to);
                prop_assert_eq!(String::from_utf8(to).unwrap(), ip.to_canonical().to_string());
            }
        }
    }
}
