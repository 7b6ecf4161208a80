//! Door for events: event in, call one action.

use tradewind_cart_contract::{self as cart_contract, CartCompleted, QuoteLine};
use tradewind_catalogue_contract::{self as catalogue_contract, ProductListed};
use tradewind_customers_contract::{
    self as customers_contract, CreditRefusal, CreditRefused, CreditReservationExpired,
    CreditReservationLost, CreditReserved, CustomerRegistered,
};
use tradewind_events::{Received, Subscription};
use tradewind_kernel::Id;
use tradewind_payments_contract::{self as payments_contract, PaymentAuthorised, PaymentDeclined};
use tradewind_problem::Kind;
use tradewind_stock_contract::{
    self as stock_contract, ItemRegistered, StockRefusal, StockRefused, StockReservationExpired,
    StockReservationLost, StockReserved,
};

use crate::actions::advance_order::Advance;
use crate::actions::learn::Learn;
use crate::actions::place_quoted::PlaceQuoted;
use crate::domain::{Command, Line, Payment, Placement, Quoted};
use crate::error;
use crate::state::Orders;

pub(crate) fn catalogue() -> Subscription<Orders> {
    Subscription::to(catalogue_contract::SERVICE).on::<ProductListed, _>(listed)
}

pub(crate) fn cart() -> Subscription<Orders> {
    Subscription::to(cart_contract::SERVICE).on::<CartCompleted, _>(taken)
}

pub(crate) fn stock() -> Subscription<Orders> {
    Subscription::to(stock_contract::SERVICE)
        .on::<ItemRegistered, _>(registered)
        .on::<StockReserved, _>(|orders, event| advance(orders, event.order_id, Command::ConfirmStock))
        .on::<StockRefused, _>(|orders, event| refuse(orders, event.order_id, stock_reason(event.reason)))
        .on::<StockReservationExpired, _>(|orders, event| {
            refuse(orders, event.order_id, &error::RESERVATION_EXPIRED)
        })
        .on::<StockReservationLost, _>(|orders, event| lose(orders, event.order_id))
}

pub(crate) fn customers() -> Subscription<Orders> {
    Subscription::to(customers_contract::SERVICE)
        .on::<CustomerRegistered, _>(|_, event| Learn::Customer(event.customer_id))
        .on::<CreditReserved, _>(|orders, event| advance(orders, event.order_id, Command::ConfirmCredit))
        .on::<CreditRefused, _>(|orders, event| refuse(orders, event.order_id, credit_reason(event.reason)))
        .on::<CreditReservationExpired, _>(|orders, event| {
            refuse(orders, event.order_id, &error::RESERVATION_EXPIRED)
        })
        .on::<CreditReservationLost, _>(|orders, event| lose(orders, event.order_id))
}

pub(crate) fn payments() -> Subscription<Orders> {
    Subscription::to(payments_contract::SERVICE)
        .on::<PaymentAuthorised, _>(|orders, event| advance(orders, event.order_id, Command::ConfirmCard))
        .on::<PaymentDeclined, _>(declined)
}

fn declined(orders: &Orders, event: Received<PaymentDeclined>) -> Advance {
    let PaymentDeclined { order_id, reason } = event.event;
    advance(orders, order_id, Command::Refuse { reason })
}

fn taken(_: &Orders, event: Received<CartCompleted>) -> PlaceQuoted {
    let CartCompleted { order_id, customer_id, quote_id, lines, discount, tax, total, payment, .. } =
        event.event;
    let is_payable = payment != cart_contract::Payment::Other;
    let payment = match payment {
        cart_contract::Payment::Card { token } => Payment::Card { token },
        cart_contract::Payment::Account | cart_contract::Payment::Other => Payment::Account,
    };
    let quoted = Some(Quoted { quote: quote_id.id(), discount, tax });
    let lines = lines.into_iter().map(line).collect();
    let placement = Placement { customer: customer_id, lines, total, payment, quoted };
    PlaceQuoted { id: order_id.into(), placement, is_payable }
}

fn line(line: QuoteLine) -> Line {
    let QuoteLine { product_id, name, quantity, unit_price } = line;
    Line { product: product_id, sku: None, name, quantity: quantity.get(), unit_price }
}

fn listed(_: &Orders, event: Received<ProductListed>) -> Learn {
    let ProductListed { product_id, name, price, .. } = event.event;
    Learn::Price { product: product_id, name, price }
}

fn registered(_: &Orders, event: Received<ItemRegistered>) -> Learn {
    let ItemRegistered { product_id, sku } = event.event;
    Learn::Sku { product: product_id, sku }
}

fn advance(orders: &Orders, order: Id, command: Command) -> Advance {
    Advance { order, command, fulfilments: orders.fulfilments.clone() }
}

fn refuse(orders: &Orders, order: Id, reason: &Kind) -> Advance {
    advance(orders, order, Command::Refuse { reason: reason.code.to_owned() })
}

fn lose(orders: &Orders, order: Id) -> Advance {
    advance(orders, order, Command::Lose { reason: error::RESERVATION_EXPIRED.code.to_owned() })
}

fn stock_reason(refusal: StockRefusal) -> &'static Kind {
    match refusal {
        StockRefusal::SoldOut => &error::SOLD_OUT,
        StockRefusal::UnknownProduct => &error::UNKNOWN_PRODUCT,
        StockRefusal::Other => &error::REFUSED,
    }
}

fn credit_reason(refusal: CreditRefusal) -> &'static Kind {
    match refusal {
        CreditRefusal::CreditLimitExceeded => &error::CREDIT_LIMIT_EXCEEDED,
        CreditRefusal::UnknownCustomer => &error::UNKNOWN_CUSTOMER,
        CreditRefusal::OtherCurrency => &error::OTHER_CURRENCY,
        CreditRefusal::Other => &error::REFUSED,
    }
}
