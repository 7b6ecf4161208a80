//! What the broker is in.

use std::fmt;
use std::pin::Pin;

use tradewind_kernel::Clock;

/// Something that runs beside everything else, until the run is over.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The run that the broker is part of: its time and its tasks, who is there, who reaches whom, and who writes down what
/// happens.
pub trait Surroundings: fmt::Debug + Send + Sync {
    /// The true time.
    fn clock(&self) -> &Clock;

    /// Runs the task of the broker.
    fn spawn(&self, task: Task);

    /// Whether the process `node` is there, and in the life with this number.
    fn is_alive(&self, node: &str, life: u32) -> bool;

    /// Whether nothing passes from one to the other. They are processes and [`BROKER`](crate::BROKER); whoever asks has
    /// something to send.
    fn is_parted(&self, from: &str, to: &str) -> bool;

    /// Writes down what happened to the broker.
    fn note(&self, what: &str);

    /// Writes down what the broker does.
    fn does(&self, what: String);
}
