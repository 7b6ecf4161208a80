//! Sagas on a server: replicas on one database, whose turn is taken from them again and again. Each effect once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tradewind_db::{
    Db, DbError, MigrateMode, Migration, MigrationSet, Tx, Work, lease, params, sql, statements, work,
};
use tradewind_kernel::{Clock, Entropy, Id, SpanRecorder};
use tradewind_problem::{CONFLICT, Problem};
use tradewind_saga::{
    Call, Chore, Errand, Instances, Local, Reason, RunnerOptions, Saga, Setback, Started, Tally, turn_lease,
};
use tradewind_testkit::Postgres;

use crate::db::support::{context, handle, place};

/// Instances, and how often the turn is taken away meanwhile.
const LAMPS: u32 = 300;
const THEFTS: u32 = 15;

const SCHEMA: MigrationSet = MigrationSet {
    component: "lamps",
    migrations: &[Migration {
        version: 1,
        name: "create_deed",
        text: "create table deed (lamp {uuid} not null, what text not null)",
    }],
};

sql! {
    DO = "insert into deed (lamp, what) values ($1, $2)";
    DEEDS = "select lamp, what, count(*) from deed group by lamp, what";
    LEFT = "select count(*) from saga_instance where ended_at is null";
    ENDED = "select id, state from saga_instance";
}

#[derive(Debug, Serialize, Deserialize)]
struct Lamp {
    is_bad: bool,
}

/// Who hangs lamps up, by key, and takes them down.
#[derive(Debug, Default)]
struct Fitter {
    keys: Mutex<(BTreeSet<String>, BTreeSet<String>)>,
}

impl Fitter {
    async fn hang(self: Arc<Self>, errand: Errand<Lamp>) -> Result<Lamp, Setback> {
        let mut keys = self.keys.lock().unwrap();
        if !keys.1.contains(&errand.key) {
            keys.0.insert(errand.key);
        }
        Ok(errand.data)
    }

    async fn take_down(self: Arc<Self>, errand: Errand<Lamp>) -> Result<Lamp, Setback> {
        let key = errand.key.trim_end_matches("/undo").to_owned();
        let mut keys = self.keys.lock().unwrap();
        keys.0.remove(&key);
        keys.1.insert(key);
        Ok(errand.data)
    }
}

