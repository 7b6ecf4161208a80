//! What an event-sourced object is.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Something that happened to an object; usually an `enum`.
pub trait DomainEvent: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name of what happened, kept beside the event for people who read the table.
    fn name(&self) -> &'static str;
}

/// An object whose state is the fold of its events.
///
/// Both functions are pure: no I/O, no time, no randomness; what they need is in the command.
pub trait Aggregate: Default + Send + Sync + 'static {
    /// What can happen to it.
    type Event: DomainEvent;
    /// What it can be asked to do.
    type Command;
    /// Why it may refuse.
    type Refusal;

    /// What happens when `command` is carried out in this state; nothing, when it was done before.
    ///
    /// # Errors
    /// The refusal, when this state does not allow the command.
    fn decide(&self, command: Self::Command) -> Result<Vec<Self::Event>, Self::Refusal>;

    /// The state after `event`. Events are facts: there is no refusing here.
    #[must_use]
    fn apply(self, event: &Self::Event) -> Self;
}
