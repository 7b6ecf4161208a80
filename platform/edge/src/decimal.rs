//! Numbers as text, without the machinery of formatting.

/// The number of digits of the greatest number.
const MOST: usize = 20;

/// Appends a number in decimal digits.
pub(crate) fn write(number: u64, to: &mut Vec<u8>) {
    let mut digits = [b'0'; MOST];
    let mut length = 0;
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        length += 1;
        if rest == 0 {
            break;
        }
    }
    to.extend_from_slice(digits.get(MOST - length..).unwrap_or_default());
}

/// The last `N` decimal digits of a number.
pub(crate) fn padded<const N: usize>(number: u64) -> [u8; N] {
    let mut digits = [b'0'; N];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_formatting_would() {
        for number in [0, 1, 9, 10, 99, 100, 12_345, u64::MAX - 1, u64::MAX] {
            let mut text = b"-".to_vec();
            write(number, &mut text);
            assert_eq!(String::from_utf8(text).unwrap(), format!("-{number}"));
        }
        assert_eq!(padded::<4>(7), *b"0007");
        assert_eq!(padded::<2>(1_234), *b"34");
    }
}
