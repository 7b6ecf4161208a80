//! A reader of a small part of XML: elements, attributes, text and comments, and nothing that makes one document out of
//! several, such as entities and document types. What it takes, every other reader takes in the same way.

/// What comes next in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// An element begins, and is over at once when it is empty.
    Open { name: &'a str, attributes: Vec<(&'a str, String)>, is_empty: bool },
    /// An element ends.
    Close(&'a str),
    /// There is text.
    Text {
        /// Whether it is white space alone.
        is_blank: bool,
    },
}

/// The most attributes of one element.
const MAX_ATTRIBUTES: usize = 64;

/// Reads a document piece by piece; whether elements end in the sequence in which they began is for who asks.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// Begins behind the declaration, if there is one.
    pub(crate) fn new(text: &'a str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if let Some(wrong) = text.chars().find(|&c| !is_character(c)) {
            return Err(format!("it holds the character U+{:04X}", u32::from(wrong)));
        }
        let mut reader = Self { rest: text };
        if let Some(rest) = text.strip_prefix("<?xml") {
            let (declaration, rest) = rest.split_once("?>").ok_or("its XML declaration does not end")?;
            declared(declaration)?;
            reader.rest = rest;
        }
        Ok(reader)
    }

    /// What comes next; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Piece<'a>>, String> {
        while let Some(comment) = self.rest.strip_prefix("<!--") {
            let (said, rest) = comment.split_once("--").ok_or("a comment does not end")?;
            self.rest =
                rest.strip_prefix('>').filter(|_| !said.ends_with('-')).ok_or("a comment holds --")?;
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        if self.rest.starts_with("<!") {
            return Err("document types, entities and CDATA are not kept".to_owned());
        }
        if self.rest.starts_with("<?") {
            return Err("processing instructions are not kept".to_owned());
        }
        if let Some(rest) = self.rest.strip_prefix("</") {
            let (name, rest) = rest.split_once('>').ok_or("a tag does not end")?;
            self.rest = rest;
            return Ok(Some(Piece::Close(name.trim_end_matches(is_space))));
        }
        match self.rest.strip_prefix('<') {
            Some(rest) => self.open(rest).map(Some),
            None => self.text().map(Some),
        }
    }

    fn text(&mut self) -> Result<Piece<'a>, String> {
        let (text, rest) = self.rest.split_at(self.rest.find('<').unwrap_or(self.rest.len()));
        self.rest = rest;
        if text.contains("]]>") {
            return Err("its text holds ]]>".to_owned());
        }
        let decoded = decoded(text)?;
        Ok(Piece::Text { is_blank: decoded.chars().all(is_space) })
    }

    fn open(&mut self, rest: &'a str) -> Result<Piece<'a>, String> {
        let (name, rest) = name(rest)?;
        let (attributes, rest) = attributes(rest)?;
        let (is_empty, rest) = match rest.strip_prefix("/>") {
            Some(rest) => (true, rest),
            None => (false, rest.strip_prefix('>').ok_or_else(|| format!("the tag <{name}> is malformed"))?),
        };
        self.rest = rest;
        Ok(Piece::Open { name, attributes, is_empty })
    }
}

/// Whether XML 1.0 has this character.
fn is_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Another encoding than that of its bytes would make another document of it.
fn declared(declaration: &str) -> Result<(), String> {
    let (said, rest) = attributes(declaration)?;
    let is_good = |(name, value): &(&str, String)| match *name {
        "version" => value == "1.0",
        "encoding" => value.eq_ignore_ascii_case("utf-8"),
        "standalone" => value == "yes",
        _ => false,
    };
    if rest.is_empty() && said.first().is_some_and(|(name, _)| *name == "version") && said.iter().all(is_good)
    {
        return Ok(());
    }
    Err("its XML declaration says something else than version 1.0 and UTF-8".to_owned())
}

/// The name at the beginning, and what follows it. One of a namespace that is written with a prefix is none here.
fn name(text: &str) -> Result<(&str, &str), String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    let (name, rest) = text.split_at(text.find(|c| !is_part(c)).unwrap_or(text.len()));
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return Err("where a name has to be there is something else".to_owned());
    }
    if name.contains(':') {
        return Err(format!("names with a prefix, such as {name:.40}, are not kept"));
    }
    Ok((name, rest))
}

type Attributes<'a> = (Vec<(&'a str, String)>, &'a str);

