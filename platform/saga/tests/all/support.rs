//! A trip: a room is held, a seat is booked, the traveller says yes, and money is paid. Each of them knows its keys.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tradewind_db::{
    Db, DbError, Execution, Location, MigrateMode, Migration, MigrationSet, Options, Tx, Work, lease, params,
    sql,
};
use tradewind_kernel::{Clock, Context, Entropy, Id, Principal, SpanRecorder, Timestamp};
use tradewind_problem::{CONFLICT, Problem, UNAVAILABLE};
use tradewind_saga::{
    Call, Cancelled, Chore, Errand, History, Instances, Local, Reason, RunnerOptions, Saga, Setback,
    Signalled, Started, Tally, Wait,
};

/// What is known of a trip.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trip {
    pub traveller: String,
    pub room: Option<String>,
    pub seat: Option<String>,
    pub yes: Option<String>,
}

/// Somebody who does things under keys, and remembers what was taken back.
#[derive(Debug, Default)]
pub struct Peer {
    inner: Mutex<Inner>,
    answers: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    held: BTreeSet<String>,
    taken_back: BTreeSet<String>,
    /// How often each key was asked for.
    asked: BTreeMap<String, u32>,
    refuses: bool,
    is_away: bool,
    hangs: bool,
    panics: u32,
}

impl Peer {
    pub fn refuse(&self) {
        self.inner.lock().unwrap().refuses = true;
    }

    pub fn be_away(&self, is_away: bool) {
        self.inner.lock().unwrap().is_away = is_away;
    }

    /// Does what it is asked, and answers when it is let.
    pub fn hang(&self) {
        self.inner.lock().unwrap().hangs = true;
    }

    /// Answers who waits, and from now on everybody.
    pub fn answer(&self) {
        self.inner.lock().unwrap().hangs = false;
        self.answers.notify_waiters();
    }

    /// Panics when it is asked next.
    pub fn panic(&self) {
        self.inner.lock().unwrap().panics = 1;
    }

    pub fn held(&self) -> Vec<String> {
        self.inner.lock().unwrap().held.iter().cloned().collect()
    }

    pub fn asked(&self) -> BTreeMap<String, u32> {
        self.inner.lock().unwrap().asked.clone()
    }

    fn ask(&self, key: &str) -> Result<bool, Setback> {
        let mut inner = self.inner.lock().unwrap();
        if inner.is_away {
            return Err(Problem::new(&UNAVAILABLE).into());
        }
        *inner.asked.entry(key.to_owned()).or_default() += 1;
        let (hangs, panics) = (inner.hangs, std::mem::take(&mut inner.panics) > 0);
        drop(inner);
        assert!(!panics, "on purpose");
        Ok(hangs)
    }

    pub async fn hold(&self, key: &str) -> Result<(), Setback> {
        let hangs = self.ask(key)?;
        {
            let mut inner = self.inner.lock().unwrap();
            if inner.refuses {
                return Err(Problem::new(&CONFLICT).detail("Nothing is left.").into());
            }
            if !inner.taken_back.contains(key) {
                inner.held.insert(key.to_owned());
            }
        }
        if hangs {
            self.answers.notified().await;
        }
        Ok(())
    }

    pub async fn give_back(&self, key: &str) -> Result<(), Setback> {
        self.ask(key)?;
        let of_step = key.trim_end_matches("/undo").to_owned();
        let mut inner = self.inner.lock().unwrap();
        inner.held.remove(&of_step);
        inner.taken_back.insert(of_step);
        Ok(())
    }
}

/// The service.
#[derive(Debug, Default)]
pub struct Agency {
    pub rooms: Peer,
    pub seats: Peer,
    pub bank: Peer,
}

pub const MIGRATIONS: MigrationSet = MigrationSet {
    component: "agency",
    migrations: &[Migration {
        version: 1,
        name: "create_trip",
        text: "create table trip (id {uuid} primary key, state text not null, reason text)",
    }],
};

sql! {
    NOTE = "insert into trip (id, state) values ($1, 'asked')";
    SET = "update trip set state = $2, reason = $3 where id = $1";
    ALL = "select state, reason from trip order by id";
}

/// Writes down that a trip is asked for.
pub struct Note(pub Chore<Trip>);

impl Work for Note {
    type Output = Trip;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Trip, DbError> {
        tx.execute(&NOTE, params![self.0.id]).await?;
        Ok(self.0.data.clone())
    }
}

