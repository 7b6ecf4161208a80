//! Oracles: promises as queries.

/// A promise, and how to see whether it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Oracle {
    /// Its name, such as `log-without-gaps`.
    pub name: &'static str,
    /// The promise, in one sentence.
    pub promise: &'static str,
    /// Whether it holds only while nothing is under way.
    pub needs_quiet: bool,
    /// Gives the number of rows that are examined.
    pub examined: &'static str,
    /// Gives the rows that break the promise.
    pub broken: &'static str,
}

/// The text of an oracle does not have its form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("oracle {name} has no line {missing:?}")]
pub struct MalformedOracle {
    name: &'static str,
    missing: &'static str,
}

impl Oracle {
    /// Reads an oracle from its file:
    ///
    /// ```sql
    /// -- promise: what holds
    /// -- quiet: yes, or no
    /// -- examined
    /// select count(*) from …;
    /// -- broken
    /// select … from …;
    /// ```
    ///
    /// # Errors
    /// When a part is missing.
    pub fn parse(name: &'static str, text: &'static str) -> Result<Self, MalformedOracle> {
        let missing = |missing| MalformedOracle { name, missing };
        let head = |mark: &'static str| {
            let line = text.lines().find_map(|line| line.strip_prefix(mark));
            line.map(str::trim).ok_or_else(|| missing(mark))
        };
        let (promise, quiet) = (head("-- promise:")?, head("-- quiet:")?);
        let (_, queries) = text.split_once("-- examined\n").ok_or_else(|| missing("-- examined"))?;
        let (examined, broken) = queries.split_once("-- broken\n").ok_or_else(|| missing("-- broken"))?;
        let [examined, broken] = [examined, broken].map(|query| query.trim().trim_end_matches(';'));
        Ok(Self { name, promise, needs_quiet: quiet == "yes", examined, broken })
    }
}
