//! Notes how many there are of a product.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::Slug;

use crate::domain::availability::Level;
use crate::store::details;
use crate::views::pages;

pub(crate) struct Note {
    pub(crate) product: Slug,
    pub(crate) level: Level,
}

impl Work for Note {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        // Stock may know a product before the catalogue does: its page is made when it is listed.
        details::set_level(tx, &self.product, self.level).await?;
        pages::refresh(tx, &self.product).await
    }
}
