//! What a run can find wrong.

/// A promise that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The promise.
    pub what: String,
    /// What shows that.
    pub rows: Vec<String>,
    /// What happened to what is named in the rows, in every service, in true time. Only of runs that keep everything
    /// ([`Plan::keeps_all`](crate::Plan::keeps_all)).
    pub line: Vec<String>,
}

impl Failure {
    /// A promise with what shows that it did not hold.
    pub fn new(what: impl Into<String>, rows: Vec<String>) -> Self {
        Self { what: what.into(), rows, line: Vec::new() }
    }
}
