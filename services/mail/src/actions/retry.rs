//! Tries a mail again that was given up.

use tradewind_chassis::http::Reply;
use tradewind_db::{Tx, Work};
use tradewind_kernel::Id;
use tradewind_mail_contract::{DELIVERIES_PATH, MailAccepted};
use tradewind_problem::Problem;

use crate::error;
use crate::store::mails::{self, Again};

pub(crate) struct Retry {
    pub(crate) id: Id,
}

impl Work for Retry {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        match mails::again(tx, self.id).await? {
            Again::Now => {
                let id = self.id;
                Reply::accepted(&format!("{DELIVERIES_PATH}/{id}"), &MailAccepted { id })
            }
            Again::Nothing => Err(error::no_mail()),
            Again::Sent => Err(error::sent()),
            Again::Erased => Err(error::erased()),
        }
    }
}
