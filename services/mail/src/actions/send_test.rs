//! Sends a mail to somebody of the staff, to see that mails arrive.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::Id;

use crate::domain::{Content, Tongue};
use crate::store::mails::{self, Asked};

/// What test mails tell of, in lists.
const OCCASION: &str = "test";

pub(crate) struct SendTest {
    pub(crate) id: Id,
    pub(crate) recipient: Id,
    pub(crate) tongue: Tongue,
}

impl Work for SendTest {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let (id, recipient, language) = (self.id, self.recipient, self.tongue.tag());
        let content = &Content::Test { at: tx.now() };
        mails::add(tx, &Asked { id, recipient, occasion: OCCASION, language, content }).await
    }
}
