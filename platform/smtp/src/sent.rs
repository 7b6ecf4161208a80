//! What became of an attempt to send a mail.

use std::fmt;

/// How far an attempt had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The connection, TLS and the greeting.
    Connection,
    /// Saying who sends.
    Login,
    /// The address of the sender.
    Sender,
    /// The address of the recipient.
    Recipient,
    /// Asking whether the content may be sent.
    Data,
    /// The content, and the server's word that it has it.
    Content,
}

impl Phase {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Login => "login",
            Self::Sender => "sender",
            Self::Recipient => "recipient",
            Self::Data => "data",
            Self::Content => "content",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What became of an attempt to send a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The server has it, and answers for what comes next.
    Accepted {
        /// The code of its answer.
        code: u16,
    },
    /// The server said no; it does not have it.
    Refused {
        /// To what.
        phase: Phase,
        /// The code of its answer.
        code: u16,
        /// What it said.
        text: String,
        /// Whether it says so each time: a code of 5xx.
        is_permanent: bool,
    },
    /// It did not come to the content; the server does not have it.
    NotSent {
        /// How far it came.
        phase: Phase,
        /// What went wrong.
        text: String,
    },
    /// The content was on its way when the connection ended or the time was over: whether the server has it, nobody knows.
    Unknown {
        /// What went wrong.
        text: String,
    },
}
