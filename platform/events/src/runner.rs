//! The loop behind a subscription: read, handle in one transaction with the cursor, wait.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tradewind_db::Db;
use tradewind_kernel::{Clock, Context, Entropy, OpenSpan, Principal, SpanRecorder};

use crate::attempts::{self, Attempts, Doubt, MAX_ATTEMPTS, Note};
use crate::cursor::{self, Create};
use crate::fault_points::{BATCH_COMMITTED, BATCH_READ};
use crate::handling::{HandleBatch, context_of};
use crate::mutants;
use crate::observed;
use crate::parking::{self, Park, shortened};
use crate::progress::Progress;
use crate::stop::{MAX_PAUSE, Stop};
use crate::strange::Met;
use crate::turn::{Pass, Turn, Whose};
use crate::{Feed, FeedError, HandleError, Recorded, Start, Subscription};

/// Events read and handled together.
const BATCH: u16 = 128;

/// Events of no interest after which the cursor is stored all the same, so that a restart skips them.
const MAX_UNSTORED: i64 = 1_000;

/// The first pause after a failure; it doubles up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// How long the producer is not told again how far the subscription has come.
const REPORT_EVERY: Duration = Duration::from_secs(60);

/// What is known of an attempt that never came back.
const DIED: &str = "the process ended while it handled the event";

/// What the runner needs besides the subscription and the feed.
#[derive(Debug, Clone)]
pub struct RunnerOptions {
    /// The consuming service's name.
    pub consumer: &'static str,
    /// Who it is among the replicas that share the subscription: different in each, and in each life of one unless
    /// that is sure to be over before the next begins.
    pub holder: String,
    /// The consuming service's database.
    pub db: Db,
    /// The consuming service's clock.
    pub clock: Clock,
    /// The consuming service's randomness.
    pub entropy: Entropy,
    /// Where the runner reports how far it has come.
    pub progress: Arc<Progress>,
    /// Where the handling of each event is recorded.
    pub spans: SpanRecorder,
}

/// Follows the feed until the returned future is dropped, which is safe at any await.
///
/// A failure that is not the event's is waited out with growing pauses; order is kept and nothing is skipped.
/// An event that is itself at fault is tried [`MAX_ATTEMPTS`] times and then parked, and the other keys go
/// on. So is one that kills the process: what the last life may have died of is handled one by one, and each
/// attempt is written down before it is made.
///
/// Of several runners on one database, one handles the events, and another goes on when it has said nothing for ten
/// seconds or gave its turn back (see [`tradewind_db::lease::release_all`]). The others follow the stored cursor.
pub async fn run<S: Send + Sync + 'static>(
    subscription: Arc<Subscription<S>>,
    state: Arc<S>,
    mut feed: Box<dyn Feed>,
    options: RunnerOptions,
) {
    let cursor = Cursor::default();
    let turn = Turn::new(subscription.producer(), &options.holder, &options.db, &options.clock);
    let mut runner = Runner {
        subscription,
        state,
        options,
        cursor,
        turn,
        doubt: None,
        suspect: None,
        begun: None,
        told: None,
        met: Met::default(),
    };
    let mut pause = FIRST_PAUSE;
    loop {
        // After a failure the stored cursor decides again: another reader may have moved it.
        let stored = runner.cursor.stored;
        let Err(error) = runner.follow(feed.as_mut()).await;
        if runner.cursor.stored > stored {
            pause = FIRST_PAUSE;
        }
        if error.is_turn() {
            runner.turn.lost();
        }
        pause = runner.rest(&error, pause).await;
        if mutants::GIVES_UP.is_planted() && pause > FIRST_PAUSE * 32 {
            return;
        }
    }
}

/// `stored` is what the database holds, `reached` what has been read; between them lie only events of no
/// interest.
#[derive(Debug, Default, Clone, Copy)]
struct Cursor {
    stored: i64,
    reached: i64,
}

struct Runner<S> {
    subscription: Arc<Subscription<S>>,
    state: Arc<S>,
    options: RunnerOptions,
    cursor: Cursor,
    turn: Turn,
    /// `None` until this life has read where it begins.
    doubt: Option<Doubt>,
    /// The event that failed before, or that an earlier life died of.
    suspect: Option<Attempts>,
    /// The event whose present attempt is written down already.
    begun: Option<i64>,
    /// What the producer was told, and when, by the monotonic clock; `None` until this life has told it.
    told: Option<(i64, Duration)>,
    /// Types that no handler is for.
    met: Met,
}

