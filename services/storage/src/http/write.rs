//! Puts and removes objects.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, ETAG};
use sha2::{Digest, Sha256};
use tradewind_chassis::http::{Call, Reply};
use tradewind_kernel::{Context, Slug};
use tradewind_problem::Problem;
use tradewind_storage_contract::{ObjectName, StoredObject};

use crate::actions::put::{Begin, Name};
use crate::actions::remove::Remove;
use crate::domain::{Conditions, Media, recognise, said};
use crate::error;
use crate::http::read;
use crate::state::Storage;
use crate::store::{self, Kept};

/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// An object that is to be put, with what was made sure of.
struct Checked {
    bytes: Bytes,
    media: &'static Media,
    etag: String,
}

pub(super) async fn put(
    storage: Arc<Storage>,
    mut call: Call,
    (bucket, name): (Slug, ObjectName),
) -> Result<Reply, Problem> {
    call.no_query()?;
    let conditions = read::conditions(&call)?;
    let said = said_type(&call)?;
    let uploads = storage.uploads.clone();
    let (object, is_new) = uploads
        .hold(PATIENCE, async move {
            let bytes = call.bytes(storage.limits.object_bytes).await?;
            let checked = check(&storage, said, name.extension(), bytes).await?;
            if let Some(same) = unchanged(&storage, (&bucket, &name), &conditions, &checked).await? {
                return Ok((same, false));
            }
            // In a task of its own: a client that goes away leaves nothing half done.
            let (scope, context) = (call.scope().clone(), call.context().clone());
            let keep = keep(storage, context, (bucket, name), conditions, checked);
            scope.run("put", keep).await?
        })
        .await??;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Reply::json(status, &object)?.header(ETAG, &object.etag)
}

/// The media type that the sender names, if it names one.
fn said_type(call: &Call) -> Result<Option<&'static Media>, Problem> {
    if call.header(&CONTENT_RANGE)?.is_some() {
        return Err(error::header(
            "Content-Range",
            "send the whole object: there is no way to change a part",
        ));
    }
    match call.header(&CONTENT_ENCODING)? {
        None | Some("identity") => {}
        Some(_) => return Err(error::encoded()),
    }
    call.header(&CONTENT_TYPE)?.map(|text| said(text).map_err(|kept| error::media_type(&kept))).transpose()
}

async fn check(
    storage: &Storage,
    said: Option<&'static Media>,
    extension: Option<String>,
    bytes: Bytes,
) -> Result<Checked, Problem> {
    let check = move || {
        let media = recognise(said, extension.as_deref(), &bytes)?;
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(Sha256::digest(&bytes)));
        Ok(Checked { bytes, media, etag })
    };
    let checked: Result<Checked, String> = storage.checking.run(PATIENCE, check).await?;
    checked.map_err(|reason| error::content(&reason))
}

/// The object that is there, when it is the one that is put: nothing is written then. One whose bytes have got lost is
/// not, so that putting it again mends it.
async fn unchanged(
    storage: &Storage,
    (bucket, name): (&Slug, &ObjectName),
    conditions: &Conditions,
    checked: &Checked,
) -> Result<Option<StoredObject>, Problem> {
    let known = store::find(&storage.db, bucket, name).await?;
    // Decided once more in the transaction; here it saves the writing.
    if !conditions.admit(known.as_ref().map(Kept::state)) {
        return Err(error::other_state());
    }
    let is_same =
        |kept: &Kept| kept.object.etag == checked.etag && kept.object.media_type == checked.media.name;
    match known.filter(is_same) {
        Some(kept) if storage.blobs.has(kept.blob).await? => Ok(Some(kept.object)),
        _ => Ok(None),
    }
}

async fn keep(
    storage: Arc<Storage>,
    context: Context,
    (bucket, name): (Slug, ObjectName),
    conditions: Conditions,
    checked: Checked,
) -> Result<(StoredObject, bool), Problem> {
    let Checked { bytes, media, etag } = checked;
    let size = i64::try_from(bytes.len()).map_err(Problem::internal)?;
    let blob = storage.entropy.id(storage.db.clock());
    storage.db.write(&context, Begin { blob, size }).await?;
    storage.blobs.write(blob, bytes).await?;
    let limits = storage.limits;
    let named = Name { bucket, name, blob, media_type: media.name, size, etag, conditions, limits };
    storage.db.write(&context, named).await
}

pub(super) async fn delete(
    storage: Arc<Storage>,
    mut call: Call,
    (bucket, name): (Slug, ObjectName),
) -> Result<Reply, Problem> {
    call.no_query()?;
    let conditions = read::conditions(&call)?;
    call.no_body().await?;
    storage.db.write(call.context(), Remove { bucket, name, conditions }).await?;
    Ok(Reply::no_content())
}
