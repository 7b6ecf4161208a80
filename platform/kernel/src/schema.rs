//! JSON Schemas of the values here, each as narrow as the parser of its text.
//!
//! A schema that is written by hand shares its limits with the parser; a property test compares the two.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{Currency, Id, Money, Position, Slug, SpanId, Timestamp, TraceId, TypedId};

macro_rules! schema {
    ($kind:ty, $name:literal, $schema:expr) => {
        impl JsonSchema for $kind {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

schema!(
    Id,
    "Id",
    json_schema!({
        "description": "A UUID, hyphenated (RFC 9562).",
        "type": "string",
        "format": "uuid",
        "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
        "examples": ["01980000-0000-7000-8000-000000000001"],
    })
);

schema!(
    TraceId,
    "TraceId",
    json_schema!({
        "description": "The id of a trace (W3C Trace Context).",
        "type": "string",
        "pattern": "^(?!0{32}$)[0-9a-f]{32}$",
        "examples": ["4bf92f3577b34da6a3ce929d0e0e4736"],
    })
);

schema!(
    SpanId,
    "SpanId",
    json_schema!({
        "description": "The id of a span (W3C Trace Context).",
        "type": "string",
        "pattern": "^(?!0{16}$)[0-9a-f]{16}$",
        "examples": ["00f067aa0ba902b7"],
    })
);

schema!(
    Slug,
    "Slug",
    json_schema!({
        "description": "A short name, compared byte by byte.",
        "type": "string",
        "minLength": 1,
        "maxLength": Slug::MAX_LENGTH,
        "pattern": r"^(?!\.{1,2}$)[A-Za-z0-9._-]+$",
        "examples": ["widget-2"],
    })
);

schema!(
    Position,
    "Position",
    json_schema!({
        "description": "A position token: send it back as it was received.",
        "type": "string",
        "maxLength": Position::MAX_LENGTH,
        "pattern": "^[A-Za-z0-9_-]*$",
        "examples": ["bGFtcHM9Nw"],
    })
);

// Written in this form; the parser takes a few more spellings of RFC 3339 and its successors.
schema!(
    Timestamp,
    "Timestamp",
    json_schema!({
        "description": "A point in time (RFC 3339).",
        "type": "string",
        "format": "date-time",
        "examples": ["2026-01-31T12:00:00.000000Z"],
    })
);

schema!(
    Currency,
    "Currency",
    json_schema!({
        "description": "A currency (ISO 4217).",
        "type": "string",
        "enum": Currency::codes(),
        "examples": [Currency::GBP.code()],
    })
);

impl JsonSchema for Money {
    fn schema_name() -> Cow<'static, str> {
        "Money".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An amount of money.",
            "type": "object",
            "properties": {
                "amount": {
                    "description": "A decimal number with at most the currency's decimal places.",
                    "type": "string",
                    "pattern": r"^-?[0-9]+(\.[0-9]{1,3})?$",
                    "examples": ["10.60"],
                },
                "currency": generator.subschema_for::<Currency>(),
            },
            "required": ["amount", "currency"],
            "additionalProperties": false,
        })
    }
}

/// The kind of object is known to the compiler only: on the wire it is an [`Id`].
impl<T> JsonSchema for TypedId<T> {
    fn schema_name() -> Cow<'static, str> {
        Id::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        Id::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Id::json_schema(generator)
    }
}
