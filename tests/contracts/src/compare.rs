//! The comparison of two schemas.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Value, json};

use crate::facts::{branches, is_any, is_null, is_open, values};

/// Which way the documents of a schema travel, seen from the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The service reads them.
    Read,
    /// The service writes them.
    Written,
}

/// A promise that is no longer kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where, as a JSON pointer into the description of the last release.
    pub pointer: String,
    pub what: String,
    pub instead: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. Instead: {}", self.pointer, self.what, self.instead)
    }
}

pub(crate) const KEEP: &str = "keep it and add what is new beside it, or make a new type or version (.v2)";
pub(crate) const OPTIONAL: &str = "make it optional: Option<…> or #[serde(default)]";
const OPEN: &str = "give the enum a #[serde(other)] variant and #[schemars(extend(\"x-open\" = true))] one \
                    release before it grows, or make a .v2 type";

/// What in `new` breaks what `old` promised; each schema lies in a document of its own.
pub fn compare(old: &Value, new: &Value, side: Side) -> Vec<Finding> {
    compare_in((old, old), (new, new), side, "")
}

/// The same for schemas that lie in the documents `old.0` and `new.0`.
pub(crate) fn compare_in(old: (&Value, &Value), new: (&Value, &Value), side: Side, at: &str) -> Vec<Finding> {
    let mut comparison =
        Comparison { old: old.0, new: new.0, side, seen: BTreeSet::new(), found: Vec::new() };
    comparison.schema(at, old.1, new.1);
    comparison.found
}

pub(crate) struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    pub(crate) side: Side,
    seen: BTreeSet<(String, String)>,
    found: Vec<Finding>,
}

impl Comparison<'_> {
    pub(crate) fn refuse(&mut self, at: &str, what: impl Into<String>, instead: &str) {
        self.found.push(Finding { pointer: at.to_owned(), what: what.into(), instead: instead.to_owned() });
    }

    pub(crate) fn schema(&mut self, at: &str, old: &Value, new: &Value) {
        let references = (reference(old), reference(new));
        if let (Some(from), Some(to)) = &references
            && !self.seen.insert((from.clone(), to.clone()))
        {
            return;
        }
        let (old, new) = (resolve(self.old, old), resolve(self.new, new));
        match (is_any(&old), is_any(&new), self.side) {
            (true, true, _) | (true, false, Side::Written) | (false, true, Side::Read) => return,
            (true, false, Side::Read) => return self.refuse(at, "took anything and no longer does", KEEP),
            (false, true, Side::Written) => return self.refuse(at, "may be anything now", KEEP),
            (false, false, _) => {}
        }
        match (values(&old), values(&new)) {
            (None, None) => self.kinds(at, &old, &new),
            (old_values, new_values) => self.values(at, (&old, old_values), new_values),
        }
    }

    fn values(&mut self, at: &str, old: (&Value, Option<Vec<Value>>), new: Option<Vec<Value>>) {
        let list = |values: &[Value]| values.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
        match (self.side, old.1, new) {
            (Side::Read, Some(old), Some(new)) => {
                let gone: Vec<_> = old.into_iter().filter(|value| !new.contains(value)).collect();
                if !gone.is_empty() {
                    self.refuse(at, format!("{} is no longer taken", list(&gone)), KEEP);
                }
            }
            (Side::Written, Some(values), Some(new)) if !is_open(old.0) => {
                let more: Vec<_> = new.into_iter().filter(|value| !values.contains(value)).collect();
                if !more.is_empty() {
                    self.refuse(at, format!("{} is new, and readers do not know it", list(&more)), OPEN);
                }
            }
            (Side::Read, None, Some(_)) => {
                self.refuse(at, "takes only some values now", KEEP);
            }
            (Side::Written, Some(_), None) if !is_open(old.0) => {
                self.refuse(at, "may have any value now, and readers know only some", OPEN);
            }
            _ => {}
        }
    }

    /// Unions, of which `null` beside something else is the usual one.
    fn kinds(&mut self, at: &str, old: &Value, new: &Value) {
        let (old, new) = (branches(old), branches(new));
        match (self.side, old.iter().any(is_null), new.iter().any(is_null)) {
            (Side::Read, true, false) => self.refuse(at, "may no longer be null", OPTIONAL),
            (Side::Written, false, true) => {
                let instead = "leave it out instead: #[serde(skip_serializing_if = …)] on a new field";
                self.refuse(at, "may be null now", instead);
            }
            _ => {}
        }
        let real = |branches: Vec<Value>| branches.into_iter().filter(|each| !is_null(each)).collect();
        let (old, new): (Vec<Value>, Vec<Value>) = (real(old), real(new));
        match (old.as_slice(), new.as_slice()) {
            ([], []) => {}
            ([old], [new]) if reference(old).is_some() || reference(new).is_some() => {
                self.schema(at, old, new);
            }
            ([old], [new]) => self.shape(at, old, new),
            _ => self.alternatives(at, &old, &new),
        }
    }

    /// Each alternative that was taken must be taken by one of now, each written now understood by one of then.
    fn alternatives(&mut self, at: &str, old: &[Value], new: &[Value]) {
        let fits = |old_branch: &Value, new_branch: &Value| {
            compare_in((self.old, old_branch), (self.new, new_branch), self.side, at).is_empty()
        };
        let lost: Vec<Value> = match self.side {
            Side::Read => old.iter().filter(|old| !new.iter().any(|new| fits(old, new))).cloned().collect(),
            Side::Written => {
                new.iter().filter(|new| !old.iter().any(|old| fits(old, new))).cloned().collect()
            }
        };
        for alternative in lost {
            self.refuse(at, format!("one alternative has no counterpart: {alternative}"), KEEP);
        }
    }
}

fn reference(schema: &Value) -> Option<String> {
    schema["$ref"].as_str().map(str::to_owned)
}

/// What a schema stands for.
fn resolve(root: &Value, schema: &Value) -> Value {
    let mut schema = schema;
    // A chain of references is short; one that leads to itself ends here.
    for _ in 0..16 {
        let target = schema["$ref"].as_str().and_then(|path| root.pointer(path.strip_prefix('#')?));
        match target {
            Some(target) => schema = target,
            None => return schema.clone(),
        }
    }
    json!(true)
}
