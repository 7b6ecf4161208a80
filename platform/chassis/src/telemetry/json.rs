//! A line as a JSON object.

use super::escape::{self, push};
use super::fields::Value;
use super::layer::Line;

/// What the line itself tells; a field of such a name gets an underscore.
const OWN: [&str; 4] = ["time", "level", "target", "message"];

/// Writes the line with its line break.
pub(super) fn write(line: &Line<'_>) -> String {
    let mut out = String::with_capacity(256);
    push(&mut out, format_args!("{{\"time\":\"{}\"", line.time));
    let level = line.level.as_str().to_ascii_lowercase();
    push(&mut out, format_args!(",\"level\":\"{level}\",\"target\":"));
    escape::json(&mut out, line.target);
    out.push_str(",\"message\":");
    escape::json(&mut out, &line.message);
    for (name, field) in line.fields.iter() {
        out.push(',');
        if OWN.contains(&name) {
            escape::json(&mut out, &free_name(name, line));
        } else {
            escape::json(&mut out, name);
        }
        out.push(':');
        value(&mut out, field);
    }
    out.push_str("}\n");
    out
}

/// `name` with so many underscores that no other field has the name.
fn free_name(name: &str, line: &Line<'_>) -> String {
    let mut free = format!("{name}_");
    while line.fields.get(&free).is_some() {
        free.push('_');
    }
    free
}

fn value(out: &mut String, value: &Value) {
    match value {
        Value::Signed(number) => push(out, format_args!("{number}")),
        Value::Unsigned(number) => push(out, format_args!("{number}")),
        Value::Float(number) if number.is_finite() => push(out, format_args!("{number:?}")),
        // JSON has no such number.
        Value::Float(number) => push(out, format_args!("\"{number}\"")),
        Value::Bool(truth) => push(out, format_args!("{truth}")),
        Value::Text(text) => escape::json(out, text),
    }
}
