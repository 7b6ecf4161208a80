//! Writes as values.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::{DbError, Tx};

/// Something to do inside a transaction.
///
/// It may run more than once: in a batch whose other member failed, or after a conflict. That is why it
/// is borrowed and not mutable: a second run must not see what the first one did. `Ok` commits, `Err` rolls
/// everything back; a refusal that has to be remembered is therefore an `Ok`.
///
/// Implement it with `async fn run(&self, tx: &mut Tx) -> …` on one type per action.
pub trait Work: Send + Sync + 'static {
    /// What the work gives once it is committed.
    type Output: Send + 'static;
    /// Why it was rolled back.
    type Error: From<DbError> + Send + 'static;

    /// Does the work. Awaits nothing but `tx`.
    fn run(&self, tx: &mut Tx) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;
}

/// The boxed future of a [`WorkFn`].
pub type BoxedRun<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// A [`Work`] made of a closure; see [`work`].
pub struct WorkFn<F>(F);

/// A [`Work`] from a closure with owned captures, for what is too small to have a name.
///
/// ```
/// # use tradewind_db::{work, params, DbError, Work};
/// # tradewind_db::sql! { FORGET = "delete from note where author = $1"; }
/// fn forget(author: String) -> impl Work<Output = u64, Error = DbError> {
///     work(move |tx| {
///         let author = author.clone();
///         Box::pin(async move { tx.execute(&FORGET, params![author]).await })
///     })
/// }
/// ```
pub fn work<F, T, E>(run: F) -> WorkFn<F>
where
    F: for<'a> Fn(&'a mut Tx) -> BoxedRun<'a, T, E> + Send + Sync + 'static,
{
    WorkFn(run)
}

impl<F, T, E> Work for WorkFn<F>
where
    F: for<'a> Fn(&'a mut Tx) -> BoxedRun<'a, T, E> + Send + Sync + 'static,
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    type Output = T;
    type Error = E;

    fn run(&self, tx: &mut Tx) -> impl Future<Output = Result<T, E>> + Send {
        (self.0)(tx)
    }
}

impl<F> fmt::Debug for WorkFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WorkFn")
    }
}
