//! The gateway on the wire: for the bytes of a client, the bytes that the upstream receives, and the answer.
//!
//! - `cases/` holds the cases, one file for each class of attack; `case` reads them, and says how they are written,
//! - `client` and `upstream` play the two ends, `message` reads what they receive, more strictly than any server,
//! - `check` compares, `generated` makes pipelines that a seed decides on,
//! - `gateway` is the one place that knows what is tested,
//! - `suite` runs the cases: all of them, or those whose class or name holds the variable `TRADEWIND_WIRE`,
//! - `agreement` asks real servers where the requests end (nginx and HAProxy only with `./test --engines`).

mod agreement;
mod case;
mod check;
mod client;
mod gateway;
mod generated;
mod message;
mod random;
mod suite;
mod text;
mod upstream;
