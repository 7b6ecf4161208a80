//! Text that stays within its line, whatever it holds.

use std::fmt::Write;

/// Whether a terminal, or a reader of lines, could take the character for more than text: control
/// characters, further line ends, and marks that turn the direction of writing.
fn is_risky(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Writes `text` as a JSON string.
pub(super) fn json(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Four digits are enough: no risky character lies above U+FFFF.
            c if is_risky(c) => push(out, format_args!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Writes a JSON document. Between its strings there are only spaces and line breaks to be found, which may go.
pub(super) fn within_json(out: &mut String, document: &str) {
    for c in document.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if is_risky(c) => push(out, format_args!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
}

/// Writes `text` as it is, apart from risky characters.
pub(super) fn plain(out: &mut String, text: &str) {
    for c in text.chars() {
        if is_risky(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
}

/// Writes `text` as a value of `key=value`: in quotes if it could be misread without.
pub(super) fn value(out: &mut String, text: &str) {
    let misleading = |c: char| c.is_whitespace() || matches!(c, '"' | '=' | '\\') || is_risky(c);
    if !text.is_empty() && !text.contains(misleading) {
        out.push_str(text);
        return;
    }
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if is_risky(c) => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Formats into a `String`, which never fails by itself.
pub(super) fn push(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: fn(&mut String, &str), text: &str) -> String {
        let mut out = String::new();
        write(&mut out, text);
        out
    }

    #[test]
    fn every_text_survives_json() {
        let all: String = (0..0x3000).chain(0xfe00..0x1_0100).filter_map(char::from_u32).collect();
        let json = written(json, &all);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), all);
        assert!(!json.contains(is_risky));
    }

    #[test]
    fn a_document_means_the_same_on_one_harmless_line() {
        let risky = "a\u{9b}2J\u{202e}b\u{2028}";
        let document = format!("{{\n\t\"a\": {}\n}}", serde_json::to_string(risky).unwrap());
        let line = written(within_json, &document);
        assert!(!line.contains(is_risky), "{line}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap()["a"], risky);
    }

    #[test]
    fn nothing_risky_is_left_in_text() {
        let text = "a\nb\r\u{1b}[31m\u{9b}2J\u{2028}\u{202e}\u{7f}ä";
        let expected = "a\\nb\\r\\u{1b}[31m\\u{9b}2J\\u{2028}\\u{202e}\\u{7f}ä";
        assert_eq!(written(plain, text), expected);
        assert_eq!(written(value, text), format!("\"{expected}\""));
    }

    #[test]
    fn values_are_quoted_when_they_could_be_misread() {
        for (text, expected) in [
            ("plain-1.5", "plain-1.5"),
            ("", "\"\""),
            ("two words", "\"two words\""),
            ("a=b", "\"a=b\""),
            ("say \"hi\"", "\"say \\\"hi\\\"\""),
            ("a\\n", "\"a\\\\n\""),
        ] {
            assert_eq!(written(value, text), expected);
        }
    }
}
