//! The objects, and what happened to them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::{Value, json};

use super::path::plural;
use super::selector::Selector;

/// Kinds that belong to no namespace.
const OF_THE_CLUSTER: [&str; 4] = ["namespaces", "nodes", "gatewayclasses", "customresourcedefinitions"];

/// How many lists under way are remembered.
const LISTS: usize = 64;

/// The plural of a kind, a namespace, a name.
type Key = (String, String, String);

/// Something that happened to an object.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) version: u64,
    pub(super) key: Key,
    pub(super) before: Option<Arc<Value>>,
    pub(super) after: Option<Arc<Value>>,
}

/// Why a status was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotWritten {
    Missing,
    Conflict,
    Invalid,
}

/// What is left of a list.
type Rest = (u64, VecDeque<Arc<Value>>);

#[derive(Debug)]
pub(super) struct Store {
    objects: BTreeMap<Key, Arc<Value>>,
    version: u64,
    changes: VecDeque<Change>,
    most: usize,
    /// The newest version whose change is forgotten.
    forgotten: u64,
    /// Lists that have further pages, by their tokens.
    lists: BTreeMap<u64, Rest>,
    lists_begun: u64,
}

/// A page of a list.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) version: u64,
    pub(super) items: Vec<Arc<Value>>,
    pub(super) next: Option<u64>,
    pub(super) remaining: usize,
}

