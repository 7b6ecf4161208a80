//! Orders, cancellations and refunds.

use std::sync::Arc;

use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_kernel::{Id, Money};
use tradewind_orders_contract::{OrderId, PaidBy, SERVICE as ORDERS};
use tradewind_pages::Fields;
use tradewind_payments_contract::{RefundPayment, SERVICE as PAYMENTS};
use tradewind_problem::Problem;

use super::{amount, changed, for_form, for_staff, is_confirmed, key, new_key, show, show_again};
use crate::error::again_if_of_input;
use crate::pages::forms::confirm;
use crate::pages::orders;
use crate::state::Office;
use crate::words::{self, *};
use crate::worker::Worker;

/// How many orders are on a page.
const PAGE: u16 = 50;

pub(super) fn add_to(routes: Routes<Office>) -> Routes<Office> {
    routes
        .get("/admin/orders", |office, call| for_staff(office, call, list))
        .for_people()
        .get("/admin/orders/{id}", |office, call| for_staff(office, call, one))
        .for_people()
        .post("/admin/orders/{id}/cancellation", |office, call| for_form(office, call, cancel))
        .for_people()
        .post("/admin/orders/{id}/refunds", |office, call| for_form(office, call, refund))
        .for_people()
}

async fn list(office: Arc<Office>, call: Call, worker: Worker) -> Result<Reply, Problem> {
    let after: Option<Id> = Fields::of_query(&call).value("after").ok();
    let found = office.orders(&call, &worker.token)?.latest(after, PAGE).await?;
    show(&office, &worker, worker.reader.say(words::ORDERS), &orders::list(&worker.reader, &found))
}

async fn one(office: Arc<Office>, call: Call, worker: Worker) -> Result<Reply, Problem> {
    call.no_query()?;
    shown_one(&office, &call, &worker, None).await
}

pub(super) async fn shown_one(
    office: &Office,
    call: &Call,
    worker: &Worker,
    wrong: Option<&Problem>,
) -> Result<Reply, Problem> {
    let id: OrderId = call.parameter("id")?;
    let order = office.orders(call, &worker.token)?.order(id).await?;
    let payment = match order.payment {
        PaidBy::Card => office.payments(call, &worker.token)?.payment(id.id()).await.ok(),
        PaidBy::Account | PaidBy::Other => None,
    };
    let requests = match &payment {
        Some(_) => office.payments(call, &worker.token)?.refund_requests(id.id()).await?,
        None => Vec::new(),
    };
    let shown = orders::one(worker, new_key(call), &order, (payment.as_ref(), &requests));
    show_again(office, worker, &worker.reader.say_with(ORDER, &[("id", &id.to_string())]), wrong, &shown)
}

async fn cancel(office: Arc<Office>, call: Call, worker: Worker, fields: Fields) -> Result<Reply, Problem> {
    let reader = &worker.reader;
    let (id, key): (OrderId, _) = (call.parameter("id")?, key(reader, &fields)?);
    if !is_confirmed(&fields) {
        let (address, back) = (format!("/admin/orders/{id}/cancellation"), format!("/admin/orders/{id}"));
        let question = reader.say_with(CALL_OFF_QUESTION, &[("id", &id.to_string())]);
        let asked = confirm(reader, key, (&address, &back), &question, &[], reader.say(CALL_OFF_YES));
        return show(&office, &worker, reader.say(CALL_OFF_ASKED), &asked);
    }
    let cancelled = office.orders(&call, &worker.token)?.cancel(id, &key.to_string()).await;
    let answered = cancelled.and_then(|_| changed(ORDERS, "order", id));
    again_if_of_input(answered, async |problem| shown_one(&office, &call, &worker, Some(&problem)).await)
        .await
}

async fn refund(office: Arc<Office>, call: Call, worker: Worker, fields: Fields) -> Result<Reply, Problem> {
    let answered = refunded(&office, &call, &worker, &fields).await;
    again_if_of_input(answered, async |problem| shown_one(&office, &call, &worker, Some(&problem)).await)
        .await
}

async fn refunded(office: &Office, call: &Call, worker: &Worker, fields: &Fields) -> Result<Reply, Problem> {
    let reader = &worker.reader;
    let (id, key): (Id, _) = (call.parameter("id")?, key(reader, fields)?);
    let payments = office.payments(call, &worker.token)?;
    let currency = payments.payment(id).await?.amount.currency();
    let amount: Money = amount(reader, fields, "amount", currency)?;
    if !is_confirmed(fields) {
        let (address, back) = (format!("/admin/orders/{id}/refunds"), format!("/admin/orders/{id}"));
        let places = [("amount", &*reader.money(amount)), ("id", &*id.to_string())];
        let question = reader.say_with(GIVE_BACK_QUESTION, &places);
        let entered = [("amount", amount.decimal())];
        let asked = confirm(reader, key, (&address, &back), &question, &entered, reader.say(GIVE_BACK_YES));
        return show(office, worker, reader.say(GIVE_BACK_ASKED), &asked);
    }
    payments.refund(id, &RefundPayment { amount }, &key.to_string()).await?;
    changed(PAYMENTS, "order", id)
}
