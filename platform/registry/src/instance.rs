//! What is told of instances, as it is sent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tradewind_problem::{INVALID_BODY, Problem};

/// The longest name or value, in bytes.
const MAX_TEXT: usize = 200;

/// The most doors and the most notes of one instance.
const MAX_PARTS: usize = 32;

/// One instance of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Instance {
    /// Which service it is of.
    pub service: String,
    /// Which of the replicas it is; the next life of the same replica has the same.
    pub replica: String,
    /// The release that it runs.
    pub release: String,
    /// Its doors: kind, and address as `host:port` for whoever calls.
    pub doors: BTreeMap<String, String>,
    /// What else is to be known of it.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Whether it is about to stop: callers leave it.
    #[serde(default)]
    pub is_leaving: bool,
}

impl Instance {
    /// Refuses what would take too much room or could not be called.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let wrong = |pointer: &str, what: &str| {
            let detail = "The instance cannot be registered.";
            Err(Problem::new(&INVALID_BODY).detail(detail).error(pointer, what))
        };
        let is_text = |text: &str| !text.is_empty() && text.len() <= MAX_TEXT;
        for (pointer, text) in
            [("/service", &self.service), ("/replica", &self.replica), ("/release", &self.release)]
        {
            if !is_text(text) {
                return wrong(pointer, "send a text of 1 to 200 bytes");
            }
        }
        if self.doors.len() > MAX_PARTS || self.metadata.len() > MAX_PARTS {
            return wrong("/doors", "send at most 32 doors and 32 notes");
        }
        if self.metadata.iter().any(|(name, value)| !is_text(name) || value.len() > MAX_TEXT) {
            return wrong("/metadata", "send names and values of at most 200 bytes");
        }
        let is_address = |address: &String| tradewind_client::FarClient::new(address).is_ok();
        if self.doors.iter().any(|(kind, address)| !is_text(kind) || !is_address(address)) {
            return wrong("/doors", "send each door as its kind and host:port");
        }
        Ok(())
    }
}

/// An instance as the registry knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registered {
    /// The life of the instance: every start makes a new one.
    pub id: String,
    /// Counts registrations: of two behind one address the greater one is the one that lives.
    pub number: u64,
    /// What it said of itself.
    pub instance: Instance,
}

/// What a watcher is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listing {
    /// The life of the registry: versions of different ones cannot be compared.
    pub epoch: String,
    /// Grows with each change; to be named in the next question.
    pub version: u64,
    /// Whether every instance had time to register since the registry began: what is missing before that may only be
    /// late.
    pub is_settled: bool,
    /// All instances.
    pub instances: Vec<Registered>,
}

/// What an instance is told that registered or sent a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Heard {
    /// Without a heartbeat within so many milliseconds it is taken for dead.
    pub(crate) ttl_ms: u64,
}
