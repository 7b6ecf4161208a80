//! Signing in and out.

use std::sync::Arc;

use http::StatusCode;
use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_pages::{Fields, LocalPath, Message, Visit, page, see_other};
use tradewind_problem::Problem;

use super::{keeping, own_fields, told};
use crate::pages::{self, whole};
use crate::reader::Reader;
use crate::state::Office;
use crate::words::*;
use crate::worker::{self, COOKIE};

pub(super) fn add_to(routes: Routes<Office>) -> Routes<Office> {
    routes
        .get("/admin/sign-in", form)
        .for_people()
        .post("/admin/sign-in", sign_in)
        .for_people()
        .post("/admin/sign-out", sign_out)
        .for_people()
}

async fn form(office: Arc<Office>, call: Call) -> Result<Reply, Problem> {
    let visit = Visit::of(&call, COOKIE);
    let to = Fields::of_query(&call).raw("to").unwrap_or_default().to_owned();
    shown_form(&office, &call, &visit, (StatusCode::OK, None), (&to, ""))
}

fn shown_form(
    office: &Office,
    call: &Call,
    visit: &Visit,
    (status, wrong): (StatusCode, Option<Message>),
    (to, email): (&str, &str),
) -> Result<Reply, Problem> {
    let to = LocalPath::below("/admin", to, "/admin");
    // The answer brings the key that its forms are made for.
    let reader = Reader { has_key: true, ..Reader::of(call, visit) };
    let wrong: Vec<String> = wrong.map(|wrong| reader.say(wrong).to_owned()).into_iter().collect();
    let form = pages::sign_in::form(&reader, &to, email);
    let reply = page(status, whole(office, (&reader, None), reader.say(SIGN_IN), &wrong, &form))?;
    if visit.is_new { keeping(reply, visit.cookie(call)) } else { Ok(reply) }
}

async fn sign_in(office: Arc<Office>, mut call: Call) -> Result<Reply, Problem> {
    let visit = Visit::of(&call, COOKIE);
    let fields = match own_fields(&mut call, &visit).await {
        Ok(fields) => fields,
        Err(problem) => return told(&office, &Reader::of(&call, &visit), None, &problem),
    };
    let raw = |name: &str| fields.raw(name).unwrap_or_default();
    let email = fields.optional("email", 254).unwrap_or_default();
    let again =
        |status, wrong| shown_form(&office, &call, &visit, (status, Some(wrong)), (raw("to"), &email));
    let told = |problem| told(&office, &Reader::of(&call, &visit), None, problem);
    match worker::sign_in(&office, &call, (&email, raw("password"))).await {
        Ok(Some(cookie)) => keeping(see_other(&LocalPath::below("/admin", raw("to"), "/admin"))?, cookie),
        Ok(None) => again(StatusCode::UNAUTHORIZED, SIGN_IN_REFUSED),
        Err(problem) if problem.status() == 429 => again(StatusCode::TOO_MANY_REQUESTS, SIGN_IN_LATER),
        Err(problem) => told(&problem),
    }
}

async fn sign_out(office: Arc<Office>, mut call: Call) -> Result<Reply, Problem> {
    let visit = Visit::of(&call, COOKIE);
    if let Err(problem) = own_fields(&mut call, &visit).await {
        return told(&office, &Reader::of(&call, &visit), None, &problem);
    }
    let cookie = worker::sign_out(&office, &call, &visit).await?;
    keeping(see_other(&LocalPath::own("/admin/sign-in"))?, cookie)
}
