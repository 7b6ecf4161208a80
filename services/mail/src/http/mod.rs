//! Doors: decode, call one action or query, encode.

mod mailbox;
mod pages;

use std::sync::Arc;

use tradewind_chassis::http::{Call, Operation, Reply, Routes, operation};
use tradewind_kernel::{Id, Page, PageRequest, Principal};
use tradewind_mail_contract::{DELIVERIES_PATH, Delivery, MailAccepted, SendTestMail};
use tradewind_problem::{CONFLICT, FORBIDDEN, NOT_FOUND, Problem};

use crate::actions::retry::Retry;
use crate::actions::send_test::SendTest;
use crate::domain::Tongue;
use crate::error;
use crate::state::Mails;
use crate::store::log;

pub(crate) use mailbox::admin;

/// Before the first page: no id is greater.
const LAST: Id = Id::from_u128(u128::MAX);

pub(crate) fn public() -> Routes<Mails> {
    Routes::new()
        .get(DELIVERIES_PATH, list)
        .describe(
            staffed("List mails and how far they have come, the newest first")
                .query::<PageRequest>()
                .answers::<Page<Delivery>>(200),
        )
        .get("/api/mailservice/mailservice/deliveries/{id}", show)
        .describe(of_mail("Show how far a mail has come").answers::<Delivery>(200))
        .post("/api/mailservice/mailservice/deliveries/{id}/attempts", retry)
        .describe(
            of_mail("Try a mail again that was given up, or sooner one that waits")
                .command()
                .answers::<MailAccepted>(202)
                .located()
                .problems(&[CONFLICT]),
        )
        .put("/api/mailservice/mailservice/test-mails/{id}", test)
        .describe(
            of_mail("Send a mail to the address of the caller's account; again: the same")
                .takes::<SendTestMail>()
                .answers::<MailAccepted>(200),
        )
}

fn staffed(summary: &'static str) -> Operation {
    operation(summary).bearer().problems(&[FORBIDDEN])
}

fn of_mail(summary: &'static str) -> Operation {
    staffed(summary).parameter::<Id>("id").problems(&[NOT_FOUND])
}

/// Mails are no customer's to look after, and no system's. Gives who it is.
fn staff(call: &Call) -> Result<Id, Problem> {
    match call.require_principal()? {
        Principal::Staff(id) => Ok(*id),
        _ => Err(error::not_staff()),
    }
}

async fn list(mails: Arc<Mails>, call: Call) -> Result<Reply, Problem> {
    staff(&call)?;
    let asked: PageRequest = call.query()?;
    let limit = asked.bounded_limit().ok_or_else(|| error::parameter("limit", "ask for 1 to 200 items"))?;
    let before = asked.after.as_deref().map_or(Ok(LAST), str::parse::<Id>);
    let before = before.map_err(|_| error::parameter("after", "send the next mark of the page before"))?;
    let found = log::page(&mails.db, before, limit + 1).await?;
    Reply::ok(&Page::from_probe(found, limit, |each| each.id.to_string()))
}

async fn show(mails: Arc<Mails>, call: Call) -> Result<Reply, Problem> {
    staff(&call)?;
    call.no_query()?;
    let found = log::find(&mails.db, call.parameter("id")?).await?;
    Reply::ok(&found.ok_or_else(error::no_mail)?)
}

async fn retry(mails: Arc<Mails>, mut call: Call) -> Result<Reply, Problem> {
    staff(&call)?;
    call.no_query()?;
    let id = call.parameter("id")?;
    call.no_body().await?;
    call.command(&mails.db, Retry { id }).await
}

async fn test(mails: Arc<Mails>, mut call: Call) -> Result<Reply, Problem> {
    let recipient = staff(&call)?;
    call.no_query()?;
    let id = call.parameter("id")?;
    let SendTestMail { language } = call.json().await?;
    let tongue = Tongue::tagged(&language);
    let tongue = tongue.ok_or_else(|| error::field("/language", "choose en or de"))?;
    mails.db.write(call.context(), SendTest { id, recipient, tongue }).await?;
    Reply::ok(&MailAccepted { id })
}
