//! Values of a document as the rules of its definition see them.

use std::sync::Arc;

use cel::Value;
use cel::objects::{Key, Map};

use crate::schema::Schema;
use crate::yaml::{Entry, Node, Value as Yaml};

/// A value as the language sees it.
pub(crate) fn seen(node: &Node, schema: &Schema) -> Value {
    match &node.value {
        Yaml::Null => Value::Null,
        Yaml::Text(text) | Yaml::Word(text) => Value::String(Arc::new(text.clone())),
        Yaml::Number(digits) => digits.parse().map_or(Value::Null, Value::Int),
        Yaml::Boolean(value) => Value::Bool(*value),
        Yaml::List(items) => {
            let below = schema.items.as_deref();
            Value::List(Arc::new(items.iter().map(|item| seen_below(item, below)).collect()))
        }
        Yaml::Mapping(entries) => {
            let entry = |Entry { key, node, .. }: &Entry| match schema.properties.get(key) {
                Some(below) => (Key::String(Arc::new(escaped(key))), seen(node, below)),
                None => {
                    let below = schema.additional_properties.as_deref();
                    (Key::String(Arc::new(key.clone())), seen_below(node, below))
                }
            };
            Value::Map(Map { map: Arc::new(entries.iter().map(entry).collect()) })
        }
    }
}

fn seen_below(node: &Node, schema: Option<&Schema>) -> Value {
    match schema {
        Some(schema) => seen(node, schema),
        None => seen(node, &Schema::default()),
    }
}

/// The name of a property in an expression: what is no identifier there is spelled out (Kubernetes, "Validation
/// rules", escaping of property names).
fn escaped(key: &str) -> String {
    const RESERVED: [&str; 21] = [
        "true",
        "false",
        "null",
        "in",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ];
    if RESERVED.contains(&key) {
        return format!("__{key}__");
    }
    key.replace("__", "__underscores__")
        .replace('.', "__dot__")
        .replace('-', "__dash__")
        .replace('/', "__slash__")
}
