//! Tests against real engines: `cargo test -p tradewind-engines --features engines`.
//!
//! They start the servers they need and install nothing; what is missing is named in the message.
