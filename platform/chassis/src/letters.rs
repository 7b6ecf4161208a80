//! The letters of a service behind its internal door.

use std::sync::{Arc, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::RawValue;
use tradewind_db::{Db, Tx, Work};
use tradewind_events::letters::{
    self, Discard, Edit, FailedLetter, Letter, LetterError, LetterSummary, MAX_PAGE, Replay, Replayed,
};
use tradewind_events::{Progress, Subscription};
use tradewind_kernel::SpanRecorder;
use tradewind_problem::{CONFLICT, INVALID_BODY, INVALID_PARAMETER, NOT_FOUND, Problem, UNAVAILABLE};

use crate::http::{Call, Operation, Reply, Routes, operation};

/// How often a replay begins again because yet another letter failed.
const MAX_REPLAYS: u32 = 4;

/// The greatest length of a reason, in characters.
const MAX_REASON: usize = 1_000;

/// A subscription with where it reports what is parked.
pub(crate) struct Followed<S> {
    pub(crate) subscription: Arc<Subscription<S>>,
    pub(crate) progress: Arc<Progress>,
}

impl<S> Followed<S> {
    pub(crate) fn new(subscription: Subscription<S>) -> Self {
        Self { subscription: Arc::new(subscription), progress: Arc::default() }
    }
}

impl<S> Clone for Followed<S> {
    fn clone(&self) -> Self {
        Self { subscription: self.subscription.clone(), progress: self.progress.clone() }
    }
}

/// What the routes of the letters need.
pub(crate) struct Letters<S> {
    pub(crate) db: Db,
    pub(crate) followed: Vec<Followed<S>>,
    pub(crate) spans: SpanRecorder,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ListQuery {
    #[serde(default)]
    /// The subscription of the last letter on the page before.
    after_subscription: String,
    #[serde(default)]
    /// The position of the last letter on the page before.
    after_position: i64,
    #[serde(default)]
    /// The greatest number of letters wanted.
    #[schemars(range(min = 1, max = 1_000))]
    limit: Option<u16>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EditBody {
    /// The new `data` of the event.
    data: Box<RawValue>,
    /// Why, for those who ask later.
    #[schemars(length(min = 1, max = 1_000))]
    reason: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DropBody {
    /// Why, for those who ask later.
    #[schemars(length(min = 1, max = 1_000))]
    reason: String,
    /// Whether the first letter of the same key is meant instead.
    #[serde(default)]
    head: bool,
}

impl<S: Send + Sync + 'static> Letters<S> {
    pub(crate) fn add_to(self, routes: Routes<S>) -> Routes<S> {
        let letters = Arc::new(self);
        let [listing, showing, editing, replaying, dropping] = [(); 5].map(|()| letters.clone());
        routes
            .get("/letters", move |_, call| list(listing.clone(), call))
            .describe(operation("List letters").query::<ListQuery>().answers::<Vec<LetterSummary>>(200))
            .get("/letters/{subscription}/{position}", move |_, call| show(showing.clone(), call))
            .describe(on_letter("Show a letter").answers::<Letter>(200))
            .put("/letters/{subscription}/{position}", move |_, call| edit(editing.clone(), call))
            .describe(changing("Edit a letter").takes::<EditBody>().answers::<Letter>(200))
            .post("/letters/{subscription}/{position}/replay", move |state, call| {
                replay(replaying.clone(), state, call)
            })
            .describe(changing("Handle the letters of a key again").answers::<Replayed>(200))
            .delete("/letters/{subscription}/{position}", move |_, call| discard(dropping.clone(), call))
            .describe(changing("Drop a letter").takes::<DropBody>().answers::<Letter>(200))
    }

    fn followed(&self, call: &Call) -> Result<(Followed<S>, i64), Problem> {
        let name: String = call.parameter("subscription")?;
        let position = call.parameter("position")?;
        let found = self.followed.iter().find(|each| each.subscription.producer() == name);
        let found = found.ok_or_else(|| {
            Problem::new(&NOT_FOUND).detail("The service has no subscription of this name.")
        })?;
        Ok((found.clone(), position))
    }
}

fn on_letter(summary: &'static str) -> Operation {
    operation(summary).parameter::<String>("subscription").parameter::<i64>("position")
}

fn changing(summary: &'static str) -> Operation {
    on_letter(summary).command().problems(&[CONFLICT])
}

async fn list<S>(letters: Arc<Letters<S>>, call: Call) -> Result<Reply, Problem> {
    let ListQuery { after_subscription, after_position, limit } = call.query()?;
    let limit = limit.unwrap_or(100);
    if !(1..=MAX_PAGE).contains(&limit) {
        let problem = Problem::new(&INVALID_PARAMETER).detail("The letters cannot be given.");
        return Err(problem.error("limit", format!("ask for 1 to {MAX_PAGE} letters")));
    }
    let found: Vec<LetterSummary> =
        letters::list(&letters.db, (&after_subscription, after_position), limit).await?;
    Reply::ok(&found)
}

async fn show<S: Send + Sync + 'static>(letters: Arc<Letters<S>>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let (followed, position) = letters.followed(&call)?;
    let found = letters::show(&letters.db, followed.subscription.producer(), position).await?;
    Reply::ok(&found.ok_or(LetterError::NotFound)?)
}

async fn edit<S: Send + Sync + 'static>(letters: Arc<Letters<S>>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let (followed, position) = letters.followed(&call)?;
    let EditBody { data, reason } = call.json().await?;
    let reason = checked(reason)?;
    let subscription = followed.subscription.producer().to_owned();
    call.command(&letters.db, Answered(Edit { subscription, position, data, reason })).await
}

async fn discard<S: Send + Sync + 'static>(
    letters: Arc<Letters<S>>,
    mut call: Call,
) -> Result<Reply, Problem> {
    call.no_query()?;
    let (followed, position) = letters.followed(&call)?;
    let DropBody { reason, head } = call.json().await?;
    let reason = checked(reason)?;
    let subscription = followed.subscription.producer().to_owned();
    let discard = Discard { subscription, position, head, reason, progress: followed.progress };
    call.command(&letters.db, Answered(discard)).await
}

