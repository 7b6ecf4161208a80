//! Mappings: fields that must be there, fields that are not known.

use super::{Report, check as check_value, wrong_type};
use crate::schema::Schema;
use crate::yaml::{Entry, Node, Value};

pub(super) fn check(node: &Node, schema: &Schema, way: &str, report: &mut Report<'_>) {
    let Value::Mapping(entries) = &node.value else {
        return wrong_type(node, "a mapping", way, report);
    };
    for name in &schema.required {
        if !entries.iter().any(|entry| entry.key == *name) {
            report.add(node.place, way, &format!("lacks the field `{name}`"));
        }
    }
    if let Some(most) = schema.max_properties
        && entries.len() > most
    {
        report.add(node.place, way, &format!("must not have more than {most} fields"));
    }
    for entry in entries {
        field(entry, schema, &below(way, &entry.key), report);
    }
}

fn field(entry: &Entry, schema: &Schema, way: &str, report: &mut Report<'_>) {
    let known = schema.properties.get(&entry.key).or(schema.additional_properties.as_deref());
    match known {
        Some(below) => check_value(&entry.node, below, way, report),
        None if schema.keeps_unknown => {}
        None => report.add(entry.place, way, &unknown(&entry.key, schema)),
    }
}

/// Says which fields there are, the likely one first.
fn unknown(key: &str, schema: &Schema) -> String {
    let names: Vec<&str> = schema.properties.keys().map(String::as_str).collect();
    match names.iter().find(|name| name.eq_ignore_ascii_case(key)) {
        Some(meant) => format!("is not a known field; `{meant}` is"),
        None => format!("is not a known field; known here: {}", names.join(", ")),
    }
}

fn below(way: &str, name: &str) -> String {
    if way.is_empty() { name.to_owned() } else { format!("{way}.{name}") }
}
