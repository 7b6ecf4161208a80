//! Objects in the database.

pub(crate) mod blobs;

use tradewind_db::{Db, DbError, Evidence, FromRow, Migration, MigrationSet, Row, Tx, params, sql};
use tradewind_kernel::{Id, Slug, Timestamp};
use tradewind_storage_contract::{ObjectName, StoredObject};

pub(crate) const MIGRATIONS: MigrationSet = MigrationSet {
    component: "storage",
    migrations: &[Migration {
        version: 1,
        name: "create_object",
        text: include_str!("../migrations/0001_create_object.sql"),
    }],
};

/// What is shown to be checked; not what objects are called.
pub(crate) static EVIDENCE: &[Evidence] = &[
    Evidence { table: "stored_object", rows: &SHOWN_OBJECTS },
    Evidence { table: "stored_blob", rows: &SHOWN_BLOBS },
    Evidence { table: "storage_usage", rows: &SHOWN_USAGE },
];

sql! {
    SHOWN_OBJECTS = "select blob_id, size from stored_object order by blob_id";
    SHOWN_BLOBS = "select blob_id, state, size from blob order by blob_id";
    SHOWN_USAGE = "select objects, bytes from storage_usage order by id";
    FIND = "select bucket, name, media_type, size, etag, modified_at, blob_id from stored_object
        where bucket = $1 and name = $2";
    PAGE = "select bucket, name, media_type, size, etag, modified_at, blob_id from stored_object
        where bucket = $1 and name > $2 and substr(name, 1, length($3)) = $3 order by name limit $4";
    PUT = "insert into stored_object (bucket, name, blob_id, media_type, size, etag, modified_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (bucket, name) do update set blob_id = excluded.blob_id, media_type = excluded.media_type,
            size = excluded.size, etag = excluded.etag, modified_at = excluded.modified_at";
    REMOVE = "delete from stored_object where bucket = $1 and name = $2";
    GROW = "update storage_usage set objects = objects + $1, bytes = bytes + $2 where id = 1 returning objects, bytes";
}

/// An object, and where its bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) object: StoredObject,
    pub(crate) blob: Id,
}

impl Kept {
    /// What conditions are about.
    pub(crate) fn state(&self) -> (&str, Timestamp) {
        (&self.object.etag, self.object.modified_at)
    }

    /// How many bytes it has, as they are counted.
    pub(crate) fn size(&self) -> i64 {
        i64::try_from(self.object.size).unwrap_or(i64::MAX)
    }
}

impl FromRow for Kept {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let name: String = row.get(1)?;
        let name = name.parse().map_err(|error| DbError::Column { message: format!("{error}") })?;
        let object = StoredObject {
            bucket: row.get(0)?,
            name,
            media_type: row.get(2)?,
            size: row.get(3)?,
            etag: row.get(4)?,
            modified_at: row.get(5)?,
        };
        Ok(Self { object, blob: row.get(6)? })
    }
}

/// What is written down of an object.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) bucket: &'a Slug,
    pub(crate) name: &'a ObjectName,
    pub(crate) blob: Id,
    pub(crate) media_type: &'static str,
    pub(crate) size: i64,
    pub(crate) etag: &'a str,
}

pub(crate) async fn find(db: &Db, bucket: &Slug, name: &ObjectName) -> Result<Option<Kept>, DbError> {
    db.query_optional(&FIND, params![bucket, name.as_str()]).await
}

pub(crate) async fn find_in(tx: &mut Tx, bucket: &Slug, name: &ObjectName) -> Result<Option<Kept>, DbError> {
    tx.query_optional(&FIND, params![bucket, name.as_str()]).await
}

/// Up to `limit` objects of a bucket by name, those after a name and with a beginning; both may be empty.
pub(crate) async fn page(
    db: &Db,
    bucket: &Slug,
    (after, prefix): (&str, &str),
    limit: u16,
) -> Result<Vec<StoredObject>, DbError> {
    let found: Vec<Kept> = db.query(&PAGE, params![bucket, after, prefix, limit]).await?;
    Ok(found.into_iter().map(|kept| kept.object).collect())
}

/// Writes an object down in the place of what was there.
pub(crate) async fn put(tx: &mut Tx, entry: &Entry<'_>) -> Result<Timestamp, DbError> {
    let now = tx.now();
    let Entry { bucket, name, blob, media_type, size, etag } = *entry;
    tx.execute(&PUT, params![bucket, name.as_str(), blob, media_type, size, etag, now]).await?;
    Ok(now)
}

pub(crate) async fn remove(tx: &mut Tx, bucket: &Slug, name: &ObjectName) -> Result<(), DbError> {
    tx.execute(&REMOVE, params![bucket, name.as_str()]).await.map(drop)
}

/// Counts so many objects and bytes more; gives how many there are then.
pub(crate) async fn grow(tx: &mut Tx, objects: i64, bytes: i64) -> Result<(i64, i64), DbError> {
    tx.query_one(&GROW, params![objects, bytes]).await
}
