//! All objects at one moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use tradewind_kubernetes::{Kind, Object};

/// Kind, namespace and name of an object.
pub(crate) type Name = (&'static str, String, String);

/// All objects at one moment, those of a kind by namespace and name.
#[derive(Debug, Clone, Default)]
pub(crate) struct View(BTreeMap<&'static str, Objects>);

/// Objects of one kind.
#[derive(Debug, Clone, Default)]
struct Objects {
    api_version: String,
    all: Vec<Arc<Object>>,
}

impl View {
    /// Adds objects of a kind.
    pub(super) fn add(&mut self, kind: &Kind, objects: impl IntoIterator<Item = Arc<Object>>) {
        let of_kind = self.0.entry(kind.kind()).or_default();
        of_kind.api_version = kind.api_version();
        of_kind.all.extend(objects);
        of_kind.all.sort_by(|one, other| key(one).cmp(&key(other)));
    }

    /// The objects of a kind.
    pub(super) fn of_kind(&self, kind: &str) -> &[Arc<Object>] {
        self.0.get(kind).map(|found| found.all.as_slice()).unwrap_or_default()
    }

    /// All kinds, and what their documents say as `apiVersion`.
    pub(super) fn kinds(&self) -> impl Iterator<Item = (&'static str, &str, &[Arc<Object>])> {
        self.0.iter().map(|(kind, found)| (*kind, found.api_version.as_str(), found.all.as_slice()))
    }

    /// An object by its name.
    pub(super) fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<&Arc<Object>> {
        let of_kind = self.of_kind(kind);
        let place = of_kind.binary_search_by(|object| key(object).cmp(&(namespace, name)));
        place.ok().and_then(|place| of_kind.get(place))
    }
}

fn key(object: &Object) -> (&str, &str) {
    (object.namespace(), object.name())
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::Value;

    use super::*;
    use crate::cluster::kinds::FOLLOWED;

    /// A view of objects, each with its kind.
    pub(in crate::cluster) fn view(objects: &[Value]) -> View {
        let mut view = View::default();
        for object in objects {
            let kind = FOLLOWED.iter().find(|kind| object["kind"] == kind.kind()).unwrap();
            view.add(kind, [Arc::new(object_of(object))]);
        }
        view
    }

    /// An object, whose resource version is made up where there is none.
    pub(in crate::cluster) fn object_of(value: &Value) -> Object {
        let mut value = value.clone();
        let metadata = value["metadata"].as_object_mut().unwrap();
        metadata.entry("resourceVersion").or_insert_with(|| "1".into());
        Object::new(value).unwrap()
    }

    #[test]
    fn objects_are_found_by_their_names() {
        let service = |namespace: &str, name: &str| serde_json::json!({"kind": "Service", "metadata": {"namespace": namespace, "name": name}});
        let view = view(&[service("b", "x"), service("a", "z"), service("b", "a")]);
        let names: Vec<&str> = view.of_kind("Service").iter().map(|object| object.name()).collect();
        assert_eq!(names, ["z", "a", "x"]);
        assert_eq!(view.get("Service", "b", "x").unwrap().name(), "x");
        assert!(view.get("Service", "a", "x").is_none() && view.get("Secret", "b", "x").is_none());
    }
}
