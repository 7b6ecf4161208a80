//! Documents from objects: each is read once, and again when it asks for something else.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tradewind_gateway_api::Definitions;
use tradewind_kubernetes::Object;

use crate::cluster::judged::Basis;
use crate::cluster::select::{Named, asks_the_same};
use crate::cluster::view::View;
use crate::source::{Read, TURN};

/// Reads objects.
pub(crate) struct Reader {
    definitions: Definitions,
    kept: BTreeMap<&'static str, Kept>,
    is_first: bool,
}

/// What was read of a kind, by namespace and name.
type Kept = BTreeMap<(String, String), One>;

/// An object, and what it says.
struct One {
    object: Arc<Object>,
    read: Arc<Read>,
}

/// What was read.
pub(crate) struct Reading {
    /// What each object says, always in the same order.
    pub(crate) files: Vec<Arc<Read>>,
    /// Which objects that were.
    pub(crate) basis: Basis,
}

impl Reader {
    pub(crate) fn new() -> Result<Self, String> {
        Ok(Self { definitions: Definitions::standard()?, kept: BTreeMap::new(), is_first: true })
    }

    /// What the objects of a view say; none where it is what those of the view before said.
    pub(crate) fn read(&mut self, view: &View) -> Option<Reading> {
        let named = Named::of(view);
        let (mut has_changed, mut basis) = (std::mem::take(&mut self.is_first), Basis::default());
        let mut before = std::mem::take(&mut self.kept);
        let mut files = Vec::new();
        for (kind, version, objects) in view.kinds() {
            let mut known = before.remove(kind).unwrap_or_default();
            let mut now = Kept::new();
            for object in objects.iter().filter(|object| named.counts(kind, object)) {
                let key = (object.namespace().to_owned(), object.name().to_owned());
                basis.add((kind, key.0.clone(), key.1.clone()), object.generation());
                let one = match known.remove(&key) {
                    Some(One { object: known, read }) if is_same(kind, &known, object) => {
                        One { object: object.clone(), read }
                    }
                    older => {
                        has_changed = true;
                        let read =
                            self.one(kind, version, object).or_older(older.as_ref().map(|one| &*one.read));
                        One { object: object.clone(), read: Arc::new(read) }
                    }
                };
                files.push(one.read.clone());
                now.insert(key, one);
                if files.len().is_multiple_of(TURN) {
                    std::thread::yield_now();
                }
            }
            has_changed |= !known.is_empty();
            self.kept.insert(kind, now);
        }
        has_changed |= before.values().any(|of_kind| !of_kind.is_empty());
        has_changed.then_some(Reading { files, basis })
    }

    fn one(&self, kind: &str, version: &str, object: &Object) -> Read {
        Read::from(self.definitions.read_object(&called(kind, object), &whole(kind, version, object)))
    }
}

fn is_same(kind: &str, known: &Arc<Object>, object: &Arc<Object>) -> bool {
    Arc::ptr_eq(known, object) || asks_the_same(kind, known, object)
}

/// What errors name an object by.
pub(super) fn called(kind: &str, object: &Object) -> String {
    match object.namespace() {
        "" => format!("{kind} {}", object.name()),
        namespace => format!("{kind} {namespace}/{}", object.name()),
    }
}

/// An object with its kind, which items of lists do not say.
fn whole(kind: &str, version: &str, object: &Object) -> Value {
    let mut value = object.value().clone();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("kind".to_owned(), kind.into());
        fields.insert("apiVersion".to_owned(), version.into());
    }
    value
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster::view::tests::view;

    fn service(version: &str, port: i64) -> Value {
        json!({
            "kind": "Service", "spec": {"ports": [{"port": port}], "clusterIP": "10.0.0.1"},
            "metadata": {"namespace": "shop", "name": "orders", "resourceVersion": version},
        })
    }

    fn route(generation: i64, path: &str) -> Value {
        json!({
            "kind": "HTTPRoute",
            "metadata": {"namespace": "shop", "name": "orders", "generation": generation},
            "spec": {"rules": [{
                "matches": [{"path": {"value": path}}], "backendRefs": [{"name": "orders", "port": 80}],
            }]},
        })
    }

    #[test]
    fn what_says_the_same_is_the_very_same() {
        let mut reader = Reader::new().unwrap();
        let first = reader.read(&view(&[route(1, "/a"), service("1", 80)])).unwrap();
        assert_eq!(first.files.len(), 2);
        assert!(first.files.iter().all(|read| read.errors.is_empty() && read.documents.len() == 1));
        let again = reader.read(&view(&[route(1, "/a"), service("2", 80)]));
        assert!(again.is_none(), "a version says nothing");
        let other = reader.read(&view(&[route(1, "/a"), service("3", 81)])).unwrap();
        assert!(
            Arc::ptr_eq(&first.files[0], &other.files[0]) && !Arc::ptr_eq(&first.files[1], &other.files[1])
        );
        assert_eq!(reader.read(&view(&[route(1, "/a")])).unwrap().files.len(), 1);
        assert!(reader.read(&view(&[])).unwrap().files.is_empty());
    }

    #[test]
    fn a_first_view_without_objects_is_news() {
        let mut reader = Reader::new().unwrap();
        assert!(reader.read(&view(&[])).is_some());
        assert!(reader.read(&view(&[])).is_none());
    }

    #[test]
    fn an_object_with_a_mistake_is_named_and_leaves_others_alone() {
        let mut reader = Reader::new().unwrap();
        let reading = reader.read(&view(&[route(1, "no-path"), service("1", 80)])).unwrap();
        let errors: Vec<String> =
            reading.files.iter().flat_map(|read| &read.errors).map(ToString::to_string).collect();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].starts_with("HTTPRoute shop/orders: `spec.rules[0].matches[0].path"), "{errors:?}");
        assert!(reading.files.iter().any(|read| !read.documents.is_empty()));
    }

    #[test]
    fn a_policy_that_gets_a_mistake_goes_on_as_it_was() {
        let policy = |generation: i64, requests: i64| {
            json!({
                "kind": "RoutePolicy",
                "metadata": {"namespace": "shop", "name": "limit", "generation": generation},
                "spec": {
                    "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "orders"}],
                    "maxBodyBytes": requests,
                },
            })
        };
        let mut reader = Reader::new().unwrap();
        let first = reader.read(&view(&[policy(1, 1_000)])).unwrap();
        assert_eq!(first.files[0].documents.len(), 1, "{:?}", first.files[0].errors);
        let wrong = reader.read(&view(&[policy(2, -1)])).unwrap();
        assert!(Arc::ptr_eq(&wrong.files[0].documents[0], &first.files[0].documents[0]));
        assert_eq!((wrong.files[0].errors.len(), wrong.files[0].refused.len()), (1, 1));
    }
}
