//! Lists of which each controller has entries of its own: what came of a route at its parents, of a policy at its
//! ancestors.

use serde_json::{Map, Value, json};
use tradewind_gateway_api::reference::{ParentRef, TargetRef};
use tradewind_routing::Condition;

use super::conditions::Saying;
use crate::cluster::kinds::CONTROLLER;

/// What we say in one entry.
pub(super) struct Entry {
    pub(super) reference: Value,
    pub(super) conditions: Vec<Condition>,
}

/// Such a list: the field that says what an entry is about, and how many entries there may be.
#[derive(Clone, Copy)]
pub(super) struct List {
    pub(super) field: &'static str,
    pub(super) most: usize,
}

impl List {
    /// Our entries in the place of those that are ours by `is_ours`; the others stay where they are. What there is no
    /// room for is left out.
    pub(super) fn with(
        self,
        current: Option<&Value>,
        ours: &[Entry],
        saying: Saying<'_>,
        is_ours: impl Fn(&Value) -> bool,
    ) -> Value {
        let known = current.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let is_by_us = |entry: &Value| entry["controllerName"] == CONTROLLER;
        let about = |entry: &&Entry, one: &Value| one[self.field] == entry.reference;
        let mut all = Vec::new();
        for one in known {
            match ours.iter().find(|entry| is_by_us(one) && about(entry, one)) {
                Some(entry) => all.push(self.entry(Some(one), entry, saying)),
                None if is_by_us(one) && is_ours(&one[self.field]) => {}
                None => all.push(one.clone()),
            }
        }
        let is_new = |entry: &&Entry| !known.iter().any(|one| is_by_us(one) && about(entry, one));
        let room = self.most.saturating_sub(all.len());
        all.extend(ours.iter().filter(is_new).take(room).map(|entry| self.entry(None, entry, saying)));
        Value::Array(all)
    }

    fn entry(self, current: Option<&Value>, entry: &Entry, saying: Saying<'_>) -> Value {
        let conditions = current.map(|one| &one["conditions"]);
        json!({
            self.field: entry.reference,
            "controllerName": CONTROLLER,
            "conditions": saying.alone(conditions, &entry.conditions),
        })
    }
}

/// A reference to a parent, as an API server writes it.
pub(super) fn parent(parent: &ParentRef) -> Value {
    let ParentRef { group, kind, namespace, name, section_name, port } = parent;
    let mut fields = reference(group, kind, namespace.as_deref(), name, section_name.as_deref());
    if let Some(port) = port {
        fields.insert("port".to_owned(), (*port).into());
    }
    Value::Object(fields)
}

/// A reference to what a policy is about.
pub(super) fn target(target: &TargetRef) -> Value {
    let TargetRef { group, kind, name, section_name } = target;
    Value::Object(reference(group, kind, None, name, section_name.as_deref()))
}

pub(super) fn reference(
    group: &str,
    kind: &str,
    namespace: Option<&str>,
    name: &str,
    section: Option<&str>,
) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("group".to_owned(), group.into());
    fields.insert("kind".to_owned(), kind.into());
    fields.insert("name".to_owned(), name.into());
    if let Some(namespace) = namespace {
        fields.insert("namespace".to_owned(), namespace.into());
    }
    if let Some(section) = section {
        fields.insert("sectionName".to_owned(), section.into());
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::super::conditions::condition;
    use super::*;

    const LIST: List = List { field: "parentRef", most: 3 };
    const SAYING: Saying<'_> = Saying { generation: 1, now: "2026-01-01T00:00:00Z" };

    fn entry(name: &str) -> Entry {
        let conditions = vec![condition("Accepted", true, "Accepted", "")];
        Entry { reference: json!({"name": name}), conditions }
    }

    #[test]
    fn entries_of_other_controllers_stay_and_those_of_ours_that_have_no_reason_go() {
        let theirs =
            json!({"parentRef": {"name": "a"}, "controllerName": "example.com/other", "conditions": [1]});
        let known = LIST.with(Some(&json!([theirs])), &[entry("a"), entry("b")], SAYING, |_| true);
        assert_eq!(known.as_array().unwrap().len(), 3);
        assert_eq!(known[0], theirs);
        assert_eq!(LIST.with(Some(&known), &[entry("a"), entry("b")], SAYING, |_| true), known);
        let fewer = LIST.with(Some(&known), &[entry("b")], SAYING, |_| true);
        assert_eq!(fewer, json!([known[0], known[2]]));
        let kept = LIST.with(Some(&known), &[], SAYING, |reference| reference["name"] == "b");
        assert_eq!(kept, json!([known[0], known[1]]), "what is another replica's to say stays");
    }

    #[test]
    fn there_are_no_more_entries_than_there_is_room_for() {
        let ours: Vec<Entry> = ["a", "b", "c", "d"].map(entry).into();
        let all = LIST.with(None, &ours, SAYING, |_| true);
        assert_eq!(all.as_array().unwrap().len(), 3);
        assert_eq!(LIST.with(Some(&all), &ours, SAYING, |_| true), all);
    }
}