impl<S: Send + Sync + 'static> Runner<S> {
    /// The name under which the consumer keeps its cursor.
    fn name(&self) -> String {
        self.subscription.producer().to_owned()
    }

    async fn follow(&mut self, feed: &mut dyn Feed) -> Result<Infallible, Stop> {
        self.begin(feed).await?;
        loop {
            self.step(feed).await?;
            self.options.progress.set_stopped(false);
        }
    }

    async fn begin(&mut self, feed: &mut dyn Feed) -> Result<(), Stop> {
        let name = self.name();
        let mut found = cursor::find(&self.options.db, &name).await?;
        let is_new = found.is_none();
        if is_new {
            let position = match self.subscription.beginning() {
                Start::Beginning => feed.horizon().await?.position,
                Start::Now => feed.head().await?,
            };
            // First: what it begins with must still be there when it has begun.
            self.tell(feed, position).await?;
            let create = Create { subscription: name.clone(), position };
            self.options.db.write(&self.context(), create).await?;
            // Another replica may have been faster.
            found = cursor::find(&self.options.db, &name).await?;
        }
        let position = found.unwrap_or_default();
        self.cursor = Cursor { stored: position, reached: position };
        if mutants::LAST_AGAIN.is_planted() {
            self.cursor.reached = (position - 1).max(0);
        }
        if self.told.is_none() {
            self.tell(feed, position).await?;
        }
        self.suspect = attempts::find(&self.options.db, &name, position).await?;
        if self.doubt.is_none() {
            parking::load(&self.options.db, &name, &self.options.progress).await?;
            // Without a cursor there was no life before that could have died of anything.
            let until = if is_new { 0 } else { feed.head().await? };
            self.doubt = Some(Doubt { left: usize::from(BATCH), until, before: None });
            self.stagger().await;
        }
        self.report();
        Ok(())
    }

    /// Makes sure that the turn is ours. Gives `false` when what was read may not be handled: another has the turn, or
    /// had it and came further than we knew.
    async fn take_turn(&mut self, feed: &mut dyn Feed, waits: bool) -> Result<bool, Stop> {
        let lapsed = match self.turn.take(&self.context(), feed.is_chosen()).await? {
            Whose::Still => return Ok(true),
            Whose::New { lapsed } => lapsed,
            Whose::Theirs(held) => {
                // What it did before we looked does not end the wait.
                if !self.go_to_stored().await? && waits {
                    self.turn.wait(held).await;
                    self.go_to_stored().await?;
                }
                return Ok(false);
            }
        };
        if let Some(before) = lapsed {
            let (consumer, producer) = (self.options.consumer, self.subscription.producer());
            tracing::info!(consumer, producer, "going on where another replica said nothing any more");
            let until = feed.head().await?;
            self.doubt = Some(Doubt { left: usize::from(BATCH), until, before: Some(before) });
        }
        let is_moved = self.go_to_stored().await?;
        let name = self.name();
        self.suspect = attempts::find(&self.options.db, &name, self.cursor.stored).await?;
        if is_moved {
            parking::load(&self.options.db, &name, &self.options.progress).await?;
        } else if lapsed.is_some() {
            self.stagger().await;
        }
        Ok(!is_moved)
    }

    /// Tells the producer how far the subscription has come, when it has not heard of it for a while. That is the
    /// stored cursor, which the next life begins with; so it is stored first, if what followed was of no interest.
    async fn tell_now_and_then(&mut self, feed: &mut dyn Feed) -> Result<(), Stop> {
        let (now, reached) = (self.options.clock.monotonic(), self.cursor.reached);
        if let Some((position, when)) = self.told
            && (position >= reached || now.saturating_sub(when) < REPORT_EVERY)
        {
            return Ok(());
        }
        if reached > self.cursor.stored {
            if !self.take_turn(feed, false).await? {
                self.told = self.not_told();
                return Ok(());
            }
            self.commit(Vec::new(), reached).await?;
        }
        self.tell(feed, self.cursor.stored).await
    }

    /// A producer that cannot be told now keeps more than it needs, which is no reason not to go on.
    async fn tell(&mut self, feed: &mut dyn Feed, position: i64) -> Result<(), Stop> {
        let (context, consumer) = (self.context(), self.options.consumer);
        let telling = feed.report(&context, consumer, position);
        self.told = match self.options.clock.timeout(MAX_PAUSE, telling).await {
            Ok(Ok(())) => Some((position, self.options.clock.monotonic())),
            Ok(Err(error @ FeedError::Pruned { .. })) => return Err(error.into()),
            Ok(Err(error)) => {
                let producer = self.subscription.producer();
                tracing::debug!(consumer, producer, %error, "not told how far we are");
                self.not_told()
            }
            Err(_) => self.not_told(),
        };
        Ok(())
    }

    /// It is tried again after a while.
    fn not_told(&self) -> Option<(i64, Duration)> {
        Some((self.told.map_or(-1, |(position, _)| position), self.options.clock.monotonic()))
    }

    /// Goes where the stored cursor is; tells whether another moved it.
    async fn go_to_stored(&mut self) -> Result<bool, Stop> {
        let position = cursor::find(&self.options.db, &self.name()).await?.unwrap_or_default();
        if position == self.cursor.stored {
            return Ok(false);
        }
        self.cursor = Cursor { stored: position, reached: position };
        self.report();
        Ok(true)
    }

    fn pass(&self) -> Result<Pass, Stop> {
        self.turn.pass().ok_or(Stop::NotOurs)
    }

    /// Waits a random while when earlier lives died: of all that was under way in this process then, only one
    /// is at fault, and the others shall get a chance to finish before it is tried again.
    async fn stagger(&self) {
        let Some(suspect) = &self.suspect else { return };
        let most = FIRST_PAUSE * 2_u32.saturating_pow(suspect.count.min(MAX_ATTEMPTS));
        let millis = u64::try_from(most.as_millis()).unwrap_or(1);
        self.options.clock.sleep(Duration::from_millis(self.options.entropy.below(millis))).await;
    }

    async fn step(&mut self, feed: &mut dyn Feed) -> Result<(), Stop> {
        let batch = feed.read(self.cursor.reached, BATCH).await?;
        let Some(last) = batch.last().map(|recorded| recorded.position) else {
            self.tell_now_and_then(feed).await?;
            // Normally the commit wakes us; the bound is the net under a lost wake-up.
            let patience = feed.patience();
            self.options.clock.timeout(patience, feed.wait()).await.unwrap_or_default();
            return Ok(());
        };
        let (mut interesting, others): (Vec<_>, Vec<_>) =
            batch.into_iter().partition(|event| self.is_interesting(event));
        if mutants::LAST_SKIPPED.is_planted() && interesting.len() > 1 {
            interesting.pop();
        }
        let is_far = last - self.cursor.stored >= MAX_UNSTORED;
        if (is_far || !interesting.is_empty()) && !self.take_turn(feed, true).await? {
            return Ok(());
        }
        if !interesting.is_empty() {
            BATCH_READ.pass();
            self.handle(interesting, last).await?;
        } else if is_far {
            self.commit(interesting, last).await?;
        }
        self.cursor.reached = last;
        others.iter().for_each(|event| self.pass_over(event));
        self.report();
        self.tell_now_and_then(feed).await
    }

    /// Says of an event of no interest what is strange about its type, if something is.
    fn pass_over(&mut self, event: &Recorded) {
        let (types, kind) = (self.subscription.types(), &event.event.kind);
        let Some((strange, is_new)) = self.met.meet(&types, kind) else { return };
        self.options.progress.add_strange();
        if is_new {
            let (consumer, producer, position) =
                (self.options.consumer, self.subscription.producer(), event.position);
            tracing::warn!(
                consumer,
                producer,
                position,
                kind = crate::strange::shown(kind),
                ?strange,
                "events of this type are passed over: it is another version of one that is handled, or not the \
                 producer's; told once"
            );
        }
    }

    fn is_interesting(&self, recorded: &Recorded) -> bool {
        self.subscription.handler(&recorded.event.kind).is_some()
    }

    /// Handles what is suspect one by one and the rest in one transaction; after a failure one by one, up to
    /// the failing one.
    async fn handle(&mut self, mut events: Vec<Recorded>, last: i64) -> Result<(), Stop> {
        let together = events.split_off(self.count_alone(&events));
        // Boxed: the rare way shall not make the future of the usual one large.
        for event in events {
            Box::pin(self.handle_alone(event)).await?;
        }
        if together.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.commit(together.clone(), last).await {
            // After an outage the stored cursor decides: the batch may be committed, and one event after the other
            // would meet the same silence.
            if error.is_turn() || error.is_outage() {
                return Err(error);
            }
            let (consumer, events) = (self.options.consumer, together.len());
            tracing::debug!(consumer, events, %error, "a batch failed; its events are handled one by one");
            for event in together {
                Box::pin(self.handle_alone(event)).await?;
            }
        }
        Ok(())
    }

    /// How many events at the front are to be handled alone.
    fn count_alone(&self, events: &[Recorded]) -> usize {
        let doubtful = self
            .doubt
            .map_or(0, |doubt| events.iter().take(doubt.left).filter(|event| doubt.covers(event)).count());
        let first = events.first().is_some_and(|event| self.suspected(event.position).is_some());
        doubtful.max(usize::from(first || events.len() == 1))
    }

    fn suspected(&self, position: i64) -> Option<&Attempts> {
        self.suspect.as_ref().filter(|suspect| suspect.position == position)
    }

    async fn handle_alone(&mut self, event: Recorded) -> Result<(), Stop> {
        let position = event.position;
        let has_begun = self.begun == Some(position);
        let tried = self.suspected(position).map_or(0, |suspect| suspect.count);
        let most = if mutants::PARKED_AT_ONCE.is_planted() { 1 } else { MAX_ATTEMPTS };
        if let Some(suspect) = self.suspected(position)
            && tried >= most
            && !has_begun
        {
            let error = suspect.error.clone();
            return self.park(event, tried, error).await;
        }
        if !has_begun && self.doubt.is_some_and(|doubt| doubt.covers(&event)) {
            self.note(position, tried + 1, DIED).await?;
            self.begun = Some(position);
        }
        match self.commit(vec![event.clone()], position).await {
            Ok(()) => Ok(()),
            Err(Stop::Handle(error)) if error.is_poison() => self.blame(event, error).await,
            Err(error) => {
                self.take_back(position).await;
                Err(error)
            }
        }
    }

    /// Counts a failed attempt against its event, and parks it after the last one.
    async fn blame(&mut self, event: Recorded, error: HandleError) -> Result<(), Stop> {
        let position = event.position;
        let text = shortened(&error.to_string());
        let noted = self.suspected(position).map_or(0, |suspect| suspect.count);
        let count = noted + u32::from(self.begun != Some(position));
        self.options.progress.add_attempt();
        if count >= MAX_ATTEMPTS {
            let parked = self.park(event, count, text.clone()).await;
            match &parked {
                Ok(()) => self.options.progress.add_failure(),
                // There is no place: from now on it waits for one, and its handler does not run again.
                Err(_) => {
                    self.note(position, count, &text).await?;
                    self.begun = None;
                }
            }
            return parked;
        }
        self.note(position, count, &text).await?;
        self.begun = None;
        Err(error.into())
    }

    /// The attempt was stopped by something that is not the event's fault.
    async fn take_back(&mut self, position: i64) {
        let Some(suspect) = self.suspected(position).filter(|_| self.begun == Some(position)) else {
            return;
        };
        let (count, error) = (suspect.count.saturating_sub(1), suspect.error.clone());
        // When even this fails, the next attempt of this life goes under the same number.
        if self.note(position, count, &error).await.is_ok() {
            self.begun = None;
        }
    }

    async fn note(&mut self, position: i64, count: u32, error: &str) -> Result<(), Stop> {
        let attempts = Attempts { position, count, error: error.to_owned() };
        let note = Note { subscription: self.name(), attempts: attempts.clone(), pass: self.pass()? };
        self.options.db.write(&self.context(), note).await?;
        self.suspect = (count > 0).then_some(attempts);
        Ok(())
    }

    async fn park(&mut self, event: Recorded, attempts: u32, error: String) -> Result<(), Stop> {
        let (position, kind, why) = (event.position, event.event.kind.clone(), error.clone());
        let park = Park {
            subscription: self.name(),
            recorded: event,
            attempts,
            error,
            from: self.cursor.stored,
            progress: self.options.progress.clone(),
            pass: self.pass()?,
        };
        let pass = park.pass.clone();
        self.options.db.write(&self.context(), park).await?;
        self.turn.passed(&pass);
        tracing::error!(
            consumer = self.options.consumer,
            producer = self.subscription.producer(),
            position,
            kind,
            attempts,
            error = why,
            "an event could not be handled and is parked; see `tradewind letters`"
        );
        self.moved(position, 1);
        Ok(())
    }

    async fn commit(&mut self, mut events: Vec<Recorded>, to: i64) -> Result<(), Stop> {
        if mutants::CURSOR_FIRST.is_planted() && !events.is_empty() {
            Box::pin(self.commit(Vec::new(), to)).await?;
        }
        if mutants::BATCH_REVERSED.is_planted() {
            events.reverse();
        }
        let (count, pass) = (events.len(), self.pass()?);
        let (contexts, spans) = self.begin_spans(&events);
        let work = HandleBatch {
            subscription: self.subscription.clone(),
            state: self.state.clone(),
            consumer: self.options.consumer,
            name: self.name(),
            events,
            contexts,
            from: self.cursor.stored,
            to,
            is_counted: self.suspect.as_ref().is_some_and(|suspect| suspect.position <= to),
            progress: self.options.progress.clone(),
            pass: pass.clone(),
        };
        // In line: two subscriptions of a service often touch the same rows.
        let parked = match self.options.db.write_in_line(&self.context(), work).await {
            Ok(parked) => parked,
            Err(error) => {
                observed::fail(spans, &error);
                return Err(error.into());
            }
        };
        if mutants::CURSOR_APART.is_planted() && count > 0 {
            return Box::pin(self.commit(Vec::new(), to)).await;
        }
        BATCH_COMMITTED.pass();
        self.turn.passed(&pass);
        observed::end(spans, &parked);
        let parked = parked.len();
        if parked > 0 {
            let (consumer, producer) = (self.options.consumer, self.subscription.producer());
            tracing::warn!(consumer, producer, parked, "events were parked behind others of their key");
        }
        self.options.progress.add_handled((count - parked) as u64);
        self.moved(to, count);
        Ok(())
    }

    /// A context for each event, and its span: the same however often the transaction is run.
    fn begin_spans(&self, events: &[Recorded]) -> (Vec<Context>, Vec<OpenSpan>) {
        let RunnerOptions { clock, entropy, spans, .. } = &self.options;
        let each = events.iter().map(|recorded| {
            let context = context_of(&recorded.event, entropy);
            let span = observed::begin(spans, clock, recorded, &context);
            (context, span)
        });
        each.unzip()
    }

    /// The cursor is stored at `position`, past `count` more events.
    fn moved(&mut self, position: i64, count: usize) {
        self.cursor = Cursor { stored: position, reached: position };
        if let Some(doubt) = &mut self.doubt {
            doubt.left = doubt.left.saturating_sub(count);
        }
        self.suspect.take_if(|suspect| suspect.position <= position);
        self.begun = None;
    }

    fn report(&self) {
        self.options.progress.move_to(self.cursor.reached);
    }

    async fn rest(&self, error: &Stop, pause: Duration) -> Duration {
        if error.is_turn() {
            let (consumer, producer) = (self.options.consumer, self.subscription.producer());
            tracing::info!(consumer, producer, %error, "the subscription goes on in another replica");
            // Only so that two which call themselves by one name cannot keep each other busy.
            self.options.clock.sleep(FIRST_PAUSE).await;
            return pause;
        }
        let pause = error.pause(pause);
        self.options.progress.add_failure();
        self.options.progress.set_stopped(error.is_for_good());
        tracing::error!(
            consumer = self.options.consumer,
            producer = self.subscription.producer(),
            after = self.cursor.stored,
            %error,
            retry_in_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
            "the subscription does not get on and tries again"
        );
        self.options.clock.sleep(pause).await;
        pause * 2
    }

    fn context(&self) -> Context {
        let principal = Principal::Service(self.options.consumer.to_owned());
        Context::begin(principal, &self.options.clock, &self.options.entropy)
    }
}
