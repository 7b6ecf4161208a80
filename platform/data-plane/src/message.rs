//! Heads and bodies of messages.

pub(crate) mod answer_head;
pub(crate) mod body;
pub(crate) mod names;
pub(crate) mod request_head;
pub(crate) mod request_map;
pub(crate) mod trailers;

/// Appends a number in decimal digits.
pub(crate) fn decimal(mut number: u64, into: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        if let Some(place) = digits.get_mut(at) {
            *place = b'0' + (number % 10) as u8;
        }
        number /= 10;
        if number == 0 || at == 0 {
            break;
        }
    }
    into.extend_from_slice(digits.get(at..).unwrap_or_default());
}

/// Appends the size line of a chunk (RFC 9112 §7.1).
pub(crate) fn chunk_size(size: usize, into: &mut Vec<u8>) {
    let digits = (usize::BITS - size.leading_zeros()).div_ceil(4).max(1);
    for place in (0..digits).rev() {
        let digit = ((size >> (place * 4)) & 0xf) as u8;
        into.push(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
    }
    into.extend_from_slice(b"\r\n");
}

/// Appends a chunk. One without data would be the last one.
pub(crate) fn chunk(data: &[u8], into: &mut Vec<u8>) {
    into.reserve(data.len() + 20);
    chunk_size(data.len(), into);
    into.extend_from_slice(data);
    into.extend_from_slice(b"\r\n");
}

/// Appends `name: value` and a line end.
pub(crate) fn field(name: &[u8], value: &[u8], into: &mut Vec<u8>) {
    into.reserve(name.len() + value.len() + 4);
    into.extend_from_slice(name);
    into.extend_from_slice(b": ");
    into.extend_from_slice(value);
    into.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_library_does() {
        for number in [0, 1, 9, 10, 255, 256, 4096, 65_535, 1 << 40, u64::MAX] {
            let mut text = Vec::new();
            decimal(number, &mut text);
            assert_eq!(text, number.to_string().as_bytes());
            let mut text = Vec::new();
            chunk_size(number as usize, &mut text);
            assert_eq!(text, format!("{number:x}\r\n").as_bytes());
        }
    }
}
