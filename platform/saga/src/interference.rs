//! What a test does to a saga while it runs: attempts that fail, answers that are lost, and ends of the process.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

/// Hears of each moment at which something can go wrong, and says what does. For tests and simulation.
pub trait Interference: Send + Sync + fmt::Debug {
    /// What happens at this moment.
    fn at(&self, moment: Moment<'_>) -> Meddling;

    /// Comes to an end each time that the process which died shall begin again; never, when nobody dies.
    fn reborn(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

/// A moment in the life of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment<'a> {
    /// The step.
    pub step: &'a str,
    /// Whether it is being undone.
    pub is_undo: bool,
    /// The idempotency key of the attempt.
    pub key: &'a str,
    /// What has come about.
    pub point: Point,
}

/// What has come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// The step is about to be done.
    Before,
    /// It is done; the saga does not know it yet. Of a local step nothing is committed yet.
    Acted,
    /// What came of it is committed.
    Committed,
}

/// What happens at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meddling {
    /// Nothing.
    None,
    /// Nothing for so long. Not within the transaction of a local step, where nobody waits.
    Delay(Duration),
    /// The attempt fails. After it was carried out: its answer is lost, or its transaction is rolled back.
    Fail,
    /// The step is refused. Only before it is done.
    Refuse,
    /// It is carried out once more, under the same key. Only before it is done; what is local runs in a transaction
    /// that is rolled back first.
    Repeat,
    /// The process ends here: the runner goes no further, and whoever interferes drops it.
    Die,
}
