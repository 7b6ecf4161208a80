//! What older programs wrote is read by this one.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use tradewind_eventstore::{DomainEvent, read_event};

use super::order::Event;

/// Every event in `golden/events` with its name and version.
fn golden() -> Vec<(String, u32, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/events");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = files
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.strip_suffix(".json")?.to_owned();
            let (name, version) = name.rsplit_once(".v")?;
            Some((name.to_owned(), version.parse().ok()?, std::fs::read_to_string(&path).unwrap()))
        })
        .collect();
    found.sort();
    found
}

/// The kinds of event that there are, as the source names them: a list beside it would be forgotten.
fn kinds() -> BTreeSet<String> {
    let text = include_str!("order.rs");
    let names = text.split_once("fn name(&self)").unwrap().1.split_once("\n    }\n").unwrap().0;
    names.lines().filter_map(|line| Some(line.split_once("=> \"")?.1.split_once('"')?.0.to_owned())).collect()
}

/// Whether nothing of `old` is lost or different in `new`; it may have more.
fn holds(new: &Value, old: &Value) -> bool {
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => {
            old.iter().all(|(name, value)| new.get(name).is_some_and(|new| holds(new, value)))
        }
        (Value::Array(new), Value::Array(old)) => {
            new.len() == old.len() && new.iter().zip(old).all(|(new, old)| holds(new, old))
        }
        (new, old) => new == old,
    }
}

#[test]
fn every_event_that_was_ever_written_is_read() {
    for (name, version, json) in golden() {
        let read = read_event::<Event>(&name, version, &json);
        let event = read.unwrap_or_else(|error| panic!("{name}.v{version}.json: {error}"));
        if event.version() == version {
            let again: Value = serde_json::to_value(&event).unwrap();
            let written: Value = serde_json::from_str(&json).unwrap();
            assert!(
                holds(&again, &written),
                "{name}.v{version} is written as {again}: it needs a new version"
            );
        }
    }
}

#[test]
fn every_kind_of_event_has_a_golden_file() {
    let has: BTreeSet<String> = golden().into_iter().map(|(name, ..)| name).collect();
    assert!(kinds().len() >= 10, "{:?}", kinds());
    let lacks: Vec<String> = kinds().difference(&has).cloned().collect();
    assert!(lacks.is_empty(), "add golden/events/NAME.v1.json for {lacks:?}");
}
