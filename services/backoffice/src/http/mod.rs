//! Doors: see who asks, ask the owners on their behalf, show a page.

mod audit;
mod customers;
mod language;
mod offers;
mod orders;
mod products;
mod refunds;
mod sign_in;

use std::str::FromStr;
use std::sync::Arc;

use http::StatusCode;
use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_kernel::{Currency, Id, Money};
use tradewind_pages::{
    Cookie, FieldFault, Fields, Html, LocalPath, Message, Visit, explain, page, see_other, with_cookies,
    written,
};
use tradewind_problem::{FORBIDDEN, Problem, UNAUTHENTICATED};

use crate::error;
use crate::pages::forms::{CONFIRMED, KEY};
use crate::pages::{overview, trouble, whole};
use crate::reader::Reader;
use crate::state::Office;
use crate::words::*;
use crate::worker::{COOKIE, Worker};

pub(crate) fn public() -> Routes<Office> {
    let routes = Routes::new()
        .get("/admin", |office, call| for_staff(office, call, front))
        .for_people()
        .get("/admin/assets/{file}", asset)
        .for_people();
    let routes = products::add_to(language::add_to(sign_in::add_to(routes)));
    audit::add_to(customers::add_to(offers::add_to(refunds::add_to(orders::add_to(routes)))))
}

async fn asset(office: Arc<Office>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    office.assets.serve(&call, "file")
}

async fn front(office: Arc<Office>, _: Call, worker: Worker) -> Result<Reply, Problem> {
    show(&office, &worker, worker.reader.say(PARTS), &overview(&worker))
}

/// Answers whoever works here with a page; whoever is not signed in is sent to where they can.
async fn for_staff<F, R>(office: Arc<Office>, call: Call, answer: F) -> Result<Reply, Problem>
where
    F: FnOnce(Arc<Office>, Call, Worker) -> R,
    R: Future<Output = Result<Reply, Problem>>,
{
    let visit = Visit::of(&call, COOKIE);
    let worker = match Worker::of(&office, &call, &visit).await {
        Ok(Some(worker)) => worker,
        Ok(None) => return to_sign_in(&call, &visit),
        Err(problem) => return told(&office, &Reader::of(&call, &visit), None, &problem),
    };
    match answer(office.clone(), call, worker.clone()).await {
        Err(problem) => told(&office, &worker.reader, Some(&worker), &problem),
        done => done,
    }
}

/// Takes a form from whoever works here, when a page made it for their browser.
async fn for_form<F, R>(office: Arc<Office>, mut call: Call, answer: F) -> Result<Reply, Problem>
where
    F: FnOnce(Arc<Office>, Call, Worker, Fields) -> R,
    R: Future<Output = Result<Reply, Problem>>,
{
    let visit = Visit::of(&call, COOKIE);
    let read = own_fields(&mut call, &visit).await;
    let fields = match read {
        Ok(fields) => fields,
        Err(problem) => return told(&office, &Reader::of(&call, &visit), None, &problem),
    };
    for_staff(office, call, |office, call, worker| answer(office, call, worker, fields)).await
}

/// The fields of a form that a page made for this browser.
async fn own_fields(call: &mut Call, visit: &Visit) -> Result<Fields, Problem> {
    call.no_query()?;
    let fields = Fields::read(call).await?;
    visit.own_form(call, &fields)?;
    Ok(fields)
}

fn to_sign_in(call: &Call, visit: &Visit) -> Result<Reply, Problem> {
    // A form that was refused because nobody is signed in leads to the page that it was on.
    let path = call.uri().path();
    let asked = LocalPath::below("/admin", path, "/admin");
    let reply = see_other(&LocalPath::own(format!("/admin/sign-in?to={asked}")))?;
    if visit.is_new { with_cookies(reply, &[visit.cookie(call)]) } else { Ok(reply) }
}

fn show(office: &Office, worker: &Worker, title: &str, shown: &Html) -> Result<Reply, Problem> {
    page(StatusCode::OK, whole(office, (&worker.reader, Some(worker)), title, &[], shown))
}

