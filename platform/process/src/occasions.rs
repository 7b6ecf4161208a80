//! A program that is no service: what it does goes on elsewhere, and its main thread waits for something to happen.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use crate::Stop;

/// What a waiting program is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// Some time has passed.
    Time,
    /// SIGHUP: look again at what may have changed.
    Hangup,
    /// SIGUSR1: open files of logs anew, since they were renamed.
    Reopen,
    /// SIGUSR2: another process of the program is to take the place of this one.
    Upgrade,
    /// SIGTERM or SIGINT: it is to end, and goes on for a while before it does.
    Leave,
}

/// Runs `beside`, and tells `tell` of each occasion until SIGTERM or SIGINT, and for `leave` after the first of them; a
/// second one ends that. `every` is how often it hears that time passes. `tell` may say that it is enough, and then this
/// returns, too. `beside` waits while `tell` is at work, and is dropped in the end.
///
/// Blocks the thread that calls.
///
/// # Errors
/// When signals cannot be heard.
pub fn until_stopped(
    every: Duration,
    leave: Duration,
    beside: impl Future<Output = ()>,
    mut tell: impl FnMut(Occasion) -> bool,
) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let mut stop = Stop::listen(false)?;
        let failed = |error: std::io::Error| format!("signals cannot be heard: {error}");
        let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
        let mut reopen = signal(SignalKind::user_defined1()).map_err(failed)?;
        let mut upgrade = signal(SignalKind::user_defined2()).map_err(failed)?;
        let (mut beside, mut is_beside) = (std::pin::pin!(beside), true);
        let mut time = tokio::time::interval(every);
        time.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut end: Option<Instant> = None;
        loop {
            let occasion = tokio::select! {
                biased;
                () = stop.asked() => {
                    if leave.is_zero() || end.is_some() {
                        return Ok(());
                    }
                    end = Some(Instant::now() + leave);
                    Occasion::Leave
                }
                () = reached(end) => return Ok(()),
                _ = hangup.recv() => Occasion::Hangup,
                _ = reopen.recv() => Occasion::Reopen,
                _ = upgrade.recv() => Occasion::Upgrade,
                _ = time.tick() => Occasion::Time,
                () = &mut beside, if is_beside => {
                    is_beside = false;
                    continue;
                }
            };
            if tell(occasion) {
                return Ok(());
            }
        }
    })
}

/// Waits for a moment; for ever where there is none.
async fn reached(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
