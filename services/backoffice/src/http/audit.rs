//! Who did what, as the owners recorded it.

use std::sync::Arc;

use futures_util::future::join_all;
use tradewind_audit::Record;
use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_client::Caller;
use tradewind_kernel::Slug;
use tradewind_pages::Fields;
use tradewind_problem::{FORBIDDEN, NOT_FOUND, Problem, UNAUTHENTICATED};

use super::{for_staff, show};
use crate::pages::audit::{self, Asked};
use crate::state::Office;
use crate::words::*;
use crate::worker::Worker;

/// How many records of each owner are asked for, and how many are shown of all.
const PAGE: usize = 50;

pub(super) fn add_to(routes: Routes<Office>) -> Routes<Office> {
    routes
        .get("/admin/audit", |office, call| for_staff(office, call, list))
        .for_people()
        .get("/admin/changed/{service}/{kind}/{id}", |office, call| for_staff(office, call, changed))
        .for_people()
}

async fn list(office: Arc<Office>, call: Call, worker: Worker) -> Result<Reply, Problem> {
    let fields = Fields::of_query(&call);
    let field = |name: &str| fields.optional(name, 200).unwrap_or_default();
    let asked =
        Asked { actor: field("actor"), action: field("action"), kind: field("kind"), id: field("id") };
    let each = office.owners.iter().map(|owner| async {
        let caller = office.caller(owner.name, &call, &worker.token);
        (owner.name, records(caller, owner.name, &asked).await)
    });
    let (mut found, mut silent) = (Vec::new(), Vec::new());
    for (name, records) in join_all(each).await {
        match records {
            Ok(records) => found.extend(records.into_iter().map(|record| (name, record))),
            Err(problem) if problem.is(&FORBIDDEN) || problem.is(&UNAUTHENTICATED) => return Err(problem),
            Err(problem) => {
                tracing::warn!(%problem, owner = name, "the records of an owner cannot be shown");
                silent.push(name);
            }
        }
    }
    found.sort_by_key(|(_, record)| std::cmp::Reverse(record.at));
    found.truncate(PAGE);
    show(&office, &worker, worker.reader.say(AUDIT), &audit::list(&worker.reader, &asked, &found, &silent))
}

async fn records(
    caller: Result<Caller, Problem>,
    owner: &str,
    asked: &Asked,
) -> Result<Vec<Record>, Problem> {
    let Asked { actor, action, kind, id } = asked;
    let conditions = [("actor", actor), ("action", action), ("targetKind", kind), ("targetId", id)];
    let conditions: String =
        conditions.iter().map(|(name, value)| format!("&{name}={}", escaped(value))).collect();
    caller?.get(&format!("/api/{owner}/v1/audit?limit={PAGE}{conditions}")).await
}

/// As a value in an address: whatever is no letter, digit, hyphen, dot or underscore is escaped.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// The newest record of what whoever asks did to something.
async fn changed(office: Arc<Office>, call: Call, worker: Worker) -> Result<Reply, Problem> {
    call.no_query()?;
    let (service, kind, id): (Slug, Slug, Slug) =
        (call.parameter("service")?, call.parameter("kind")?, call.parameter("id")?);
    let owner = office.owners.iter().find(|owner| owner.name == service.as_str());
    let owner = owner.ok_or_else(|| Problem::new(&NOT_FOUND))?.name;
    let asked = Asked {
        actor: worker.id.to_string(),
        kind: kind.to_string(),
        id: id.to_string(),
        ..Asked::default()
    };
    let found = records(office.caller(owner, &call, &worker.token), owner, &asked).await.unwrap_or_default();
    let found: Vec<(&str, Record)> = found.into_iter().take(1).map(|record| (owner, record)).collect();
    let back = match kind.as_str() {
        "product" => format!("/admin/products/{id}"),
        "order" => format!("/admin/orders/{id}"),
        "customer" => format!("/admin/customers/{id}"),
        _ => "/admin".to_owned(),
    };
    show(&office, &worker, worker.reader.say(CHANGED), &audit::changed(&worker.reader, &found, &back))
}
