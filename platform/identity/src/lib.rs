//! Service identity: who a process is, and who is at the other end of its connections.
//!
//! A name is a SPIFFE id in an X.509 certificate ([`SpiffeId`]). An [`Identity`] is made of files that are given, by
//! a cluster or by the [`Authority`] of a laptop, and follows them: new handshakes use the newest good files, and what
//! is open lives on. Both sides of a connection show a certificate and check the other's ([`Identity::accept`],
//! [`Identity::connect`]), by TLS 1.3 only and without session tickets: each connection is a full handshake, so that
//! nobody comes in with a certificate of the past.
//!
//! What is checked of a chain is webpki's concern; what is checked of a name is that of the X.509-SVID standard.
//! Randomness of keys and of handshakes is the cryptographic library's own, and no [`Entropy`]: nothing of this runs
//! under simulation.
//!
//! [`Entropy`]: tradewind_kernel::Entropy

#![warn(missing_docs)]

mod authority;
mod certificate;
mod error;
mod files;
mod identity;
mod name;
mod outcome;
mod store;
mod stream;
mod verify;

pub use authority::{Authority, Renewal};
pub use error::IdentityError;
pub use files::IdentityFiles;
pub use identity::{Demand, Identity, Protocol, Refreshed, Refusal, Standing};
pub use name::{InvalidName, Member, OPERATOR, SpiffeId, TrustDomain};
pub use outcome::{Outcome, Side};
pub use store::is_private;
pub use stream::{AnyStream, ByteStream, Peer, TlsStream};
