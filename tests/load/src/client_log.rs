//! What clients know of their commands: one JSON object a line, `{"key":…,"outcome":…,"id":…}`.
//!
//! The judge of a run takes keys and ids from this file and not from the fleet: only so can it see a loss.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use tradewind_orders_contract::OrderId;

/// How every key begins; the number of the order follows.
const PREFIX: &str = "load-";

/// The key of order `number`.
pub(crate) fn key(number: u32) -> String {
    format!("{PREFIX}{number}")
}

/// What became of one placement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Answered 202 with this id.
    Acknowledged(OrderId),
    /// Refused: it did not happen.
    Failed(String),
    /// No answer, or a fault: it may have happened.
    Unknown,
}

/// A placement and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) number: u32,
    pub(crate) outcome: Outcome,
}

/// The log of a run, written line by line.
#[derive(Debug)]
pub(crate) struct ClientLog {
    path: PathBuf,
    file: Mutex<File>,
}

impl ClientLog {
    /// A new log in the file `path`, which must not exist yet: keys are counted from 0 in each run.
    pub(crate) fn create(path: PathBuf) -> Result<Self, String> {
        let file = File::create_new(&path);
        let file = file.map_err(|error| format!("{}: {error}; name a new folder", path.display()))?;
        Ok(Self { path, file: Mutex::new(file) })
    }

    pub(crate) fn write(&self, placed: &Placed) -> Result<(), String> {
        let line = line(placed);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes()).map_err(|error| format!("{}: {error}", self.path.display()))
    }

    /// Everything that was written.
    pub(crate) fn read(&self) -> Result<Vec<Placed>, String> {
        read(&self.path)
    }
}

fn line(Placed { number, outcome }: &Placed) -> String {
    let key = key(*number);
    let object = match outcome {
        Outcome::Acknowledged(id) => json!({ "key": key, "outcome": "ok", "id": id.to_string() }),
        Outcome::Failed(reason) => json!({ "key": key, "outcome": "failed", "reason": reason }),
        Outcome::Unknown => json!({ "key": key, "outcome": "unknown" }),
    };
    format!("{object}\n")
}

fn read(path: &Path) -> Result<Vec<Placed>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    text.lines()
        .map(|line| parse(line).ok_or_else(|| failed(&format!("not a line of this log: {line}"))))
        .collect()
}

fn parse(line: &str) -> Option<Placed> {
    let value: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| value[name].as_str();
    let number = text("key")?.strip_prefix(PREFIX)?.parse().ok()?;
    let outcome = match text("outcome")? {
        "ok" => Outcome::Acknowledged(text("id")?.parse::<OrderId>().ok()?),
        "failed" => Outcome::Failed(text("reason")?.to_owned()),
        "unknown" => Outcome::Unknown,
        _ => return None,
    };
    Some(Placed { number, outcome })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let id = "01980000-0000-7000-8000-00000000000a".parse().unwrap();
        for outcome in
            [Outcome::Acknowledged(id), Outcome::Failed("no \"such\"\nline".to_owned()), Outcome::Unknown]
        {
            let placed = Placed { number: 12, outcome };
            let line = line(&placed);
            assert_eq!(line.matches('\n').count(), 1, "{line}");
            assert_eq!(parse(&line), Some(placed));
        }
        let line = line(&Placed { number: 3, outcome: Outcome::Unknown });
        assert_eq!(line, "{\"key\":\"load-3\",\"outcome\":\"unknown\"}\n");
    }

    #[test]
    fn what_is_no_line_of_a_log_is_none() {
        for line in
            ["", "{}", "{\"key\":\"load-1\",\"outcome\":\"ok\"}", "{\"key\":\"1\",\"outcome\":\"unknown\"}"]
        {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
