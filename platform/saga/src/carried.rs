//! A definition whose data are hidden, so that versions with different data stand beside each other.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::options::RunnerOptions;
use crate::outline::Outline;

/// A version of a saga that can be carried on.
pub(crate) trait Carried<S>: Send + Sync {
    /// It and what it carries itself.
    fn outlines(&self) -> Vec<Outline>;

    /// One endless future for each version.
    fn runners(self: Arc<Self>, state: Arc<S>, options: &RunnerOptions) -> Vec<BoxFuture<'static, ()>>;
}
