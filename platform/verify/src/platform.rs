//! The promises of the platform itself, whatever the services do.

use crate::{MalformedOracle, Oracle};

/// Gives the events that somebody listens to and has not handled: none in a quiet fleet.
///
/// The cursor need not stand at the end of the log: what nobody listens to moves it only now and then.
pub(crate) fn unhandled() -> Result<&'static str, MalformedOracle> {
    let oracle = Oracle::parse("events-handled", include_str!("../oracles/events-handled.sql"))?;
    Ok(oracle.broken)
}

macro_rules! oracles {
    ($($name:literal,)*) => {
        /// The oracles of the platform.
        ///
        /// # Errors
        /// When the text of one does not have its form: a defect.
        pub fn oracles() -> Result<Vec<Oracle>, MalformedOracle> {
            Ok(vec![$(Oracle::parse($name, include_str!(concat!("../oracles/", $name, ".sql")))?,)*])
        }
    };
}

oracles! {
    "log-without-gaps",
    "log-counts-its-keys",
    "event-ids-once",
    "effects-once",
    "causes-exist",
    "events-handled",
    "letters-counted",
    "keys-answered-once",
}
