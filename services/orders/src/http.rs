//! Doors: decode, call one action or query, encode.

use std::sync::Arc;
use std::time::Duration;

use tradewind_chassis::http::{Call, Reply, Routes, operation};
use tradewind_kernel::{Id, Page, PageRequest, Principal};
use tradewind_orders_contract::{Accepted, Order, OrderId, OrderState, PlaceOrder};
use tradewind_problem::{FORBIDDEN, INVALID_BODY, INVALID_PARAMETER, Problem};

use crate::actions::cancel_order::Cancel;
use crate::actions::place_order::{AnnounceApart, Place};
use crate::state::Orders;
use crate::views::orders::{self, Seen};
use crate::{error, mutants};

pub(crate) fn public() -> Routes<Orders> {
    Routes::new()
        .post("/api/orders/v1/orders", place)
        .describe(
            operation("Place an order")
                .bearer()
                .takes::<PlaceOrder>()
                .command()
                .waits()
                .answers::<Accepted>(202)
                .located()
                .problems(error::PLACING),
        )
        .get("/api/orders/v1/orders", list)
        .describe(
            operation("List the caller's orders, the newest first")
                .bearer()
                .query::<PageRequest>()
                .answers::<Page<Order>>(200)
                .problems(&[FORBIDDEN]),
        )
        .get("/api/orders/v1/admin/orders", latest)
        .describe(
            operation("List everybody's orders, the newest first; for staff")
                .bearer()
                .query::<PageRequest>()
                .answers::<Page<Order>>(200)
                .problems(&[FORBIDDEN]),
        )
        .get("/api/orders/v1/orders/{id}", show)
        .describe(operation("Show an order").bearer().parameter::<OrderId>("id").answers::<Order>(200))
        .post("/api/orders/v1/orders/{id}/cancellation", cancel)
        .describe(
            operation("Call off an open order")
                .bearer()
                .parameter::<OrderId>("id")
                .command()
                .answers::<Accepted>(202)
                .located()
                .problems(&[error::ORDER_NOT_OPEN]),
        )
}

pub(crate) fn internal() -> Routes<Orders> {
    Routes::new()
}

async fn place(service: Arc<Orders>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    call.require_principal()?;
    let PlaceOrder { customer_id, lines, payment } = call.json().await?;
    let customer = orderer(&call, customer_id)?;
    let reply = call.command(&service.db, Place { customer, lines, payment }).await?;
    if mutants::ANNOUNCED_APART.is_planted() {
        announce_apart(&service, &call, &reply).await?;
    }
    match call.preferred_wait() {
        Some(wait) => settle(&service, &call, reply, wait).await,
        None => Ok(reply),
    }
}

/// What a mutant does, for an order that was placed just now.
async fn announce_apart(service: &Orders, call: &Call, reply: &Reply) -> Result<(), Problem> {
    let Some(id) = reply.location().and_then(order_at) else { return Ok(()) };
    let placed = orders::find(&service.db, id, Seen::All).await?.ok_or_else(error::no_order)?;
    let is_repetition = placed.placed_at < call.clock().now().minus(Duration::from_millis(1));
    if is_repetition { Ok(()) } else { Ok(service.db.write(call.context(), AnnounceApart(placed)).await?) }
}

/// For whom the order is: users order for themselves, staff for somebody.
fn orderer(call: &Call, named: Option<Id>) -> Result<Id, Problem> {
    match (call.require_principal()?, named) {
        (Principal::User(id), None) => Ok(*id),
        (Principal::User(id), Some(named)) if named == *id => Ok(*id),
        (Principal::User(_), Some(_)) => {
            Err(Problem::new(&FORBIDDEN).detail("You can order for yourself only. Leave customerId out."))
        }
        (_, Some(named)) => Ok(named),
        (_, None) => Err(Problem::new(&INVALID_BODY)
            .detail("The body does not fit; see errors.")
            .error("/customerId", "staff must say for whom the order is")),
    }
}

/// Holds the answer back until the order has ended its first phase, or the wait is over.
async fn settle(service: &Orders, call: &Call, reply: Reply, wait: Duration) -> Result<Reply, Problem> {
    let Some(id) = reply.location().and_then(order_at) else {
        return Ok(reply);
    };
    let mut signal = service.db.signal_of_key(orders::DECIDED, &id.to_string());
    let settled = async {
        loop {
            signal.mark_seen();
            match orders::find(&service.db, id, Seen::All).await {
                Ok(Some(order)) if order.state == OrderState::New => {}
                _ => return,
            }
            signal.changed().await;
        }
    };
    // Whether it was settled or not, the order is found at its address.
    call.clock().timeout(wait, settled).await.unwrap_or_default();
    let granted = format!("wait={}", wait.as_secs());
    reply.header(http::HeaderName::from_static("preference-applied"), &granted)
}

fn order_at(location: &str) -> Option<OrderId> {
    location.rsplit('/').next()?.parse().ok()
}

async fn show(service: Arc<Orders>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let seen = seen(&call)?;
    let id: OrderId = call.parameter("id")?;
    let order = orders::find(&service.db, id, seen).await?;
    Reply::ok(&order.ok_or_else(error::no_order)?)
}

async fn list(service: Arc<Orders>, call: Call) -> Result<Reply, Problem> {
    let customer = call.require_user()?;
    let (after, limit) = page_of(&call)?;
    let found = orders::page(&service.db, customer, after, limit + 1).await?;
    Reply::ok(&Page::from_probe(found, limit, |order| order.id.to_string()))
}

async fn latest(service: Arc<Orders>, call: Call) -> Result<Reply, Problem> {
    call.require_staff()?;
    let (after, limit) = page_of(&call)?;
    let found = orders::latest(&service.db, after, limit + 1).await?;
    Reply::ok(&Page::from_probe(found, limit, |order| order.id.to_string()))
}

/// After which order a page begins, and how many it may have.
fn page_of(call: &Call) -> Result<(Option<Id>, u16), Problem> {
    let asked: PageRequest = call.query()?;
    let wrong = |name: &str, detail: &str| {
        Problem::new(&INVALID_PARAMETER).detail("The page cannot be given.").error(name, detail)
    };
    let limit = asked.bounded_limit().ok_or_else(|| wrong("limit", "ask for 1 to 200 items"))?;
    let after = asked.after.as_deref().map(str::parse::<Id>).transpose();
    Ok((after.map_err(|_| wrong("after", "send the next mark of the page before"))?, limit))
}

async fn cancel(service: Arc<Orders>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let seen = seen(&call)?;
    let id: OrderId = call.parameter("id")?;
    call.no_body().await?;
    let fulfilments = service.fulfilments.clone();
    call.command(&service.db, Cancel { id, seen, fulfilments }).await
}

/// Users see their own orders, staff see all.
fn seen(call: &Call) -> Result<Seen, Problem> {
    match call.require_principal()? {
        Principal::User(id) if !mutants::SEEN_BY_ALL.is_planted() => Ok(Seen::Of(*id)),
        _ => Ok(Seen::All),
    }
}
