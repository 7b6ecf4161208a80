//! How an order is shown: how far it has come, what is in it, what can be done.

use maud::{Markup, html};
use tradewind_orders_contract::{Order, OrderState, PaidBy};
use tradewind_pages::{Html, Message, written};
use tradewind_shipping_contract::{Shipment, ShipmentState};

use crate::shop::cart::sum;
use crate::shop::frame::token;
use crate::shop::orders::{Known, is_final};
use crate::shop::refund::Entered;
use crate::shop::shopper::Shopper;
use crate::shop::words::*;
use crate::shop::{refund_view, refusal};

/// What people call it.
pub(crate) fn number(order: &Order) -> String {
    order.id.to_string()
}

/// What is in it, for a list: people do not know their orders by numbers.
pub(crate) fn summary(order: &Order) -> Markup {
    html! {
        @for (place, line) in (0..).zip(order.lines.iter().take(3)) {
            @if place > 0 { ", " }
            (Html::name(&line.name)) " × " (line.quantity.get())
        }
        @if order.lines.len() > 3 { ", …" }
    }
}

/// How far it has come, in a word or two.
pub(crate) fn state(order: &Order) -> Message {
    match order.state {
        OrderState::New => STATE_NEW,
        OrderState::Open if order.cancelling => STATE_CANCELLING,
        OrderState::Open => STATE_OPEN,
        OrderState::Rejected => STATE_REJECTED,
        OrderState::Cancelled => STATE_CANCELLED,
        OrderState::Completed => STATE_COMPLETED,
    }
}

/// What a page that follows an order compares, to see whether it shows what is so.
pub(crate) fn code(order: &Order) -> &'static str {
    match order.state {
        OrderState::New => "NEW",
        OrderState::Open if order.cancelling => "CANCELLING",
        OrderState::Open => "OPEN",
        OrderState::Rejected => "REJECTED",
        OrderState::Cancelled => "CANCELLED",
        OrderState::Completed => "COMPLETED",
    }
}

/// What that means.
fn meaning(order: &Order) -> Message {
    match order.state {
        OrderState::New => MEANS_NEW,
        OrderState::Open if order.cancelling => MEANS_CANCELLING,
        OrderState::Open => MEANS_OPEN,
        OrderState::Rejected => MEANS_REJECTED,
        OrderState::Cancelled => MEANS_CANCELLED,
        OrderState::Completed => MEANS_COMPLETED,
    }
}

/// `entered` is what was entered to ask for money back, when it has to be changed.
pub(crate) fn order(shopper: &Shopper, known: &Known, entered: Option<&Entered>) -> Markup {
    let order = &known.order;
    let live = (!is_final(order.state)).then(|| format!("/shop/orders/{}/live", order.id));
    html! {
        section.narrow #order data-live=[live] data-code=(code(order)) data-state=(shopper.say(state(order))) {
            h1 { (shopper.say(YOUR_ORDER)) }
            p.help { (shopper.say_with(ORDER_NUMBER, &[("number", &number(order))])) }
            (progress(shopper, order))
            p.state { strong { (shopper.say(state(order))) } " " (shopper.say(meaning(order))) }
            @if let Some(reason) = &order.reason { p.notice.bad { (shopper.say(refusal::of_order(reason))) } }
            @if !is_final(order.state) { noscript { p { a href=(format!("/shop/orders/{}", order.id)) { (shopper.say(LOAD_AGAIN)) } } } }
            @if let Some(shipment) = &known.shipment { (parcel(shopper, shipment)) }
            (agreed(shopper, order))
            (payment(shopper, known))
            (refund_view::section(shopper, known, entered))
            @if order.state == OrderState::Open && !order.cancelling { (cancellation(shopper, order)) }
            p { a href="/shop/orders" { (shopper.say(ALL_ORDERS)) } }
        }
    }
}

fn progress(shopper: &Shopper, order: &Order) -> Markup {
    let at = match order.state {
        OrderState::New => 1,
        OrderState::Open => 2,
        OrderState::Completed => 3,
        OrderState::Rejected | OrderState::Cancelled => return html! {},
    };
    html! {
        ol.progress aria-label=(shopper.say(PROGRESS)) {
            @for (place, label) in (1..).zip([STEP_PLACED, STEP_CONFIRMED, STEP_SENT]) {
                li.done[place <= at] aria-current=[(place == at).then_some("step")] { (shopper.say(label)) }
            }
        }
    }
}

fn parcel(shopper: &Shopper, shipment: &Shipment) -> Markup {
    let label = |state| match state {
        ShipmentState::Booked => Some(PARCEL_BOOKED),
        ShipmentState::HandedOver => Some(PARCEL_HANDED_OVER),
        ShipmentState::Delivered => Some(PARCEL_DELIVERED),
        ShipmentState::Cancelled => Some(PARCEL_CANCELLED),
        ShipmentState::Other => None,
    };
    html! {
        h2 { (shopper.say(PARCEL)) }
        p { (shopper.say_with(TRACKING, &[("number", shipment.tracking_number.as_str())])) }
        ol.steps {
            @for step in &shipment.steps {
                @if let Some(label) = label(step.state) {
                    li { (shopper.say(label)) " · " (written::moment(shopper.language(), step.at)) }
                }
            }
        }
    }
}

fn agreed(shopper: &Shopper, order: &Order) -> Markup {
    let money = |amount| written::money(shopper.language(), amount);
    html! {
        h2 { (shopper.say(WHAT_YOU_ORDERED)) }
        ul.lines {
            @for line in &order.lines {
                li {
                    div { (Html::name(&line.name)) " × " (line.quantity.get()) }
                    @if let Some(price) = sum(line.unit_price, line.quantity.get()) { span.price { (money(price)) } }
                }
            }
        }
        dl.totals {
            @if let Some(discount) = order.discount.filter(|discount| discount.minor() != 0) {
                dt { (shopper.say(DISCOUNT)) } dd { "\u{2212}" (money(discount)) }
            }
            @if let Some(tax) = order.tax { dt { (shopper.say(TAX_PAID)) } dd { (money(tax)) } }
            dt.sum { (shopper.say(TOTAL)) } dd.sum { (money(order.total)) }
        }
    }
}

fn payment(shopper: &Shopper, known: &Known) -> Markup {
    let way = match known.order.payment {
        PaidBy::Card => BY_CARD,
        PaidBy::Account | PaidBy::Other => ON_ACCOUNT,
    };
    let refunded =
        known.payment.as_ref().map(|payment| payment.refunded).filter(|refunded| refunded.minor() > 0);
    html! {
        p { (shopper.say(HOW_PAID)) " " (shopper.say(way)) }
        @if let Some(refunded) = refunded {
            p { (shopper.say_with(REFUNDED, &[("amount", &written::money(shopper.language(), refunded))])) }
        }
    }
}

fn cancellation(shopper: &Shopper, order: &Order) -> Markup {
    html! {
        form method="post" action=(format!("/shop/orders/{}/cancellation", order.id)) {
            (token(shopper))
            button type="submit" { (shopper.say(CANCEL_ORDER)) }
        }
    }
}
