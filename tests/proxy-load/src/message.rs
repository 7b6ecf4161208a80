//! Where an HTTP/1 message ends. Written for peers of one's own: it is quick, and not strict.

use std::ops::Range;

/// The head of a request or an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head<'bytes> {
    /// Its first line, without the line's end.
    pub start: &'bytes [u8],
    /// Bytes up to the body.
    pub length: usize,
    /// The body's length, where it is said.
    pub content_length: Option<usize>,
    /// The body comes in chunks.
    pub chunked: bool,
    /// The connection ends with this message.
    pub close: bool,
    /// The client waits for leave to send the body.
    pub expects: bool,
    /// It says when to come again.
    pub retry_after: bool,
}

/// A message that cannot be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// How far a body is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// More bytes are needed.
    Incomplete,
    /// It ends before this place in the bytes.
    Ends(usize),
    /// It ends when the connection does.
    UntilClose,
}

impl<'bytes> Head<'bytes> {
    /// The head at the beginning of `bytes`; `None` while it is not whole.
    ///
    /// # Errors
    ///
    /// A length is no number.
    pub fn parse(bytes: &'bytes [u8]) -> Result<Option<Self>, Malformed> {
        let mut lines = Lines { bytes, at: 0 };
        let Some(start) = lines.next() else {
            return Ok(None);
        };
        let mut head = Self {
            start,
            length: 0,
            content_length: None,
            chunked: false,
            close: false,
            expects: false,
            retry_after: false,
        };
        while let Some(line) = lines.next() {
            if line.is_empty() {
                head.length = lines.at;
                return Ok(Some(head));
            }
            head.header(line)?;
        }
        Ok(None)
    }

    fn header(&mut self, line: &[u8]) -> Result<(), Malformed> {
        // Most headers say nothing of interest here, and are told by their first letter.
        match line.first() {
            Some(b'C' | b'c' | b'T' | b't' | b'E' | b'e' | b'R' | b'r') => {}
            _ => return Ok(()),
        }
        if let Some(value) = value(line, b"content-length") {
            let text = std::str::from_utf8(value).map_err(|_| Malformed)?;
            self.content_length = Some(text.parse().map_err(|_| Malformed)?);
        } else if let Some(value) = value(line, b"transfer-encoding") {
            self.chunked = value.to_ascii_lowercase().ends_with(b"chunked");
        } else if let Some(value) = value(line, b"connection") {
            self.close = value.eq_ignore_ascii_case(b"close");
        } else if let Some(value) = value(line, b"expect") {
            self.expects = value.eq_ignore_ascii_case(b"100-continue");
        } else if value(line, b"retry-after").is_some() {
            self.retry_after = true;
        }
        Ok(())
    }

    /// Method and target of a request.
    pub fn request(&self) -> Option<(&'bytes [u8], &'bytes [u8])> {
        let mut words = self.start.split(|byte| *byte == b' ');
        Some((words.next()?, words.next()?))
    }

    /// The status of an answer.
    pub fn status(&self) -> Option<u16> {
        let code = self.start.split(|byte| *byte == b' ').nth(1)?;
        std::str::from_utf8(code).ok()?.parse().ok()
    }

    /// How far a request's body is there.
    ///
    /// # Errors
    ///
    /// A chunk's length is no number.
    pub fn request_body(&self, bytes: &[u8]) -> Result<Body, Malformed> {
        if self.chunked {
            return Ok(chunks(bytes, self.length, |_| {})?.map_or(Body::Incomplete, Body::Ends));
        }
        let ends = self.length.checked_add(self.content_length.unwrap_or(0)).ok_or(Malformed)?;
        Ok(if bytes.len() < ends { Body::Incomplete } else { Body::Ends(ends) })
    }

    /// How far the body of an answer to GET or POST is there.
    ///
    /// # Errors
    ///
    /// A chunk's length is no number.
    pub fn answer_body(&self, bytes: &[u8]) -> Result<Body, Malformed> {
        match self.status().ok_or(Malformed)? {
            100..200 | 204 | 304 => Ok(Body::Ends(self.length)),
            _ if !self.chunked && self.content_length.is_none() => Ok(Body::UntilClose),
            _ => self.request_body(bytes),
        }
    }
}

