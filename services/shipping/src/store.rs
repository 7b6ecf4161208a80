//! Shipments in the database.

use std::time::Duration;

use tradewind_db::{Db, DbError, Evidence, FromRow, Migration, MigrationSet, Row, Tx, params, sql};
use tradewind_kernel::{Id, Slug, Timestamp};
use tradewind_shipping_contract::{
    BookShipment, Shipment, ShipmentState, ShipmentStep, ShippedLine, TrackingNumber,
};

pub(crate) const MIGRATIONS: MigrationSet = MigrationSet {
    component: "shipping",
    migrations: &[
        Migration {
            version: 1,
            name: "create_shipment",
            text: include_str!("../migrations/0001_create_shipment.sql"),
        },
        Migration { version: 2, name: "recipient", text: include_str!("../migrations/0002_recipient.sql") },
    ],
};

/// What is shown to be checked.
pub(crate) static EVIDENCE: &[Evidence] = &[
    Evidence { table: "shipment", rows: &SHOWN_SHIPMENTS },
    Evidence { table: "shipment_line", rows: &SHOWN_LINES },
    Evidence { table: "shipment_step", rows: &SHOWN_STEPS },
];

sql! {
    SHOWN_SHIPMENTS = "select order_id, state from shipment order by order_id";
    SHOWN_LINES = "select order_id, product_id, quantity from shipment_line order by order_id, number";
    SHOWN_STEPS = "select order_id, number, state from shipment_step order by order_id, number";
    FIND = "select customer_id, tracking_number, state from shipment where order_id = $1";
    LINES = "select product_id, quantity from shipment_line where order_id = $1 order by number";
    STEPS = "select state, reached_at from shipment_step where order_id = $1 order by number";
    ADD = "insert into shipment
            (order_id, customer_id, tracking_number, state, due_at, correlation_id, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict (order_id) do nothing";
    ADD_LINE = "insert into shipment_line (order_id, number, product_id, quantity) values ($1, $2, $3, $4)";
    ADD_STEP = "insert into shipment_step (order_id, number, state, reached_at)
        select $1, count(*) + 1, $2, $3 from shipment_step where order_id = $1";
    MOVE = "update shipment set state = $3, due_at = $4, changed_at = $5 where order_id = $1 and state = $2";
    /// What the carrier that pretends has something to do with.
    pub(crate) UNDER_WAY = "select order_id, due_at, correlation_id from shipment
        where due_at is not null and (due_at, order_id) > ($1, $2) order by due_at, order_id limit $3";
    ADDRESS = "update shipment set recipient = $2 where order_id = $1";
    RECIPIENT = "select recipient from shipment where order_id = $1 and recipient is not null";
    DUE = "select state from shipment where order_id = $1 and due_at <= $2";
}

/// A shipment without what is in it.
struct Head {
    /// None when it was called off before it was booked.
    booked: Option<(Id, TrackingNumber)>,
    state: ShipmentState,
}

impl FromRow for Head {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let (customer, number, state): (Option<Id>, Option<String>, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let number = number.and_then(|number| number.parse().ok());
        Ok(Self { booked: customer.zip(number), state: state_named(&state) })
    }
}

struct Line(ShippedLine);

impl FromRow for Line {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let (product_id, quantity): (Slug, u32) = (row.get(0)?, row.get(1)?);
        Ok(Self(ShippedLine { product_id, quantity }))
    }
}

struct Step(ShipmentStep);

impl FromRow for Step {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let (state, at): (String, Timestamp) = (row.get(0)?, row.get(1)?);
        Ok(Self(ShipmentStep { state: state_named(&state), at }))
    }
}

const STATES: [(&str, ShipmentState); 4] = [
    ("booked", ShipmentState::Booked),
    ("handed-over", ShipmentState::HandedOver),
    ("delivered", ShipmentState::Delivered),
    ("cancelled", ShipmentState::Cancelled),
];

fn state_named(text: &str) -> ShipmentState {
    STATES.into_iter().find(|(name, _)| *name == text).map_or(ShipmentState::Other, |(_, state)| state)
}

fn state_text(state: ShipmentState) -> &'static str {
    STATES.into_iter().find(|(_, known)| *known == state).map_or("other", |(name, _)| name)
}

/// What is known of an order's shipment.
pub(crate) enum Known {
    /// It is or was booked.
    Booked(Shipment),
    /// It was called off before it was booked.
    Refused,
    Nothing,
}

