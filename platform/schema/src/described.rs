//! Schemas of types.

use std::fmt;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value};

/// Where parts that several schemas of a document share lie (OpenAPI 3.1.0 §4.8.7).
pub(crate) const SHARED: &str = "/components/schemas";

/// The two directions in which a document travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What is understood: a field that has a default may be missing.
    Read,
    /// What is produced: a field that is always written is always there.
    Written,
}

/// A JSON Schema.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Schema(Value);

impl Schema {
    /// The schema as a JSON document.
    #[must_use]
    pub fn as_value(&self) -> &Value {
        &self.0
    }
}

impl fmt::Display for Schema {
    /// Indented, with sorted keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

/// A type with a schema. Every type that derives `schemars::JsonSchema` is described.
pub trait Described {
    /// The schema by itself; what it shares with others lies under `$defs`.
    fn schema(side: Side) -> Schema;

    /// The schema within a document; what it shares with others becomes a part of the document.
    fn part(parts: &mut Parts, side: Side) -> Value;
}

impl<T: JsonSchema> Described for T {
    fn schema(side: Side) -> Schema {
        let generator = settings(side).into_generator();
        Schema(generator.into_root_schema_for::<T>().to_value())
    }

    fn part(parts: &mut Parts, side: Side) -> Value {
        parts.generator(side).subschema_for::<T>().to_value()
    }
}

fn settings(side: Side) -> SchemaSettings {
    let settings = SchemaSettings::draft2020_12();
    match side {
        Side::Read => settings.for_deserialize(),
        Side::Written => settings.for_serialize(),
    }
}

/// The shared schemas of a document that is being made.
#[derive(Debug)]
pub struct Parts {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Parts {
    pub(crate) fn new() -> Self {
        let generator = |side| {
            let place = |settings: &mut SchemaSettings| settings.definitions_path = SHARED.into();
            settings(side).with(place).into_generator()
        };
        Self { read: generator(Side::Read), written: generator(Side::Written) }
    }

    fn generator(&mut self, side: Side) -> &mut SchemaGenerator {
        match side {
            Side::Read => &mut self.read,
            Side::Written => &mut self.written,
        }
    }

    /// The properties of a schema made here, and which of them are required.
    pub(crate) fn properties(&self, schema: &Value, side: Side) -> (Map<String, Value>, Vec<String>) {
        let generator = if side == Side::Read { &self.read } else { &self.written };
        let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
        let schema = name.and_then(|name| generator.definitions().get(name)).unwrap_or(schema);
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        let required = schema["required"].as_array().into_iter().flatten();
        (properties, required.filter_map(|name| name.as_str().map(str::to_owned)).collect())
    }

    /// The shared schemas of both sides: what is read, and what is written.
    pub(crate) fn finish(mut self) -> (Map<String, Value>, Map<String, Value>) {
        (self.read.take_definitions(true), self.written.take_definitions(true))
    }
}
