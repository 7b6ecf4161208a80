//! Learns whose an order is, tells them that it was placed, and what was heard of it before.

use tradewind_db::{DbError, Tx, Work};

use crate::actions::notify::tell;
use crate::domain::{Known, News, Policy};
use crate::store::orders;

pub(crate) struct LearnOrder {
    pub(crate) news: News,
    pub(crate) known: Known,
    pub(crate) policy: Policy,
}

impl Work for LearnOrder {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        orders::learn(tx, self.news.order, &self.known).await?;
        tell(tx, &self.news, &self.known, self.policy).await?;
        for news in orders::take(tx, self.news.order).await? {
            tell(tx, &news, &self.known, self.policy).await?;
        }
        Ok(())
    }
}
