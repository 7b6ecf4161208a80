//! Makes a category or changes it.

use tradewind_catalogue_contract::{Label, Language, PutCategory};
use tradewind_db::{Tx, Work};
use tradewind_kernel::Slug;
use tradewind_problem::Problem;

use crate::domain::categories::Kept;
use crate::domain::check;
use crate::error;
use crate::store::categories;
use crate::views::pages;

pub(crate) struct Put {
    pub(crate) slug: Slug,
    pub(crate) category: PutCategory,
}

impl Work for Put {
    type Output = ();
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<(), Problem> {
        check::category(&self.category).map_err(error::misfit)?;
        let tree = categories::all_in(tx).await?;
        let PutCategory { name, names, parent, position } = self.category.clone();
        if let Some(above) = &parent
            && let Some(refusal) = tree.refusal(&self.slug, above)
        {
            return Err(error::field("/parent", refusal));
        }
        let english = Label { language: Language::EN, text: name };
        let names = std::iter::once(english).chain(names).collect();
        let kept = Kept { slug: self.slug.clone(), parent, position: i64::from(position), names };
        categories::save(tx, &self.slug, &kept).await?;
        // What is in it is found by its name and by those above it.
        pages::outdate(tx, &self.slug).await?;
        pages::changed(tx).await?;
        Ok(())
    }
}
