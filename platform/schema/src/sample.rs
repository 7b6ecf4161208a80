//! A document that fits a schema: the example in the documentation.

use serde_json::{Map, Value, json};

/// How deep a sample goes; schemas may contain themselves.
const MAX_DEPTH: u32 = 16;

/// A document that fits `schema`, made of the `examples` in it where there are any.
///
/// References are looked up in `root`, the document in which the schema lies. A text with a pattern needs an
/// example of its own; nothing is invented for it.
#[must_use]
pub fn sample(schema: &Value, root: &Value) -> Value {
    at(schema, root, MAX_DEPTH)
}

fn at(schema: &Value, root: &Value, depth: u32) -> Value {
    let given = [&schema["examples"][0], &schema["const"], &schema["enum"][0]];
    if let Some(given) = given.into_iter().find(|value| !value.is_null()) {
        return given.clone();
    }
    if depth == 0 {
        return Value::Null;
    }
    if let Some(target) = target(schema, root) {
        return at(target, root, depth - 1);
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = schema[choice].get(0) {
            return at(first, root, depth - 1);
        }
    }
    match first_type(&schema["type"]) {
        "object" => object(schema, root, depth - 1),
        "array" => json!([at(&schema["items"], root, depth - 1)]),
        "integer" => schema["minimum"].as_i64().map_or(1, |least| least.max(1)).into(),
        "number" => json!(1.5),
        "boolean" => true.into(),
        "string" => text(schema),
        _ => json!({}),
    }
}

fn text(schema: &Value) -> Value {
    match schema["format"].as_str() {
        Some("date-time") => "2026-01-31T12:00:00.000000Z".into(),
        Some("uuid") => "01980000-0000-7000-8000-000000000001".into(),
        _ => "text".into(),
    }
}

fn first_type(kind: &Value) -> &str {
    kind.as_str().or_else(|| kind[0].as_str()).unwrap_or_default()
}

fn object(schema: &Value, root: &Value, depth: u32) -> Value {
    let properties = schema["properties"].as_object().into_iter().flatten();
    let members = properties.map(|(name, schema)| (name.clone(), at(schema, root, depth)));
    Value::Object(members.collect::<Map<_, _>>())
}

/// What a schema refers to.
fn target<'a>(schema: &Value, root: &'a Value) -> Option<&'a Value> {
    root.pointer(schema["$ref"].as_str()?.strip_prefix('#')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_made_of_examples_and_of_the_least_that_fits() {
        let root = json!({"$defs": {"Name": {"type": "string", "examples": ["ada"]}}});
        let schema = json!({"type": "object", "properties": {
            "name": {"$ref": "#/$defs/Name"},
            "given": {"$ref": "#/$defs/Name", "examples": ["grace"]},
            "count": {"type": "integer", "minimum": 3},
            "colours": {"type": "array", "items": {"oneOf": [{"const": "red"}, {"const": "blue"}]}},
            "maybe": {"type": ["boolean", "null"]},
        }});
        let expected =
            json!({"name": "ada", "given": "grace", "count": 3, "colours": ["red"], "maybe": true});
        assert_eq!(sample(&schema, &root), expected);
    }

    #[test]
    fn a_schema_that_contains_itself_has_a_sample_too() {
        let root =
            json!({"$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}}});
        assert!(sample(&root["$defs"]["Node"], &root)["next"].is_object());
    }
}
