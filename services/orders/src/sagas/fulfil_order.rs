//! Fulfils an open order: after the time in which it can simply be called off, its goods are picked, the money is taken
//! or an invoice written, and a shipment booked. Until the shipment is booked a refusal or a cancellation undoes all of it,
//! and the order ends as cancelled.

use std::sync::Arc;
use std::time::Duration;

use tradewind_customers_contract::CustomersClient;
use tradewind_orders_contract::OrderId;
use tradewind_payments_contract::PaymentsClient;
use tradewind_problem::Problem;
use tradewind_saga::{Call, Errand, Local, Saga, Setback, Wait};
use tradewind_shipping_contract::{BookShipment, ShipmentLine, ShippingClient};
use tradewind_stock_contract::StockClient;

use crate::actions::conclude_order::Conclude;
use crate::actions::happen::ON_REQUEST;
use crate::domain::{Command, Fulfilment};
use crate::state::Orders;
use crate::views::orders::{self, Seen};

/// How long stock, and whoever takes the money, may be away before an order is called off for it.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

type Outcome = Result<Fulfilment, Setback>;

/// The name of the saga.
pub(crate) const FULFILMENT: &str = "fulfilment";

pub(crate) fn fulfilment() -> Saga<Orders, Fulfilment> {
    let begin = Local::new("begin", |_, chore| Conclude { chore, command: None }).undo(|_, chore| {
        let reason = chore.reason.as_ref().map(|reason| reason.code.clone());
        let reason = reason.filter(|code| code != ON_REQUEST);
        Conclude { chore, command: Some(Command::CallOff { reason }) }
    });
    let complete = Local::new("complete", |_, chore| Conclude { chore, command: Some(Command::Complete) });
    Saga::new(FULFILMENT, 1)
        .local(begin)
        .wait(Wait::until("cancellation-window", |fulfilment: &Fulfilment| fulfilment.waits_until))
        .call(Call::new("pick-goods", pick).undo(put_back).within(PATIENCE))
        .call(Call::new("take-payment", charge).undo(give_back).within(PATIENCE))
        .call(Call::new("book-shipment", ship).pivot())
        .local(complete)
}

async fn pick(orders: Arc<Orders>, errand: Errand<Fulfilment>) -> Outcome {
    StockClient::new(orders.stock.caller_in(errand.context)).pick(errand.id).await?;
    Ok(errand.data)
}

async fn put_back(orders: Arc<Orders>, errand: Errand<Fulfilment>) -> Outcome {
    StockClient::new(orders.stock.caller_in(errand.context)).put_back(errand.id).await?;
    Ok(errand.data)
}

async fn charge(orders: Arc<Orders>, errand: Errand<Fulfilment>) -> Outcome {
    if errand.data.is_by_card {
        PaymentsClient::new(orders.payments.caller_in(errand.context)).capture(errand.id).await?;
    } else {
        CustomersClient::new(orders.customers.caller_in(errand.context)).invoice(errand.id).await?;
    }
    Ok(errand.data)
}

async fn give_back(orders: Arc<Orders>, errand: Errand<Fulfilment>) -> Outcome {
    if errand.data.is_by_card {
        PaymentsClient::new(orders.payments.caller_in(errand.context)).release(errand.id).await?;
    } else {
        CustomersClient::new(orders.customers.caller_in(errand.context)).credit_invoice(errand.id).await?;
    }
    Ok(errand.data)
}

async fn ship(orders: Arc<Orders>, errand: Errand<Fulfilment>) -> Outcome {
    let order = orders::find(&orders.db, OrderId::new(errand.id), Seen::All).await.map_err(Problem::from)?;
    let missing = || Setback::Failed(Problem::internal(format!("order {} is not in the view", errand.id)));
    let order = order.ok_or_else(missing)?;
    let line = |line: &tradewind_orders_contract::OrderLine| ShipmentLine {
        product_id: line.product_id.clone(),
        quantity: line.quantity.get(),
    };
    let shipment =
        BookShipment { customer_id: order.customer_id, lines: order.lines.iter().map(line).collect() };
    ShippingClient::new(orders.shipping.caller_in(errand.context)).book(errand.id, &shipment).await?;
    Ok(errand.data)
}
