//! Work that time asks for.

use std::sync::Arc;
use std::time::Duration;

use tradewind_kernel::{Context, Principal};
use tradewind_problem::Problem;
use tradewind_storage_contract::SERVICE;

use crate::actions::clean::{Condemn, Forget};
use crate::state::Storage;
use crate::store::blobs;

/// The pause before what no object names is removed for the first time: a life before this one may have left some.
pub(crate) const FIRST_CLEANING: Duration = Duration::from_secs(1);

/// The pause between two times.
const NEXT: Duration = Duration::from_secs(60);

/// The pause when there is more to remove.
const MORE: Duration = Duration::from_millis(100);

/// How long a blob may be on its way to an object: longer than any request.
const ON_ITS_WAY: Duration = Duration::from_secs(3_600);

/// How long a blob is kept that no object names any more: who began to read it may read on.
const LINGERING: Duration = Duration::from_secs(60);

/// The most blobs that are removed at a time.
const PORTION: u16 = 200;

/// Removes the bytes that no object names: of objects that are gone or have others now, and of requests that ended half way.
pub(crate) async fn clean(storage: Arc<Storage>) -> Result<Duration, Problem> {
    let now = storage.db.clock().now();
    let principal = Principal::Service(SERVICE.to_owned());
    let context = Context::begin(principal, storage.db.clock(), &storage.entropy);
    let condemn = Condemn { before: now.minus(ON_ITS_WAY), limit: PORTION };
    storage.db.write(&context, condemn).await?;
    let found = blobs::condemned(&storage.db, now.minus(LINGERING), PORTION).await?;
    // First the file, then the row: a crash in between leaves a row to do it again.
    for blob in &found {
        storage.blobs.remove(*blob).await?;
    }
    let is_full = found.len() >= usize::from(PORTION);
    if !found.is_empty() {
        storage.db.write(&context, Forget { blobs: found }).await?;
    }
    Ok(if is_full { MORE } else { NEXT })
}
