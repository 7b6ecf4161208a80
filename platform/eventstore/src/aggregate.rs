//! What an event-sourced object is.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Snapshots, Upcaster};

/// Something that happened to an object; usually an `enum`.
///
/// How an event is written belongs to the data: what was written once is read for ever. Where the JSON of an event
/// changes so that old ones could not be read any more, it gets the next version, and an [`Upcaster`] from the one
/// before.
pub trait DomainEvent: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What makes events that were written by older programs into those that this one knows.
    const UPCASTERS: &'static [Upcaster] = &[];

    /// The name of what happened, kept beside the event.
    fn name(&self) -> &'static str;

    /// The version of how events of this name are written, counted from 1.
    fn version(&self) -> u32 {
        1
    }
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

    /// How snapshots of its state are kept; `None`, the usual case, when its streams are short.
    #[must_use]
    fn snapshots() -> Option<&'static Snapshots<Self>> {
        None
    }
}
