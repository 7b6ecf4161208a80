//! The port to whoever takes money from cards.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tradewind_chassis::Dependency;
use tradewind_kernel::{Context, Id, Money, Slug};
use tradewind_problem::Problem;
use tradewind_provider_contract::{Authorise, CardToken, Charge, ProviderClient, Refund};

/// A page of a provider's books, and the mark of the next one.
pub(crate) type Books = (Vec<Charge>, Option<String>);

/// What can be asked of a provider of card payments. Everything is named by the order: asked again it does nothing more.
///
/// A problem of the provider's own (status 500 and above), or silence, leaves open whether it was done.
pub(crate) trait Provider: fmt::Debug + Send + Sync {
    /// Keeps an amount for the shop.
    fn authorise(
        &self,
        context: Context,
        order: Id,
        amount: Money,
        card: Slug,
    ) -> BoxFuture<'static, Result<(), Problem>>;

    /// Takes the amount.
    fn capture(&self, context: Context, order: Id) -> BoxFuture<'static, Result<(), Problem>>;

    /// Lets the amount go, or gives back what was taken; what comes later for this order is refused.
    fn cancel(&self, context: Context, order: Id) -> BoxFuture<'static, Result<(), Problem>>;

    /// Gives a part back.
    fn refund(
        &self,
        context: Context,
        order: Id,
        refund: Id,
        amount: Money,
    ) -> BoxFuture<'static, Result<(), Problem>>;

    /// The provider's books, a page at a time, by order; with the mark of the next page.
    fn books(&self, context: Context, after: Option<String>) -> BoxFuture<'static, Result<Books, Problem>>;
}

/// A provider that is reached through the peer of its name.
#[derive(Debug)]
pub(crate) struct Peer(pub(crate) Dependency);

impl Peer {
    fn client(&self, context: Context) -> ProviderClient {
        ProviderClient::new(self.0.caller_in(context))
    }
}

impl Provider for Peer {
    fn authorise(
        &self,
        context: Context,
        order: Id,
        amount: Money,
        card: Slug,
    ) -> BoxFuture<'static, Result<(), Problem>> {
        let client = self.client(context);
        Box::pin(async move {
            let card: CardToken = card.as_str().parse().map_err(crate::error::no_card)?;
            client.authorise(order, &Authorise { amount, card }).await.map(drop)
        })
    }

    fn capture(&self, context: Context, order: Id) -> BoxFuture<'static, Result<(), Problem>> {
        let client = self.client(context);
        Box::pin(async move { client.capture(order).await.map(drop) })
    }

    fn cancel(&self, context: Context, order: Id) -> BoxFuture<'static, Result<(), Problem>> {
        let client = self.client(context);
        Box::pin(async move { client.cancel(order).await.map(drop) })
    }

    fn refund(
        &self,
        context: Context,
        order: Id,
        refund: Id,
        amount: Money,
    ) -> BoxFuture<'static, Result<(), Problem>> {
        let client = self.client(context);
        Box::pin(async move { client.refund(order, refund, &Refund { amount }).await.map(drop) })
    }

    fn books(&self, context: Context, after: Option<String>) -> BoxFuture<'static, Result<Books, Problem>> {
        let client = self.client(context);
        Box::pin(async move {
            let page = client.charges(after.as_deref()).await?;
            Ok((page.items, page.next))
        })
    }
}

/// A provider as it is shared.
pub(crate) type SharedProvider = Arc<dyn Provider>;
