//! The parts of schemas: alternatives, values, fields.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::Side;
use crate::compare::{Comparison, KEEP, OPTIONAL};

/// Whether a schema takes anything.
pub(crate) fn is_any(schema: &Value) -> bool {
    let says = |key: &&String| !matches!(key.as_str(), "description" | "title" | "examples" | "default");
    *schema == Value::Bool(true) || schema.as_object().is_some_and(|object| !object.keys().any(|k| says(&k)))
}

/// Whether readers take values that the enum does not list.
pub(crate) fn is_open(schema: &Value) -> bool {
    schema["x-open"] == true
}

pub(crate) fn is_null(schema: &Value) -> bool {
    schema["type"] == "null"
}

/// The only values that a schema takes, if it lists them.
pub(crate) fn values(schema: &Value) -> Option<Vec<Value>> {
    if let Some(values) = schema["enum"].as_array() {
        return Some(values.clone());
    }
    if let Some(value) = schema.get("const") {
        return Some(vec![value.clone()]);
    }
    let alternatives = schema["oneOf"].as_array().or(schema["anyOf"].as_array())?;
    let lists: Option<Vec<Vec<Value>>> = alternatives.iter().map(values).collect();
    lists.map(|lists| lists.into_iter().flatten().collect())
}

/// The alternatives of a schema; itself when there are none.
pub(crate) fn branches(schema: &Value) -> Vec<Value> {
    if let Some(alternatives) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        return alternatives.iter().flat_map(branches).collect();
    }
    let Some(types) = schema["type"].as_array() else {
        return vec![schema.clone()];
    };
    let of_type = |kind: &Value| {
        let mut branch = schema.clone();
        branch["type"] = kind.clone();
        branch
    };
    types.iter().map(of_type).collect()
}

impl Comparison<'_> {
    pub(crate) fn shape(&mut self, at: &str, old: &Value, new: &Value) {
        let (old_type, new_type) = (text(&old["type"]), text(&new["type"]));
        let is_wider = (old_type, new_type) == ("integer", "number") && self.side == Side::Read;
        let is_narrower = (old_type, new_type) == ("number", "integer") && self.side == Side::Written;
        if old_type != new_type && !is_wider && !is_narrower {
            return self.refuse(at, format!("was {old_type} and is {new_type}"), KEEP);
        }
        self.limits(at, old, new);
        match old_type {
            "object" => self.object(at, old, new),
            "array" => {
                self.schema(&format!("{at}/items"), part(old, "items"), part(new, "items"));
                if old["prefixItems"] != new["prefixItems"] {
                    self.refuse(at, "the items of a tuple changed", KEEP);
                }
            }
            _ => {}
        }
    }

    fn object(&mut self, at: &str, old: &Value, new: &Value) {
        let (old_fields, new_fields) = (fields(old), fields(new));
        for (name, schema) in &old_fields {
            let place = format!("{at}/properties/{}", name.replace('~', "~0").replace('/', "~1"));
            match new_fields.get(name) {
                Some(new) => self.schema(&place, schema, new),
                None => self.refuse(&place, "the field is gone or renamed", KEEP),
            }
        }
        let (old_required, new_required) = (required(old), required(new));
        let more = new_required.difference(&old_required);
        let more: Vec<&String> = if self.side == Side::Read { more.collect() } else { Vec::new() };
        for name in more {
            let what = if old_fields.contains_key(name) {
                format!("the field {name} was optional and is required")
            } else {
                format!("the new field {name} is required, and what was written before lacks it")
            };
            self.refuse(at, what, OPTIONAL);
        }
        let is_written = self.side == Side::Written;
        let is_there = |name: &&String| is_written && new_fields.contains_key(*name);
        for name in old_required.difference(&new_required).filter(is_there) {
            let what = format!("the field {name} was always there and may be missing now");
            self.refuse(at, what, "go on writing it always");
        }
        self.others(at, (old, &old_fields), (new, &new_fields));
    }

    /// Fields that no list names.
    fn others(&mut self, at: &str, old: (&Value, &Map<String, Value>), new: (&Value, &Map<String, Value>)) {
        let is_closed = |schema: &Value| schema["additionalProperties"] == false;
        if self.side == Side::Read && is_closed(new.0) && !is_closed(old.0) {
            return self.refuse(at, "unknown fields are refused now", "remove #[serde(deny_unknown_fields)]");
        }
        if self.side == Side::Written && is_closed(old.0) {
            for name in new.1.keys().filter(|name| !old.1.contains_key(*name)) {
                let what = format!("the field {name} is new, and readers refuse unknown fields here");
                self.refuse(at, what, "make a new type or version (.v2)");
            }
        }
        let (old, new) = (&old.0["additionalProperties"], &new.0["additionalProperties"]);
        if old.is_object() && new.is_object() {
            self.schema(&format!("{at}/additionalProperties"), old, new);
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("of no one type")
}

fn part<'a>(schema: &'a Value, name: &str) -> &'a Value {
    schema.get(name).unwrap_or(&Value::Bool(true))
}

fn fields(schema: &Value) -> Map<String, Value> {
    schema["properties"].as_object().cloned().unwrap_or_default()
}

fn required(schema: &Value) -> BTreeSet<String> {
    let names = schema["required"].as_array().into_iter().flatten();
    names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}
