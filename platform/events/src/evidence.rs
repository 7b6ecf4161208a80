//! What is shown of the log, the cursors and the letters, to be checked from outside.

use tradewind_db::{Evidence, sql};

sql! {
    LOG = "select position, id, type, partition_key, sequence, correlation, causation, recorded_at
        from event_log order by position";
    KEYS = "select partition_key, sequence, pruned from event_key order by partition_key";
    HORIZON = "select position, recorded_at, last_id from event_horizon";
    CURSORS = "select subscription, position from event_cursor order by subscription";
    LETTERS = "select subscription, position, event_id, partition_key from dead_letters
        order by subscription, position";
    PARKED = "select subscription, partition_key, letters from parked_key order by subscription, partition_key";
}

/// The rows of the component `events` that are shown.
pub static EVIDENCE: &[Evidence] = &[
    Evidence { table: "event_log", rows: &LOG },
    Evidence { table: "event_key", rows: &KEYS },
    Evidence { table: "event_horizon", rows: &HORIZON },
    Evidence { table: "event_cursor", rows: &CURSORS },
    Evidence { table: "dead_letters", rows: &LETTERS },
    Evidence { table: "parked_key", rows: &PARKED },
];
