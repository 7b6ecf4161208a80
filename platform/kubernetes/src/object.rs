//! An object as the API server has it.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

/// An object of a cluster. `Debug` shows which it is and not what it holds: it may be a secret.
#[derive(Clone, PartialEq)]
pub struct Object {
    key: (Arc<str>, Arc<str>),
    uid: String,
    generation: i64,
    resource_version: String,
    value: Value,
}

impl Object {
    /// Reads an object; `None` when it has no name or no version.
    ///
    /// Who changed which field when (`managedFields`) is dropped: it is often most of an object, and nobody asks for
    /// it.
    #[must_use]
    pub fn new(mut value: Value) -> Option<Self> {
        let metadata = value.get_mut("metadata")?.as_object_mut()?;
        metadata.remove("managedFields");
        let text = |name: &str| metadata.get(name).and_then(Value::as_str);
        let name = text("name").filter(|name| !name.is_empty())?;
        let version = text("resourceVersion").filter(|version| !version.is_empty())?;
        let key = (Arc::from(text("namespace").unwrap_or_default()), Arc::from(name));
        let uid = text("uid").unwrap_or_default().to_owned();
        let generation = metadata.get("generation").and_then(Value::as_i64).unwrap_or_default();
        let resource_version = version.to_owned();
        Some(Self { key, uid, generation, resource_version, value })
    }

    /// Its namespace; empty for what belongs to none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.key.0
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.key.1
    }

    /// Which object it is among all that ever had its name.
    #[must_use]
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// How often what it asks for was changed; 0 where the API server does not count.
    #[must_use]
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// The state it is in: another one after every change, of whatever part.
    #[must_use]
    pub fn resource_version(&self) -> &str {
        &self.resource_version
    }

    /// The whole object, without `managedFields`.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.value.get("metadata")?.get("labels")?.get(name)?.as_str()
    }

    pub(crate) fn key(&self) -> &(Arc<str>, Arc<str>) {
        &self.key
    }

    /// Whether it is the same object in the same state.
    pub(crate) fn is_as(&self, other: &Self) -> bool {
        self.resource_version == other.resource_version && self.uid == other.uid
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("{}/{}", self.namespace(), self.name());
        f.debug_struct("Object")
            .field("name", &name)
            .field("version", &self.resource_version)
            .finish_non_exhaustive()
    }
}
