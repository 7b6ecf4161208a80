//! Domain event → promised event.

use tradewind_db::{DbError, Tx};
use tradewind_events::announce;
use tradewind_orders_contract::{
    OrderCancellationRequested, OrderCancelled, OrderCompleted, OrderId, OrderLine, OrderOpened, OrderPlaced,
    OrderRejected, PaidBy, PaymentMethod, Quantity,
};

use crate::domain::{Event, Line, Order, Payment, Placement};

/// Tells the others what happened to an order; gives the position in the log when there was something to tell.
///
/// `order` is what it was before.
pub(crate) async fn tell(
    tx: &mut Tx,
    order_id: OrderId,
    order: &Order,
    event: &Event,
) -> Result<Option<i64>, DbError> {
    let position = match event {
        Event::Placed(placement) => announce(tx, &placed(order_id, placement)?).await?,
        Event::Opened => announce(tx, &OrderOpened { order_id, payment: paid_by(&order.payment) }).await?,
        Event::Completed => announce(tx, &OrderCompleted { order_id }).await?,
        Event::Rejected { reason } => {
            announce(tx, &OrderRejected { order_id, reason: reason.clone() }).await?
        }
        Event::CancellationRequested { reason } => {
            announce(tx, &OrderCancellationRequested { order_id, reason: reason.clone() }).await?
        }
        Event::Cancelled => announce(tx, &OrderCancelled { order_id, reason: None }).await?,
        Event::Lost { reason } => {
            announce(tx, &OrderCancelled { order_id, reason: Some(reason.clone()) }).await?
        }
        // Steps on the way concern nobody else.
        Event::StockConfirmed | Event::CreditConfirmed | Event::CardConfirmed => return Ok(None),
    };
    Ok(Some(position))
}

fn placed(order_id: OrderId, placement: &Placement) -> Result<OrderPlaced, DbError> {
    let Placement { customer, lines, total, payment, quoted } = placement;
    let lines = lines.iter().map(line).collect::<Result<_, _>>()?;
    let payment = match payment {
        Payment::Account => PaymentMethod::Account,
        Payment::Card { token } => PaymentMethod::Card { token: token.clone() },
    };
    Ok(OrderPlaced {
        order_id,
        customer_id: *customer,
        lines,
        total: *total,
        discount: quoted.map(|quoted| quoted.discount),
        tax: quoted.map(|quoted| quoted.tax),
        quote_id: quoted.map(|quoted| quoted.quote),
        payment,
    })
}

fn paid_by(payment: &Payment) -> PaidBy {
    match payment {
        Payment::Account => PaidBy::Account,
        Payment::Card { .. } => PaidBy::Card,
    }
}

/// A line as the contract shows it.
pub(crate) fn line(line: &Line) -> Result<OrderLine, DbError> {
    let Line { product, sku, name, quantity, unit_price } = line.clone();
    let quantity = Quantity::try_from(i64::from(quantity))
        .map_err(|message| DbError::Column { message: message.to_owned() })?;
    Ok(OrderLine { product_id: product, sku, name, quantity, unit_price })
}
