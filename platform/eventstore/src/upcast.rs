//! From one version of an event to the next.

use std::fmt;

use serde_json::Value;

/// Makes an event of one name and version into the next version of it, or into one of another name.
///
/// Pure: what an old event lacks must follow from what it has. Upcasters are chained: each is written once, from one
/// version to the next, and never again.
#[derive(Clone, Copy)]
pub struct Upcaster {
    /// The name of the events that it reads.
    pub name: &'static str,
    /// Their version.
    pub version: u32,
    /// The name and version of what it gives.
    pub to: (&'static str, u32),
    /// The JSON as it was written, to that of the version that it gives; or why it is not what it should be.
    pub upcast: fn(Value) -> Result<Value, String>,
}

impl fmt::Debug for Upcaster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, version) = self.to;
        write!(f, "Upcaster({} {} to {name} {version})", self.name, self.version)
    }
}
