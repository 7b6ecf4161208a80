//! Books what customers says of invoices, so that one ledger tells of all money.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::{Id, Money};

use crate::views::ledger::{self, Account};

/// Books an invoice, or a credit note.
pub(crate) struct BookInvoice {
    pub(crate) order: Id,
    pub(crate) amount: Money,
    /// Whether the invoice is taken back.
    pub(crate) is_credit: bool,
}

impl Work for BookInvoice {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let accounts = if self.is_credit {
            (Account::Receivables, Account::Sales)
        } else {
            (Account::Sales, Account::Receivables)
        };
        ledger::book(tx, self.order, accounts, self.amount).await
    }
}
