//! The ledger: every movement of money in two entries that add up to nothing, never changed afterwards.
//!
//! Amounts are signed: what an account receives is positive, what it gives is negative.

use tradewind_db::{DbError, Tx, params, sql};
use tradewind_kernel::{Id, Money};

use crate::mutants;

sql! {
    BOOK = "insert into ledger_entry (transaction_id, account, order_id, amount, currency, booked_at)
        values ($1, $2, $3, $4, $5, $6)";
}

/// An account of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    /// What the provider of card payments owes the shop.
    Provider,
    /// What customers owe the shop for invoices.
    Receivables,
    /// What was sold.
    Sales,
}

impl Account {
    fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Receivables => "receivables",
            Self::Sales => "sales",
        }
    }
}

/// Books `amount` from one account to another.
pub(crate) async fn book(
    tx: &mut Tx,
    order: Id,
    (from, to): (Account, Account),
    amount: Money,
) -> Result<(), DbError> {
    let (transaction, now) = (tx.id(), tx.now());
    let given = amount.minor().saturating_neg();
    let entries = [(to, amount.minor()), (from, given)];
    let most = if mutants::BOOKED_ONCE.is_planted() { 1 } else { entries.len() };
    for (account, minor) in entries.into_iter().take(most) {
        let (account, currency) = (account.name(), amount.currency());
        tx.execute(&BOOK, params![transaction, account, order, minor, currency, now]).await?;
    }
    Ok(())
}
