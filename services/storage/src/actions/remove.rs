//! Removes an object, where there is one.

use tradewind_db::{Tx, Work};
use tradewind_kernel::Slug;
use tradewind_problem::Problem;
use tradewind_storage_contract::ObjectName;

use crate::domain::Conditions;
use crate::error;
use crate::store::{self, Kept, blobs};

pub(crate) struct Remove {
    pub(crate) bucket: Slug,
    pub(crate) name: ObjectName,
    pub(crate) conditions: Conditions,
}

impl Work for Remove {
    type Output = ();
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<(), Problem> {
        let known = store::find_in(tx, &self.bucket, &self.name).await?;
        if !self.conditions.admit(known.as_ref().map(Kept::state)) {
            return Err(error::other_state());
        }
        let Some(known) = known else { return Ok(()) };
        store::remove(tx, &self.bucket, &self.name).await?;
        store::grow(tx, -1, -known.size()).await?;
        blobs::condemn(tx, known.blob).await?;
        Ok(())
    }
}
