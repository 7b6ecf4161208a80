//! The event loop of a thread, and its tasks.

use tokio::task::LocalSet;

/// Runs a task of this thread beside the one that calls. It ends with the thread at the latest.
pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) {
    tokio::task::spawn_local(task);
}

/// A future that the runtime does not stop after some steps, since it bounds them itself.
pub(crate) fn bounding_itself<F: Future>(future: F) -> impl Future<Output = F::Output> {
    tokio::task::unconstrained(future)
}

/// A task that ends when this is dropped.
pub(crate) struct Task(tokio::task::JoinHandle<()>);

/// Runs a task of this thread for as long as its owner is there.
pub(crate) fn spawn_owned(task: impl Future<Output = ()> + 'static) -> Task {
    Task(tokio::task::spawn_local(task))
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The event loop of a thread.
pub(crate) fn event_loop() -> std::io::Result<(tokio::runtime::Runtime, LocalSet)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok((runtime, LocalSet::new()))
}

/// A thread for a task of its own.
///
/// # Errors
///
/// The system gives none.
pub(crate) fn thread<F: Future<Output = ()>>(
    name: &str,
    make: impl FnOnce() -> F + Send + 'static,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(move || match event_loop() {
        Ok((runtime, tasks)) => tasks.block_on(&runtime, make()),
        Err(error) => tracing::error!(%error, "a thread of the data plane could not start"),
    })
}
