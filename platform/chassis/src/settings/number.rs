//! Text that is to become a number.

use serde::de::Visitor;

use super::failure::Failure;
use super::file::inline;
use super::node::{Place, Value};

/// Gives `text` to a setting that wants a number: as one when it can be read as one, else as it stands, so
/// that the setting refuses it in its own words.
pub(super) fn visit<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, Failure> {
    let trimmed = text.trim();
    if let Ok(number) = trimmed.parse::<u64>() {
        return visitor.visit_u64(number);
    }
    if let Ok(number) = trimmed.parse::<i64>() {
        return visitor.visit_i64(number);
    }
    if let Ok(number) = trimmed.parse::<f64>() {
        return visitor.visit_f64(number);
    }
    // TOML also writes 1_000 and 0xff.
    match inline(trimmed, &Place::Nowhere) {
        Ok(Value::Integer(number)) => visitor.visit_i64(number),
        Ok(Value::Float(number)) => visitor.visit_f64(number),
        _ => visitor.visit_str(text),
    }
}
