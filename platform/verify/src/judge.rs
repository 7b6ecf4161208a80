//! Asking the oracles.

use serde::Serialize;

use crate::{Oracle, Scratch};

/// Broken rows that are shown; all are counted.
const SHOWN: usize = 5;

/// What an oracle says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The promise holds for everything that was examined.
    Clean,
    /// Rows break it.
    Broken,
    /// Nothing was examined: nothing was shown.
    Nothing,
    /// It holds only in a quiet fleet, and this one was busy.
    Busy,
    /// The evidence it needs is not there.
    Unanswered,
}

/// What one oracle found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The oracle.
    pub oracle: String,
    /// Its promise.
    pub promise: String,
    /// What it says.
    pub verdict: Verdict,
    /// Rows examined.
    pub examined: i64,
    /// Rows that break the promise.
    pub broken: usize,
    /// The first of them, or why there is no answer.
    pub rows: Vec<String>,
}

/// Asks `oracles` about what is in `scratch`; `is_quiet` says whether anything was under way.
#[must_use]
pub fn judge(scratch: &Scratch, oracles: &[Oracle], is_quiet: bool) -> Vec<Finding> {
    oracles.iter().map(|oracle| ask(scratch, oracle, is_quiet)).collect()
}

fn ask(scratch: &Scratch, oracle: &Oracle, is_quiet: bool) -> Finding {
    let finding = |verdict, examined, broken, rows| Finding {
        oracle: oracle.name.to_owned(),
        promise: oracle.promise.to_owned(),
        verdict,
        examined,
        broken,
        rows,
    };
    if oracle.needs_quiet && !is_quiet {
        return finding(Verdict::Busy, 0, 0, Vec::new());
    }
    let examined = match scratch.count(oracle.examined) {
        Ok(examined) => examined,
        Err(error) => return finding(Verdict::Unanswered, 0, 0, vec![error.to_string()]),
    };
    match scratch.rows(oracle.broken, SHOWN) {
        Err(error) => finding(Verdict::Unanswered, examined, 0, vec![error.to_string()]),
        Ok((0, _)) if examined == 0 => finding(Verdict::Nothing, 0, 0, Vec::new()),
        Ok((0, _)) => finding(Verdict::Clean, examined, 0, Vec::new()),
        Ok((broken, rows)) => finding(Verdict::Broken, examined, broken, rows),
    }
}
