//! Positions: how far the logs of which services had grown when an answer was given.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::text::written_as_text;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A map from service to log position, opaque to callers.
///
/// Merging takes the greater position of each service, so that a caller who talked to several services
/// holds one token for all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position(BTreeMap<String, i64>);

/// The text is no position token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a position token: send one back exactly as it was received")]
pub struct InvalidPosition;

impl Position {
    /// The greatest length of a token's text, in characters.
    pub const MAX_LENGTH: usize = 1024;

    /// The position of one service.
    #[must_use]
    pub fn of(service: &str, position: i64) -> Self {
        Self(BTreeMap::from([(service.to_owned(), position)]))
    }

    /// How far the log of `service` had grown; `None` when the token says nothing of it.
    #[must_use]
    pub fn get(&self, service: &str) -> Option<i64> {
        self.0.get(service).copied()
    }

    /// Takes the greater position of each service.
    pub fn merge(&mut self, other: &Self) {
        for (service, position) in &other.0 {
            let mine = self.0.entry(service.clone()).or_insert(*position);
            *mine = (*mine).max(*position);
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(service, at)| format!("{service}={at}")).collect();
        f.write_str(&URL_SAFE_NO_PAD.encode(parts.join(",")))
    }
}

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        if text.len() > Self::MAX_LENGTH {
            return Err(InvalidPosition);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidPosition)?;
        let plain = String::from_utf8(bytes).map_err(|_| InvalidPosition)?;
        let mut positions = BTreeMap::new();
        for part in plain.split(',').filter(|part| !part.is_empty()) {
            let (service, at) = part.split_once('=').ok_or(InvalidPosition)?;
            positions.insert(service.to_owned(), at.parse().map_err(|_| InvalidPosition)?);
        }
        Ok(Self(positions))
    }
}

written_as_text!(Position);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_keeps_the_greater_and_the_text_round_trips() {
        let mut position = Position::of("a", 5);
        position.merge(&Position::of("a", 3));
        position.merge(&Position::of("b", 9));
        let read: Position = position.to_string().parse().unwrap();
        assert_eq!((read.get("a"), read.get("b"), read.get("c")), (Some(5), Some(9), None));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["%", "YQ", "YT1i", &"A".repeat(2000)] {
            assert_eq!(text.parse::<Position>(), Err(InvalidPosition), "{text}");
        }
    }
}
