//! What a schema says by itself: alternatives and values.

use serde_json::Value;

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
