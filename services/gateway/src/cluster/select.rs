//! Which objects count: a cluster has many that no gateway asks for, and none of their changes shall be noticed.

use std::collections::BTreeSet;

use serde_json::Value;
use tradewind_kubernetes::Object;

use crate::cluster::kinds::REFERRING;
use crate::cluster::view::View;

/// The label that says which service a slice is of.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// Namespaces and names that something refers to. Of what kind is not looked at: a name too many costs little.
pub(super) struct Named<'view>(BTreeSet<(&'view str, &'view str)>);

impl<'view> Named<'view> {
    pub(super) fn of(view: &'view View) -> Self {
        let mut named = BTreeSet::new();
        for object in REFERRING.iter().flat_map(|kind| view.of_kind(kind)) {
            if let Some(spec) = object.value().get("spec") {
                walk(spec, object.namespace(), &mut named);
            }
        }
        Self(named)
    }

    /// Whether an object is one that documents are made of.
    pub(super) fn counts(&self, kind: &str, object: &Object) -> bool {
        match kind {
            "Service" | "Secret" | "ConfigMap" => self.0.contains(&(object.namespace(), object.name())),
            "EndpointSlice" => {
                object.label(SERVICE_NAME).is_some_and(|name| self.0.contains(&(object.namespace(), name)))
            }
            _ => true,
        }
    }
}

/// Collects whatever looks like a reference: a name, and the namespace beside it.
fn walk<'view>(value: &'view Value, own: &'view str, named: &mut BTreeSet<(&'view str, &'view str)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, own, named)),
        Value::Object(fields) => {
            if let Some(name) = fields.get("name").and_then(Value::as_str) {
                let namespace = fields.get("namespace").and_then(Value::as_str).unwrap_or(own);
                named.insert((namespace, name));
            }
            fields.values().for_each(|below| walk(below, own, named));
        }
        _ => {}
    }
}

/// Whether two states of an object ask for the same. Versions, annotations and statuses change all the time, our own
/// writing included, and nothing is made of them.
pub(super) fn asks_the_same(kind: &str, one: &Object, other: &Object) -> bool {
    let own =
        |object: &Object, name: &str| object.value().get("metadata").and_then(|own| own.get(name)).cloned();
    let labels = |object: &Object| own(object, "labels");
    // A namespace counts by its labels.
    if kind == "Namespace" {
        return labels(one) == labels(other);
    }
    let is_same = |name: &str| own(one, name) == own(other, name);
    one.uid() == other.uid()
        && one.generation() == other.generation()
        && labels(one) == labels(other)
        && is_same("creationTimestamp")
        && asked(one).eq(asked(other))
}

/// What an object asks for.
fn asked(object: &Object) -> impl Iterator<Item = (&String, &Value)> {
    let fields = object.value().as_object().into_iter().flatten();
    fields.filter(|(key, _)| !matches!(key.as_str(), "metadata" | "status" | "kind" | "apiVersion"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster::view::tests::{object_of, view};

    #[test]
    fn what_nobody_names_does_not_count() {
        let route = json!({
            "kind": "HTTPRoute", "metadata": {"namespace": "shop", "name": "orders"},
            "spec": {"rules": [{"backendRefs": [{"name": "orders", "port": 1}, {"name": "stock", "namespace": "goods"}]}]},
        });
        let view = view(&[route]);
        let named = Named::of(&view);
        let counts = |kind: &str, namespace: &str, name: &str| {
            let labels = json!({SERVICE_NAME: name});
            let metadata = json!({"namespace": namespace, "name": name, "labels": labels});
            named.counts(kind, &object_of(&json!({"metadata": metadata})))
        };
        for kind in ["Service", "EndpointSlice"] {
            assert!(counts(kind, "shop", "orders") && counts(kind, "goods", "stock"), "{kind}");
            assert!(!counts(kind, "goods", "orders") && !counts(kind, "shop", "stock"), "{kind}");
        }
        assert!(!counts("Secret", "shop", "password") && counts("HTTPRoute", "shop", "other"));
    }

    #[test]
    fn what_is_written_about_an_object_changes_nothing_that_it_asks_for() {
        let object = |generation: i64, status: &str, labels: &str, port: i64| {
            object_of(&json!({
                "metadata": {
                    "name": "a", "generation": generation, "labels": {"a": labels},
                    "resourceVersion": status, "annotations": {"a": status},
                },
                "spec": {"port": port}, "status": {"a": status},
            }))
        };
        let before = object(1, "1", "1", 1);
        let is_same = |kind: &str, after: Object| asks_the_same(kind, &before, &after);
        assert!(is_same("Service", object(1, "2", "1", 1)));
        assert!(!is_same("Service", object(2, "1", "1", 1)));
        assert!(!is_same("Service", object(1, "1", "2", 1)));
        assert!(!is_same("Service", object(1, "1", "1", 2)));
        for (field, value) in [("uid", "other"), ("creationTimestamp", "2026-01-01T00:00:00Z")] {
            let mut value_of = object(1, "1", "1", 1).value().clone();
            value_of["metadata"][field] = json!(value);
            assert!(!is_same("Service", object_of(&value_of)), "{field}");
        }
        assert!(
            is_same("Namespace", object(1, "1", "1", 2)) && !is_same("Namespace", object(1, "1", "2", 1))
        );
    }
}
