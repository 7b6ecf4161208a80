//! Mails as values: composed of checked parts, and handed to a mail server by SMTP (RFC 5321), one connection each.
//!
//! SMTP knows no idempotency: when the connection breaks after the content was sent, nobody knows whether the server has
//! the mail. [`Sent::Unknown`] says so. A mail that is sent again keeps its `Message-ID`, by which it can be recognised.

#![warn(missing_docs)]

mod address;
mod message;
mod relay;
mod sent;

pub use address::{Address, InvalidAddress, Mailbox};
pub use message::{ComposeError, Draft, Mail};
pub use relay::{Login, Relay, RelayError, RelayOptions, Security};
pub use sent::{Phase, Sent};
