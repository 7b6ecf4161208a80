//! Checks the values of a document against a schema, and fills in what it leaves out.
//!
//! The order is that of the API server: defaults first, then types, bounds and patterns, then rules, and those only
//! where everything below is in order, since they are written for such values.

mod list;
mod mapping;
mod scalar;

use serde_json::Value as Json;

use crate::rule::Judge;
use crate::schema::{Format, Schema, Type};
use crate::seen::seen;
use crate::yaml::{Entry, Node, Place, Value};

/// What is wrong in one document.
pub(crate) struct Report<'read> {
    pub(crate) found: Vec<(Place, String)>,
    judge: &'read Judge,
}

impl<'read> Report<'read> {
    pub(crate) fn new(judge: &'read Judge) -> Self {
        Self { found: Vec::new(), judge }
    }

    /// Notes an error; `reason` goes on after the way to the value.
    pub(crate) fn add(&mut self, place: Place, way: &str, reason: &str) {
        let subject = if way.is_empty() { "the document".to_owned() } else { format!("`{way}`") };
        self.found.push((place, format!("{subject} {reason}")));
    }
}

/// Puts defaults where fields are left out, as far down as values go. They stand at the mapping they are missing in.
pub(crate) fn fill(node: &mut Node, schema: &Schema) {
    let place = node.place;
    match &mut node.value {
        Value::Mapping(entries) => {
            for (name, below) in &schema.properties {
                let position = entries.iter().position(|entry| entry.key == *name);
                match (position, &below.default) {
                    (Some(position), default) => {
                        let Some(entry) = entries.get_mut(position) else { continue };
                        if let (Value::Null, Some(default)) = (&entry.node.value, default) {
                            entry.node = made(default, entry.place);
                        }
                        fill(&mut entry.node, below);
                    }
                    (None, Some(default)) => {
                        let mut node = made(default, place);
                        fill(&mut node, below);
                        entries.push(Entry { key: name.clone(), place, node });
                    }
                    (None, None) => {}
                }
            }
        }
        Value::List(items) => {
            if let Some(below) = &schema.items {
                items.iter_mut().for_each(|item| fill(item, below));
            }
        }
        _ => {}
    }
}

/// A default as a value.
fn made(default: &Json, place: Place) -> Node {
    let value = match default {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => Value::Number(number.to_string()),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(|item| made(item, place)).collect()),
        Json::Object(fields) => Value::Mapping(
            fields
                .iter()
                .map(|(key, value)| Entry { key: key.clone(), place, node: made(value, place) })
                .collect(),
        ),
    };
    Node { place, value }
}

/// Notes what is wrong with a value and with those below it.
pub(crate) fn check(node: &Node, schema: &Schema, way: &str, report: &mut Report<'_>) {
    let before = report.found.len();
    match schema.kind {
        Some(Type::Object) => mapping::check(node, schema, way, report),
        Some(Type::Array) => list::check(node, schema, way, report),
        Some(Type::String) => scalar::text(node, schema, way, report),
        Some(Type::Integer) => scalar::integer(node, schema, way, report),
        Some(Type::Boolean) => scalar::boolean(node, way, report),
        None if schema.int_or_string => scalar::int_or_string(node, way, report),
        None => {}
    }
    if report.found.len() > before {
        return;
    }
    alternatives(node, schema, way, report);
    if schema.rules.is_empty() || report.found.len() > before {
        return;
    }
    let value = seen(node, schema);
    for rule in &schema.rules {
        if let Err(reason) = report.judge.ask(rule, &value) {
            report.add(node.place, way, &reason);
        }
    }
}

/// `oneOf`, `anyOf` and `not`, whose schemas only narrow down what the outer one describes.
fn alternatives(node: &Node, schema: &Schema, way: &str, report: &mut Report<'_>) {
    let fitting = |schemas: &[Schema]| schemas.iter().filter(|schema| narrows(node, schema)).count();
    if !schema.one_of.is_empty() && fitting(&schema.one_of) != 1 {
        report.add(node.place, way, "has a value that does not fit its type");
    }
    if !schema.any_of.is_empty() && fitting(&schema.any_of) == 0 {
        report.add(node.place, way, "has none of the forms that it may have");
    }
    if schema.not.as_ref().is_some_and(|schema| narrows(node, schema)) {
        report.add(node.place, way, "has a form that it must not have");
    }
}

/// Whether a value is one that such a schema lets through. It has no types of its own, and knows a part of the fields.
fn narrows(node: &Node, schema: &Schema) -> bool {
    let field = |name: &str| match &node.value {
        Value::Mapping(entries) => entries.iter().find(|entry| entry.key == name),
        _ => None,
    };
    let fields =
        schema.properties.iter().all(|(name, below)| field(name).is_none_or(|e| narrows(&e.node, below)));
    let allowed = schema.allowed.is_empty() || schema.allowed.iter().any(|allowed| scalar::is(node, allowed));
    let format = schema.format.is_none_or(|format| scalar::has_format(node, format));
    let any = schema.any_of.is_empty() || schema.any_of.iter().any(|below| narrows(node, below));
    let not = schema.not.as_ref().is_none_or(|below| !narrows(node, below));
    fields && schema.required.iter().all(|name| field(name).is_some()) && allowed && format && any && not
}

/// What a value is, for errors.
fn type_of(node: &Node) -> &'static str {
    match &node.value {
        Value::Null => "nothing",
        Value::Text(_) => "text",
        Value::Number(_) => "a number",
        Value::Boolean(_) => "a boolean",
        Value::Word(_) => "a word that some programs read as true or false",
        Value::List(_) => "a list",
        Value::Mapping(_) => "a mapping",
    }
}

fn wrong_type(node: &Node, expected: &str, way: &str, report: &mut Report<'_>) {
    report.add(node.place, way, &format!("must be {expected}, but is {}", type_of(node)));
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Int32 => "a number of 32 bits",
            Self::Int64 => "a number of 64 bits",
            Self::Ipv4 => "an IPv4 address",
            Self::Ipv6 => "an IPv6 address",
            Self::Byte => "base64",
            Self::Cidr => "a block of addresses such as 10.0.0.0/8",
        }
    }
}