/// The attributes at the beginning, each with white space before it, and what follows them.
fn attributes(text: &str) -> Result<Attributes<'_>, String> {
    let (mut found, mut rest): (Vec<(&str, String)>, _) = (Vec::new(), text);
    loop {
        let next = rest.trim_start_matches(is_space);
        if next.len() == rest.len() || next.is_empty() || next.starts_with(['/', '>']) {
            return Ok((found, next));
        }
        let (name, next) = name(next)?;
        let wrong = || format!("the attribute {name:.40} is malformed");
        let next = next.trim_start_matches(is_space).strip_prefix('=').ok_or_else(wrong)?;
        let next = next.trim_start_matches(is_space);
        let quote = next.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or_else(wrong)?;
        let (value, next) = next.get(1..).and_then(|next| next.split_once(quote)).ok_or_else(wrong)?;
        if value.contains('<')
            || found.iter().any(|(known, _)| *known == name)
            || found.len() >= MAX_ATTRIBUTES
        {
            return Err(wrong());
        }
        found.push((name, decoded(value)?));
        rest = next;
    }
}

/// The text with its references replaced: those to characters, and the five that XML itself names.
fn decoded(text: &str) -> Result<String, String> {
    let mut parts = text.split('&');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (reference, rest) = part.split_once(';').ok_or("an & begins no reference")?;
        decoded.push(referred(reference).ok_or_else(|| format!("the entity &{reference:.40}; is not kept"))?);
        decoded.push_str(rest);
    }
    Ok(decoded)
}

fn referred(reference: &str) -> Option<char> {
    let number = |digits: &str, radix| {
        let is_plain = digits.len() <= 8 && digits.chars().all(|c| c.is_digit(radix));
        is_plain.then(|| u32::from_str_radix(digits, radix).ok()).flatten().and_then(char::from_u32)
    };
    match reference {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => match reference.strip_prefix('#')?.strip_prefix('x') {
            Some(digits) => number(digits, 16),
            None => number(reference.strip_prefix('#')?, 10),
        }
        .filter(|&c| is_character(c)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Vec<Piece<'_>>, String> {
        let mut reader = Reader::new(text)?;
        let mut pieces = Vec::new();
        while let Some(piece) = reader.next()? {
            pieces.push(piece);
        }
        Ok(pieces)
    }

    #[test]
    fn a_document_is_read_piece_by_piece() {
        let text = "<?xml version=\"1.0\" encoding='utf-8'?><!-- a --><a b='1 &lt; &#50;' c=\"'\">x&amp;&#x1F600;<d/ ></a>";
        assert!(read(text).is_err());
        let text = text.replace("/ >", " />");
        let attributes = vec![("b", "1 < 2".to_owned()), ("c", "'".to_owned())];
        assert_eq!(
            read(&text).unwrap(),
            [
                Piece::Open { name: "a", attributes, is_empty: false },
                Piece::Text { is_blank: false },
                Piece::Open { name: "d", attributes: Vec::new(), is_empty: true },
                Piece::Close("a"),
            ]
        );
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in [
            "<!DOCTYPE a>",
            "<![CDATA[x]]>",
            "<?php x?>",
            "<?xml version='1.1'?><a/>",
            "<?xml encoding='utf-8'?><a/>",
            "<?xml version='1.0' encoding='utf-7'?><a/>",
            "<?xml version='1.0' encoding='utf-16'?><a/>",
            "&e;",
            "&",
            "&#0;",
            "&#x;",
            "&#xD800;",
            "&#+1;",
            "&#99999999999;",
            "a\u{0}",
            "\u{1b}",
            "\u{fffe}",
            "]]>",
            "<!-- -- -->",
            "<!-- --->",
            "<!--",
            "<a",
            "<a b>",
            "<a b=c>",
            "<a b='1>",
            "<a b='1'c='2'>",
            "<a b='1' b='2'>",
            "<a b='<'>",
            "<1>",
            "< a>",
            "<a:b>",
            "<a b:c='1'>",
            "</a",
            "<é>",
        ] {
            assert!(read(text).is_err(), "{text}: {:?}", read(text));
        }
        let many: String = (0..70).map(|at| format!(" a{at}='1'")).collect();
        assert!(read(&format!("<a{many}>")).is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_read_to_its_end_or_refused(text in "[<>/?!a-c =\"'&;#x0-9\\[\\]-]{0,40}") {
            drop(read(&text));
            drop(read(&format!("<a {text}>")));
        }
    }
}
