//! Being asked to stop: by a signal, or by the end of whoever started this process.

use std::io::Read;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

/// Hears that the process shall stop.
#[derive(Debug)]
pub struct Stop {
    interrupt: Signal,
    terminate: Signal,
    orphaned: Option<Arc<Notify>>,
}

impl Stop {
    /// Listens from now on; a signal ends the process no longer by itself. With `supervised` the end of standard input
    /// counts as a signal.
    ///
    /// # Errors
    /// When signals cannot be heard.
    pub fn listen(supervised: bool) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("signals cannot be heard: {error}");
        let interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let orphaned = supervised.then(watch_input).transpose().map_err(failed)?;
        Ok(Self { interrupt, terminate, orphaned })
    }

    /// Waits for the next request to stop.
    pub async fn asked(&mut self) {
        let orphaned = self.orphaned.clone();
        let orphaned = async move {
            match orphaned {
                Some(orphaned) => orphaned.notified().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            () = orphaned => {}
        }
    }
}

/// Reads standard input, which nobody writes to, on a thread of its own: only a thread can wait for that.
fn watch_input() -> std::io::Result<Arc<Notify>> {
    let ended = Arc::new(Notify::new());
    let tell = ended.clone();
    std::thread::Builder::new().name("standard-input".to_owned()).spawn(move || {
        let mut input = std::io::stdin().lock();
        let mut byte = [0; 64];
        while matches!(input.read(&mut byte), Ok(count) if count > 0) {}
        tell.notify_one();
    })?;
    Ok(ended)
}
