//! Doors for money that customers ask for.

use std::sync::Arc;

use tradewind_chassis::http::{Call, Operation, Reply, Routes, operation};
use tradewind_kernel::{Id, Page, PageRequest, Principal};
use tradewind_payments_contract::{AskRefund, GrantRefund, RefundRequest, RefuseRefund};
use tradewind_problem::{CONFLICT, FORBIDDEN, INVALID_PARAMETER, Problem};

use crate::actions::ask_refund::Ask;
use crate::actions::decide_refund::{Decide, Decision};
use crate::error;
use crate::state::Payments;
use crate::store::refund_requests;
use crate::views::payments::{self, Seen};

pub(super) fn add_to(routes: Routes<Payments>) -> Routes<Payments> {
    routes
        .get("/api/payments/v1/payments/{order_id}/refund-requests", list)
        .describe(
            super::of_order("List what was asked back for an order, the first request first")
                .bearer()
                .answers::<Vec<RefundRequest>>(200),
        )
        .put("/api/payments/v1/payments/{order_id}/refund-requests/{number}", ask)
        .describe(
            of_request("Ask for money back, as the customer whose order it is; again: nothing more")
                .takes::<AskRefund>()
                .problems(&[
                    FORBIDDEN,
                    CONFLICT,
                    error::REFUND_ALREADY_ASKED,
                    error::PAYMENT_NOT_CAPTURED,
                    error::REFUND_EXCEEDS_CAPTURE,
                ]),
        )
        .put("/api/payments/v1/payments/{order_id}/refund-requests/{number}/grant", grant)
        .describe(
            of_request("Give back what was asked for, or a part of it, once; for staff")
                .takes::<GrantRefund>()
                .problems(&[FORBIDDEN, error::REFUND_REQUEST_DECIDED, error::REFUND_EXCEEDS_CAPTURE]),
        )
        .put("/api/payments/v1/payments/{order_id}/refund-requests/{number}/refusal", refuse)
        .describe(
            of_request("Give nothing back; for staff")
                .takes::<RefuseRefund>()
                .problems(&[FORBIDDEN, error::REFUND_REQUEST_DECIDED]),
        )
        .get("/api/payments/v1/admin/refund-requests", open)
        .describe(
            operation(
                "List the requests that are to be decided, those of the oldest orders first; for staff",
            )
            .bearer()
            .query::<PageRequest>()
            .answers::<Page<RefundRequest>>(200)
            .problems(&[FORBIDDEN]),
        )
}

fn of_request(summary: &'static str) -> Operation {
    super::of_order(summary).parameter::<u16>("number").bearer().answers::<RefundRequest>(200)
}

async fn list(payments: Arc<Payments>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let seen = match call.require_principal()? {
        Principal::User(id) => Seen::Of(*id),
        _ => Seen::All,
    };
    let order: Id = call.parameter("order_id")?;
    payments::find(&payments.db, order, seen).await?.ok_or_else(error::no_payment)?;
    Reply::ok(&refund_requests::of(&payments.db, order).await?)
}

async fn ask(payments: Arc<Payments>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let customer = call.require_user()?;
    let (order, number) = (call.parameter("order_id")?, call.parameter("number")?);
    let asked: AskRefund = call.json().await?;
    Reply::ok(&payments.db.write(call.context(), Ask { order, number, customer, asked }).await?)
}

async fn grant(payments: Arc<Payments>, mut call: Call) -> Result<Reply, Problem> {
    call.require_staff()?;
    call.no_query()?;
    let GrantRefund { amount } = call.json().await?;
    decide(&payments, &call, Decision::Grant(amount)).await
}

async fn refuse(payments: Arc<Payments>, mut call: Call) -> Result<Reply, Problem> {
    call.require_staff()?;
    call.no_query()?;
    let refused: RefuseRefund = call.json().await?;
    decide(&payments, &call, Decision::Refuse(refused)).await
}

async fn decide(payments: &Payments, call: &Call, decision: Decision) -> Result<Reply, Problem> {
    let (order, number) = (call.parameter("order_id")?, call.parameter("number")?);
    let decide = Decide { order, number, decision, processes: payments.processes.clone() };
    Reply::ok(&payments.db.write(call.context(), decide).await?)
}

async fn open(payments: Arc<Payments>, call: Call) -> Result<Reply, Problem> {
    call.require_staff()?;
    let asked: PageRequest = call.query()?;
    let wrong = |name: &str, detail: &str| {
        Problem::new(&INVALID_PARAMETER).detail("The page cannot be given.").error(name, detail)
    };
    let limit = asked.bounded_limit().ok_or_else(|| wrong("limit", "ask for 1 to 200 items"))?;
    let after = asked.after.as_deref().map(str::parse::<Id>).transpose();
    let after = after.map_err(|_| wrong("after", "send the next mark of the page before"))?;
    let found = refund_requests::open(&payments.db, after.unwrap_or(Id::from_u128(0)), limit + 1).await?;
    Reply::ok(&Page::from_probe(found, limit, |request| request.order_id.to_string()))
}
