//! Door for events: event in, call one action.

use tradewind_accounts_contract::{self as accounts, PersonErased};
use tradewind_customers_contract::{self as customers, InvoiceCredited};
use tradewind_events::{Received, Subscription};
use tradewind_notification_contract::{MailLine, Occasion};
use tradewind_orders_contract::{
    self as orders, OrderCancelled, OrderCompleted, OrderId, OrderLine, OrderOpened, OrderPlaced,
    OrderRejected,
};
use tradewind_payments_contract::{self as payments, PaymentRefunded, RefundGranted, RefundRefused};
use tradewind_shipping_contract::{self as shipping, ShipmentHandedOver};

use crate::actions::forget::ForgetPerson;
use crate::actions::learn_order::LearnOrder;
use crate::actions::notify::Notify;
use crate::domain::{Content, Known, News};
use crate::state::Notifier;

pub(crate) fn orders() -> Subscription<Notifier> {
    Subscription::to(orders::SERVICE)
        .on::<OrderPlaced, _>(placed)
        .on::<OrderOpened, _>(|notifier, event| {
            notify(notifier, of_order(&event, event.order_id, Occasion::OrderConfirmed))
        })
        .on::<OrderCompleted, _>(|notifier, event| {
            notify(notifier, of_order(&event, event.order_id, Occasion::OrderCompleted))
        })
        .on::<OrderRejected, _>(|notifier, event| {
            let news = of_order(&event, event.order_id, Occasion::OrderRejected);
            notify(notifier, News { reason: Some(event.event.reason), ..news })
        })
        .on::<OrderCancelled, _>(|notifier, event| {
            let news = of_order(&event, event.order_id, Occasion::OrderCancelled);
            notify(notifier, News { reason: event.event.reason, ..news })
        })
}

pub(crate) fn shipping() -> Subscription<Notifier> {
    Subscription::to(shipping::SERVICE).on::<ShipmentHandedOver, _>(|notifier, event| {
        let news = News::new(event.id, event.order_id, Occasion::OrderShipped, event.time);
        let tracking_number = Some(event.tracking_number.to_string());
        notify(notifier, News { tracking_number, ..news })
    })
}

pub(crate) fn payments() -> Subscription<Notifier> {
    Subscription::to(payments::SERVICE)
        .on::<PaymentRefunded, _>(|notifier, event| {
            let news = News::new(event.id, event.order_id, Occasion::OrderRefunded, event.time);
            // An order may be refunded in parts, and each of them is news.
            notify(notifier, News { part: event.refund_id.to_string(), refunded: Some(event.amount), ..news })
        })
        .on::<RefundGranted, _>(|notifier, event| {
            let news = News::new(event.id, event.order_id, Occasion::RefundGranted, event.time);
            notify(notifier, News { part: event.number.to_string(), refunded: Some(event.amount), ..news })
        })
        .on::<RefundRefused, _>(|notifier, event| {
            let news = News::new(event.id, event.order_id, Occasion::RefundRefused, event.time);
            let reason = Some(event.reason.name().to_owned());
            notify(notifier, News { part: event.number.to_string(), reason, ..news })
        })
}

pub(crate) fn customers() -> Subscription<Notifier> {
    Subscription::to(customers::SERVICE).on::<InvoiceCredited, _>(|notifier, event| {
        let news = News::new(event.id, event.order_id, Occasion::OrderRefunded, event.time);
        notify(notifier, News { refunded: Some(event.amount), ..news })
    })
}

pub(crate) fn accounts() -> Subscription<Notifier> {
    Subscription::to(accounts::SERVICE)
        .on::<PersonErased, _>(|_, event| ForgetPerson { customer: event.account_id })
}

fn notify(notifier: &Notifier, news: News) -> Notify {
    Notify { news, policy: notifier.policy }
}

fn of_order<E>(event: &Received<E>, order: OrderId, occasion: Occasion) -> News {
    News::new(event.id, order.id(), occasion, event.time)
}

fn placed(notifier: &Notifier, event: Received<OrderPlaced>) -> LearnOrder {
    let news = of_order(&event, event.order_id, Occasion::OrderPlaced);
    let OrderPlaced { customer_id, lines, total, .. } = event.event;
    let content = Content { lines: lines.into_iter().map(line).collect(), total };
    LearnOrder { news, known: Known { customer: customer_id, content }, policy: notifier.policy }
}

fn line(line: OrderLine) -> MailLine {
    let OrderLine { name, quantity, unit_price, .. } = line;
    MailLine { name, quantity: quantity.get(), unit_price }
}
