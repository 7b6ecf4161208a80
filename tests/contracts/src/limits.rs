//! Limits: lengths, numbers, patterns and formats.

use serde_json::Value;

use crate::Side;
use crate::compare::{Comparison, KEEP};

const LOWER: [&str; 3] = ["minimum", "minLength", "minItems"];
const UPPER: [&str; 3] = ["maximum", "maxLength", "maxItems"];

/// The formats of numbers with what they allow.
const NUMBERS: [(&str, f64, f64); 8] = [
    ("int8", -128.0, 127.0),
    ("uint8", 0.0, 255.0),
    ("int16", -32_768.0, 32_767.0),
    ("uint16", 0.0, 65_535.0),
    ("int32", -2_147_483_648.0, 2_147_483_647.0),
    ("uint32", 0.0, 4_294_967_295.0),
    ("int64", -9.3e18, 9.3e18),
    ("uint64", 0.0, 1.9e19),
];

impl Comparison<'_> {
    /// What is read may not be bounded more tightly, what is written not more loosely: both would be refused by
    /// one of the two.
    pub(crate) fn limits(&mut self, at: &str, old: &Value, new: &Value) {
        for name in LOWER {
            self.limit(at, name, -lower(old, name), -lower(new, name));
        }
        for name in UPPER {
            self.limit(at, name, upper(old, name), upper(new, name));
        }
        for name in ["pattern", "format"] {
            let (old, new) = (text(old, name), text(new, name));
            let binding = if self.side == Side::Read { &new } else { &old };
            if binding.is_some() && old != new {
                let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
                let what = format!("the {name} was {} and is {}", said(&old), said(&new));
                self.refuse(at, what, KEEP);
            }
        }
    }

    fn limit(&mut self, at: &str, name: &str, old: f64, new: f64) {
        let (change, is_worse) = match self.side {
            Side::Read => ("narrower: what was taken may be refused", new < old),
            Side::Written => ("wider: readers refuse what lies outside", new > old),
        };
        if is_worse {
            self.refuse(at, format!("{name} is {change}"), "keep the limit, or make a .v2 type");
        }
    }
}

fn lower(schema: &Value, name: &str) -> f64 {
    let implied = number_format(schema).filter(|_| name == "minimum").map(|(_, least, _)| *least);
    let said = schema[name].as_f64();
    said.into_iter().chain(implied).fold(f64::NEG_INFINITY, f64::max).max(nothing(name))
}

fn upper(schema: &Value, name: &str) -> f64 {
    let implied = number_format(schema).filter(|_| name == "maximum").map(|(.., greatest)| *greatest);
    schema[name].as_f64().into_iter().chain(implied).fold(f64::INFINITY, f64::min)
}

/// The lower limit that holds when nothing is said: nothing is shorter than empty.
fn nothing(name: &str) -> f64 {
    if name == "minimum" { f64::NEG_INFINITY } else { 0.0 }
}

fn number_format(schema: &Value) -> Option<&'static (&'static str, f64, f64)> {
    NUMBERS.iter().find(|(name, ..)| schema["format"] == *name)
}

/// A pattern or a format of text; that of a number is a limit.
fn text(schema: &Value, name: &str) -> Option<String> {
    schema[name].as_str().filter(|_| schema["type"] == "string").map(str::to_owned)
}
