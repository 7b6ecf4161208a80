//! Orders: what became of them, and calling one off.

use std::sync::Arc;

use maud::html;
use tradewind_kernel::Position;
use tradewind_orders_contract::{Order, OrderId, OrderState, PaidBy};
use tradewind_pages::{Fields, Flash, written};
use tradewind_payments_contract::{Payment, PaymentState, RefundRequest, RefundRequestState};
use tradewind_shipping_contract::Shipment;

use crate::shop::order_view;
use crate::shop::routed::{Answered, go};
use crate::shop::shopper::Shopper;
use crate::shop::view::View;
use crate::shop::words::*;

/// An order, and what others know of it. Without them the page says less.
pub(crate) struct Known {
    pub(crate) order: Order,
    pub(crate) payment: Option<Payment>,
    /// What was asked back.
    pub(crate) requests: Vec<RefundRequest>,
    pub(crate) shipment: Option<Shipment>,
}

pub(crate) async fn history(shopper: Arc<Shopper>) -> Answered {
    shopper.require_signed()?;
    let orders = shopper.orders(None).orders().await?.items;
    let language = shopper.language();
    let main = html! {
        section.narrow {
            h1 { (shopper.say(YOUR_ORDERS)) }
            @if orders.is_empty() {
                p { (shopper.say(NO_ORDERS)) }
                p { a.button href="/shop/products" { (shopper.say(BROWSE)) } }
            }
            ul.lines {
                @for order in &orders {
                    li {
                        div {
                            a href=(format!("/shop/orders/{}", order.id)) {
                                (shopper.say_with(ORDER_OF, &[("time", &written::moment(language, order.placed_at))]))
                            }
                            p.help { (order_view::summary(order)) }
                        }
                        span { (shopper.say(order_view::state(order))) }
                        span.price { (written::money(language, order.total)) }
                    }
                }
            }
        }
    };
    Ok(View::new(shopper.say(YOUR_ORDERS), main).into())
}

pub(crate) async fn order(shopper: Arc<Shopper>) -> Answered {
    shopper.require_signed()?;
    let id: OrderId = shopper.call.parameter("id")?;
    // A position that nobody gave is none.
    let seen = Fields::of_query(&shopper.call).value::<Position>("seen").ok();
    let order = shopper.orders(seen).order(id).await?;
    let known = known(&shopper, order).await;
    let mut view = View::new(shopper.say(YOUR_ORDER), order_view::order(&shopper, &known, None));
    view.refresh = if is_over(&known) { 0 } else { 3 };
    Ok(view.into())
}

pub(crate) async fn known(shopper: &Shopper, order: Order) -> Known {
    let id = order.id.id();
    let payment = match order.payment {
        PaidBy::Card => shopper.payments().payment(id).await.ok(),
        PaidBy::Account | PaidBy::Other => None,
    };
    let is_paid = payment.as_ref().is_some_and(|payment| payment.state == PaymentState::Captured);
    let requests = match is_paid {
        true => shopper.payments().refund_requests(id).await.unwrap_or_default(),
        false => Vec::new(),
    };
    let shipment = match order.state {
        OrderState::Open | OrderState::Completed => shopper.shipping().shipment(id).await.ok(),
        OrderState::New | OrderState::Rejected | OrderState::Cancelled => None,
    };
    Known { order, payment, requests, shipment }
}

/// Whether nothing more will happen to the order itself.
pub(crate) fn is_final(state: OrderState) -> bool {
    matches!(state, OrderState::Rejected | OrderState::Cancelled | OrderState::Completed)
}

/// Money that is granted is given back in a moment.
fn is_over(known: &Known) -> bool {
    let is_on_its_way = |request: &RefundRequest| request.state == RefundRequestState::Granted;
    is_final(known.order.state) && !known.requests.iter().any(is_on_its_way)
}

pub(crate) async fn cancel(shopper: Arc<Shopper>, _: Fields) -> Answered {
    shopper.require_signed()?;
    let id: OrderId = shopper.call.parameter("id")?;
    let asked = shopper.orders(None).cancel(id, &format!("cancel-{id}")).await;
    let (flash, seen) = match asked {
        Ok(accepted) => (Flash::good(CANCEL_ASKED), format!("?seen={}", accepted.position)),
        Err(problem) if problem.code() == "order-not-open" => (Flash::bad(CANCEL_TOO_LATE), String::new()),
        Err(problem) => return Err(problem),
    };
    go(format!("/shop/orders/{id}{seen}"), vec![shopper.flash(flash)])
}
