//! One set of shared schemas from two: a type may be read in another form than it is written.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::described::SHARED;

/// What is added to the name of a schema that is read in another form than it is written.
const READ_FORM: &str = ".Read";

/// The shared schemas of both sides under one set of names, where `read` and those who use it are renamed as
/// needed.
pub(crate) fn merge(
    mut read: Map<String, Value>,
    written: Map<String, Value>,
    users: &mut [Value],
) -> Map<String, Value> {
    let differing = differing(&read, &written);
    let mut rename = |path: &mut String| {
        if differing.contains(name(path)) {
            path.push_str(READ_FORM);
        }
    };
    read.values_mut().chain(users).for_each(|schema| each_reference(schema, &mut rename));
    let mut merged = written;
    for (key, schema) in read {
        let key = if differing.contains(&key) { format!("{key}{READ_FORM}") } else { key };
        merged.insert(key, schema);
    }
    merged
}

/// The names whose schemas differ, or lead to one that does.
fn differing(read: &Map<String, Value>, written: &Map<String, Value>) -> BTreeSet<String> {
    let both = || read.iter().filter(|(name, _)| written.contains_key(*name));
    let mut differing: BTreeSet<String> =
        both().filter(|(name, schema)| written[*name] != **schema).map(|(name, _)| name.clone()).collect();
    loop {
        let leads = |schema: &Value| references(schema).iter().any(|path| differing.contains(name(path)));
        let more: Vec<String> = both()
            .filter(|(name, schema)| !differing.contains(*name) && leads(schema))
            .map(|(name, _)| name.clone())
            .collect();
        if more.is_empty() {
            return differing;
        }
        differing.extend(more);
    }
}

/// Removes the shared schemas to which nothing leads.
pub(crate) fn prune(shared: &mut Map<String, Value>, document: &Value) {
    let mut wanted = BTreeSet::new();
    let mut open: Vec<String> = references(document).iter().map(|path| name(path).to_owned()).collect();
    while let Some(next) = open.pop() {
        if let Some(schema) = shared.get(&next).filter(|_| wanted.insert(next.clone())) {
            open.extend(references(schema).iter().map(|path| name(path).to_owned()));
        }
    }
    shared.retain(|name, _| wanted.contains(name));
}

fn name(path: &str) -> &str {
    path.strip_prefix('#').and_then(|path| path.strip_prefix(SHARED)).map_or("", |name| &name[1..])
}

fn references(schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut schema = schema.clone();
    each_reference(&mut schema, &mut |path: &mut String| found.push(path.clone()));
    found
}

fn each_reference(value: &mut Value, visit: &mut dyn FnMut(&mut String)) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value {
                    Value::String(path) if key == "$ref" => visit(path),
                    value => each_reference(value, visit),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_reference(item, visit)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn what_is_read_in_another_form_gets_a_name_of_its_own() {
        let to = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let read = map(&json!({"Lamp": {"items": to("Bulb")}, "Bulb": {"type": "string"}, "Same": true}));
        let written = map(&json!({"Lamp": {"items": to("Bulb")}, "Bulb": {"type": "null"}, "Same": true}));
        let mut users = [to("Lamp"), to("Same")];
        let merged = merge(read, written, &mut users);
        assert_eq!(users, [to("Lamp.Read"), to("Same")]);
        let expected = json!({
            "Lamp": {"items": to("Bulb")}, "Bulb": {"type": "null"}, "Same": true,
            "Lamp.Read": {"items": to("Bulb.Read")}, "Bulb.Read": {"type": "string"},
        });
        assert_eq!(Value::Object(merged), expected);
    }

    #[test]
    fn what_nobody_uses_is_left_out() {
        let to = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let mut shared = map(&json!({"A": to("B"), "B": to("A"), "C": true}));
        prune(&mut shared, &json!({"schema": to("A")}));
        assert_eq!(shared.keys().collect::<Vec<_>>(), ["A", "B"]);
    }
}
