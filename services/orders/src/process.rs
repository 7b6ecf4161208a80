//! What becomes of an order, as a process through the fleet.

use std::time::Duration;

use tradewind_chassis::{Process, Step};
use tradewind_customers_contract::SERVICE as CUSTOMERS;
use tradewind_customers_contract::{
    CreditRefused, CreditReleased, CreditReservationExpired, CreditReservationLost, CreditReserved,
};
use tradewind_events::Event;
use tradewind_orders_contract::{
    OrderCancelled, OrderCompleted, OrderOpened, OrderPlaced, OrderRejected, SERVICE,
};
use tradewind_payments_contract::{PaymentAuthorised, PaymentDeclined, PaymentReleased, SERVICE as PAYMENTS};
use tradewind_stock_contract::{
    SERVICE as STOCK, StockRefused, StockReleased, StockReservationExpired, StockReservationLost,
    StockReserved,
};

use crate::sagas::fulfil_order::FULFILMENT;

/// How long stock, customers and payments may take together. Far more than they need, far less than what they hold
/// lasts.
const DECIDED: Duration = Duration::from_secs(120);

/// Two owners decide at the same time; orders opens, or gives up; what is open is fulfilled by a saga.
pub static ORDER: Process = Process {
    name: "order",
    begins: OrderPlaced::TYPE,
    ends: &[OrderCompleted::TYPE, OrderRejected::TYPE, OrderCancelled::TYPE],
    steps: &[RESERVE_STOCK, SECURE_PAYMENT, OPEN, FULFIL],
};

const RESERVE_STOCK: Step = Step {
    name: "reserve-stock",
    owners: &[STOCK],
    after: OrderPlaced::TYPE,
    done: &[StockReserved::TYPE],
    refused: &[StockRefused::TYPE],
    undone: &[StockReleased::TYPE, StockReservationExpired::TYPE, StockReservationLost::TYPE],
    undo: Some("stock releases what it holds"),
    saga: None,
    within: Some(DECIDED),
};

const SECURE_PAYMENT: Step = Step {
    name: "secure-payment",
    owners: &[CUSTOMERS, PAYMENTS],
    after: OrderPlaced::TYPE,
    done: &[CreditReserved::TYPE, PaymentAuthorised::TYPE],
    refused: &[CreditRefused::TYPE, PaymentDeclined::TYPE],
    undone: &[
        CreditReleased::TYPE,
        CreditReservationExpired::TYPE,
        CreditReservationLost::TYPE,
        PaymentReleased::TYPE,
    ],
    undo: Some("the credit, or the amount on the card, is released"),
    saga: None,
    within: Some(DECIDED),
};

const OPEN: Step = Step {
    name: "open",
    owners: &[SERVICE],
    after: OrderPlaced::TYPE,
    done: &[OrderOpened::TYPE],
    refused: &[OrderRejected::TYPE],
    undone: &[],
    undo: None,
    saga: None,
    within: Some(DECIDED),
};

const FULFIL: Step = Step {
    name: "fulfil",
    owners: &[SERVICE],
    after: OrderOpened::TYPE,
    done: &[OrderCompleted::TYPE],
    refused: &[OrderCancelled::TYPE],
    undone: &[],
    undo: None,
    saga: Some(FULFILMENT),
    within: None,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_well_defined() {
        assert_eq!(ORDER.wrong(), None);
    }
}
