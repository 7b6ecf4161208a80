//! The digest of a run: two runs with the same one had the same entries at the same times.

use std::fmt::Write as _;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::{Came, Entry, Message, What};

/// Takes entries in as bytes; hardly anything is written as text for it, since most runs are read by nobody.
#[derive(Debug, Clone, Default)]
pub(super) struct Digest(Sha256);

impl Digest {
    pub(super) fn add(&mut self, entry: &Entry) {
        self.time(entry.at);
        match &entry.what {
            What::Note(text) => self.all(0, &[text]),
            What::Node { node, change } => self.all(1, &[node, &change.to_string()]),
            What::Fault { text, .. } => self.all(2, &[text]),
            What::Act { node, text, .. } => self.all(6, &[node, text]),
            What::Commit { node, wall } => {
                self.all(3, &[node]);
                self.0.update(wall.as_micros().to_be_bytes());
            }
            What::Message(message) => self.message(message),
            What::Broken(text) => self.all(5, &[text]),
        }
    }

    /// The first half of it, in hexadecimal.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for byte in self.0.clone().finalize().iter().take(16) {
            write!(text, "{byte:02x}").unwrap_or_default();
        }
        text
    }

    fn message(&mut self, message: &Message) {
        let Message { from, to, node, method, target, sent, arrived, correlation, came } = message;
        self.all(4, &[from, to, node.as_deref().unwrap_or_default(), method, target]);
        self.time(*sent);
        self.time(arrived.unwrap_or(Duration::MAX));
        if let Some(id) = correlation {
            self.0.update(id.as_bytes());
        }
        let code = match came {
            Came::Answered(status) => *status,
            Came::Refused => 1,
            Came::Reset => 2,
            Came::Nothing => 3,
            Came::Repeated => 4,
        };
        self.0.update(code.to_be_bytes());
    }

    fn all(&mut self, kind: u8, texts: &[&str]) {
        self.0.update([kind]);
        for text in texts {
            self.0.update(text.as_bytes());
            // No text has this byte, so that none can pass for two.
            self.0.update([0xff]);
        }
    }

    fn time(&mut self, at: Duration) {
        self.0.update(u64::try_from(at.as_micros()).unwrap_or(u64::MAX).to_be_bytes());
    }
}
