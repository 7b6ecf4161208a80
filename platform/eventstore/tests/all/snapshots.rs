//! A snapshot and what followed it is what the whole stream is, whatever happened to the snapshot.

use proptest::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_db::{Db, DbError, Tx, params, work};
use tradewind_eventstore::{Aggregate, DomainEvent, Loaded, Snapshots, append, load, replay};
use tradewind_kernel::Context;

use crate::open;

const STREAM: &str = "ledger-1";

tradewind_db::sql! {
    COUNT = "select count(*), coalesce(max(version), 0) from stream_snapshot where stream = $1";
    STRANGE = "update stream_snapshot set fingerprint = 'of another program', state = '\"not even that\"'";
    WRONG = "update stream_snapshot set state = '{\"entries\": 99, \"sum\": 99, \"last\": 99}'";
    GONE = "delete from stream_snapshot";
}

/// A state in which the sequence of the events shows.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
struct Ledger {
    entries: u64,
    sum: i64,
    last: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Entry {
    Entered(i64),
}

impl DomainEvent for Entry {
    fn name(&self) -> &'static str {
        "entered"
    }
}

static SNAPSHOTS: Snapshots<Ledger> = Snapshots::every(3, 1);

impl Aggregate for Ledger {
    type Event = Entry;
    type Command = i64;
    type Refusal = String;

    fn decide(&self, command: i64) -> Result<Vec<Entry>, String> {
        Ok(vec![Entry::Entered(command)])
    }

    fn apply(self, event: &Entry) -> Self {
        let Entry::Entered(amount) = event;
        Self { entries: self.entries + 1, sum: self.sum * 2 + amount, last: *amount }
    }

    fn snapshots() -> Option<&'static Snapshots<Self>> {
        Some(&SNAPSHOTS)
    }
}

async fn add(tx: &mut Tx, amounts: &[i64]) -> Result<i64, DbError> {
    let Loaded { version, .. } = load::<Ledger>(tx, STREAM).await?;
    let events: Vec<Entry> = amounts.iter().map(|amount| Entry::Entered(*amount)).collect();
    append::<Ledger>(tx, STREAM, version, &events).await
}

async fn add_to(db: &Db, context: &Context, amounts: Vec<i64>) {
    let work = work(move |tx| {
        let amounts = amounts.clone();
        Box::pin(async move { add(tx, &amounts).await })
    });
    db.write(context, work).await.unwrap();
}

async fn both_ways(db: &Db, context: &Context) -> (Loaded<Ledger>, Loaded<Ledger>) {
    let work =
        work(|tx| Box::pin(async { Ok::<_, DbError>((load(tx, STREAM).await?, replay(tx, STREAM).await?)) }));
    db.read(context, work).await.unwrap()
}

async fn damage(db: &Db, context: &Context, statement: &'static tradewind_db::Sql) {
    let work = work(move |tx| Box::pin(async move { tx.execute(statement, params![]).await }));
    db.write::<_>(context, work).await.map(drop).unwrap_or_else(|error: DbError| panic!("{error}"));
}

/// What happens to a stream and its snapshot between two looks.
#[derive(Debug, Clone)]
enum Step {
    Add(Vec<i64>),
    Strange,
    Gone,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec(-100_i64..100, 1..8).prop_map(Step::Add),
        1 => Just(Step::Strange),
        1 => Just(Step::Gone),
    ]
}

proptest! {
    #[test]
    fn snapshot_and_tail_are_the_full_replay(steps in prop::collection::vec(step(), 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (db, context) = open().await;
            for step in steps {
                match step {
                    Step::Add(amounts) => add_to(&db, &context, amounts).await,
                    Step::Strange => damage(&db, &context, &STRANGE).await,
                    Step::Gone => damage(&db, &context, &GONE).await,
                }
                let (short, long) = both_ways(&db, &context).await;
                prop_assert_eq!(short, long);
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_snapshot_is_taken_with_every_third_event_and_believed() {
    let (db, context) = open().await;
    for (amounts, taken) in
        [(vec![1, 2], (0, 0)), (vec![3], (1, 3)), (vec![4, 5, 6, 7], (1, 7)), (vec![8], (1, 7))]
    {
        add_to(&db, &context, amounts).await;
        assert_eq!(db.query_optional(&COUNT, params![STREAM]).await, Ok(Some(taken)));
    }
    // That it is read at all shows only when it lies.
    damage(&db, &context, &WRONG).await;
    let (short, long) = both_ways(&db, &context).await;
    assert_eq!((short.state.entries, long.state.entries), (100, 8));
}

#[test]
fn a_state_of_another_look_or_meaning_has_another_fingerprint() {
    static RAISED: Snapshots<Ledger> = Snapshots::every(3, 2);
    static OTHER: Snapshots<(u64, i64)> = Snapshots::every(3, 1);
    static RARER: Snapshots<Ledger> = Snapshots::every(50, 1);
    assert_ne!(SNAPSHOTS.fingerprint(), RAISED.fingerprint());
    assert_ne!(SNAPSHOTS.fingerprint(), OTHER.fingerprint());
    assert_eq!(SNAPSHOTS.fingerprint(), RARER.fingerprint());
}
