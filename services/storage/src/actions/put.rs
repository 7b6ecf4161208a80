//! Puts an object in the place of what was there, in two transactions with the file between them: the first writes down
//! that a file will be made, the second names it. A crash between any two of these leaves a row, by which the file is
//! found and removed.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::{Id, Slug, Timestamp};
use tradewind_problem::Problem;
use tradewind_storage_contract::{ObjectName, StoredObject};

use crate::config::Limits;
use crate::domain::Conditions;
use crate::error;
use crate::store::{self, Entry, Kept, blobs};

/// Says that a file will be made.
pub(crate) struct Begin {
    pub(crate) blob: Id,
    pub(crate) size: i64,
}

impl Work for Begin {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        blobs::begin(tx, self.blob, self.size).await
    }
}

/// Names a file that was made.
pub(crate) struct Name {
    pub(crate) bucket: Slug,
    pub(crate) name: ObjectName,
    pub(crate) blob: Id,
    pub(crate) media_type: &'static str,
    pub(crate) size: i64,
    pub(crate) etag: String,
    pub(crate) conditions: Conditions,
    pub(crate) limits: Limits,
}

impl Work for Name {
    /// The object, and whether there was none.
    type Output = (StoredObject, bool);
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<(StoredObject, bool), Problem> {
        let known = store::find_in(tx, &self.bucket, &self.name).await?;
        if !self.conditions.admit(known.as_ref().map(Kept::state)) {
            return Err(error::other_state());
        }
        if !blobs::name(tx, self.blob).await? {
            return Err(error::too_late());
        }
        let (objects, before) = known.as_ref().map_or((1, 0), |known| (0, known.size()));
        let (objects, bytes) = store::grow(tx, objects, self.size - before).await?;
        if objects > self.limits.objects || bytes > self.limits.total_bytes {
            return Err(error::full(self.limits.objects, self.limits.total_bytes));
        }
        let modified_at = store::put(tx, &self.entry()).await?;
        if let Some(known) = &known {
            blobs::condemn(tx, known.blob).await?;
        }
        Ok((self.object(modified_at), known.is_none()))
    }
}

impl Name {
    fn entry(&self) -> Entry<'_> {
        let Self { bucket, name, blob, media_type, size, etag, .. } = self;
        Entry { bucket, name, blob: *blob, media_type, size: *size, etag }
    }

    fn object(&self, modified_at: Timestamp) -> StoredObject {
        StoredObject {
            bucket: self.bucket.clone(),
            name: self.name.clone(),
            media_type: self.media_type.to_owned(),
            size: u64::try_from(self.size).unwrap_or(0),
            etag: self.etag.clone(),
            modified_at,
        }
    }
}
