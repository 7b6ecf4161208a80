//! Doors: decode, call one action or query, encode.

use std::sync::Arc;

use tradewind_chassis::http::{Call, Operation, Reply, Routes, operation};
use tradewind_kernel::{Entropy, Id, Principal, Slug};
use tradewind_problem::{CONFLICT, NOT_FOUND, Problem};
use tradewind_shipping_contract::{
    BookShipment, SHIPMENT_CANCELLED, SHIPMENT_HANDED_OVER, Shipment, TrackingNumber,
};

use crate::actions::advance::{Advance, Step};
use crate::actions::book::Book;
use crate::actions::cancel::Cancel;
use crate::state::Shipping;
use crate::{error, store};

pub(crate) fn public() -> Routes<Shipping> {
    Routes::new()
        .get("/api/shipping/v1/shipments/{order}", show)
        .describe(of_order("Show the shipment of an order").bearer().answers::<Shipment>(200))
}

pub(crate) fn internal() -> Routes<Shipping> {
    Routes::new()
        .put("/admin/shipments/{order}", book)
        .describe(
            of_order("Book the shipment of an order")
                .takes::<BookShipment>()
                .answers::<Shipment>(200)
                .problems(&[SHIPMENT_CANCELLED]),
        )
        .put("/admin/shipments/{order}/cancellation", cancel)
        .describe(
            of_order("Call a shipment off, or an order's shipment that is not booked yet")
                .answers_nothing()
                .problems(&[SHIPMENT_HANDED_OVER]),
        )
        .put("/admin/shipments/{order}/steps/{step}", advance)
        .describe(
            of_order("Say that a shipment was handed over or delivered")
                .parameter::<Slug>("step")
                .answers::<Shipment>(200)
                .problems(&[CONFLICT, NOT_FOUND, SHIPMENT_CANCELLED]),
        )
}

fn of_order(summary: &'static str) -> Operation {
    operation(summary).parameter::<Id>("order")
}

async fn show(shipping: Arc<Shipping>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let principal = call.require_principal()?.clone();
    let shipment = store::show(&shipping.db, call.parameter("order")?).await?;
    // Users see their own, staff see all.
    let seen = shipment.filter(|shipment| match principal {
        Principal::User(id) => id == shipment.customer_id,
        _ => true,
    });
    shown(&shipping, &call, seen.ok_or_else(error::no_shipment)?).await
}

/// A shipment with the name on it, as far as it can be read.
async fn shown(shipping: &Shipping, call: &Call, shipment: Shipment) -> Result<Reply, Problem> {
    let parcel = (shipment.customer_id, shipment.order_id);
    let recipient = match store::recipient(&shipping.db, shipment.order_id).await? {
        Some(sealed) => shipping.people.opened(call, parcel, &sealed).await,
        None => None,
    };
    Reply::ok(&Shipment { recipient, ..shipment })
}

async fn book(shipping: Arc<Shipping>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let order = call.parameter("order")?;
    let shipment: BookShipment = call.json().await?;
    let tracking_number = tracking_number(&shipping.entropy);
    let due = shipping.carrier.takes_after();
    let recipient = shipping.people.sealed(&call, (shipment.customer_id, order)).await?;
    let booked = Book { order, shipment, recipient, tracking_number, due };
    Reply::ok(&shipping.db.write(call.context(), booked).await?)
}

/// A number that nobody can guess.
fn tracking_number(entropy: &Entropy) -> TrackingNumber {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    TrackingNumber::new(u64::from_be_bytes(bytes))
}

async fn cancel(shipping: Arc<Shipping>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let order = call.parameter("order")?;
    call.no_body().await?;
    shipping.db.write(call.context(), Cancel { order }).await?;
    Ok(Reply::no_content())
}

async fn advance(shipping: Arc<Shipping>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let (order, step) = (call.parameter("order")?, call.parameter("step")?);
    call.no_body().await?;
    let due = if step == Step::HandedOver { shipping.carrier.delivers_after() } else { None };
    Reply::ok(&shipping.db.write(call.context(), Advance { order, step, due }).await?)
}
