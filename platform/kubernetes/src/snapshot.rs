//! All followed objects at one moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::Object;

/// A namespace and a name.
type Key = (Arc<str>, Arc<str>);

/// How many names of objects that were left out are kept.
const NAMED: usize = 100;

/// All objects that are followed, at one moment. An object that did not change is the very same in the next snapshot.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    objects: BTreeMap<Key, Arc<Object>>,
    left_out: BTreeSet<Key>,
}

impl Snapshot {
    /// An object by namespace (empty for none) and name.
    #[must_use]
    pub fn object(&self, namespace: &str, name: &str) -> Option<&Arc<Object>> {
        self.objects.get(&(Arc::from(namespace), Arc::from(name)))
    }

    /// All of them, by namespace and name.
    pub fn objects(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.objects.values()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Namespaces and names of objects that are there and were left out, because they or all are too large; at most
    /// 100.
    pub fn left_out(&self) -> impl Iterator<Item = (&str, &str)> {
        self.left_out.iter().map(|(namespace, name)| (&**namespace, &**name))
    }

    /// Takes an object in, unless it is known in this state; whether that changed anything.
    pub(crate) fn put(&mut self, object: Object, most: usize) -> bool {
        let known = self.objects.get(object.key());
        if known.is_some_and(|known| known.is_as(&object)) {
            return false;
        }
        if known.is_none() && self.objects.len() >= most {
            return self.leave_out(object.key().clone());
        }
        self.left_out.remove(object.key());
        self.objects.insert(object.key().clone(), Arc::new(object));
        true
    }

    /// An object is gone; whether that changed anything.
    pub(crate) fn remove(&mut self, key: &Key) -> bool {
        let was_left_out = self.left_out.remove(key);
        self.objects.remove(key).is_some() || was_left_out
    }

    /// An object is there that is not taken in; whether that changed anything.
    pub(crate) fn leave_out(&mut self, key: Key) -> bool {
        let was_there = self.objects.remove(&key).is_some();
        let is_new = self.left_out.len() < NAMED && self.left_out.insert(key);
        was_there || is_new
    }

    /// Keeps the very objects of `former` that are in the same state; whether anything differs from it.
    pub(crate) fn settle(&mut self, former: &Self) -> bool {
        for (key, object) in &mut self.objects {
            if let Some(known) = former.objects.get(key).filter(|known| known.is_as(object)) {
                *object = known.clone();
            }
        }
        let pairs = self.objects.values().zip(former.objects.values());
        self.objects.len() != former.objects.len()
            || self.left_out != former.left_out
            || !pairs.into_iter().all(|(one, other)| Arc::ptr_eq(one, other))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(name: &str, version: u32) -> Object {
        let metadata =
            json!({"namespace": "lamps", "name": name, "uid": name, "resourceVersion": version.to_string()});
        Object::new(json!({"metadata": metadata})).unwrap()
    }

    fn snapshot(objects: &[(&str, u32)]) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for (name, version) in objects {
            assert!(snapshot.put(object(name, *version), 10));
        }
        snapshot
    }

    #[test]
    fn what_did_not_change_is_the_very_same() {
        let former = snapshot(&[("a", 1), ("b", 2)]);
        let mut same = snapshot(&[("a", 1), ("b", 2)]);
        assert!(!same.settle(&former));
        let mut other = snapshot(&[("a", 1), ("b", 3)]);
        assert!(other.settle(&former));
        let very = |one: &Snapshot, name| {
            Arc::ptr_eq(one.object("lamps", name).unwrap(), former.object("lamps", name).unwrap())
        };
        assert!(very(&same, "a") && very(&same, "b") && very(&other, "a") && !very(&other, "b"));
        assert!(snapshot(&[("a", 1)]).settle(&former), "one is gone");
        assert!(!other.put(object("b", 3), 10), "it is known");
    }

    #[test]
    fn what_is_too_much_is_left_out_and_named() {
        let mut snapshot = snapshot(&[("a", 1)]);
        assert!(snapshot.put(object("b", 2), 1));
        assert_eq!(snapshot.left_out().collect::<Vec<_>>(), [("lamps", "b")]);
        assert!(snapshot.put(object("a", 3), 1), "what is kept still changes");
        assert!(snapshot.remove(object("a", 3).key()));
        assert!(snapshot.put(object("b", 4), 1));
        assert_eq!((snapshot.len(), snapshot.left_out().count()), (1, 0));
        assert!(snapshot.leave_out(object("b", 5).key().clone()));
        assert!(snapshot.is_empty());
    }

    #[test]
    fn an_object_shows_nobody_what_it_holds() {
        let metadata = json!({"name": "key", "resourceVersion": "7", "managedFields": [1]});
        let object = Object::new(json!({"metadata": metadata, "data": {"password": "moon"}})).unwrap();
        assert!(!format!("{object:?}").contains("moon"));
        assert_eq!(object.value()["metadata"].get("managedFields"), None);
        assert_eq!(Object::new(json!({"metadata": {"name": "key"}})), None);
    }
}
