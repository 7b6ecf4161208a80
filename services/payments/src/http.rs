//! Doors: decode, call one action or query, encode.

mod refund_requests;

use std::sync::Arc;

use tradewind_chassis::http::{Call, Operation, Reply, Routes, operation};
use tradewind_kernel::{Deadline, Id, Principal};
use tradewind_payments_contract::{Payment, PaymentState, RefundAccepted, RefundPayment};
use tradewind_problem::{FORBIDDEN, Problem};
use tradewind_provider_contract::Callback;

use crate::actions::change::{Change, told};
use crate::actions::hear_callback::HearCallback;
use crate::actions::refund::Refund;
use crate::domain::Command;
use crate::error;
use crate::state::Payments;
use crate::views::payments::{self, Seen};

/// Why a payment is released that an order has given up.
const GIVEN_UP: &str = "order-given-up";

pub(crate) fn public() -> Routes<Payments> {
    let routes = Routes::new()
        .get("/api/payments/v1/payments/{order_id}", show)
        .describe(of_order("Show the payment of an order by card").bearer().answers::<Payment>(200))
        .post("/api/payments/v1/payments/{order_id}/refunds", refund)
        .describe(
            of_order("Give back what was taken for an order, or a part of it; for staff")
                .bearer()
                .takes::<RefundPayment>()
                .command()
                .answers::<RefundAccepted>(202)
                .located()
                .problems(&[FORBIDDEN, error::PAYMENT_NOT_CAPTURED, error::REFUND_EXCEEDS_CAPTURE]),
        );
    refund_requests::add_to(routes)
}

pub(crate) fn internal() -> Routes<Payments> {
    Routes::new()
        .put("/admin/payments/{order_id}/capture", capture)
        .describe(
            of_order("Take the amount of an order; again: nothing more")
                .answers::<Payment>(200)
                .problems(&[error::PAYMENT_NOT_AUTHORISED, error::PAYMENT_IN_PROGRESS]),
        )
        .delete("/admin/payments/{order_id}/capture", release)
        .describe(
            of_order("Let the amount of an order go, and give back what was taken, for good")
                .answers_nothing(),
        )
        .put("/admin/callbacks/{id}", callback)
        .describe(
            operation("Hear what the provider of card payments tells")
                .parameter::<Id>("id")
                .takes::<Callback>()
                .answers_nothing(),
        )
}

fn of_order(summary: &'static str) -> Operation {
    operation(summary).parameter::<Id>("order_id")
}

async fn show(payments: Arc<Payments>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let seen = match call.require_principal()? {
        Principal::User(id) => Seen::Of(*id),
        _ => Seen::All,
    };
    let found = payments::find(&payments.db, call.parameter("order_id")?, seen).await?;
    Reply::ok(&found.ok_or_else(error::no_payment)?)
}

async fn refund(payments: Arc<Payments>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    match call.require_principal()? {
        Principal::User(_) | Principal::Anonymous => return Err(error::for_staff()),
        Principal::Staff(_) | Principal::Admin(_) | Principal::Service(_) => {}
    }
    let order = call.parameter("order_id")?;
    let RefundPayment { amount } = call.json().await?;
    let processes = payments.processes.clone();
    call.command(&payments.db, Refund { order, amount, processes }).await
}

/// Answers as soon as the provider has; who is in a hurry asks again.
async fn capture(payments: Arc<Payments>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let order: Id = call.parameter("order_id")?;
    call.no_body().await?;
    let mut signal = payments.db.signal_of_key(payments::CHANGED, &order.to_string());
    let change = Change { order, command: Command::Capture, processes: payments.processes.clone() };
    payments.db.write(call.context(), change).await?.map_err(|refusal| told(&refusal))?;
    let deadline: Deadline = call.deadline();
    let ended = async {
        loop {
            signal.mark_seen();
            let payment =
                payments::find(&payments.db, order, Seen::All).await?.ok_or_else(error::no_payment)?;
            match payment.state {
                PaymentState::Captured => return Reply::ok(&payment),
                PaymentState::Released | PaymentState::Declined => return Err(error::not_authorised()),
                _ => {}
            }
            signal.changed().await;
        }
    };
    let patience = deadline.remaining(call.clock()) / 2;
    call.clock().timeout(patience, ended).await.unwrap_or_else(|_| Err(error::in_progress()))
}

async fn release(payments: Arc<Payments>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let order: Id = call.parameter("order_id")?;
    call.no_body().await?;
    let command = Command::Release { reason: GIVEN_UP.to_owned(), refund: order };
    let change = Change { order, command, processes: payments.processes.clone() };
    payments.db.write(call.context(), change).await?.map_err(|refusal| told(&refusal))?;
    Ok(Reply::no_content())
}

async fn callback(payments: Arc<Payments>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let id = call.parameter("id")?;
    let callback: Callback = call.json().await?;
    let processes = payments.processes.clone();
    payments.db.write(call.context(), HearCallback { id, callback, processes }).await?;
    Ok(Reply::no_content())
}
