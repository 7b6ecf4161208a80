//! The comparison of types, fields and items.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::Side;
use crate::compare::{Comparison, KEEP, OPTIONAL};

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
