//! Doors: decode, call one action or query, encode.

use std::collections::BTreeSet;
use std::sync::Arc;

use tradewind_chassis::http::{Call, Operation, Reply, Routes, operation};
use tradewind_client::ForeignUrl;
use tradewind_kernel::{Id, Page, PageRequest, Principal};
use tradewind_problem::{CONFLICT, FORBIDDEN, NOT_FOUND, Problem};
use tradewind_webhooks_contract::{
    ADDRESS_REFUSED, Delivery, Disclosed, ENDPOINT_DISABLED, Endpoint, MAX_TYPES, Pinged, RegisterEndpoint,
    Replay as Wish, Replayed, TOO_MANY, UNKNOWN_TYPE,
};

use crate::actions::enable::Enable;
use crate::actions::ping::Ping;
use crate::actions::register::{Register, Remove};
use crate::actions::replay::Replay;
use crate::actions::rotate::Rotate;
use crate::domain::SigningSecret;
use crate::offered;
use crate::state::Webhooks;
use crate::store::log;
use crate::{error, store};

/// The greatest length of what is said of an endpoint, in characters.
const MAX_ABOUT: usize = 200;

pub(crate) fn public() -> Routes<Webhooks> {
    let routes = Routes::new()
        .get("/api/webhooks/v1/endpoints", list)
        .describe(staffed("List the endpoints").answers::<Page<Endpoint>>(200))
        .get("/api/webhooks/v1/endpoints/{id}", show)
        .describe(of_endpoint("Show an endpoint").answers::<Endpoint>(200))
        // No command: what is kept for a key would hold the secret.
        .put("/api/webhooks/v1/endpoints/{id}", register)
        .describe(
            of_endpoint(
                "Register an endpoint under an id of the caller's; the first answer shows its secret",
            )
            .takes::<RegisterEndpoint>()
            .answers::<Disclosed>(200)
            .problems(&[CONFLICT, ADDRESS_REFUSED, UNKNOWN_TYPE, TOO_MANY]),
        )
        .delete("/api/webhooks/v1/endpoints/{id}", remove)
        .describe(of_endpoint("Remove an endpoint with its deliveries").answers_nothing())
        .put("/api/webhooks/v1/endpoints/{id}/secrets/{secret}", rotate)
        .describe(
            of_endpoint(
                "Make a further secret; the first answer shows it, and those before it hold for a while",
            )
            .parameter::<Id>("secret")
            .answers::<Disclosed>(200)
            .problems(&[TOO_MANY]),
        )
        .put("/api/webhooks/v1/endpoints/{id}/enabled", enable)
        .describe(of_endpoint("Let deliveries go on").answers_nothing())
        .delete("/api/webhooks/v1/endpoints/{id}/enabled", disable)
        .describe(of_endpoint("Let deliveries wait").answers_nothing());
    deliveries(routes)
}

fn deliveries(routes: Routes<Webhooks>) -> Routes<Webhooks> {
    routes
        .post("/api/webhooks/v1/endpoints/{id}/pings", ping)
        .describe(
            of_endpoint("Send a message that says nothing")
                .command()
                .answers::<Pinged>(202)
                .located()
                .problems(&[ENDPOINT_DISABLED]),
        )
        .get("/api/webhooks/v1/endpoints/{id}/deliveries", list_deliveries)
        .describe(
            of_endpoint("List the deliveries to an endpoint, the newest first")
                .query::<PageRequest>()
                .answers::<Page<Delivery>>(200),
        )
        .post("/api/webhooks/v1/endpoints/{id}/replays", replay)
        .describe(
            of_endpoint("Send a delivery once more, or all since a time")
                .takes::<Wish>()
                .command()
                .answers::<Replayed>(202)
                .located(),
        )
}

pub(crate) fn internal() -> Routes<Webhooks> {
    Routes::new()
}

fn staffed(summary: &'static str) -> Operation {
    operation(summary).bearer().problems(&[FORBIDDEN])
}

fn of_endpoint(summary: &'static str) -> Operation {
    staffed(summary).parameter::<Id>("id").problems(&[NOT_FOUND])
}

/// Endpoints are no customer's, and no system's that reads them.
fn staff(call: &Call) -> Result<(), Problem> {
    match call.require_principal()? {
        Principal::User(_) | Principal::Service(_) => Err(error::not_staff()),
        _ => Ok(()),
    }
}

async fn list(webhooks: Arc<Webhooks>, call: Call) -> Result<Reply, Problem> {
    staff(&call)?;
    call.no_query()?;
    let items = store::all(&webhooks.db).await?;
    Reply::ok(&Page { items, next: None })
}

async fn show(webhooks: Arc<Webhooks>, call: Call) -> Result<Reply, Problem> {
    staff(&call)?;
    call.no_query()?;
    let endpoint = store::show(&webhooks.db, call.parameter("id")?).await?;
    Reply::ok(&endpoint.ok_or_else(error::no_endpoint)?)
}