struct Deed(Chore<Lamp>, &'static str);

impl Work for Deed {
    type Output = Lamp;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Lamp, Problem> {
        tx.execute(&DO, params![self.0.id, self.1]).await?;
        if self.0.data.is_bad && self.1 == "lit" {
            return Err(Problem::new(&CONFLICT).detail("It is broken."));
        }
        Ok(Lamp { is_bad: self.0.data.is_bad })
    }
}

fn lamps() -> Saga<Fitter, Lamp> {
    Saga::new("lamp", 1)
        .local(Local::new("buy", |_, chore| Deed(chore, "bought")).undo(|_, chore| Deed(chore, "sold")))
        .call(Call::new("hang", Fitter::hang).undo(Fitter::take_down))
        .local(Local::new("light", |_, chore| Deed(chore, "lit")))
}

fn options(db: &Db, holder: &str) -> RunnerOptions {
    RunnerOptions {
        service: "lamps",
        holder: holder.to_owned(),
        db: db.clone(),
        clock: Clock::system(),
        entropy: Entropy::system(),
        tally: Arc::new(Tally::default()),
        spans: SpanRecorder::default(),
        interference: None,
    }
}

struct Begin(Instances<Lamp>, Id, bool);

impl Work for Begin {
    type Output = Started;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Started, DbError> {
        self.0.start(tx, self.1, &Lamp { is_bad: self.2 }).await
    }
}

/// Begins lamps, every fourth of them broken, and calls every fifth off.
async fn ask(db: Db, instances: Instances<Lamp>) {
    for number in 0..LAMPS {
        let id = Id::from_u128(number.into());
        db.write(&context(), Begin(instances.clone(), id, number % 4 == 0)).await.unwrap();
        if number % 5 == 0 {
            let instances = instances.clone();
            let cancel = work(move |tx| {
                let instances = instances.clone();
                Box::pin(async move { instances.cancel(tx, id, Reason::new("unwanted")).await })
            });
            db.write(&context(), cancel).await.unwrap();
        }
    }
}

/// Takes the turn away from whoever has it, and gives it back.
async fn steal(db: &Db) {
    for _ in 0..THEFTS {
        Clock::system().sleep(Duration::from_millis(100)).await;
        let steal = work(|tx| {
            Box::pin(async move {
                lease::seize(tx, &turn_lease("lamp", 1), "thief", Duration::from_secs(1)).await?;
                lease::release_all(tx, "thief").await
            })
        });
        let stolen: Result<u64, DbError> = db.write(&context(), steal).await;
        stolen.unwrap();
    }
}

async fn until_all_ended(db: &Db) {
    let waiting = async {
        while db.query::<(i64,)>(&LEFT, &[]).await.unwrap()[0].0 > 0 {
            Clock::system().sleep(Duration::from_millis(50)).await;
        }
    };
    Clock::system().timeout(Duration::from_secs(120), waiting).await.expect("all of them end");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_three_replicas_whose_turn_is_stolen_each_does_what_nobody_else_did() {
    let (place, _) = place(Postgres::shared().await, "saga").await;
    let handles: Vec<Db> = (0..3).map(|_| handle(&place.clone().connections(3))).collect();
    let db = &handles[0];
    db.migrate(&[lease::MIGRATIONS, tradewind_saga::MIGRATIONS, SCHEMA], MigrateMode::Auto).await.unwrap();
    let (fitter, saga) = (Arc::new(Fitter::default()), Arc::new(lamps()));
    let mut replicas = Vec::new();
    for (number, handle) in handles.iter().enumerate() {
        handle.check().await.unwrap();
        let options = options(handle, &format!("lamps/{number}"));
        replicas.push(tokio::spawn(tradewind_saga::run(saga.clone(), fitter.clone(), options)));
    }
    let asking = tokio::spawn(ask(handles[1].clone(), saga.instances()));
    steal(db).await;
    asking.await.unwrap();
    until_all_ended(db).await;
    replicas.iter().for_each(tokio::task::JoinHandle::abort);
    judge(db, &fitter).await;
}

async fn judge(db: &Db, fitter: &Fitter) {
    let mut deeds: BTreeMap<Id, BTreeMap<String, i64>> = BTreeMap::new();
    for (lamp, what, count) in db.query::<(Id, String, i64)>(&DEEDS, &[]).await.unwrap() {
        deeds.entry(lamp).or_default().insert(what, count);
    }
    let hung = fitter.keys.lock().unwrap().0.clone();
    let ended: Vec<(Id, String)> = db.query(&ENDED, &[]).await.unwrap();
    assert_eq!(ended.len(), LAMPS as usize);
    let mut counts = BTreeMap::new();
    for (id, state) in ended {
        let of = deeds.remove(&id).unwrap_or_default();
        let once =
            |whats: &[&str]| whats.iter().map(|what| ((*what).to_owned(), 1)).collect::<BTreeMap<_, _>>();
        let is_hung = hung.contains(&format!("lamp/{id}/hang"));
        match state.as_str() {
            "done" => assert_eq!((is_hung, of), (true, once(&["bought", "lit"]))),
            // Called off before it was bought: the undo of a first local step runs all the same.
            "undone" if !of.contains_key("bought") => assert_eq!((is_hung, of), (false, once(&["sold"]))),
            "undone" => assert_eq!((is_hung, of), (false, once(&["bought", "sold"]))),
            other => panic!("{id} is {other}"),
        }
        *counts.entry(state).or_insert(0) += 1;
    }
    println!("sagas {counts:?}");
    assert!(counts["done"] > 0 && counts["undone"] >= i32::try_from(LAMPS).unwrap() / 4);
}

#[tokio::test]
async fn every_statement_is_prepared_on_a_server() {
    let (place, _) = place(Postgres::shared().await, "saga").await;
    let db = handle(&place);
    db.migrate(&[lease::MIGRATIONS, tradewind_saga::MIGRATIONS], MigrateMode::Auto).await.unwrap();
    let of_sagas = statements().into_iter().filter(|sql| sql.module().starts_with("tradewind_saga"));
    let prepared: Vec<_> = of_sagas.collect();
    assert!(prepared.len() > 10);
    for statement in prepared {
        db.prepare(statement).await.unwrap_or_else(|error| panic!("{}: {error}", statement.name()));
    }
}
