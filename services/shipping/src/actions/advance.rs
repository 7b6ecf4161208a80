//! Says that a shipment came a step further.

use std::str::FromStr;
use std::time::Duration;

use tradewind_db::{DbError, Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::Id;
use tradewind_problem::Problem;
use tradewind_shipping_contract::{Shipment, ShipmentDelivered, ShipmentHandedOver, ShipmentState};

use crate::error;
use crate::store::{self, Known};

/// A step that a shipment makes on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    HandedOver,
    Delivered,
}

impl FromStr for Step {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "handed-over" => Ok(Self::HandedOver),
            "delivered" => Ok(Self::Delivered),
            _ => Err("expected handed-over or delivered"),
        }
    }
}

impl Step {
    /// From which state into which.
    fn change(self) -> (ShipmentState, ShipmentState) {
        match self {
            Self::HandedOver => (ShipmentState::Booked, ShipmentState::HandedOver),
            Self::Delivered => (ShipmentState::HandedOver, ShipmentState::Delivered),
        }
    }
}

pub(crate) struct Advance {
    pub(crate) order: Id,
    pub(crate) step: Step,
    /// When the carrier that pretends makes the next one.
    pub(crate) due: Option<Duration>,
}

impl Work for Advance {
    type Output = Shipment;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Shipment, Problem> {
        let Known::Booked(shipment) = store::find(tx, self.order).await? else {
            return Err(error::no_shipment());
        };
        if make(tx, &shipment, self.step, self.due).await? {
            return match store::find(tx, self.order).await? {
                Known::Booked(shipment) => Ok(shipment),
                Known::Refused | Known::Nothing => Err(error::no_shipment()),
            };
        }
        match (shipment.state, self.step) {
            (ShipmentState::Cancelled, _) => Err(error::cancelled()),
            (ShipmentState::Booked, Step::Delivered) => Err(error::not_handed_over()),
            // It has come as far or further.
            _ => Ok(shipment),
        }
    }
}

/// Makes a step, if the shipment stands before it, and tells.
pub(super) async fn make(
    tx: &mut Tx,
    shipment: &Shipment,
    step: Step,
    due: Option<Duration>,
) -> Result<bool, DbError> {
    let Shipment { order_id, customer_id, ref tracking_number, .. } = *shipment;
    if !store::advance(tx, order_id, step.change(), due).await? {
        return Ok(false);
    }
    match step {
        Step::HandedOver => {
            let tracking_number = tracking_number.clone();
            announce(tx, &ShipmentHandedOver { order_id, customer_id, tracking_number }).await?
        }
        Step::Delivered => announce(tx, &ShipmentDelivered { order_id, customer_id }).await?,
    };
    Ok(true)
}
