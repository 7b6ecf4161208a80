//! Refunds that customers ask for: what is to be decided, and the decisions.

use std::sync::Arc;

use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_kernel::Id;
use tradewind_pages::Fields;
use tradewind_payments_contract::{
    GrantRefund, MAX_NOTE, Note, RefundRequest, RefusalReason, RefuseRefund, SERVICE as PAYMENTS,
};
use tradewind_problem::{NOT_FOUND, Problem};

use super::orders::shown_one;
use super::{amount, changed, for_form, for_staff, is_confirmed, key, show};
use crate::error::{self, again_if_of_input};
use crate::pages::forms::confirm;
use crate::pages::refunds;
use crate::reader::Reader;
use crate::refund_words::*;
use crate::state::Office;
use crate::worker::Worker;

/// How many requests are on a page.
const PAGE: u16 = 50;

pub(super) fn add_to(routes: Routes<Office>) -> Routes<Office> {
    routes
        .get("/admin/refunds", |office, call| for_staff(office, call, list))
        .for_people()
        .post("/admin/orders/{id}/refund-requests/{number}/grant", |office, call| {
            for_form(office, call, grant)
        })
        .for_people()
        .post("/admin/orders/{id}/refund-requests/{number}/refusal", |office, call| {
            for_form(office, call, refuse)
        })
        .for_people()
}

async fn list(office: Arc<Office>, call: Call, worker: Worker) -> Result<Reply, Problem> {
    let reader = &worker.reader;
    let after: Option<Id> = Fields::of_query(&call).value("after").ok();
    let found = office.payments(&call, &worker.token)?.open_refund_requests(after, PAGE).await?;
    show(&office, &worker, reader.say(TITLE), &refunds::list(reader, &found))
}

/// The request that a form is about.
async fn asked(office: &Office, call: &Call, worker: &Worker) -> Result<RefundRequest, Problem> {
    let (order, number): (Id, u16) = (call.parameter("id")?, call.parameter("number")?);
    let requests = office.payments(call, &worker.token)?.refund_requests(order).await?;
    let found = requests.into_iter().find(|request| request.number == number);
    found.ok_or_else(|| Problem::new(&NOT_FOUND).detail("Nothing was asked back under this number."))
}

async fn grant(office: Arc<Office>, call: Call, worker: Worker, fields: Fields) -> Result<Reply, Problem> {
    let answered = granted(&office, &call, &worker, &fields).await;
    again_if_of_input(answered, async |problem| shown_one(&office, &call, &worker, Some(&problem)).await)
        .await
}

async fn granted(office: &Office, call: &Call, worker: &Worker, fields: &Fields) -> Result<Reply, Problem> {
    let reader = &worker.reader;
    let request = asked(office, call, worker).await?;
    let (order, number, key) = (request.order_id, request.number, key(reader, fields)?);
    let granted = amount(reader, fields, "granted", request.amount.currency())?;
    if !(1..=request.amount.minor()).contains(&granted.minor()) {
        let most = reader.money(request.amount);
        return Err(error::field(reader, "granted", reader.say_with(RULE_AMOUNT, &[("amount", &most)])));
    }
    if !is_confirmed(fields) {
        let (address, back) = (
            format!("/admin/orders/{order}/refund-requests/{number}/grant"),
            format!("/admin/orders/{order}"),
        );
        let places = [("amount", &*reader.money(granted)), ("order", &*order.to_string())];
        let question = reader.say_with(GRANT_QUESTION, &places);
        let entered = [("granted", granted.decimal())];
        let yes = reader.say(GRANT_YES);
        let shown = confirm(reader, key, (&address, &back), &question, &entered, yes);
        return show(office, worker, reader.say(GRANT_TITLE), &shown);
    }
    let payments = office.payments(call, &worker.token)?;
    payments.grant_refund(order, number, &GrantRefund { amount: granted }).await?;
    changed(PAYMENTS, "order", order)
}

async fn refuse(office: Arc<Office>, call: Call, worker: Worker, fields: Fields) -> Result<Reply, Problem> {
    let answered = refused(&office, &call, &worker, &fields).await;
    again_if_of_input(answered, async |problem| shown_one(&office, &call, &worker, Some(&problem)).await)
        .await
}

async fn refused(office: &Office, call: &Call, worker: &Worker, fields: &Fields) -> Result<Reply, Problem> {
    let reader = &worker.reader;
    let request = asked(office, call, worker).await?;
    let (order, number, key) = (request.order_id, request.number, key(reader, fields)?);
    let refuse = refusal(reader, fields)?;
    if !is_confirmed(fields) {
        let (address, back) = (
            format!("/admin/orders/{order}/refund-requests/{number}/refusal"),
            format!("/admin/orders/{order}"),
        );
        let places = [("order", &*order.to_string()), ("reason", refunds::refusal(reader, refuse.reason))];
        let question = reader.say_with(REFUSE_QUESTION, &places);
        let mut entered = vec![("reason", refuse.reason.name().to_owned())];
        entered.extend(refuse.note.as_ref().map(|note| ("note", note.as_str().to_owned())));
        let yes = reader.say(REFUSE_YES);
        let shown = confirm(reader, key, (&address, &back), &question, &entered, yes);
        return show(office, worker, reader.say(REFUSE_TITLE), &shown);
    }
    office.payments(call, &worker.token)?.refuse_refund(order, number, &refuse).await?;
    changed(PAYMENTS, "order", order)
}

fn refusal(reader: &Reader, fields: &Fields) -> Result<RefuseRefund, Problem> {
    let reason = RefusalReason::named(fields.raw("reason").unwrap_or_default());
    if reason == RefusalReason::Other {
        return Err(error::field(reader, "reason", reader.say(RULE_REASON)));
    }
    let text = fields.raw("note").unwrap_or_default().trim();
    let note = (!text.is_empty()).then(|| text.parse::<Note>()).transpose();
    let rule = || error::field(reader, "note", reader.say_with(RULE_NOTE, &[("max", &MAX_NOTE.to_string())]));
    Ok(RefuseRefund { reason, note: note.map_err(|_| rule())? })
}
