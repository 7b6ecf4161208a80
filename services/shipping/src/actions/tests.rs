//! What shipments do when they are booked, called off and carried, again and at the same time.

use std::time::Duration;

use tradewind_db::{Db, DbError, Execution, Location, MigrateMode, Options, Work, sql};
use tradewind_kernel::{Clock, Context, Entropy, Id, Principal};
use tradewind_problem::Problem;
use tradewind_shipping_contract::{BookShipment, Shipment, ShipmentLine, ShipmentState, TrackingNumber};

use crate::actions::advance::{Advance, Step};
use crate::actions::book::Book;
use crate::actions::cancel::Cancel;
use crate::actions::carry::Carry;
use crate::config::PretendCarrier;
use crate::store;

sql! {
    TOLD = "select type from event_log order by position";
}

const ORDER: Id = Id::from_u128(1);

struct World {
    db: Db,
    context: Context,
}

impl World {
    async fn new() -> Self {
        let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
        let context = Context::begin(Principal::Anonymous, &clock, &entropy);
        let (location, execution) = (Location::Memory, Execution::Inline);
        let db = Db::open(Options { location, execution, readers: 1, clock, entropy }).unwrap();
        db.migrate(&[tradewind_events::MIGRATIONS, store::MIGRATIONS], MigrateMode::Auto).await.unwrap();
        Self { db, context }
    }

    async fn write<W: Work>(&self, work: W) -> Result<W::Output, W::Error> {
        self.db.write(&self.context, work).await
    }

    async fn book(&self, quantity: u32) -> Result<Shipment, Problem> {
        self.write(booking(quantity, None)).await
    }

    async fn cancel(&self) -> Result<(), Problem> {
        self.write(Cancel { order: ORDER }).await
    }

    async fn advance(&self, step: Step) -> Result<Shipment, Problem> {
        self.write(Advance { order: ORDER, step, due: None }).await
    }

    async fn carry(&self) -> Result<(), DbError> {
        self.write(Carry { order: ORDER, carrier: at_once() }).await
    }

    async fn state(&self) -> Option<ShipmentState> {
        store::show(&self.db, ORDER).await.unwrap().map(|shipment| shipment.state)
    }

    async fn told(&self) -> Vec<String> {
        let told: Vec<(String,)> = self.db.query(&TOLD, &[]).await.unwrap();
        let short = |(kind,): (String,)| kind.replace("tradewind.shipping.shipment-", "").replace(".v1", "");
        told.into_iter().map(short).collect()
    }
}

fn booking(quantity: u32, due: Option<Duration>) -> Book {
    let lines = vec![ShipmentLine { product_id: "1".parse().unwrap(), quantity }];
    let shipment = BookShipment { customer_id: Id::from_u128(2), lines };
    Book { order: ORDER, shipment, recipient: None, tracking_number: TrackingNumber::new(7), due }
}

/// A carrier that is there as soon as it is called.
fn at_once() -> PretendCarrier {
    PretendCarrier { handed_over: Duration::from_nanos(1), delivered: Duration::from_nanos(1) }
}

fn code<T>(result: Result<T, Problem>) -> String {
    result.err().map(|problem| problem.code().to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn booked_again_it_is_the_same_shipment_and_something_else_is_refused() {
    let world = World::new().await;
    let first = world.book(2).await.unwrap();
    assert_eq!(world.book(2).await.unwrap(), first);
    assert_eq!(code(world.book(3).await), "invalid-body");
    assert_eq!(code(world.book(0).await), "invalid-body");
    assert_eq!(world.told().await, ["booked"]);
}

#[tokio::test]
async fn what_was_called_off_is_not_booked_late_and_nobody_is_told_of_what_was_never_booked() {
    let world = World::new().await;
    for _ in 0..2 {
        world.cancel().await.unwrap();
        assert_eq!(code(world.book(2).await), "shipment-cancelled");
        assert_eq!(code(world.advance(Step::HandedOver).await), "not-found");
    }
    assert_eq!((world.state().await, world.told().await), (None, Vec::new()));
    let world = World::new().await;
    world.book(2).await.unwrap();
    for _ in 0..2 {
        world.cancel().await.unwrap();
        assert_eq!(code(world.book(2).await), "shipment-cancelled");
        assert_eq!(code(world.advance(Step::HandedOver).await), "shipment-cancelled");
    }
    assert_eq!(world.told().await, ["booked", "cancelled"]);
}

#[tokio::test]
async fn what_the_carrier_has_is_not_called_off_and_steps_have_a_sequence() {
    let world = World::new().await;
    world.book(2).await.unwrap();
    assert_eq!(code(world.advance(Step::Delivered).await), "conflict");
    for _ in 0..2 {
        assert_eq!(world.advance(Step::HandedOver).await.unwrap().state, ShipmentState::HandedOver);
        assert_eq!(code(world.cancel().await), "shipment-handed-over");
    }
    for step in [Step::Delivered, Step::Delivered, Step::HandedOver] {
        assert_eq!(world.advance(step).await.unwrap().state, ShipmentState::Delivered);
    }
    assert_eq!(code(world.cancel().await), "shipment-handed-over");
    let steps = world.book(2).await.unwrap().steps.into_iter().map(|step| step.state);
    let way = [ShipmentState::Booked, ShipmentState::HandedOver, ShipmentState::Delivered];
    assert!(steps.eq(way));
    assert_eq!(world.told().await, ["booked", "handed-over", "delivered"]);
}

#[tokio::test]
async fn a_carrier_that_pretends_takes_and_delivers_what_is_due_and_nothing_else() {
    let world = World::new().await;
    world.book(2).await.unwrap();
    world.carry().await.unwrap();
    assert_eq!(world.state().await, Some(ShipmentState::Booked), "nothing is due without a carrier");
    let world = World::new().await;
    world.write(booking(2, Some(Duration::from_nanos(1)))).await.unwrap();
    for state in [ShipmentState::HandedOver, ShipmentState::Delivered, ShipmentState::Delivered] {
        world.carry().await.unwrap();
        assert_eq!(world.state().await, Some(state));
    }
    let world = World::new().await;
    world.write(booking(2, Some(Duration::from_secs(60)))).await.unwrap();
    world.carry().await.unwrap();
    assert_eq!(world.state().await, Some(ShipmentState::Booked), "it is not due yet");
    world.cancel().await.unwrap();
    world.carry().await.unwrap();
    assert_eq!(world.state().await, Some(ShipmentState::Cancelled));
}

#[tokio::test]
async fn a_cancellation_races_the_carrier_and_one_of_them_wins() {
    for _ in 0..20 {
        let world = World::new().await;
        world.book(2).await.unwrap();
        let (taken, cancelled) = tokio::join!(world.advance(Step::HandedOver), world.cancel());
        assert_ne!(taken.is_ok(), cancelled.is_ok());
        assert_eq!(world.told().await.len(), 2);
    }
}
