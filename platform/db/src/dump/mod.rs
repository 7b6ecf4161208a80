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
//! What differs between the engines is in `tables`, and in a module of each engine that writes a dump.

mod error;
mod read;
mod tables;

use serde_json::{Value, json};

pub use error::DumpError;
pub use read::{DumpReader, DumpSummary};

pub(crate) use read::{Heading, Line};
pub(crate) use tables::{BEGIN_BEHIND, COLUMNS, GO_ON, Kind, LAST, REFERENCES, Table, tables};

use crate::history::HISTORY;
use crate::sql::Engine;

/// The version of the form; a reader refuses what is newer.
const FORMAT: u32 = 1;

/// Tables that are not part of what a database holds: who does what now ends with whoever does it, and what a broker
/// was told is that broker's.
const NOT_HELD: [&str; 2] = ["lease", "event_relay"];

/// The first line.
pub(crate) fn first(engine: Engine) -> Value {
    json!({ "dump": FORMAT, "engine": engine.name() })
}

/// The line before the rows of a table, whose counting column gave `last` at most.
pub(crate) fn heading(table: &Table, last: i64) -> Value {
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    match &table.identity {
        Some(column) => json!({ "table": table.name, "columns": columns, "identity": [column, last] }),
        None => json!({ "table": table.name, "columns": columns }),
    }
}

/// The line behind the rows of a table.
pub(crate) fn rows(rows: u64) -> Value {
    json!({ "rows": rows })
}

/// The last line.
pub(crate) fn end(tables: usize, rows: u64) -> Value {
    json!({ "end": true, "tables": tables, "rows": rows })
}
