//! Does what a carrier would do with a shipment that is due; nothing, when it is not any more.

use tradewind_db::{DbError, Tx, Work};
use tradewind_kernel::Id;
use tradewind_shipping_contract::ShipmentState;

use crate::actions::advance::{Step, make};
use crate::config::PretendCarrier;
use crate::store::{self, Known};

pub(crate) struct Carry {
    pub(crate) order: Id,
    pub(crate) carrier: PretendCarrier,
}

impl Work for Carry {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let step = match store::due(tx, self.order).await? {
            Some(ShipmentState::Booked) => (Step::HandedOver, self.carrier.delivers_after()),
            Some(ShipmentState::HandedOver) => (Step::Delivered, None),
            _ => return Ok(()),
        };
        match store::find(tx, self.order).await? {
            Known::Booked(shipment) => make(tx, &shipment, step.0, step.1).await.map(drop),
            Known::Refused | Known::Nothing => Ok(()),
        }
    }
}
