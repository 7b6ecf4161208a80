//! Doors: decode, call one action or query, encode.

use std::sync::Arc;

use tradewind_chassis::http::{Call, Operation, Reply, Routes, operation};
use tradewind_kernel::{Id, Page, PageRequest};
use tradewind_notification_contract::{
    NOTIFICATIONS_PATH, Notification, PREFERENCES_PATH, Preferences, SetPreferences,
};
use tradewind_problem::{FORBIDDEN, Problem};

use crate::actions::set_preferences::SetWishes;
use crate::domain::{usual, wished};
use crate::error;
use crate::state::Notifier;
use crate::store::{notifications, preferences};

/// The most entries of a list, before it is known which of them are the same.
const MAX_CHANNELS: usize = 10;
const MAX_OCCASIONS: usize = 20;

/// Before the first page: no id is greater.
const LAST: Id = Id::from_u128(u128::MAX);

pub(crate) fn public() -> Routes<Notifier> {
    Routes::new()
        .get(PREFERENCES_PATH, show)
        .describe(of_oneself("Show what the caller wants to be told").answers::<Preferences>(200))
        .put(PREFERENCES_PATH, set)
        .describe(
            of_oneself("Set what the caller wants to be told")
                .takes::<SetPreferences>()
                .answers::<Preferences>(200),
        )
        .get(NOTIFICATIONS_PATH, list)
        .describe(
            of_oneself("List what the caller was told, and what not, the newest first")
                .query::<PageRequest>()
                .answers::<Page<Notification>>(200),
        )
}

fn of_oneself(summary: &'static str) -> Operation {
    operation(summary).bearer().problems(&[FORBIDDEN])
}

async fn show(notifier: Arc<Notifier>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let customer = call.require_user()?;
    let kept = preferences::find(&notifier.db, customer).await?;
    Reply::ok(&shown(customer, kept.unwrap_or_else(|| usual(notifier.policy))))
}

fn shown(customer_id: Id, wishes: SetPreferences) -> Preferences {
    let SetPreferences { language, channels, occasions } = wishes;
    Preferences { customer_id, language, channels, occasions }
}

async fn set(notifier: Arc<Notifier>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let customer = call.require_user()?;
    let wish: SetPreferences = call.json().await?;
    if wish.channels.len() > MAX_CHANNELS {
        return Err(error::field("/channels", format!("name at most {MAX_CHANNELS} ways")));
    }
    if wish.occasions.len() > MAX_OCCASIONS {
        return Err(error::field("/occasions", format!("name at most {MAX_OCCASIONS} occasions")));
    }
    let wishes = wished(&wish).map_err(|(pointer, detail)| error::field(&pointer, detail))?;
    notifier.db.write(call.context(), SetWishes { customer, wishes: wishes.clone() }).await?;
    Reply::ok(&shown(customer, wishes))
}

async fn list(notifier: Arc<Notifier>, call: Call) -> Result<Reply, Problem> {
    let customer = call.require_user()?;
    let asked: PageRequest = call.query()?;
    let limit = asked.bounded_limit().ok_or_else(|| error::parameter("limit", "ask for 1 to 200 items"))?;
    let before = asked.after.as_deref().map_or(Ok(LAST), str::parse::<Id>);
    let before = before.map_err(|_| error::parameter("after", "send the next mark of the page before"))?;
    let found = notifications::page(&notifier.db, customer, before, limit + 1).await?;
    Reply::ok(&Page::from_probe(found, limit, |each| each.id.to_string()))
}
