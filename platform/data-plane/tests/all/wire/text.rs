//! Bytes written as text: what a case file may say in a line.
//!
//! Everything stands for itself, except after a backslash: `\r`, `\n`, `\t`, `\0`, `\s` (a space at the end of a line,
//! which editors would take away), `\\`, `\xNN`, and `\*N(text)` for N times that text, which may hold escapes other
//! than a second repetition and, as `\)`, a closing parenthesis.

/// The bytes that `text` stands for.
pub fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        match character {
            '\\' if rest.starts_with('*') => rest = repetition(&rest[1..], &mut found)?,
            '\\' => rest = escape(rest, &mut found)?,
            ' '..='~' => found.push(character as u8),
            _ => return Err(format!("write {character:?} with an escape")),
        }
    }
    Ok(found)
}

/// Takes one escape, whose backslash is gone already.
fn escape<'a>(rest: &'a str, found: &mut Vec<u8>) -> Result<&'a str, String> {
    let kind = rest.chars().next().ok_or("a backslash at the end of the line")?;
    let after = &rest[kind.len_utf8()..];
    found.push(match kind {
        'r' => b'\r',
        'n' => b'\n',
        't' => b'\t',
        's' => b' ',
        '0' => 0,
        '\\' => b'\\',
        ')' => b')',
        'x' => {
            let digits = after.get(..2).ok_or("two hexadecimal digits are missing after \\x")?;
            found.push(u8::from_str_radix(digits, 16).map_err(|_| format!("\\x{digits} is no byte"))?);
            return Ok(&after[2..]);
        }
        _ => return Err(format!("there is no escape \\{kind}")),
    });
    Ok(after)
}

/// Takes `N(text)`.
fn repetition<'a>(rest: &'a str, found: &mut Vec<u8>) -> Result<&'a str, String> {
    let (count, mut rest) = rest.split_once('(').ok_or("\\* wants a number and a parenthesis")?;
    let count: usize = count.parse().map_err(|_| format!("\\*{count} is no number"))?;
    let mut once = Vec::new();
    loop {
        let character = rest.chars().next().ok_or("the parenthesis of \\* is not closed")?;
        rest = &rest[character.len_utf8()..];
        match character {
            ')' => break,
            '\\' if rest.starts_with('*') => return Err("a repetition within a repetition".to_owned()),
            '\\' => rest = escape(rest, &mut once)?,
            ' '..='~' => once.push(character as u8),
            _ => return Err(format!("write {character:?} with an escape")),
        }
    }
    found.extend(once.repeat(count));
    Ok(rest)
}

/// Bytes for a reader: as escapes, long ones cut in the middle.
pub fn shown(bytes: &[u8]) -> String {
    const ENDS: usize = 200;
    if bytes.len() <= 2 * ENDS + 40 {
        return bytes.escape_ascii().to_string();
    }
    let (front, back) = (&bytes[..ENDS], &bytes[bytes.len() - ENDS..]);
    let left_out = bytes.len() - 2 * ENDS;
    format!("{} [{left_out} bytes left out] {}", front.escape_ascii(), back.escape_ascii())
}

#[test]
fn bytes_are_read_as_they_are_written() {
    for (text, expected) in [
        ("", &b""[..]),
        ("GET / HTTP/1.1\\r\\n", b"GET / HTTP/1.1\r\n"),
        ("a\\0\\x7f\\xFF\\t\\\\b\\s", b"a\0\x7f\xff\t\\b "),
        ("a\\*3(xy)b", b"axyxyxyb"),
        ("\\*2(\\r\\n\\))\\*0(a)", b"\r\n)\r\n)"),
    ] {
        assert_eq!(bytes(text).as_deref(), Ok(expected), "{text}");
    }
    for text in
        ["\\", "\\q", "\\x", "\\x1", "\\xg0", "\\*", "\\*a(b)", "\\*2(a", "\\*2(\\*2(a))", "\u{e4}", "\t"]
    {
        assert!(bytes(text).is_err(), "{text}");
    }
}

#[test]
fn long_bytes_are_shown_by_their_ends() {
    assert_eq!(shown(b"a\r\n"), "a\\r\\n");
    let long = shown(&[b"b".repeat(200), b"c".repeat(100), b"d".repeat(200)].concat());
    assert!(long.contains("b [100 bytes left out] d"), "{long}");
}
