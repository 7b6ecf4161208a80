//! Tells payments of each change of a charge.

use std::time::Duration;

use futures_util::future;
use tradewind_chassis::Dependency;
use tradewind_db::{Db, DbError};
use tradewind_kernel::{Clock, Context, Entropy, Id, Principal};
use tradewind_provider_contract::{CallbackClient, SERVICE};

use crate::actions::tell::{Claim, Ended};
use crate::store::outgoing::{self, Outgoing};

/// How long an attempt may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(5);

/// The pause after the first attempt that failed; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// How often the pause is doubled: often enough to reach the longest.
const DOUBLINGS: u32 = 10;

/// The longest time without a look at what is due; a callback that is written wakes at once.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// Tells of callbacks.
pub(crate) struct Teller {
    pub(crate) payments: Dependency,
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
}

impl Teller {
    /// Tells everything that is due, several charges at a time and one callback of each, and waits until there may
    /// be more.
    pub(crate) async fn run(&self) -> Result<(), DbError> {
        let mut signal = self.db.signal(outgoing::WRITTEN);
        loop {
            signal.mark_seen();
            let now = self.clock.now();
            let (due, later): (Vec<_>, Vec<_>) =
                outgoing::next(&self.db).await?.into_iter().partition(|next| next.due_at <= now);
            if !due.is_empty() {
                let told = due.into_iter().map(|callback| self.tell(callback));
                future::join_all(told).await.into_iter().collect::<Result<Vec<()>, _>>()?;
                continue;
            }
            let rest = later.first().map_or(LONGEST_REST, |next| next.due_at.since(now));
            // Either there is something new, or something old is due.
            self.clock.timeout(rest.min(LONGEST_REST), signal.changed()).await.unwrap_or_default();
            return Ok(());
        }
    }

    /// Tells the next callback of a charge now, before it is due.
    pub(crate) async fn tell_of(&self, reference: Id) -> Result<(), DbError> {
        match outgoing::next_of(&self.db, reference).await? {
            Some(callback) => self.tell(callback).await,
            None => Ok(()),
        }
    }

    async fn tell(&self, callback: Outgoing) -> Result<(), DbError> {
        let context = self.context(&callback);
        let Outgoing { id, attempts, .. } = callback;
        let (content, again) = (callback.callback.clone(), DEADLINE + pause(attempts));
        if !self.db.write(&context, Claim { callback, again }).await? {
            return Ok(());
        }
        let told = CallbackClient::new(self.payments.caller_in(context.clone())).tell(id, &content).await;
        let status = match told {
            Ok(()) => 200,
            Err(problem) => {
                let reference = content.reference;
                tracing::info!(%reference, attempt = attempts + 1, %problem, "a callback was not taken");
                problem.status()
            }
        };
        self.db.write(&context, Ended { id, status }).await
    }

    /// What follows belongs to the process of the charge.
    fn context(&self, callback: &Outgoing) -> Context {
        let begun = Context::begin(Principal::Service(SERVICE.to_owned()), &self.clock, &self.entropy);
        Context { correlation: callback.correlation.unwrap_or(begun.correlation), ..begun }
    }
}

fn pause(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts).unwrap_or(0).min(DOUBLINGS);
    (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE)
}
