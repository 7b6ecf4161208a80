//! One message for the next page.

use std::time::Duration;

use tradewind_chassis::http::Call;

use crate::{Cookie, Message};

const COOKIE: &str = "flash";

/// A message that nobody has seen after so long is out of date.
const SHOWN_WITHIN: Duration = Duration::from_secs(60);

/// How a message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It went well.
    Good,
    /// Something has to be changed.
    Bad,
}

/// A message for the next page. The cookie has its name only, so that nobody puts words into the page by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flash {
    /// How it is meant.
    pub tone: Tone,
    /// What it says.
    pub message: Message,
}

impl Flash {
    /// It went well.
    #[must_use]
    pub fn good(message: Message) -> Self {
        Self { tone: Tone::Good, message }
    }

    /// Something has to be changed.
    #[must_use]
    pub fn bad(message: Message) -> Self {
        Self { tone: Tone::Bad, message }
    }

    /// The cookie that brings it to the next page; `known` are the messages that may come by one.
    #[must_use]
    pub fn cookie(self, call: &Call, known: &[(&str, Message)]) -> Cookie {
        let name = known.iter().find(|(_, message)| *message == self.message).map_or("", |(name, _)| name);
        let tone = if self.tone == Tone::Good { "good" } else { "bad" };
        Cookie::new(call, COOKIE, &format!("{tone}.{name}")).lasting(SHOWN_WITHIN)
    }

    /// The message that a cookie brings, if it brings one of `known`.
    #[must_use]
    pub fn read(call: &Call, known: &[(&str, Message)]) -> Option<Self> {
        Self::parse(&Cookie::read(call, COOKIE)?, known)
    }

    fn parse(text: &str, known: &[(&str, Message)]) -> Option<Self> {
        let (tone, name) = text.split_once('.')?;
        let tone = match tone {
            "good" => Tone::Good,
            "bad" => Tone::Bad,
            _ => return None,
        };
        let message = known.iter().find(|(known, _)| *known == name).map(|(_, message)| *message)?;
        Some(Self { tone, message })
    }

    /// The cookie that says that it was shown.
    #[must_use]
    pub fn shown(call: &Call) -> Cookie {
        Cookie::gone(call, COOKIE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DONE: Message = Message::new("Done", "Fertig");
    const KNOWN: &[(&str, Message)] = &[("DONE", DONE)];

    #[test]
    fn a_cookie_names_a_message_and_brings_no_words() {
        assert_eq!(Flash::parse("good.DONE", KNOWN), Some(Flash::good(DONE)));
        assert_eq!(Flash::parse("bad.DONE", KNOWN), Some(Flash::bad(DONE)));
        for text in ["", "good", "good.", "good.OTHER", "ugly.DONE", "good.Call 0900 now"] {
            assert_eq!(Flash::parse(text, KNOWN), None, "{text}");
        }
    }
}