async fn register(webhooks: Arc<Webhooks>, mut call: Call) -> Result<Reply, Problem> {
    staff(&call)?;
    call.no_query()?;
    let id = call.parameter("id")?;
    let endpoint = checked(&webhooks, call.json().await?)?;
    let (secret, sealed) = webhooks.keys.make(id, id)?;
    let producers = offered::offered().iter().map(|(producer, _)| *producer).collect();
    let register = Register { id, endpoint, secret: sealed, producers };
    let is_new = webhooks.db.write(call.context(), register).await?;
    disclose(id, is_new, &secret)
}

/// The wish with its types in order, if it can be granted.
fn checked(webhooks: &Webhooks, mut wish: RegisterEndpoint) -> Result<RegisterEndpoint, Problem> {
    let url: ForeignUrl = wish.url.parse().map_err(|wrong| error::address(format!("{wrong}")))?;
    webhooks.foreign.admit(&url).map_err(|refused| error::address(refused.to_string()))?;
    if wish.about.chars().count() > MAX_ABOUT {
        return Err(error::field("/about", format!("say it in at most {MAX_ABOUT} characters")));
    }
    if wish.about.contains('\0') {
        return Err(error::field("/about", "it holds the character U+0000"));
    }
    if wish.types.is_empty() || wish.types.len() > MAX_TYPES {
        return Err(error::field("/types", format!("name 1 to {MAX_TYPES} types of events")));
    }
    let public = offered::types();
    if let Some(at) = wish.types.iter().position(|kind| !public.contains(&kind.as_str())) {
        return Err(error::unknown_type(at, &public.join(", ")));
    }
    let types: BTreeSet<String> = wish.types.into_iter().collect();
    wish.types = types.into_iter().collect();
    Ok(wish)
}

/// A secret that was made by an earlier request is known to nobody but who got it then.
fn disclose(id: Id, is_new: bool, secret: &SigningSecret) -> Result<Reply, Problem> {
    Reply::ok(&Disclosed { id, secret: is_new.then(|| secret.shown()) })
}

async fn remove(webhooks: Arc<Webhooks>, mut call: Call) -> Result<Reply, Problem> {
    staff(&call)?;
    call.no_query()?;
    let id = call.parameter("id")?;
    call.no_body().await?;
    webhooks.db.write(call.context(), Remove { id }).await?;
    Ok(Reply::no_content())
}

async fn rotate(webhooks: Arc<Webhooks>, mut call: Call) -> Result<Reply, Problem> {
    staff(&call)?;
    call.no_query()?;
    let (endpoint, id) = (call.parameter("id")?, call.parameter("secret")?);
    call.no_body().await?;
    let (secret, sealed) = webhooks.keys.make(endpoint, id)?;
    let rotate = Rotate { endpoint, secret: sealed, overlap: webhooks.overlap };
    let is_new = webhooks.db.write(call.context(), rotate).await?;
    disclose(endpoint, is_new, &secret)
}

async fn enable(webhooks: Arc<Webhooks>, call: Call) -> Result<Reply, Problem> {
    set_enabled(webhooks, call, true).await
}

async fn disable(webhooks: Arc<Webhooks>, call: Call) -> Result<Reply, Problem> {
    set_enabled(webhooks, call, false).await
}

async fn set_enabled(webhooks: Arc<Webhooks>, mut call: Call, enabled: bool) -> Result<Reply, Problem> {
    staff(&call)?;
    call.no_query()?;
    let id = call.parameter("id")?;
    call.no_body().await?;
    webhooks.db.write(call.context(), Enable { id, enabled }).await?;
    Ok(Reply::no_content())
}

async fn ping(webhooks: Arc<Webhooks>, mut call: Call) -> Result<Reply, Problem> {
    staff(&call)?;
    call.no_query()?;
    let endpoint = call.parameter("id")?;
    call.no_body().await?;
    call.command(&webhooks.db, Ping { endpoint }).await
}

async fn list_deliveries(webhooks: Arc<Webhooks>, call: Call) -> Result<Reply, Problem> {
    staff(&call)?;
    let id: Id = call.parameter("id")?;
    let asked: PageRequest = call.query()?;
    let limit = asked.bounded_limit().ok_or_else(|| error::parameter("limit", "ask for 1 to 200 items"))?;
    let before = asked.after.as_deref().map_or(Ok(i64::MAX), str::parse::<i64>);
    let before = before.map_err(|_| error::parameter("after", "send the next mark of the page before"))?;
    if store::show(&webhooks.db, id).await?.is_none() {
        return Err(error::no_endpoint());
    }
    let found = log::page(&webhooks.db, id, before, limit + 1).await?;
    let page = Page::from_probe(found, limit, |kept| kept.number.to_string());
    let items: Vec<Delivery> = page.items.into_iter().map(|kept| kept.delivery).collect();
    Reply::ok(&Page { items, next: page.next })
}

async fn replay(webhooks: Arc<Webhooks>, mut call: Call) -> Result<Reply, Problem> {
    staff(&call)?;
    call.no_query()?;
    let endpoint = call.parameter("id")?;
    let wish: Wish = call.json().await?;
    if wish.event_id.is_some() == wish.from.is_some() {
        return Err(error::field("", "say either eventId or from"));
    }
    call.command(&webhooks.db, Replay { endpoint, wish }).await
}
