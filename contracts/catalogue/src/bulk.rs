//! Many products at once: import and export.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::{Money, Slug};

use crate::{ProductId, PutDetails};

/// The most bytes of one piece of an import.
pub const MAX_CHUNK_BYTES: usize = 512 * 1024;

/// The most rows of one piece of an import.
pub const MAX_CHUNK_ROWS: usize = 500;

/// In which form rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BulkFormat {
    /// Comma-separated values (RFC 4180); the first line names the columns.
    Csv,
    /// One JSON document on each line: a [`BulkProduct`].
    Ndjson,
}

/// A product in an import or an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BulkProduct {
    /// Its id.
    pub id: ProductId,
    /// Its name, 1 to 200 characters.
    pub name: String,
    /// What it is, up to 2,000 characters.
    #[serde(default)]
    pub description: String,
    /// Its main price; not negative.
    pub price: Money,
    /// Its prices in other currencies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prices: Vec<Money>,
    /// What else is said of it; absent: what was said stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<PutDetails>,
}

/// A piece of an import: `POST /admin/imports/{id}/chunks`, internal door. Rows that were taken already are passed over,
/// so that a piece may be sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportChunk {
    /// In which form the rows are.
    #[schemars(example = &"ndjson")]
    pub format: BulkFormat,
    /// How many rows of the whole come before this piece.
    #[serde(default)]
    #[schemars(example = 0)]
    pub after: u64,
    /// The number of the line that the first row of this piece is on, so that errors can name it.
    #[serde(default)]
    #[schemars(example = 1)]
    pub line: u64,
    /// The rows, whole ones, up to 500 and 512 KiB; of comma-separated values each piece begins with the line that
    /// names the columns.
    #[schemars(length(max = 524_288), example = &"")]
    pub rows: String,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RowError {
    /// The number of its line.
    pub line: u64,
    /// The field or column, as far as it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What to change.
    pub detail: String,
}

/// How far an import has come: answer to a piece, and `GET /admin/imports/{id}`, internal door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportProgress {
    /// The import.
    pub id: Slug,
    /// How many rows were taken, with those in error.
    pub position: u64,
    /// How many of them changed a product.
    pub changed: u64,
    /// How many of them said what was known.
    pub unchanged: u64,
    /// How many of them were refused.
    pub refused: u64,
    /// What is wrong with rows of this piece; the other rows were taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<RowError>,
}
