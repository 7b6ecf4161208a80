//! What the doors work with.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tradewind_chassis::metrics::{Counter, CounterFamily, Labels};
use tradewind_chassis::{Blocking, Directory};
use tradewind_problem::Problem;

use crate::domain::places::Places;
use crate::policies::Lasting;
use crate::routes::{Live, again};
use crate::source::Source;

/// How often folders are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How long looking at them may wait for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pause where nothing can change.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);

/// Why a policy refuses a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Reason(pub(crate) &'static str);

impl Labels for Reason {
    fn names() -> &'static [&'static str] {
        &["reason"]
    }

    fn values(&self) -> Vec<Cow<'static, str>> {
        vec![self.0.into()]
    }
}

/// What the door works with.
pub(crate) struct Gateway {
    pub(crate) live: RwLock<Arc<Live>>,
    /// Copies of requests under way.
    pub(crate) copies: Places,
    pub(crate) source: Arc<Source>,
    /// What policies keep, whatever the documents say.
    pub(crate) lasting: Arc<Lasting>,
    /// Answers compressed at a time.
    pub(crate) compressed: Places,
    pub(crate) refusals: CounterFamily<Reason>,
    pub(crate) directory: Directory,
    pub(crate) blocking: Blocking,
    pub(crate) swapped: Counter,
    pub(crate) kept: Counter,
    /// Why the routes in use stayed the last time; said once, however long it is so.
    pub(crate) refused: Mutex<Option<String>>,
}

impl Gateway {
    /// The routes in use. Who holds them goes on with them, whatever takes their place meanwhile.
    pub(crate) fn live(&self) -> Arc<Live> {
        self.live.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks whether documents have changed, and puts what they come to in the place of the routes in use: all of it at
    /// once, or nothing.
    pub(crate) async fn look(&self) -> Result<Duration, Problem> {
        if !self.source.has_folders() {
            return Ok(NEVER);
        }
        let (source, before, directory) = (self.source.clone(), self.live(), self.directory.clone());
        let lasting = self.lasting.clone();
        match self.blocking.run(PATIENCE, move || again(&source, (&before, &lasting), &directory)).await? {
            Ok(None) => self.refuse(None),
            Ok(Some((live, gathered))) => {
                gathered.tell();
                let (routes, mistakes) = (gathered.built.routes.len(), gathered.errors.len());
                *self.live.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(live);
                self.swapped.increment();
                self.refuse(None);
                tracing::info!(routes, mistakes, "other routes are in use");
            }
            Err(reason) => self.refuse(Some(reason)),
        }
        Ok(LOOK)
    }

    fn refuse(&self, reason: Option<String>) {
        let mut before = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reason) = reason.as_ref().filter(|reason| before.as_ref() != Some(reason)) {
            self.kept.increment();
            tracing::error!(reason, "the routes in use stay, since others cannot take their place");
        }
        *before = reason;
    }
}
