//! Calls a shipment off that the carrier has not got.

use tradewind_db::{Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::Id;
use tradewind_problem::Problem;
use tradewind_shipping_contract::{Shipment, ShipmentCancelled, ShipmentState};

use crate::error;
use crate::store::{self, Known};

pub(crate) struct Cancel {
    pub(crate) order: Id,
}

impl Work for Cancel {
    type Output = ();
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<(), Problem> {
        match store::find(tx, self.order).await? {
            Known::Refused => Ok(()),
            // Nobody is told of what nobody has heard of.
            Known::Nothing => Ok(store::refuse(tx, self.order).await?),
            Known::Booked(shipment) => self.cancel(tx, &shipment).await,
        }
    }
}

impl Cancel {
    async fn cancel(&self, tx: &mut Tx, shipment: &Shipment) -> Result<(), Problem> {
        let change = (ShipmentState::Booked, ShipmentState::Cancelled);
        if !store::advance(tx, self.order, change, None).await? {
            let is_cancelled = shipment.state == ShipmentState::Cancelled;
            return if is_cancelled { Ok(()) } else { Err(error::handed_over()) };
        }
        let event = ShipmentCancelled { order_id: self.order, customer_id: shipment.customer_id };
        announce(tx, &event).await?;
        Ok(())
    }
}