/// Writes down how it ended.
pub struct Set(pub Chore<Trip>, pub &'static str);

impl Work for Set {
    type Output = Trip;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Trip, DbError> {
        let reason = self.0.reason.as_ref().map(|reason| reason.code.clone());
        tx.execute(&SET, params![self.0.id, self.1, reason]).await?;
        Ok(self.0.data.clone())
    }
}

async fn hold_room(agency: Arc<Agency>, mut errand: Errand<Trip>) -> Result<Trip, Setback> {
    agency.rooms.hold(&errand.key).await?;
    errand.data.room = Some("12".to_owned());
    Ok(errand.data)
}

async fn give_room_back(agency: Arc<Agency>, errand: Errand<Trip>) -> Result<Trip, Setback> {
    agency.rooms.give_back(&errand.key).await?;
    Ok(Trip { room: None, ..errand.data })
}

async fn hold_seat(agency: Arc<Agency>, errand: Errand<Trip>) -> Result<Trip, Setback> {
    agency.seats.hold(&errand.key).await?;
    Ok(Trip { seat: Some("7a".to_owned()), ..errand.data })
}

async fn give_seat_back(agency: Arc<Agency>, errand: Errand<Trip>) -> Result<Trip, Setback> {
    agency.seats.give_back(&errand.key).await?;
    Ok(Trip { seat: None, ..errand.data })
}

async fn pay(agency: Arc<Agency>, errand: Errand<Trip>) -> Result<Trip, Setback> {
    agency.bank.hold(&errand.key).await?;
    Ok(errand.data)
}

/// Note it; hold a room and a seat; wait for a yes; pay, which is the pivot; wait a moment; confirm.
pub fn trips() -> Saga<Agency, Trip> {
    Saga::new("trip", 1)
        .local(Local::new("note", |_: &Agency, chore| Note(chore)).undo(|_, chore| Set(chore, "called-off")))
        .call(Call::new("room", hold_room).undo(give_room_back))
        .call(Call::new("seat", hold_seat).undo(give_seat_back).within(Duration::from_secs(20)))
        .wait(Wait::signal("yes", Duration::from_secs(3600), |trip: &mut Trip, who: String| {
            trip.yes = Some(who);
            Ok(())
        }))
        .call(Call::new("pay", pay).attempt(Duration::from_secs(3)).pivot())
        .wait(Wait::pause("settle", Duration::from_secs(5)))
        .local(Local::new("confirm", |_, chore| Set(chore, "confirmed")))
}

pub struct World {
    pub db: Db,
    pub clock: Clock,
    pub entropy: Entropy,
    pub agency: Arc<Agency>,
    pub tally: Arc<Tally>,
}

pub async fn world() -> World {
    let clock = Clock::simulated(Timestamp::from_micros(1_767_225_600_000_000));
    let entropy = Entropy::seeded(1);
    let db = Db::open(Options {
        location: Location::Memory,
        execution: Execution::Inline,
        readers: 1,
        clock: clock.clone(),
        entropy: entropy.fork("db"),
    });
    let db = db.unwrap();
    let sets = [lease::MIGRATIONS, tradewind_saga::MIGRATIONS, MIGRATIONS];
    db.migrate(&sets, MigrateMode::Auto).await.unwrap();
    World { db, clock, entropy, agency: Arc::default(), tally: Arc::default() }
}

impl World {
    pub fn context(&self) -> Context {
        Context::begin(Principal::Anonymous, &self.clock, &self.entropy)
    }

    pub fn options(&self, holder: &str) -> RunnerOptions {
        RunnerOptions {
            service: "agency",
            holder: holder.to_owned(),
            db: self.db.clone(),
            clock: self.clock.clone(),
            entropy: self.entropy.fork(holder),
            tally: self.tally.clone(),
            spans: SpanRecorder::default(),
            interference: None,
        }
    }

    /// Runs until `driver` is done.
    pub async fn run<S: Send + Sync + 'static, T>(
        &self,
        saga: &Arc<Saga<S, Trip>>,
        state: &Arc<S>,
        driver: impl Future<Output = T>,
    ) -> T {
        let runner = Box::pin(tradewind_saga::run(saga.clone(), state.clone(), self.options("agency/1")));
        tokio::select! {
            biased;
            done = driver => done,
            () = runner => panic!("a runner has no end"),
        }
    }

    pub async fn start(&self, instances: &Instances<Trip>, id: Id) -> Started {
        let data = Trip { traveller: "somebody".to_owned(), ..Trip::default() };
        self.db.write(&self.context(), Begin(instances.clone(), id, data)).await.unwrap()
    }

    pub async fn cancel<D: Serialize + 'static>(&self, instances: &Instances<D>, id: Id) -> Cancelled {
        self.db.write(&self.context(), Cancel(instances.clone(), id)).await.unwrap()
    }

    pub async fn say_yes<D: Serialize + 'static>(&self, instances: &Instances<D>, id: Id) -> Signalled {
        self.db.write(&self.context(), Yes(instances.clone(), id)).await.unwrap()
    }

    pub async fn history(&self, instances: &Instances<Trip>, id: Id) -> History {
        instances.history(&self.db, id).await.unwrap().unwrap()
    }

    /// Waits until what is known of the instance is as wanted.
    pub async fn until(&self, instances: &Instances<Trip>, id: Id, is: impl Fn(&History) -> bool) -> History {
        let waiting = async {
            loop {
                let history = self.history(instances, id).await;
                if is(&history) {
                    return history;
                }
                self.clock.sleep(Duration::from_millis(10)).await;
            }
        };
        self.clock.timeout(Duration::from_secs(7200), waiting).await.expect("it never comes about")
    }

    /// State and reason of each trip.
    pub async fn trips(&self) -> Vec<(String, Option<String>)> {
        states(&self.db).await
    }
}

/// Compares a text with the file of this name beside the tests.
pub fn golden(name: &str, text: &str) {
    let path = format!("{}/tests/all/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("TRADEWIND_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, wanted, "{name}: if this is meant, run the test with TRADEWIND_BLESS=1");
}

/// State and reason of each trip.
pub async fn states(db: &Db) -> Vec<(String, Option<String>)> {
    db.query(&ALL, &[]).await.unwrap()
}

pub struct Begin(pub Instances<Trip>, pub Id, pub Trip);

impl Work for Begin {
    type Output = Started;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Started, DbError> {
        self.0.start(tx, self.1, &self.2).await
    }
}

struct Cancel<D>(Instances<D>, Id);

impl<D: Serialize + 'static> Work for Cancel<D> {
    type Output = Cancelled;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Cancelled, DbError> {
        self.0.cancel(tx, self.1, Reason::new("changed-mind")).await
    }
}

struct Yes<D>(Instances<D>, Id);

impl<D: Serialize + 'static> Work for Yes<D> {
    type Output = Signalled;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Signalled, DbError> {
        self.0.signal(tx, self.1, "yes", &"the traveller").await
    }
}
