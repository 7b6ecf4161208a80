//! A view, as whoever rebuilds it knows it.

use std::future::Future;
use std::pin::Pin;

use tradewind_db::shadow::Shadow;
use tradewind_db::{Db, DbError};
use tradewind_eventstore::DomainEvent;
use tradewind_kernel::Context;

use crate::fill::{Fill, Filled};
use crate::view::{Outline, View};

/// A view whose events are hidden.
pub trait Rebuilt: Send + Sync + 'static {
    /// What it is called and made of.
    fn outline(&self) -> Outline;
    /// Its shadows.
    fn shadow(&'static self) -> &'static Shadow;
    /// Applies the next batch of about `batch` events to the shadows.
    fn fill<'a>(
        &'static self,
        db: &'a Db,
        context: &'a Context,
        batch: u32,
    ) -> Pin<Box<dyn Future<Output = Result<Filled, DbError>> + Send + 'a>>;
}

impl<E: DomainEvent> Rebuilt for View<E> {
    fn outline(&self) -> Outline {
        Self::outline(self)
    }

    fn shadow(&'static self) -> &'static Shadow {
        Self::shadow(self)
    }

    fn fill<'a>(
        &'static self,
        db: &'a Db,
        context: &'a Context,
        batch: u32,
    ) -> Pin<Box<dyn Future<Output = Result<Filled, DbError>> + Send + 'a>> {
        Box::pin(db.write(context, Fill { view: self, batch }))
    }
}
