//! The tasks that follow objects.

/// Runs `future` as a task, until it ends by itself. Whoever is followed outlives no [`Followed`](crate::Followed).
#[expect(clippy::disallowed_methods, reason = "this module owns the tasks that follow a cluster")]
pub(crate) fn begin(future: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::spawn(future));
}
