//! Tells whom it concerns, or not; with the mail that is asked for in the same transaction.

use tradewind_db::{DbError, Tx, Work};

use crate::announce;
use crate::domain::{Decision, Known, News, Policy, decide, usual};
use crate::store::{notifications, orders, preferences};

pub(crate) struct Notify {
    pub(crate) news: News,
    pub(crate) policy: Policy,
}

impl Work for Notify {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        match orders::find(tx, self.news.order).await? {
            Some(known) => tell(tx, &self.news, &known, self.policy).await,
            // Several producers tell of one order, and one may be ahead of the one that tells whose it is.
            None => orders::keep(tx, &self.news).await,
        }
    }
}

/// Decides of news, and asks for the mail.
pub(crate) async fn tell(tx: &mut Tx, news: &News, known: &Known, policy: Policy) -> Result<(), DbError> {
    let wishes = preferences::find_in(tx, known.customer).await?.unwrap_or_else(|| usual(policy));
    let decision = decide(news, &wishes, policy, tx.now());
    let is_new = notifications::add(tx, news, known.customer, (decision, wishes.language)).await?;
    if is_new && decision == Decision::Mail {
        announce::ask(tx, news, known, wishes.language).await?;
    }
    Ok(())
}