/// The page again, with what has to be changed on it, when that is what went wrong.
fn show_again(
    office: &Office,
    worker: &Worker,
    title: &str,
    wrong: Option<&Problem>,
    shown: &Html,
) -> Result<Reply, Problem> {
    let Some(problem) = wrong else { return show(office, worker, title, shown) };
    let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    page(
        status,
        whole(office, (&worker.reader, Some(worker)), title, &error::told(&worker.reader, problem), shown),
    )
}

/// A problem as a page.
fn told(
    office: &Office,
    reader: &Reader,
    worker: Option<&Worker>,
    problem: &Problem,
) -> Result<Reply, Problem> {
    if problem.is_server_fault() {
        tracing::error!(%problem, "a page cannot be shown");
    }
    let explanation = explain(problem, reader.language);
    let is_ours =
        problem.is(&FORBIDDEN) && problem.caller_text().is_none_or(|text| text.starts_with("Only "));
    let (title, text) = match is_ours || problem.is(&UNAUTHENTICATED) {
        true => (reader.say(NOT_YOURS), reader.say(NOT_YOURS_TEXT).to_owned()),
        false => (explanation.title, explanation.text),
    };
    page(explanation.status, whole(office, (reader, worker), title, &[], &trouble(reader, &text)))
}

/// After a change: the page with what was recorded of it. Loading it again changes nothing.
fn changed(service: &str, kind: &str, id: impl std::fmt::Display) -> Result<Reply, Problem> {
    see_other(&LocalPath::own(format!("/admin/changed/{service}/{kind}/{id}")))
}

/// A new key for a form.
fn new_key(call: &Call) -> Id {
    call.entropy().id(call.clock())
}

/// The key that a form brought.
fn key(reader: &Reader, fields: &Fields) -> Result<Id, Problem> {
    fields.value(KEY).map_err(|_| error::field(reader, KEY, reader.say(UNFIT_KEY)))
}

fn is_confirmed(fields: &Fields) -> bool {
    fields.raw(CONFIRMED) == Some("yes")
}

/// What is wrong with a field, in words; `unfit` says what would fit.
fn wrong(reader: &Reader, name: &str, fault: FieldFault, unfit: Message) -> Problem {
    match fault {
        FieldFault::Missing => error::field(reader, name, reader.say(MISSING)),
        FieldFault::TooLong(most) => {
            let most = reader.number(i64::try_from(most).unwrap_or(i64::MAX));
            error::field(reader, name, reader.say_with(TOO_LONG, &[("max", &most)]))
        }
        FieldFault::Invalid => error::field(reader, name, reader.say(unfit)),
    }
}

fn text(reader: &Reader, fields: &Fields, name: &str, most: usize) -> Result<String, Problem> {
    fields.text(name, most).map_err(|fault| wrong(reader, name, fault, UNFIT_TEXT))
}

fn value<T: FromStr>(reader: &Reader, fields: &Fields, name: &str, unfit: Message) -> Result<T, Problem> {
    fields.value(name).map_err(|fault| wrong(reader, name, fault, unfit))
}

/// An amount as people write it, such as `12.50` or `12,50`; less than nothing is none.
fn amount(reader: &Reader, fields: &Fields, name: &str, currency: Currency) -> Result<Money, Problem> {
    let text = text(reader, fields, name, 20)?;
    let money = Money::from_decimal(&written::read_amount(&text), currency).ok();
    money.filter(|money| money.minor() >= 0).ok_or_else(|| {
        let example =
            Money::from_decimal("12", currency).map_or_else(|_| String::new(), |it| reader.amount(it));
        let places = [("currency", currency.code()), ("example", example.as_str())];
        error::field(reader, name, reader.say_with(UNFIT_AMOUNT, &places))
    })
}

/// Has the browser keep a cookie.
fn keeping(reply: Reply, cookie: Cookie) -> Result<Reply, Problem> {
    with_cookies(reply, &[cookie])
}
