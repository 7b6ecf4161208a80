//! Work that must not be noticed: a thread of its own that gives way to all others.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use tokio::sync::mpsc;

/// The least priority of a thread (`nice`, [setpriority(2)]).
///
/// [setpriority(2)]: https://man7.org/linux/man-pages/man2/setpriority.2.html
#[cfg(target_os = "linux")]
const LEAST: i32 = 19;

/// Asks a background thread to do its work.
#[derive(Debug)]
pub struct Asking(SyncSender<()>);

/// What a background thread has done.
#[derive(Debug)]
pub struct Results<T>(mpsc::Receiver<T>);

/// Starts a thread that does this work each time it is asked to, and gives way to all other threads. Programs that other
/// threads start do not take that over.
///
/// It ends when nobody can ask any more, or nobody wants to know. Nobody waits for it: a process that ends does so in
/// the middle of the work, which is to leave nothing half done.
///
/// # Errors
/// The system gives no thread.
pub fn background<T: Send + 'static>(
    name: &str,
    mut work: impl FnMut() -> T + Send + 'static,
) -> Result<(Asking, Results<T>), String> {
    // One more than is under way: what comes to be while it is would else be missed.
    let (asking, asked) = sync_channel(1);
    let (result, results) = mpsc::channel(1);
    let run = move || {
        give_way();
        run(&asked, &result, &mut work);
    };
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    thread.map_err(|error| format!("there is no thread {name}: {error}"))?;
    Ok((Asking(asking), Results(results)))
}

fn run<T>(asked: &Receiver<()>, result: &mpsc::Sender<T>, work: &mut impl FnMut() -> T) {
    while asked.recv().is_ok() {
        if result.blocking_send(work()).is_err() {
            return;
        }
    }
}

/// Only on Linux has a thread a priority of its own. Where a process may not lower it the thread does its work all the
/// same.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, LEAST) {
        tracing::warn!(%error, "work in the background is as important as all other work");
    }
}

impl Asking {
    /// Asks; the work begins after this, though it may be asked for many times before it does.
    pub fn ask(&self) {
        // Full: it was asked for already, and has not begun. Closed: it has panicked, and has told so.
        let _ = self.0.try_send(());
    }
}

impl<T> Results<T> {
    /// The next result; none when there will be no more.
    pub async fn next(&mut self) -> Option<T> {
        self.0.recv().await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn priority() -> i32 {
        rustix::process::getpriority_process(None).unwrap()
    }

    #[tokio::test]
    async fn the_thread_gives_way_and_others_do_not() {
        let before = priority();
        let (asking, mut results) = background("test", priority).unwrap();
        asking.ask();
        let of_thread = results.next().await.unwrap();
        if cfg!(target_os = "linux") {
            assert_eq!(of_thread, 19);
        }
        assert_eq!(priority(), before);
    }

    #[tokio::test]
    async fn what_is_asked_for_during_the_work_is_done_once_more_and_not_more_often() {
        let (go, gate) = sync_channel(0);
        let (begun, beginning) = sync_channel(9);
        let gate = Arc::new(Mutex::new(gate));
        let mut count = 0;
        let (asking, mut results) = background("test", move || {
            begun.send(()).unwrap();
            gate.lock().unwrap().recv().unwrap();
            count += 1;
            count
        })
        .unwrap();
        asking.ask();
        beginning.recv().unwrap();
        (0..5).for_each(|_| asking.ask());
        go.send(()).unwrap();
        assert_eq!(results.next().await, Some(1));
        go.send(()).unwrap();
        assert_eq!(results.next().await, Some(2));
        drop(asking);
        assert_eq!(results.next().await, None, "nobody asked for more, and the thread has ended");
    }

    #[tokio::test]
    async fn it_ends_when_nobody_wants_to_know() {
        let held = Arc::new(());
        let weak = Arc::downgrade(&held);
        let (asking, results) = background("test", move || held.clone()).unwrap();
        drop(results);
        asking.ask();
        tradewind_testkit::until("the thread has ended", async || weak.upgrade().is_none().then_some(()))
            .await;
    }
}
