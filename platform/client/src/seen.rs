//! What a caller has seen: how far the logs had grown that the answers to it tell of.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderValue};
use tradewind_kernel::Position;

use crate::headers;

/// What somebody who calls several peers has seen of them. Calls that share it send what all their answers said, so that
/// none of them is answered with less. Cloning shares it.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Position>>);

impl Seen {
    /// Of somebody who has seen this much.
    #[must_use]
    pub fn of(position: Position) -> Self {
        Self(Arc::new(Mutex::new(position)))
    }

    /// What was seen so far.
    #[must_use]
    pub fn position(&self) -> Position {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes in what an answer says.
    pub fn take_in(&self, headers: &HeaderMap) {
        // What is no token says nothing: the answer is none the worse for it.
        if let Ok(Some(position)) = headers::position(headers) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).merge(&position);
        }
    }

    /// Says with a request what was seen. More than a header may hold is left out: then nothing is waited for.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let position = self.position();
        let text = position.to_string();
        if position == Position::default() || text.len() > Position::MAX_LENGTH {
            return;
        }
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(headers::POSITION, value);
        }
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seen({})", self.position())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(text: &str) -> HeaderMap {
        HeaderMap::from_iter([(headers::POSITION, HeaderValue::from_str(text).unwrap())])
    }

    #[test]
    fn what_answers_say_is_merged_and_sent_on() {
        let seen = Seen::of(Position::of("a", 5));
        seen.take_in(&headers(&Position::of("a", 3).to_string()));
        seen.take_in(&headers(&Position::of("b", 7).to_string()));
        seen.take_in(&headers("no token"));
        let mut sent = HeaderMap::new();
        seen.tell(&mut sent);
        let position = headers::position(&sent).unwrap().unwrap();
        assert_eq!((position.get("a"), position.get("b")), (Some(5), Some(7)));
    }

    #[test]
    fn who_has_seen_nothing_says_nothing() {
        let mut sent = HeaderMap::new();
        Seen::default().tell(&mut sent);
        assert!(sent.is_empty());
    }
}