/// The value of a header line that has this name, written in small letters.
fn value<'line>(line: &'line [u8], name: &[u8]) -> Option<&'line [u8]> {
    let (given, rest) = line.split_at_checked(name.len())?;
    (given.eq_ignore_ascii_case(name)).then(|| rest.strip_prefix(b":"))?.map(<[u8]>::trim_ascii)
}

/// Walks over chunks from `at` on and tells where each one's bytes are. The place after the last; `None` while they are
/// not whole.
///
/// # Errors
///
/// A chunk's length is no number.
pub fn chunks(
    bytes: &[u8],
    at: usize,
    mut each: impl FnMut(Range<usize>),
) -> Result<Option<usize>, Malformed> {
    let mut lines = Lines { bytes, at };
    loop {
        let Some(line) = lines.next() else {
            return Ok(None);
        };
        let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let text = std::str::from_utf8(digits).map_err(|_| Malformed)?;
        let length = usize::from_str_radix(text, 16).map_err(|_| Malformed)?;
        if length == 0 {
            // Trailers, up to an empty line.
            return Ok(lines.any(<[u8]>::is_empty).then_some(lines.at));
        }
        let ends = lines.at.checked_add(length).ok_or(Malformed)?;
        if bytes.len().saturating_sub(2) < ends {
            return Ok(None);
        }
        each(lines.at..ends);
        lines.at = ends + 2;
    }
}

/// Lines that are whole.
struct Lines<'bytes> {
    bytes: &'bytes [u8],
    at: usize,
}

impl<'bytes> Iterator for Lines<'bytes> {
    type Item = &'bytes [u8];

    fn next(&mut self) -> Option<&'bytes [u8]> {
        let rest = self.bytes.get(self.at..)?;
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        self.at += end + 1;
        let line = &rest[..end];
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Head<'_> {
        Head::parse(text.as_bytes()).expect("understood").expect("whole")
    }

    #[test]
    fn a_head_says_how_its_body_ends() {
        let text =
            "POST /a?b=1 HTTP/1.1\r\nHost: x\r\ncontent-LENGTH:  3 \r\nConnection: Close\r\n\r\nabcGET";
        let head = head(text);
        assert_eq!(head.request(), Some((b"POST".as_slice(), b"/a?b=1".as_slice())));
        assert_eq!((head.content_length, head.close, head.chunked), (Some(3), true, false));
        assert_eq!(head.request_body(text.as_bytes()), Ok(Body::Ends(text.len() - 3)));
        assert_eq!(head.request_body(&text.as_bytes()[..text.len() - 4]), Ok(Body::Incomplete));
    }

    #[test]
    fn an_answer_without_a_length_ends_with_the_connection() {
        let until = |text| head(text).answer_body(str::as_bytes(text));
        assert_eq!(until("HTTP/1.1 200 OK\r\n\r\nabc"), Ok(Body::UntilClose));
        assert_eq!(until("HTTP/1.1 204 No Content\r\n\r\n"), Ok(Body::Ends(27)));
        assert_eq!(
            until("HTTP/1.1 503 No\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"),
            Ok(Body::Ends(54))
        );
        assert!(head("HTTP/1.1 503 No\r\nRetry-After: 1\r\n\r\n").retry_after);
    }

    #[test]
    fn every_cut_of_chunks_is_incomplete() {
        let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3;x=1\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: x\r\n\r\n";
        let head = head(text);
        assert_eq!(head.answer_body(text.as_bytes()), Ok(Body::Ends(text.len())));
        for cut in head.length..text.len() {
            assert_eq!(head.answer_body(&text.as_bytes()[..cut]), Ok(Body::Incomplete), "{cut}");
        }
        let mut whole = String::new();
        chunks(text.as_bytes(), head.length, |range| whole.push_str(&text[range])).expect("chunks");
        assert_eq!(whole, "abc0123456789");
    }

    #[test]
    fn what_is_no_length_is_malformed() {
        assert_eq!(Head::parse(b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"), Err(Malformed));
        assert_eq!(chunks(b"zz\r\n", 0, |_| {}), Err(Malformed));
        assert_eq!(Head::parse(b"GET / HTTP/1.1\r\nHost: x\r\n"), Ok(None));
    }
}