fn checked(reason: String) -> Result<String, Problem> {
    if reason.trim().is_empty() || reason.chars().count() > MAX_REASON || reason.contains('\0') {
        let problem = Problem::new(&INVALID_BODY).detail("The body does not fit; see errors.");
        return Err(
            problem.error("/reason", format!("say why, in 1 to {MAX_REASON} characters other than U+0000"))
        );
    }
    Ok(reason)
}

/// Replays a key. A letter that fails again voids the transaction, so the command runs once more up to it.
async fn replay<S: Send + Sync + 'static>(
    letters: Arc<Letters<S>>,
    state: Arc<S>,
    mut call: Call,
) -> Result<Reply, Problem> {
    call.no_query()?;
    call.no_body().await?;
    let (followed, position) = letters.followed(&call)?;
    let mut stop: Option<FailedLetter> = None;
    for _ in 0..MAX_REPLAYS {
        let Followed { subscription, progress } = followed.clone();
        let replay = Replay::new(subscription, state.clone(), position, call.entropy().clone(), progress);
        let replay = replay.recording(letters.spans.clone(), call.clock().clone());
        let replay = match stop.take() {
            Some(failed) => replay.stopping_at(failed),
            None => replay,
        };
        let failed = Arc::default();
        let outcome = call.command(&letters.db, Replaying { replay, failed: Arc::clone(&failed) }).await;
        stop = failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        if outcome.is_ok() || stop.is_none() {
            return outcome;
        }
    }
    Err(Problem::new(&UNAVAILABLE)
        .detail("Each try failed at another letter. Nothing was changed; try again."))
}

/// A replay that tells which letter failed, whatever becomes of its answer.
struct Replaying<S> {
    replay: Replay<S>,
    failed: Arc<Mutex<Option<FailedLetter>>>,
}

impl<S: Send + Sync + 'static> Work for Replaying<S> {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        let outcome = self.replay.run(tx).await;
        let failed = match &outcome {
            Err(LetterError::Failed(failed)) => Some(failed.clone()),
            _ => None,
        };
        let is_failed = failed.is_some();
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = failed;
        match outcome {
            Ok(done) => Reply::ok(&done),
            // As a fault of ours: a refusal would be kept as the answer to the command.
            Err(error) if is_failed => Err(Problem::internal(error)),
            Err(error) => Err(error.into()),
        }
    }
}

/// A command on a letter, answered with the letter.
struct Answered<W>(W);

impl<W> Work for Answered<W>
where
    W: Work<Output = Letter, Error = LetterError>,
{
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        Reply::ok(&self.0.run(tx).await?)
    }
}
