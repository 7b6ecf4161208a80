//! Customers and their credit.

use std::sync::Arc;

use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_customers_contract::{CustomerId, SERVICE as CUSTOMERS, SetCreditLimit};
use tradewind_kernel::Id;
use tradewind_pages::Fields;
use tradewind_problem::Problem;

use super::{amount, changed, for_form, for_staff, is_confirmed, key, new_key, show, show_again};
use crate::error::again_if_of_input;
use crate::pages::customers;
use crate::pages::forms::confirm;
use crate::state::Office;
use crate::words::{self, *};
use crate::worker::Worker;

/// How many customers are on a page.
const PAGE: u16 = 50;

pub(super) fn add_to(routes: Routes<Office>) -> Routes<Office> {
    routes
        .get("/admin/customers", |office, call| for_staff(office, call, list))
        .for_people()
        .get("/admin/customers/{id}", |office, call| for_staff(office, call, one))
        .for_people()
        .post("/admin/customers/{id}/credit-limit", |office, call| for_form(office, call, limit))
        .for_people()
}

async fn list(office: Arc<Office>, call: Call, worker: Worker) -> Result<Reply, Problem> {
    let after: Option<Id> = Fields::of_query(&call).value("after").ok();
    let found = office.customers(&call, &worker.token)?.list(after, PAGE).await?;
    show(&office, &worker, worker.reader.say(words::CUSTOMERS), &customers::list(&worker.reader, &found))
}

async fn one(office: Arc<Office>, call: Call, worker: Worker) -> Result<Reply, Problem> {
    call.no_query()?;
    shown_one(&office, &call, &worker, None).await
}

async fn shown_one(
    office: &Office,
    call: &Call,
    worker: &Worker,
    wrong: Option<&Problem>,
) -> Result<Reply, Problem> {
    let id: CustomerId = call.parameter("id")?;
    let account = office.customers(call, &worker.token)?.account(id).await?;
    let shown = customers::one(worker, new_key(call), &account);
    show_again(office, worker, worker.reader.say(CUSTOMER), wrong, &shown)
}

async fn limit(office: Arc<Office>, call: Call, worker: Worker, fields: Fields) -> Result<Reply, Problem> {
    let answered = limited(&office, &call, &worker, &fields).await;
    again_if_of_input(answered, async |problem| shown_one(&office, &call, &worker, Some(&problem)).await)
        .await
}

async fn limited(office: &Office, call: &Call, worker: &Worker, fields: &Fields) -> Result<Reply, Problem> {
    let reader = &worker.reader;
    let (id, key): (CustomerId, _) = (call.parameter("id")?, key(reader, fields)?);
    let customers = office.customers(call, &worker.token)?;
    let before = customers.account(id).await?.credit_limit;
    let limit = amount(reader, fields, "limit", before.currency())?;
    if !is_confirmed(fields) {
        let (address, back) =
            (format!("/admin/customers/{id}/credit-limit"), format!("/admin/customers/{id}"));
        let places = [("before", &*reader.money(before)), ("after", &*reader.money(limit))];
        let question = reader.say_with(CHANGE_LIMIT_QUESTION, &places);
        let entered = [("limit", limit.decimal())];
        let asked =
            confirm(reader, key, (&address, &back), &question, &entered, reader.say(CHANGE_LIMIT_YES));
        return show(office, worker, reader.say(CHANGE_LIMIT_ASKED), &asked);
    }
    customers.set_credit_limit_as_admin(id, &SetCreditLimit { limit }, &key.to_string()).await?;
    changed(CUSTOMERS, "customer", id)
}
