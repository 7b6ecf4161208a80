//! All tables of one state of a database, as lines of JSON that any engine can take in again.
//!
//! ```text
//! {"dump":1,"engine":"sqlite"}
//! {"columns":["component","version",…],"table":"schema_migration"}
//! ["events",1,…]
//! {"rows":1}
//! {"columns":["position",…],"identity":["position",57],"table":"event_log"}
//! [1,…]
//! {"rows":1}
//! {"end":true,"rows":2,"tables":2}
//! ```
//!
//! Values are written as in an [`Export`](crate::Export): ids as UUIDs, other bytes as hexadecimal digits, JSON
//! documents as texts, truth values as 0 and 1. What a text means is told by the declared type of the column that it
//! is loaded into. Tables that others refer to come first. `identity` is a column that counts up, and the greatest
//! number it ever gave: it goes on behind that one, also where the rows are gone.
//!
//! What differs between the engines is in `catalogue`, and in one function that writes a dump for each.

mod catalogue;
mod error;
mod load;
mod read;
mod sqlite;

pub use error::DumpError;
pub use load::{Load, Loaded};
pub use read::{DumpReader, DumpSummary};

pub(crate) use sqlite::write;

/// The version of the form; a reader refuses what is newer.
const FORMAT: u32 = 1;

/// Where it is written which migrations were applied: first in every dump.
pub(crate) const HISTORY: &str = "schema_migration";

/// Tables that are not part of what a database holds: who does what now ends with whoever does it.
const NOT_HELD: [&str; 1] = ["lease"];

/// The component under which a database says that it is not whole: a load into it was begun and not accepted.
pub(crate) const UNFINISHED: &str = "(unfinished restore)";
