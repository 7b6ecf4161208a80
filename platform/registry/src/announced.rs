//! An instance that tells of itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Method;
use tradewind_problem::Problem;

use crate::client::RegistryClient;
use crate::instance::{Heard, Instance};

/// How long the registry may take to answer.
const ANSWER: Duration = Duration::from_secs(1);

/// An instance that is told of for as long as it lives. Clones are the same instance.
#[derive(Debug, Clone)]
pub struct Announced {
    client: RegistryClient,
    id: String,
    state: Arc<Mutex<State>>,
    /// One message at a time: a heartbeat that is late must not take back what was told after it.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug)]
struct State {
    instance: Instance,
    has_ended: bool,
}

impl RegistryClient {
    /// An instance that tells of itself; `id` is that of this life. See [`Announced::keep`].
    #[must_use]
    pub fn announce(&self, id: impl Into<String>, instance: Instance) -> Announced {
        let state = Arc::new(Mutex::new(State { instance, has_ended: false }));
        Announced { client: self.clone(), id: id.into(), state, turn: Arc::default() }
    }
}

impl Announced {
    /// Registers and sends a heartbeat each `every`, until it is withdrawn. A registry that is away is tried again with
    /// each heartbeat. Run it as a task.
    pub async fn keep(self, every: Duration) {
        let mut was_heard = true;
        while let Some(Instance { service, .. }) = self.present() {
            let heard = self.tell().await;
            // Said once, not with each heartbeat.
            match &heard {
                Ok(()) if !was_heard => tracing::info!(service, "the registry hears again"),
                Err(problem) if was_heard => {
                    tracing::warn!(service, %problem, "the registry does not hear; callers keep what they know");
                }
                Ok(()) | Err(_) => {}
            }
            was_heard = heard.is_ok();
            self.client.clock().sleep(every).await;
        }
    }

    /// What is to be told now; nothing after the end.
    fn present(&self) -> Option<Instance> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (!state.has_ended).then(|| state.instance.clone())
    }

    /// Says that it is about to stop, so that callers leave before it closes.
    ///
    /// # Errors
    /// When the registry did not hear it in time.
    pub async fn leave(&self) -> Result<(), Problem> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).instance.is_leaving = true;
        self.tell().await
    }

    /// Says that it has stopped.
    ///
    /// # Errors
    /// When the registry did not hear it in time: it finds out by itself then.
    pub async fn withdraw(&self) -> Result<(), Problem> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).has_ended = true;
        let _turn = self.turn.lock().await;
        self.client.caller(ANSWER).send(Method::DELETE, &self.path(), &()).await
    }

    async fn tell(&self) -> Result<(), Problem> {
        let _turn = self.turn.lock().await;
        let Some(instance) = self.present() else { return Ok(()) };
        let heard: Result<Heard, Problem> =
            self.client.caller(ANSWER).send(Method::PUT, &self.path(), &instance).await;
        heard.map(drop)
    }

    fn path(&self) -> String {
        format!("/instances/{}", self.id)
    }
}
