//! Reading of values that have a form of their own.

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::duration;

/// A duration that is there, if only by default.
pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    duration::deserialize(deserializer)?.ok_or_else(|| D::Error::custom("a duration is missing"))
}

pub(super) fn header<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HeaderName, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom(format!("{text} is no name of a header")))
}

pub(super) fn header_value<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<HeaderValue>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let value = text.parse().map_err(|_| D::Error::custom("is no value of a header"))?;
    Ok(Some(value))
}
