//! Values on the wire: the binary formats of the few types that schemas here use.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgRow, PgTypeInfo, PgValueFormat};
use sqlx::{Encode, Postgres, Row as _, Type, ValueRef as _};

use crate::row::Columns;
use crate::{Bind, Column, DbError};

// The numbers of built-in types never change (pg_type.dat).
const BOOL: u32 = 16;
const BYTES: u32 = 17;
const NAME: u32 = 19;
const INT8: u32 = 20;
const INT2: u32 = 21;
const INT4: u32 = 23;
const TEXT: u32 = 25;
const JSON: u32 = 114;
const FLOAT4: u32 = 700;
const FLOAT8: u32 = 701;
const VARCHAR: u32 = 1043;
const NUMERIC: u32 = 1700;
const UUID: u32 = 2950;
const JSONB: u32 = 3802;

/// The binary form of a `jsonb` begins with its version.
const JSONB_VERSION: u8 = 1;

/// A parameter in the type that the server wants at its place.
pub(crate) struct Param<'a> {
    pub(crate) value: &'a Bind<'a>,
    pub(crate) kind: u32,
}

impl Type<Postgres> for Param<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(TEXT))
    }
}

impl<'q> Encode<'q, Postgres> for Param<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        match (self.value, self.kind) {
            (Bind::Null, _) => return Ok(IsNull::Yes),
            (Bind::Bool(value), BOOL) => buffer.push(u8::from(*value)),
            (Bind::Int(value), INT8) => buffer.extend_from_slice(&value.to_be_bytes()),
            (Bind::Int(value), INT4) => buffer.extend_from_slice(&i32::try_from(*value)?.to_be_bytes()),
            (Bind::Int(value), INT2) => buffer.extend_from_slice(&i16::try_from(*value)?.to_be_bytes()),
            (Bind::Id(id), UUID) => buffer.extend_from_slice(&id.as_bytes()[..]),
            (Bind::Text(text), TEXT | VARCHAR | NAME | JSON) => buffer.extend_from_slice(text.as_bytes()),
            (Bind::Json(text), TEXT | VARCHAR | JSON) => buffer.extend_from_slice(text.as_bytes()),
            (Bind::Json(text), JSONB) => {
                buffer.push(JSONB_VERSION);
                buffer.extend_from_slice(text.as_bytes());
            }
            (Bind::Bytes(bytes), BYTES) => buffer.extend_from_slice(bytes),
            (Bind::Invalid(message), _) => return Err(message.clone().into()),
            // The kinds only: the value may be personal.
            (value, kind) => return Err(format!("{} does not fit type {kind}", kind_of(value)).into()),
        }
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(self.kind)))
    }
}

fn kind_of(value: &Bind<'_>) -> &'static str {
    match value {
        Bind::Null => "null",
        Bind::Bool(_) => "a truth value",
        Bind::Int(_) => "a whole number",
        Bind::Id(_) => "an id",
        Bind::Text(_) => "a text",
        Bind::Json(_) => "a JSON document",
        Bind::Bytes(_) => "bytes",
        Bind::Invalid(_) => "an unprepared value",
    }
}

impl Columns for PgRow {
    fn column(&self, index: usize) -> Result<Column<'_>, DbError> {
        column(self, index)
    }
}

/// The value of a column, in the form that the embedded engine gives it.
pub(crate) fn column(row: &PgRow, index: usize) -> Result<Column<'_>, DbError> {
    let value =
        row.try_get_raw(index).map_err(|error| DbError::column(format!("column {index}: {error}")))?;
    if value.is_null() {
        return Ok(Column::Null);
    }
    let kind = value.type_info().oid().map_or(0, |oid| oid.0);
    if value.format() != PgValueFormat::Binary {
        return Err(DbError::column(format!("column {index}: not in binary form")));
    }
    let wrong = || DbError::column(format!("column {index}: a value of type {kind} is damaged"));
    let bytes = value.as_bytes().map_err(|_| wrong())?;
    Ok(match kind {
        BOOL => Column::Int(i64::from(bytes.first().copied().ok_or_else(wrong)? != 0)),
        INT8 => Column::Int(i64::from_be_bytes(bytes.try_into().map_err(|_| wrong())?)),
        INT4 => Column::Int(i32::from_be_bytes(bytes.try_into().map_err(|_| wrong())?).into()),
        INT2 => Column::Int(i16::from_be_bytes(bytes.try_into().map_err(|_| wrong())?).into()),
        FLOAT8 => Column::Real(f64::from_be_bytes(bytes.try_into().map_err(|_| wrong())?)),
        FLOAT4 => Column::Real(f32::from_be_bytes(bytes.try_into().map_err(|_| wrong())?).into()),
        TEXT | VARCHAR | NAME | JSON => Column::Text(std::str::from_utf8(bytes).map_err(|_| wrong())?),
        JSONB => {
            let text = bytes.strip_prefix(&[JSONB_VERSION]).ok_or_else(wrong)?;
            Column::Text(std::str::from_utf8(text).map_err(|_| wrong())?)
        }
        UUID | BYTES => Column::Bytes(bytes),
        NUMERIC => {
            let mend = "cast sums to bigint in the statement";
            return Err(DbError::column(format!("column {index}: a number without bounds; {mend}")));
        }
        other => return Err(DbError::column(format!("column {index}: type {other} is not known here"))),
    })
}
