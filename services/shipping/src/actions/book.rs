//! Books the shipment of an order.

use std::time::Duration;

use tradewind_db::{Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::Id;
use tradewind_problem::Problem;
use tradewind_shipping_contract::{
    BookShipment, MAX_LINES, MAX_QUANTITY, Shipment, ShipmentBooked, ShipmentState, ShippedLine,
    TrackingNumber,
};

use crate::error;
use crate::store::{self, Known};

pub(crate) struct Book {
    pub(crate) order: Id,
    pub(crate) shipment: BookShipment,
    /// For whom it is, sealed with their key.
    pub(crate) recipient: Option<Vec<u8>>,
    pub(crate) tracking_number: TrackingNumber,
    /// When the carrier that pretends takes it.
    pub(crate) due: Option<Duration>,
}

impl Work for Book {
    type Output = Shipment;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Shipment, Problem> {
        self.check()?;
        match store::find(tx, self.order).await? {
            Known::Refused => return Err(error::cancelled()),
            Known::Booked(shipment) => return self.again(shipment),
            Known::Nothing => {}
        }
        store::book(tx, self.order, &self.shipment, (&self.tracking_number, self.due)).await?;
        store::address(tx, self.order, self.recipient.as_deref()).await?;
        let event = ShipmentBooked {
            order_id: self.order,
            customer_id: self.shipment.customer_id,
            tracking_number: self.tracking_number.clone(),
            lines: self.lines(),
        };
        announce(tx, &event).await?;
        match store::find(tx, self.order).await? {
            Known::Booked(shipment) => Ok(shipment),
            Known::Refused | Known::Nothing => Err(error::no_shipment()),
        }
    }
}

impl Book {
    fn check(&self) -> Result<(), Problem> {
        let lines = &self.shipment.lines;
        if !(1..=MAX_LINES).contains(&lines.len()) {
            return Err(error::field("/lines", "a shipment has 1 to 100 lines"));
        }
        match lines.iter().position(|line| !(1..=MAX_QUANTITY).contains(&line.quantity)) {
            Some(place) => {
                Err(error::field(format!("/lines/{place}/quantity"), "a line has a quantity from 1 to 10000"))
            }
            None => Ok(()),
        }
    }

    fn lines(&self) -> Vec<ShippedLine> {
        self.shipment.lines.iter().cloned().map(ShippedLine::from).collect()
    }

    /// The answer to a shipment that was booked before.
    fn again(&self, shipment: Shipment) -> Result<Shipment, Problem> {
        if shipment.state == ShipmentState::Cancelled {
            return Err(error::cancelled());
        }
        let same = shipment.customer_id == self.shipment.customer_id && shipment.lines == self.lines();
        if same { Ok(shipment) } else { Err(error::other_shipment()) }
    }
}
