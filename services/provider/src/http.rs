//! Doors: decode, call one action or query, encode.

use std::sync::Arc;

use tradewind_chassis::http::{Call, Operation, Reply, Routes, operation};
use tradewind_db::{DbError, Work};
use tradewind_kernel::{Id, Page, PageRequest};
use tradewind_problem::{DEADLINE_EXCEEDED, NOT_FOUND, Problem};
use tradewind_provider_contract::{
    self as contract, CARD_DECLINED, CARDS_PATH, CHARGE_CANCELLED, CHARGE_NOT_AUTHORISED, Card, Charge,
    REFUND_EXCEEDS_CAPTURE,
};

use crate::actions::Outcome;
use crate::actions::authorise::Authorise;
use crate::actions::cancel::Cancel;
use crate::actions::capture::Capture;
use crate::actions::refund::Refund;
use crate::state::Provider;
use crate::{card_form, cards, error, store};

pub(crate) fn public() -> Routes<Provider> {
    // No command: what is kept for a key holds a fingerprint of the body, and this body may leave no trace.
    let routes = Routes::new().post(CARDS_PATH, register).describe(
        operation("Give a card in exchange for a token")
            .takes::<contract::RegisterCard>()
            .answers::<Card>(201),
    );
    card_form::add_to(routes)
}

pub(crate) fn internal() -> Routes<Provider> {
    Routes::new()
        .get("/admin/charges", list)
        .describe(
            operation("List all charges by reference").query::<PageRequest>().answers::<Page<Charge>>(200),
        )
        .get("/admin/charges/{reference}", show)
        .describe(of_charge("Show a charge"))
        .put("/admin/charges/{reference}", authorise)
        .describe(
            of_charge("Hold money")
                .takes::<contract::Authorise>()
                .problems(&[CARD_DECLINED, CHARGE_CANCELLED]),
        )
        .put("/admin/charges/{reference}/capture", capture)
        .describe(of_charge("Move what is held").problems(&[CHARGE_NOT_AUTHORISED]))
        .put("/admin/charges/{reference}/cancellation", cancel)
        .describe(of_charge("Call a charge off"))
        .put("/admin/charges/{reference}/refunds/{refund}", refund)
        .describe(
            of_charge("Give a part back")
                .parameter::<Id>("refund")
                .takes::<contract::Refund>()
                .problems(&[NOT_FOUND, REFUND_EXCEEDS_CAPTURE]),
        )
}

fn of_charge(summary: &'static str) -> Operation {
    operation(summary).parameter::<Id>("reference").answers::<Charge>(200)
}

async fn register(provider: Arc<Provider>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let given: contract::RegisterCard = call.json().await?;
    Reply::json(::http::StatusCode::CREATED, &cards::keep(&provider, &call, &given).await?)
}

async fn list(provider: Arc<Provider>, call: Call) -> Result<Reply, Problem> {
    let asked: PageRequest = call.query()?;
    let limit = asked.bounded_limit().ok_or_else(|| error::page("limit", "ask for 1 to 200 items"))?;
    let after = asked.after.as_deref().map(str::parse::<Id>).transpose();
    let after = after.map_err(|_| error::page("after", "send the next mark of the page before"))?;
    let found = store::page(&provider.db, after, limit + 1).await?;
    Reply::ok(&Page::from_probe(found, limit, |charge| charge.reference.to_string()))
}

async fn show(provider: Arc<Provider>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let charge = store::find(&provider.db, call.parameter("reference")?).await?;
    Reply::ok(&charge.ok_or_else(error::no_charge)?)
}

async fn authorise(provider: Arc<Provider>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let reference = call.parameter("reference")?;
    let contract::Authorise { amount, card } = call.json().await?;
    let (decline, telling) = (provider.misbehaviour.declines(), provider.misbehaviour.telling());
    change(&provider, &call, reference, Authorise { reference, amount, card, decline, telling }).await
}

async fn capture(provider: Arc<Provider>, mut call: Call) -> Result<Reply, Problem> {
    let reference = of_nothing_else(&mut call).await?;
    let telling = provider.misbehaviour.telling();
    change(&provider, &call, reference, Capture { reference, telling }).await
}

async fn cancel(provider: Arc<Provider>, mut call: Call) -> Result<Reply, Problem> {
    let reference = of_nothing_else(&mut call).await?;
    let telling = provider.misbehaviour.telling();
    change(&provider, &call, reference, Cancel { reference, telling }).await
}

async fn refund(provider: Arc<Provider>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let (reference, refund) = (call.parameter("reference")?, call.parameter("refund")?);
    let contract::Refund { amount } = call.json().await?;
    let telling = provider.misbehaviour.telling();
    change(&provider, &call, reference, Refund { reference, refund, amount, telling }).await
}

/// The charge of a request that says nothing besides its address.
async fn of_nothing_else(call: &mut Call) -> Result<Id, Problem> {
    call.no_query()?;
    let reference = call.parameter("reference")?;
    call.no_body().await?;
    Ok(reference)
}

/// Changes a charge, and then misbehaves as the settings ask for. What was asked is done by then.
async fn change<W>(provider: &Provider, call: &Call, reference: Id, work: W) -> Result<Reply, Problem>
where
    W: Work<Output = Outcome, Error = DbError>,
{
    let outcome = provider.db.write(call.context(), work).await?;
    if let Some(teller) = provider.teller.as_ref().filter(|_| provider.misbehaviour.tells_early()) {
        teller.tell_of(reference).await?;
    }
    if provider.misbehaviour.keeps_silent() {
        call.clock().sleep(call.deadline().remaining(call.clock())).await;
        return Err(Problem::new(&DEADLINE_EXCEEDED).operator("it keeps silent as the settings ask for"));
    }
    Reply::ok(&outcome?)
}
