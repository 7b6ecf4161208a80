//! What storage promises: objects of bytes under names, in buckets.

#![warn(missing_docs)]

mod client;
mod name;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::{Slug, Timestamp};
use tradewind_problem::Kind;

pub use client::StorageClient;
pub use name::{InvalidObjectName, ObjectName};

/// The name of the service.
pub const SERVICE: &str = "storage";

/// Where buckets are found: `{bucket}` below it lists objects, `{bucket}/{name}` is one.
pub const OBJECTS_PATH: &str = "/api/storage/v1/storageservice";

/// The same behind the internal door.
pub const ADMIN_PATH: &str = "/admin/objects";

/// The bucket of the pictures of products, which everybody may read.
pub const PRODUCTS: &str = "products";

/// The object is not in the state that the request names with `If-Match`, `If-None-Match` or a date.
pub const PRECONDITION_FAILED: Kind =
    Kind { code: "precondition-failed", status: 412, title: "The object is not in the state that was named" };

/// The object has none of the bytes that were asked for.
pub const RANGE_NOT_SATISFIABLE: Kind =
    Kind { code: "range-not-satisfiable", status: 416, title: "The object has no such bytes" };

/// The content is not of the media type that was said, or holds what is not kept.
pub const CONTENT_REFUSED: Kind = Kind {
    code: "content-refused",
    status: 422,
    title: "The content is not what it is said to be, or not safe",
};

/// There are as many objects or bytes as there may be.
pub const STORAGE_FULL: Kind = Kind { code: "storage-full", status: 409, title: "There is no room for it" };

/// What the service refuses with, besides the platform.
pub const KINDS: &[Kind] = &[PRECONDITION_FAILED, RANGE_NOT_SATISFIABLE, CONTENT_REFUSED, STORAGE_FULL];

/// An object, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoredObject {
    /// The bucket that it is in.
    pub bucket: Slug,
    /// Its name there.
    pub name: ObjectName,
    /// The media type of its bytes, as it is answered with them.
    pub media_type: String,
    /// How many bytes it has.
    pub size: u64,
    /// The tag of its content (RFC 9110 §8.8.3): the same bytes have the same one.
    pub etag: String,
    /// When its content or its media type changed for the last time.
    pub modified_at: Timestamp,
}

/// Which part of a bucket is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListObjects {
    /// The greatest number of objects wanted; 1 to 200.
    #[serde(default)]
    #[schemars(range(min = 1, max = 200), example = 50)]
    pub limit: Option<u16>,
    /// The `next` mark of the page before; absent for the first page.
    #[serde(default)]
    pub after: Option<String>,
    /// What names begin with.
    #[serde(default)]
    #[schemars(length(max = 255))]
    pub prefix: Option<String>,
}
