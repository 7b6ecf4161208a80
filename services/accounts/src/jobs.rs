//! Work that time asks for.

use std::sync::Arc;
use std::time::Duration;

use tradewind_db::DbError;
use tradewind_kernel::{Context, Principal};
use tradewind_problem::Problem;

use crate::actions::forget_old::ForgetOld;
use crate::state::Accounts;

/// The pause before keys are looked after for the first time: short, so that they are shown before anybody signs in.
pub(crate) const FIRST_ROTATION: Duration = Duration::from_millis(200);

/// How often old rows are looked for, first and later.
pub(crate) const FIRST_FORGETTING: Duration = Duration::from_secs(60);
const FORGET_EVERY: Duration = Duration::from_secs(600);

/// The bounds of the pause between two rotations: another instance may have other times.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(600);

/// How long attempts and expired sessions are kept.
const KEPT: Duration = Duration::from_secs(2 * 24 * 3_600);

/// Makes the keys that are missing, in time.
pub(crate) async fn rotate(accounts: Arc<Accounts>) -> Result<Duration, Problem> {
    let rest = accounts.keyring.rotate(&context(&accounts)).await?;
    Ok(rest.clamp(SHORTEST, LONGEST))
}

/// Removes what has no meaning any more.
pub(crate) async fn forget(accounts: Arc<Accounts>) -> Result<Duration, DbError> {
    let before = accounts.clock.now().minus(KEPT);
    let work = ForgetOld { attempts: before, sessions: before };
    accounts.db.write(&context(&accounts), work).await?;
    Ok(FORGET_EVERY)
}

fn context(accounts: &Accounts) -> Context {
    Context::begin(Principal::Service("accounts".to_owned()), &accounts.clock, &accounts.entropy)
}
