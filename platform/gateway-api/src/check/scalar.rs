//! Text, numbers, booleans.

use std::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value as Json;

use super::{Report, wrong_type};
use crate::policy::Cidr;
use crate::schema::{Format, Schema};
use crate::yaml::{Node, Value};

pub(super) fn text(node: &Node, schema: &Schema, way: &str, report: &mut Report<'_>) {
    let text = match &node.value {
        Value::Text(text) => text,
        Value::Number(_) | Value::Boolean(_) | Value::Word(_) => {
            return wrong_type(node, "text (put it in quotes)", way, report);
        }
        _ => return wrong_type(node, "text", way, report),
    };
    length(node, text, schema, way, report);
    allowed(node, schema, way, report);
    if let Some(pattern) = &schema.pattern {
        match pattern.matches(text) {
            Ok(true) => {}
            Ok(false) => report.add(node.place, way, &format!("must match the pattern {}", pattern.text)),
            Err(error) => report.add(node.place, way, &format!("cannot be judged by its pattern: {error}")),
        }
    }
    if let Some(format) = schema.format
        && !has_format(node, format)
    {
        report.add(node.place, way, &format!("must be {}", format.name()));
    }
}

fn length(node: &Node, text: &str, schema: &Schema, way: &str, report: &mut Report<'_>) {
    let characters = text.chars().count();
    if let Some(least) = schema.min_length
        && characters < least
    {
        let reason = match least {
            1 => "must not be empty".to_owned(),
            _ => format!("must have at least {least} characters"),
        };
        report.add(node.place, way, &reason);
    }
    if let Some(most) = schema.max_length
        && characters > most
    {
        report.add(
            node.place,
            way,
            &format!("must not have more than {most} characters, but has {characters}"),
        );
    }
}

fn allowed(node: &Node, schema: &Schema, way: &str, report: &mut Report<'_>) {
    if schema.allowed.is_empty() || schema.allowed.iter().any(|allowed| is(node, allowed)) {
        return;
    }
    let names: Vec<String> = schema.allowed.iter().map(shown).collect();
    report.add(node.place, way, &format!("must be one of {}", names.join(", ")));
}

fn shown(allowed: &Json) -> String {
    match allowed {
        Json::String(text) if text.is_empty() => "\"\"".to_owned(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether a value is that of an enumeration.
pub(super) fn is(node: &Node, allowed: &Json) -> bool {
    match (&node.value, allowed) {
        (Value::Text(text), Json::String(allowed)) => text == allowed,
        (Value::Number(digits), Json::Number(allowed)) => *digits == allowed.to_string(),
        (Value::Boolean(value), Json::Bool(allowed)) => value == allowed,
        _ => false,
    }
}

pub(super) fn integer(node: &Node, schema: &Schema, way: &str, report: &mut Report<'_>) {
    let Value::Number(digits) = &node.value else {
        return wrong_type(node, "a whole number", way, report);
    };
    let number = if is_plain(digits) { digits.parse::<i64>().ok() } else { None };
    let Some(number) = number else {
        return report.add(
            node.place,
            way,
            &format!("must be a whole number in decimal digits, not {digits}"),
        );
    };
    let (least, most) = bounds(schema);
    if number < least || number > most {
        report.add(node.place, way, &format!("must be a whole number from {least} to {most}, not {number}"));
    }
    allowed(node, schema, way, report);
}

fn bounds(schema: &Schema) -> (i64, i64) {
    let (least, most) = match schema.format {
        Some(Format::Int32) => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    (schema.minimum.unwrap_or(least).max(least), schema.maximum.unwrap_or(most).min(most))
}

/// A leading zero means octal to some readers.
fn is_plain(digits: &str) -> bool {
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    let is_decimal = !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit());
    is_decimal && (unsigned == "0" || !unsigned.starts_with('0'))
}

pub(super) fn boolean(node: &Node, way: &str, report: &mut Report<'_>) {
    match &node.value {
        Value::Boolean(_) => {}
        Value::Word(word) => {
            report.add(node.place, way, &format!("must be written true or false, not {word}"));
        }
        _ => wrong_type(node, "true or false", way, report),
    }
}

pub(super) fn int_or_string(node: &Node, way: &str, report: &mut Report<'_>) {
    if !matches!(&node.value, Value::Number(digits) if is_plain(digits))
        && !matches!(node.value, Value::Text(_))
    {
        wrong_type(node, "a whole number or text", way, report);
    }
}

/// Whether a value is of a named form.
pub(super) fn has_format(node: &Node, format: Format) -> bool {
    match (&node.value, format) {
        (Value::Text(text), Format::Ipv4) => text.parse::<Ipv4Addr>().is_ok(),
        (Value::Text(text), Format::Ipv6) => text.parse::<Ipv6Addr>().is_ok(),
        (Value::Text(text), Format::Cidr) => text.parse::<Cidr>().is_ok(),
        (Value::Text(text), Format::Byte) => BASE64.decode(text).is_ok(),
        (Value::Number(digits), Format::Int32) => digits.parse::<i32>().is_ok(),
        (Value::Number(digits), Format::Int64) => digits.parse::<i64>().is_ok(),
        _ => false,
    }
}
