//! Work that time asks for.

use std::sync::Arc;
use std::time::Duration;

use tradewind_db::DbError;
use tradewind_kernel::{Context, Principal};
use tradewind_mail_contract::SERVICE;

use crate::actions::forget::Forget;
use crate::state::Mails;

/// The pause before the first look at what is to be sent.
pub(crate) const FIRST_DELIVERY: Duration = Duration::from_millis(10);

/// The pause before old mails are forgotten for the first time, and between two times.
pub(crate) const FIRST_FORGETTING: Duration = Duration::from_secs(600);

/// Sends what is due; it rests within, where a new mail wakes it.
pub(crate) async fn deliver(mails: Arc<Mails>) -> Result<Duration, DbError> {
    mails.courier.run().await?;
    Ok(FIRST_DELIVERY)
}

/// Forgets what is old.
pub(crate) async fn forget(mails: Arc<Mails>) -> Result<Duration, DbError> {
    let now = mails.db.clock().now();
    let (before, arrived_before) = (now.minus(mails.keep), now.minus(mails.mailbox_keep));
    loop {
        let principal = Principal::Service(SERVICE.to_owned());
        let context = Context::begin(principal, mails.db.clock(), &mails.entropy);
        if !mails.db.write(&context, Forget { before, arrived_before }).await? {
            return Ok(FIRST_FORGETTING);
        }
    }
}
