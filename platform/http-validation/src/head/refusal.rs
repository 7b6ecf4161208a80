//! What a client is told when its bytes are refused.

use std::fmt;

/// Why a connection's bytes are refused: the answer to give before the connection is closed.
///
/// It holds only text that is safe to show: names that were checked to be tokens, numbers, and our own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    status: u16,
    code: &'static str,
    detail: String,
}

impl Refusal {
    /// A refusal with a status of its own.
    pub(super) fn new(status: u16, code: &'static str, detail: String) -> Self {
        Self { status, code, detail }
    }

    /// A refusal of a message that is not well-formed: 400 (RFC 9110 §15.5.1).
    pub(super) fn bad_request(code: &'static str, detail: String) -> Self {
        Self::new(400, code, detail)
    }

    /// The HTTP status to answer with: 400, 414, 417, 431, 501 or 505.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The stable name of the reason, for problem documents and metrics: lower-case words joined by `-`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What the caller has to change, in plain words and visible ASCII.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.status, self.code, self.detail)
    }
}

impl std::error::Error for Refusal {}

/// A token of the client, cut to a length that is fit for a sentence.
pub(super) fn shown(token: &[u8]) -> String {
    const LONGEST: usize = 64;
    let mut text: String = token
        .iter()
        .take(LONGEST)
        .map(|&byte| if byte.is_ascii_graphic() { char::from(byte) } else { '?' })
        .collect();
    if token.len() > LONGEST {
        text.push_str("...");
    }
    text
}
