//! Values that come out of statements.

use std::fmt;

use serde::de::DeserializeOwned;
use tradewind_kernel::{Currency, Id, Slug, Timestamp, TypedId};

use crate::{DbError, Json};

/// One value of a row, borrowed from the engine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Column<'a> {
    /// No value.
    Null,
    /// A whole number or a truth value.
    Int(i64),
    /// A floating point number.
    Real(f64),
    /// A text or a JSON document.
    Text(&'a str),
    /// Bytes or an id.
    Bytes(&'a [u8]),
}

/// A row as an engine gives it.
pub(crate) trait Columns {
    /// The value of the column with this number, counted from zero.
    fn column(&self, index: usize) -> Result<Column<'_>, DbError>;
}

/// One row of a result.
pub struct Row<'a> {
    columns: &'a dyn Columns,
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Row")
    }
}

impl<'a> Row<'a> {
    pub(crate) fn new(columns: &'a dyn Columns) -> Self {
        Self { columns }
    }

    /// The value of the column with this number, counted from zero.
    ///
    /// # Errors
    /// [`DbError::Column`] when there is no such column or it holds something else.
    pub fn get<T: FromColumn>(&self, index: usize) -> Result<T, DbError> {
        T::from_column(self.columns.column(index)?).map_err(|error| match error {
            DbError::Column { message } => DbError::column(format!("column {index}: {message}")),
            other => other,
        })
    }
}

/// Something that can be read from one column.
pub trait FromColumn: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// [`DbError::Column`] when the column holds something else.
    fn from_column(column: Column<'_>) -> Result<Self, DbError>;
}

/// Something that can be read from a row.
pub trait FromRow: Sized + Send {
    /// Reads it.
    ///
    /// # Errors
    /// [`DbError::Column`] when a column is missing or holds something else.
    fn from_row(row: &Row<'_>) -> Result<Self, DbError>;
}

fn unexpected<T>(wanted: &str, found: Column<'_>) -> Result<T, DbError> {
    let kind = match found {
        Column::Null => "null",
        Column::Int(_) => "a whole number",
        Column::Real(_) => "a floating point number",
        Column::Text(_) => "a text",
        Column::Bytes(_) => "bytes",
    };
    // The kind only: the value may be personal.
    Err(DbError::column(format!("expected {wanted}, found {kind}")))
}

impl FromColumn for i64 {
    fn from_column(column: Column<'_>) -> Result<Self, DbError> {
        match column {
            Column::Int(number) => Ok(number),
            other => unexpected("a whole number", other),
        }
    }
}

macro_rules! narrow {
    ($($kind:ty),*) => {
        $(impl FromColumn for $kind {
            fn from_column(column: Column<'_>) -> Result<Self, DbError> {
                let number = i64::from_column(column)?;
                <$kind>::try_from(number)
                    .map_err(|_| DbError::column(concat!("the number does not fit ", stringify!($kind))))
            }
        })*
    };
}

narrow!(i32, u16, u32, u64);

impl FromColumn for bool {
    fn from_column(column: Column<'_>) -> Result<Self, DbError> {
        match column {
            Column::Int(number) => Ok(number != 0),
            other => unexpected("a truth value", other),
        }
    }
}

impl FromColumn for String {
    fn from_column(column: Column<'_>) -> Result<Self, DbError> {
        match column {
            Column::Text(text) => Ok(text.to_owned()),
            other => unexpected("a text", other),
        }
    }
}

impl FromColumn for Vec<u8> {
    fn from_column(column: Column<'_>) -> Result<Self, DbError> {
        match column {
            Column::Bytes(bytes) => Ok(bytes.to_vec()),
            other => unexpected("bytes", other),
        }
    }
}

impl FromColumn for Id {
    fn from_column(column: Column<'_>) -> Result<Self, DbError> {
        match column {
            Column::Bytes(bytes) => match <[u8; 16]>::try_from(bytes) {
                Ok(bytes) => Ok(Self::from_bytes(bytes)),
                Err(_) => Err(DbError::column("expected an id of sixteen bytes")),
            },
            other => unexpected("an id", other),
        }
    }
}

impl<T> FromColumn for TypedId<T> {
    fn from_column(column: Column<'_>) -> Result<Self, DbError> {
        Id::from_column(column).map(Self::new)
    }
}

impl FromColumn for Timestamp {
    fn from_column(column: Column<'_>) -> Result<Self, DbError> {
        i64::from_column(column).map(Self::from_micros)
    }
}

macro_rules! parsed {
    ($($kind:ty),*) => {
        $(impl FromColumn for $kind {
            fn from_column(column: Column<'_>) -> Result<Self, DbError> {
                match column {
                    Column::Text(text) => text.parse().map_err(|error| DbError::column(format!("{error}"))),
                    other => unexpected("a text", other),
                }
            }
        })*
    };
}

parsed!(Slug, Currency);

impl<T: DeserializeOwned> FromColumn for Json<T> {
    fn from_column(column: Column<'_>) -> Result<Self, DbError> {
        match column {
            Column::Text(text) => Self::parse(text).map_err(DbError::column),
            other => unexpected("a JSON document", other),
        }
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_column(column: Column<'_>) -> Result<Self, DbError> {
        match column {
            Column::Null => Ok(None),
            other => T::from_column(other).map(Some),
        }
    }
}

macro_rules! tuple {
    ($($kind:ident $index:tt),*) => {
        impl<$($kind: FromColumn + Send),*> FromRow for ($($kind,)*) {
            fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
                Ok(($(row.get::<$kind>($index)?,)*))
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
