//! Keeps the credit that an order has reserved, because it is open.

use tradewind_customers_contract::{CreditReservationLost, CreditReserved};
use tradewind_db::{DbError, Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::Id;

use crate::mutants;
use crate::store::{self, Revived};

pub(crate) struct Confirm {
    pub(crate) order: Id,
}

impl Work for Confirm {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        if mutants::CONFIRM_FORGOTTEN.is_planted() {
            return Ok(());
        }
        if store::confirm(tx, self.order).await? {
            return Ok(());
        }
        match store::revive(tx, self.order).await? {
            Revived::Confirmed { customer, amount } => {
                let event = CreditReserved { order_id: self.order, customer_id: customer, amount };
                announce(tx, &event).await.map(drop)
            }
            // Confirmed or released before; without any reservation the order shall not stay open either.
            Revived::Nothing if store::has_reservation(tx, self.order).await? => Ok(()),
            Revived::Nothing | Revived::Lost => {
                announce(tx, &CreditReservationLost { order_id: self.order }).await.map(drop)
            }
        }
    }
}
