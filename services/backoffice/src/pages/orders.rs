//! Orders and their payments.

use maud::html;
use tradewind_kernel::{Id, Page};
use tradewind_orders_contract::{Order, OrderState, PaidBy};
use tradewind_pages::{Html, Message};
use tradewind_payments_contract::{Payment, PaymentState, RefundRequest};

use crate::pages::forms::{Field, form};
use crate::pages::{next_page, refunds};
use crate::reader::Reader;
use crate::words::*;
use crate::worker::Worker;

pub(crate) fn list(reader: &Reader, orders: &Page<Order>) -> Html {
    Html::new(html! {
        table {
            caption { (reader.say(ORDERS_CAPTION)) }
            thead {
                tr {
                    th scope="col" { (reader.say(PLACED)) }
                    th scope="col" { (reader.say(ORDER_ID)) }
                    th scope="col" { (reader.say(STATE)) }
                    th.number scope="col" { (reader.say(TOTAL)) }
                }
            }
            tbody {
                @for order in &orders.items {
                    tr {
                        td { (reader.moment(order.placed_at)) }
                        td { a href={ "/admin/orders/" (order.id) } { (order.id) } }
                        td { (reader.say(state(order))) }
                        td.number { (reader.money(order.total)) }
                    }
                }
            }
        }
        @if orders.items.is_empty() { p { (reader.say(NO_ORDERS)) } }
        (next_page(reader, "/admin/orders", orders.next.as_deref()))
    })
}

fn state(order: &Order) -> Message {
    match order.state {
        OrderState::New => STATE_NEW,
        OrderState::Open if order.cancelling => STATE_CANCELLING,
        OrderState::Open => STATE_OPEN,
        OrderState::Rejected => STATE_REJECTED,
        OrderState::Cancelled => STATE_CANCELLED,
        OrderState::Completed => STATE_COMPLETED,
    }
}

/// One order; of an order on account there is no payment by card.
pub(crate) fn one(
    worker: &Worker,
    key: Id,
    order: &Order,
    (payment, requests): (Option<&Payment>, &[RefundRequest]),
) -> Html {
    let (reader, address) = (&worker.reader, format!("/admin/orders/{}", order.id));
    let is_refundable = payment.filter(|payment| payment.state == PaymentState::Captured);
    Html::new(html! {
        (facts(reader, order, payment))
        (ordered(reader, order))
        @if order.state == OrderState::Open && !order.cancelling {
            h2 { (reader.say(CALL_OFF)) }
            (form(reader, key, &format!("{address}/cancellation"), &Html::default(), reader.say(CALL_IT_OFF)))
        }
        (refunds::of_order(reader, key, requests))
        @if let Some(payment) = is_refundable {
            h2 { (reader.say(GIVE_BACK)) }
            (form(reader, key, &format!("{address}/refunds"), &refund_fields(reader, payment), reader.say(GIVE_IT_BACK)))
        }
        p { a href={ "/admin/audit?kind=order&id=" (order.id) } { (reader.say(TRAIL_ORDER)) } }
    })
}

fn facts(reader: &Reader, order: &Order, payment: Option<&Payment>) -> Html {
    let customer = order.customer_id;
    let way = if order.payment == PaidBy::Card { BY_CARD } else { ON_ACCOUNT };
    Html::new(html! {
        dl {
            dt { (reader.say(PLACED)) } dd { (reader.moment(order.placed_at)) }
            dt { (reader.say(CUSTOMER)) } dd { a href={ "/admin/customers/" (customer) } { (customer) } }
            dt { (reader.say(STATE)) } dd id="state" { (reader.say(state(order))) }
            @if let Some(reason) = &order.reason { dt { (reader.say(REASON)) } dd { (reason) } }
            dt { (reader.say(PAID)) } dd { (reader.say(way)) }
            @if let Some(payment) = payment {
                dt { (reader.say(PAYMENT)) } dd { (payment_state(reader, payment)) }
                dt { (reader.say(GIVEN_BACK)) } dd id="refunded" { (reader.money(payment.refunded)) }
            }
        }
    })
}

fn ordered(reader: &Reader, order: &Order) -> Html {
    Html::new(html! {
        table {
            caption { (reader.say(ORDERED)) }
            thead {
                tr {
                    th scope="col" { (reader.say(PRODUCT_COLUMN)) }
                    th.number scope="col" { (reader.say(QUANTITY)) }
                    th.number scope="col" { (reader.say(PRICE_OF_ONE)) }
                }
            }
            tbody {
                @for line in &order.lines {
                    tr {
                        td { a href={ "/admin/products/" (line.product_id) } { (Html::name(&line.name)) } }
                        td.number { (reader.number(i64::from(line.quantity.get()))) }
                        td.number { (reader.money(line.unit_price)) }
                    }
                }
            }
            tfoot {
                tr {
                    th scope="row" colspan="2" { (reader.say(TOTAL)) }
                    td.number { (reader.money(order.total)) }
                }
            }
        }
    })
}

fn refund_fields(reader: &Reader, payment: &Payment) -> Html {
    let label = reader.say_with(AMOUNT_IN, &[("currency", payment.amount.currency().code())]);
    let hint = reader.say_with(AMOUNT_HINT, &[("amount", &reader.money(payment.amount))]);
    Field { hint: &hint, ..Field::text("amount", &label, "", 20) }.shown(reader)
}

fn payment_state(reader: &Reader, payment: &Payment) -> String {
    let state = match payment.state {
        PaymentState::Requested => PAYMENT_REQUESTED,
        PaymentState::Authorised => PAYMENT_AUTHORISED,
        PaymentState::Declined => PAYMENT_DECLINED,
        PaymentState::Captured => PAYMENT_CAPTURED,
        PaymentState::Released => PAYMENT_RELEASED,
        PaymentState::Other => PAYMENT_OTHER,
    };
    let amount = reader.money(payment.amount);
    reader.say_with(PAYMENT_STATE, &[("state", reader.say(state)), ("amount", &amount)])
}