pub(crate) async fn find(tx: &mut Tx, order: Id) -> Result<Known, DbError> {
    let Some(head) = tx.query_optional::<Head>(&FIND, params![order]).await? else {
        return Ok(Known::Nothing);
    };
    let Some(booked) = head.booked else { return Ok(Known::Refused) };
    let lines = tx.query::<Line>(&LINES, params![order]).await?;
    let steps = tx.query::<Step>(&STEPS, params![order]).await?;
    Ok(Known::Booked(whole(order, (booked, head.state), lines, steps)))
}

/// The shipment that was booked for an order.
pub(crate) async fn show(db: &Db, order: Id) -> Result<Option<Shipment>, DbError> {
    let Some(head) = db.query_optional::<Head>(&FIND, params![order]).await? else { return Ok(None) };
    let Some(booked) = head.booked else { return Ok(None) };
    let lines = db.query::<Line>(&LINES, params![order]).await?;
    let steps = db.query::<Step>(&STEPS, params![order]).await?;
    // Read last and never taken back: what they say is the newer state.
    let state = steps.last().map_or(head.state, |step| step.0.state);
    Ok(Some(whole(order, (booked, state), lines, steps)))
}

fn whole(
    order_id: Id,
    ((customer_id, tracking_number), state): ((Id, TrackingNumber), ShipmentState),
    lines: Vec<Line>,
    steps: Vec<Step>,
) -> Shipment {
    let lines = lines.into_iter().map(|line| line.0).collect();
    let steps = steps.into_iter().map(|step| step.0).collect();
    Shipment { order_id, customer_id, state, tracking_number, recipient: None, steps, lines }
}

/// Writes a shipment down; somebody who did meanwhile makes the transaction run again.
pub(crate) async fn book(
    tx: &mut Tx,
    order: Id,
    shipment: &BookShipment,
    (number, due): (&TrackingNumber, Option<Duration>),
) -> Result<(), DbError> {
    let BookShipment { customer_id, lines } = shipment;
    add(tx, order, (Some(*customer_id), Some(number.as_str()), ShipmentState::Booked), due).await?;
    for (number, line) in (1_i64..).zip(lines) {
        tx.execute(&ADD_LINE, params![order, number, line.product_id, line.quantity]).await?;
    }
    step(tx, order, ShipmentState::Booked).await
}

/// Writes the sealed name on a parcel.
pub(crate) async fn address(tx: &mut Tx, order: Id, recipient: Option<&[u8]>) -> Result<(), DbError> {
    match recipient {
        Some(sealed) => tx.execute(&ADDRESS, params![order, sealed]).await.map(drop),
        None => Ok(()),
    }
}

/// The sealed name on the parcel of an order.
pub(crate) async fn recipient(db: &Db, order: Id) -> Result<Option<Vec<u8>>, DbError> {
    let row: Option<(Vec<u8>,)> = db.query_optional(&RECIPIENT, params![order]).await?;
    Ok(row.map(|(sealed,)| sealed))
}

/// Remembers that an order is not to be shipped.
pub(crate) async fn refuse(tx: &mut Tx, order: Id) -> Result<(), DbError> {
    add(tx, order, (None, None, ShipmentState::Cancelled), None).await?;
    step(tx, order, ShipmentState::Cancelled).await
}

async fn add(
    tx: &mut Tx,
    order: Id,
    (customer, number, state): (Option<Id>, Option<&str>, ShipmentState),
    due: Option<Duration>,
) -> Result<(), DbError> {
    let (now, correlation) = (tx.now(), tx.context().map(|context| context.correlation));
    let (due_at, state) = (due.map(|due| now.plus(due)), state_text(state));
    let values = params![order, customer, number, state, due_at, correlation, now];
    if tx.execute(&ADD, values).await? == 0 { Err(tx.conflict()) } else { Ok(()) }
}

async fn step(tx: &mut Tx, order: Id, state: ShipmentState) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&ADD_STEP, params![order, state_text(state), now]).await.map(drop)
}

/// Brings a shipment from one state into the next; `false` when it is not in the first.
pub(crate) async fn advance(
    tx: &mut Tx,
    order: Id,
    (from, to): (ShipmentState, ShipmentState),
    due: Option<Duration>,
) -> Result<bool, DbError> {
    let now = tx.now();
    let due_at = due.map(|due| now.plus(due));
    let (from, state) = (state_text(from), state_text(to));
    if tx.execute(&MOVE, params![order, from, state, due_at, now]).await? == 0 {
        return Ok(false);
    }
    step(tx, order, to).await.map(|()| true)
}

/// The state of a shipment that the carrier has to do something with now.
pub(crate) async fn due(tx: &mut Tx, order: Id) -> Result<Option<ShipmentState>, DbError> {
    let now = tx.now();
    let row: Option<(String,)> = tx.query_optional(&DUE, params![order, now]).await?;
    Ok(row.map(|(state,)| state_named(&state)))
}