impl Store {
    pub(super) fn new(most: usize) -> Self {
        let (objects, lists, changes) = (BTreeMap::new(), BTreeMap::new(), VecDeque::new());
        // A real one begins somewhere, too.
        Self { objects, version: 1000, changes, most, forgotten: 0, lists, lists_begun: 0 }
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    pub(super) fn find(&self, plural: &str, namespace: &str, name: &str) -> Option<&Arc<Value>> {
        self.objects.get(&(plural.to_owned(), namespace.to_owned(), name.to_owned()))
    }

    pub(super) fn all(&self, plural: &str) -> Vec<Arc<Value>> {
        let of_kind = self.objects.iter().filter(|(key, _)| key.0 == plural);
        of_kind.map(|(_, object)| object.clone()).collect()
    }

    pub(super) fn apply(&mut self, mut object: Value) -> Value {
        let key = key_of(&mut object);
        let before = self.objects.get(&key).cloned();
        let group_counts = object["apiVersion"].as_str().is_some_and(|version| version.contains('/'));
        let former = before.as_deref().cloned().unwrap_or_default();
        if object.get("status").is_none() && !former["status"].is_null() {
            object["status"] = former["status"].clone();
        }
        let generation = former["metadata"]["generation"].as_i64().unwrap_or_default();
        let is_other = before.is_none() || wish(&object) != wish(&former);
        let metadata = &mut object["metadata"];
        metadata["uid"] = match former["metadata"]["uid"].as_str() {
            Some(uid) => uid.into(),
            None => format!("00000000-0000-4000-8000-{:012x}", self.version + 1).into(),
        };
        // A test may say when it was made.
        if !metadata["creationTimestamp"].is_string() {
            let made = former["metadata"]["creationTimestamp"].as_str().unwrap_or("2026-01-01T00:00:00Z");
            metadata["creationTimestamp"] = made.into();
        }
        metadata["resourceVersion"] = former["metadata"]["resourceVersion"].clone();
        if group_counts {
            metadata["generation"] = (generation + i64::from(is_other)).into();
        }
        if object == former {
            return object;
        }
        self.happened(key, before, Some(&object))
    }

    pub(super) fn delete(&mut self, plural: &str, namespace: &str, name: &str) -> bool {
        let key = (plural.to_owned(), namespace.to_owned(), name.to_owned());
        let Some(before) = self.objects.remove(&key) else { return false };
        self.happened(key, Some(before), None);
        true
    }

    /// Replaces a status, or merges into it.
    pub(super) fn write_status(
        &mut self,
        (plural, namespace, name): (&str, &str, &str),
        sent: &Value,
        merges: bool,
    ) -> Result<Value, NotWritten> {
        let before = self.find(plural, namespace, name).cloned().ok_or(NotWritten::Missing)?;
        may_write(&before["metadata"], &sent["metadata"], merges)?;
        let mut after = (*before).clone();
        match (sent.get("status"), merges) {
            (Some(status @ Value::Object(_)), true) => merge(&mut after["status"], status),
            (Some(status @ Value::Object(_)), false) => after["status"] = status.clone(),
            // A merge that says nothing of it leaves it; everything else without one takes it away.
            (None, true) => {}
            (None | Some(Value::Null), _) => {
                drop(after.as_object_mut().map(|fields| fields.remove("status")));
            }
            _ => return Err(NotWritten::Invalid),
        }
        if after == *before {
            return Ok(after);
        }
        let key = (plural.to_owned(), namespace.to_owned(), name.to_owned());
        Ok(self.happened(key, Some(before), Some(&after)))
    }

    /// The first page of a list, or the next one; nothing when what a token stands for is forgotten.
    pub(super) fn page(
        &mut self,
        (plural, namespace, selector): (&str, &str, &Selector),
        limit: usize,
        token: Option<u64>,
    ) -> Option<Page> {
        let (version, mut rest) = match token {
            // A token stays good: who lost an answer may ask again.
            Some(token) => self.lists.get(&token)?.clone(),
            None => {
                let is_meant = |key: &Key| key.0 == plural && (namespace.is_empty() || key.1 == namespace);
                let meant =
                    self.objects.iter().filter(|(key, object)| is_meant(key) && selector.takes(object));
                (self.version, meant.map(|(_, object)| object.clone()).collect())
            }
        };
        let count = if limit == 0 { rest.len() } else { limit.min(rest.len()) };
        let items = rest.drain(..count).collect();
        let remaining = rest.len();
        let next = (remaining > 0).then(|| {
            self.lists_begun += 1;
            self.lists.insert(self.lists_begun, (version, rest));
            self.lists_begun
        });
        while self.lists.len() > LISTS {
            self.lists.pop_first();
        }
        Some(Page { version, items, next, remaining })
    }

    /// The changes after `version`, at most `most`, and the version they reach; nothing when some are forgotten.
    pub(super) fn after(&self, version: u64, most: usize) -> Option<Vec<Change>> {
        if version < self.forgotten {
            return None;
        }
        let from = self.changes.partition_point(|change| change.version <= version);
        Some(self.changes.range(from..).take(most).cloned().collect())
    }

    pub(super) fn forget(&mut self) {
        self.changes.clear();
        self.lists.clear();
        self.forgotten = self.version;
    }

    pub(super) fn remember(&mut self, most: usize) {
        self.most = most;
        self.shorten();
    }

    fn shorten(&mut self) {
        while self.changes.len() > self.most {
            if let Some(change) = self.changes.pop_front() {
                self.forgotten = change.version;
            }
        }
    }

    /// Counts a change, and gives the object as it is now, or as it was deleted.
    fn happened(&mut self, key: Key, before: Option<Arc<Value>>, after: Option<&Value>) -> Value {
        self.version += 1;
        let version = Value::from(self.version.to_string());
        let mut stored = after.or(before.as_deref()).cloned().unwrap_or_default();
        stored["metadata"]["resourceVersion"] = version;
        let shared = Arc::new(stored.clone());
        let (before, after) = match after {
            Some(_) => {
                self.objects.insert(key.clone(), shared.clone());
                (before, Some(shared))
            }
            // It goes as it was, with the version of its end.
            None => (Some(shared), None),
        };
        self.changes.push_back(Change { version: self.version, key, before, after });
        self.shorten();
        stored
    }
}

/// Whether a status may be written to an object with this metadata by who sent that one. A custom resource is never
/// replaced whatever its version; one of the same name that was made anew is another one.
fn may_write(known: &Value, sent: &Value, merges: bool) -> Result<(), NotWritten> {
    let version = &sent["resourceVersion"];
    if !merges && (version.is_null() || version == "0" || version == "") {
        return Err(NotWritten::Invalid);
    }
    let differs = |name: &str| !sent[name].is_null() && sent[name] != known[name];
    if differs("uid") || differs("resourceVersion") { Err(NotWritten::Conflict) } else { Ok(()) }
}

/// What an object asks for: all but its status and what the server keeps.
fn wish(object: &Value) -> Value {
    let mut wish = object.clone();
    if let Some(fields) = wish.as_object_mut() {
        fields.remove("status");
        fields.remove("metadata");
    }
    wish
}

fn key_of(object: &mut Value) -> Key {
    let kind = object["kind"].as_str().expect("an object says its kind").to_owned();
    let plural = plural(&kind);
    let name = object["metadata"]["name"].as_str().expect("an object has a name").to_owned();
    if OF_THE_CLUSTER.contains(&&*plural) {
        return (plural, String::new(), name);
    }
    if object["metadata"]["namespace"].is_null() {
        object["metadata"]["namespace"] = json!("default");
    }
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
    (plural, namespace, name)
}

/// A merge of RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Some(fields) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in fields {
        match target.as_object_mut().filter(|_| value.is_null()) {
            Some(target) => drop(target.remove(name)),
            None => merge(&mut target[name], value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(spec: u32) -> Value {
        json!({"apiVersion": "x.y/v1", "kind": "Route", "metadata": {"name": "a"}, "spec": spec})
    }

    #[test]
    fn versions_rise_and_generations_count_wishes() {
        let mut store = Store::new(10);
        let seen = |object: &Value| {
            let metadata = &object["metadata"];
            (
                metadata["generation"].as_i64().unwrap(),
                metadata["resourceVersion"].as_str().unwrap().to_owned(),
            )
        };
        assert_eq!(seen(&store.apply(route(1))), (1, "1001".to_owned()));
        assert_eq!(seen(&store.apply(route(1))), (1, "1001".to_owned()), "nothing changed");
        assert_eq!(seen(&store.apply(route(2))), (2, "1002".to_owned()));
        let status = json!({"metadata": {"resourceVersion": "1002"}, "status": {"a": 1}});
        let at = ("routes", "default", "a");
        assert_eq!(seen(&store.write_status(at, &status, false).unwrap()), (2, "1003".to_owned()));
        assert_eq!(store.write_status(at, &status, false), Err(NotWritten::Conflict));
        assert_eq!(store.write_status(at, &json!({"status": 1}), false), Err(NotWritten::Invalid));
        let merged = store.write_status(at, &json!({"status": {"b": {"c": 2}, "a": null}}), true).unwrap();
        assert_eq!(merged["status"], json!({"b": {"c": 2}}));
        assert_eq!(store.apply(route(2))["status"], json!({"b": {"c": 2}}), "a status stays");
        assert_eq!(
            store.write_status(at, &json!({"status": {}}), false),
            Err(NotWritten::Invalid),
            "no version"
        );
        assert_eq!(store.write_status(("routes", "default", "z"), &status, false), Err(NotWritten::Missing));
    }

    #[test]
    fn a_status_is_that_of_one_object_and_may_go() {
        let mut store = Store::new(10);
        let at = ("routes", "default", "a");
        let first = store.apply(route(1));
        let kept = store
            .write_status(at, &json!({"metadata": first["metadata"], "status": {"a": 1}}), false)
            .unwrap();
        let merged = store.write_status(at, &json!({"metadata": {"labels": {}}}), true).unwrap();
        assert_eq!(merged, kept, "a merge that says nothing of it");
        let gone = store.write_status(at, &json!({"metadata": kept["metadata"]}), false).unwrap();
        assert_eq!(gone.get("status"), None);
        store.delete("routes", "default", "a");
        let anew = store.apply(route(1));
        let mut sent = json!({"metadata": anew["metadata"], "status": {"a": 1}});
        sent["metadata"]["uid"] = first["metadata"]["uid"].clone();
        assert_eq!(store.write_status(at, &sent, false), Err(NotWritten::Conflict), "it is another one");
    }

    #[test]
    fn history_is_bounded() {
        let mut store = Store::new(3);
        for spec in 0..5 {
            store.apply(route(spec));
        }
        assert_eq!(store.forgotten(), 1002);
        assert!(store.after(1001, 10).is_none());
        assert_eq!(store.after(1002, 10).unwrap().len(), 3);
        assert_eq!(store.after(1004, 10).unwrap()[0].version, 1005);
        store.forget();
        assert!(store.after(1004, 10).is_none() && store.after(1005, 10).unwrap().is_empty());
    }

    #[test]
    fn a_list_in_pages_is_of_one_moment() {
        let mut store = Store::new(10);
        for name in ["a", "b", "c"] {
            store.apply(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}}));
        }
        let all = Selector::default();
        let first = store.page(("services", "", &all), 2, None).unwrap();
        store.delete("services", "default", "c");
        assert_eq!((first.items.len(), first.remaining), (2, 1));
        let next = store.page(("services", "", &all), 2, first.next).unwrap();
        assert_eq!((next.items.len(), next.version, next.next), (1, first.version, None));
        assert_eq!(store.page(("services", "", &all), 2, first.next).unwrap().items.len(), 1, "asked again");
        let first = store.page(("services", "default", &all), 1, None).unwrap();
        store.forget();
        assert!(store.page(("services", "", &all), 1, first.next).is_none());
    }
}
