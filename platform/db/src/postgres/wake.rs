//! Wake-ups between processes that share a database.
//!
//! A `NOTIFY` within a business transaction takes a lock on all commits of the server; it halved the throughput
//! when it was measured. So commits wake the readers of their own process at once, and a task tells the others,
//! a few times a second at most, from a transaction that does nothing else. What gets lost is found by whoever
//! looks again after a while.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::Notify;

use crate::PostgresOptions;
use crate::driver::postgres::pool::Pool;
use crate::driver::postgres::statement;
use crate::postgres::engine::spawn;
use crate::tx::Source;

/// The channel; a database has its own.
const CHANNEL: &str = "tradewind";

/// Stands for all topics.
const EVERYTHING: &str = "*";

/// The least time between two notifications.
const THROTTLE: Duration = Duration::from_millis(50);

/// How long to wait before listening again.
const PAUSE: Duration = Duration::from_secs(1);

/// Hears and tells of commits.
pub(crate) struct Wake {
    options: PgConnectOptions,
    source: Source,
    stop: Arc<Stop>,
    started: Mutex<bool>,
}

#[derive(Default)]
struct Stop {
    asked: std::sync::atomic::AtomicBool,
    wake: Notify,
}

impl Stop {
    async fn asked(&self) {
        let mut wake = pin!(self.wake.notified());
        wake.as_mut().enable();
        if !self.asked.load(std::sync::atomic::Ordering::Acquire) {
            wake.await;
        }
    }
}

impl Wake {
    pub(crate) fn new(options: &PostgresOptions, source: &Source) -> Self {
        let (stop, started) = (Arc::default(), Mutex::default());
        Self { options: options.driver(), source: source.clone(), stop, started }
    }

    /// Starts both tasks, once.
    pub(crate) fn start(&self, pool: Arc<Pool>) {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *started, true) {
            return;
        }
        // What this process tells, it has heard already.
        let origin = self.source.entropy.id(&self.source.clock).to_string();
        let (source, stop) = (self.source.clone(), self.stop.clone());
        let options = self.options.clone();
        spawn(until(stop.clone(), hear(options, source.clone(), origin.clone())));
        spawn(until(stop, tell(pool, source, origin)));
    }

    pub(crate) fn stop(&self) {
        self.stop.asked.store(true, std::sync::atomic::Ordering::Release);
        self.stop.wake.notify_waiters();
    }
}

async fn until(stop: Arc<Stop>, task: impl Future<Output = ()> + Send) {
    tokio::select! {
        biased;
        () = stop.asked() => {}
        () = task => {}
    }
}

/// Raises the signals that others tell of, and all of them whenever some may have been missed.
async fn hear(options: PgConnectOptions, source: Source, origin: String) {
    loop {
        let pool = PgPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        let pool = pool.connect_lazy_with(options.clone());
        if let Err(error) = hear_on(&pool, &source, &origin).await {
            tracing::debug!(%error, "the wake-ups of other processes are not heard for a moment");
        }
        pool.close().await;
        source.clock.sleep(PAUSE).await;
    }
}

async fn hear_on(pool: &sqlx::PgPool, source: &Source, origin: &str) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    source.signals.raise_all();
    while let Some(told) = listener.try_recv().await? {
        let Some((teller, topics)) = told.payload().split_once(' ') else { continue };
        if teller != origin {
            match topics {
                EVERYTHING => source.signals.raise_all(),
                topics => topics.split(' ').for_each(|topic| source.signals.raise_named(topic)),
            }
        }
    }
    Ok(())
}

/// Tells others of the topics that commits of this process touched.
async fn tell(pool: Arc<Pool>, source: Source, origin: String) {
    // An earlier life of this process may have committed and died before it told anybody.
    let mut text = EVERYTHING.to_owned();
    loop {
        // Topics are names from the program, without quotes.
        let notify = format!("notify {CHANNEL}, '{origin} {text}'");
        if let Ok(mut held) = pool.take().await
            && statement::script(&mut held.connection, "notify", &notify).await.is_ok()
        {
            held.put_back();
        }
        source.clock.sleep(THROTTLE).await;
        let topics: BTreeSet<&'static str> = source.signals.touched().await;
        text = topics.into_iter().collect::<Vec<_>>().join(" ");
    }
}
