//! A chain in a database: it is written with what it tells of, and the database refuses to change it.

use tradewind_audit::{Entry, Facts, Filter, MIGRATIONS, Noted, Role, Verifier, after, head, list, record};
use tradewind_db::{Db, DbError, Execution, Location, MigrateMode, Options, Tx, Work, params, sql, work};
use tradewind_kernel::{Clock, Context, Entropy, Id, Principal};

use crate::made::CHAIN;

sql! {
    CHANGE = "update audit_record set action = 'x' where sequence = $1";
    REMOVE = "delete from audit_record where sequence = $1";
    SHORTEN = "update audit_head set records = 0";
    FORGET = "delete from audit_head";
    COUNT = "select count(*) from audit_record";
}

const STAFF: Id = Id::from_u128(0x57);

async fn open() -> (Db, Context) {
    let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
    let context = Context::begin(Principal::Staff(STAFF), &clock, &entropy);
    let options =
        Options { location: Location::Memory, execution: Execution::Inline, readers: 1, clock, entropy };
    let db = Db::open(options).unwrap();
    db.migrate(&[MIGRATIONS], MigrateMode::Auto).await.unwrap();
    (db, context)
}

fn lit(lamp: i64) -> Entry {
    Entry::new("lamps.lamp-lit", "lamp", &lamp).after(Facts::new().with("lit", &true).personal("owner"))
}

async fn note(db: &Db, context: &Context, lamp: i64) {
    db.write(context, Noted::new(CHAIN, lit(lamp))).await.unwrap();
}

#[tokio::test]
async fn what_is_recorded_is_a_chain_and_tells_who() {
    let (db, context) = open().await;
    assert_eq!(head(&db, CHAIN).await.unwrap().records, 0);
    for lamp in 1..=3 {
        note(&db, &context, lamp).await;
    }
    let (records, end) = (after(&db, 0, 10).await.unwrap(), head(&db, CHAIN).await.unwrap());
    let mut verifier = Verifier::new(CHAIN);
    records.iter().for_each(|record| verifier.take(record).unwrap());
    assert_eq!(verifier.finish(&end), Ok(end));
    let first = &records[0];
    assert_eq!((first.actor.role, first.actor.id.clone()), (Role::Staff, STAFF.to_string()));
    assert_eq!(first.correlation, context.correlation);
    let told = first.after.as_ref().unwrap().as_str();
    assert_eq!(told, "{\"lit\":true,\"owner\":{\"withheld\":\"personal\"}}");
}

#[tokio::test]
async fn a_change_that_fails_leaves_no_record() {
    let (db, context) = open().await;
    let failing = work(|tx: &mut Tx| {
        Box::pin(async move {
            record(tx, CHAIN, lit(1)).await?;
            Err::<(), _>(DbError::Closed)
        })
    });
    assert!(db.write(&context, failing).await.is_err());
    assert_eq!(head(&db, CHAIN).await.unwrap().records, 0);
    note(&db, &context, 2).await;
    assert_eq!(after(&db, 0, 10).await.unwrap()[0].target.id, "2");
}

struct Run(&'static tradewind_db::Sql, Option<i64>);

impl Work for Run {
    type Output = u64;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<u64, DbError> {
        match self.1 {
            Some(number) => tx.execute(self.0, params![number]).await,
            None => tx.execute(self.0, &[]).await,
        }
    }
}

#[tokio::test]
async fn the_database_refuses_to_change_what_is_recorded() {
    let (db, context) = open().await;
    note(&db, &context, 1).await;
    let before = after(&db, 0, 10).await.unwrap();
    for (statement, number) in [(&CHANGE, Some(1)), (&REMOVE, Some(1)), (&SHORTEN, None), (&FORGET, None)] {
        let refused = db.write(&context, Run(statement, number)).await;
        assert!(matches!(refused, Err(DbError::Constraint { .. })), "{}: {refused:?}", statement.name());
    }
    assert_eq!(after(&db, 0, 10).await.unwrap(), before);
    let (count,): (i64,) = db.query_optional(&COUNT, &[]).await.unwrap().unwrap();
    assert_eq!(count, 1);
}

#[tokio::test]
async fn records_are_found_by_who_and_what() {
    let (db, context) = open().await;
    for lamp in 1..=5 {
        note(&db, &context, lamp).await;
    }
    let of = |filter: Filter, before: i64, limit: u16| {
        let db = db.clone();
        async move {
            let found = list(&db, &filter, before, limit).await.unwrap();
            found.into_iter().map(|record| record.sequence).collect::<Vec<_>>()
        }
    };
    assert_eq!(of(Filter::default(), i64::MAX, 2).await, [5, 4]);
    assert_eq!(of(Filter::default(), 4, 9).await, [3, 2, 1]);
    let lamp =
        |id: &str| Filter { target_kind: "lamp".to_owned(), target_id: id.to_owned(), ..Filter::default() };
    assert_eq!(of(lamp("3"), i64::MAX, 9).await, [3]);
    assert_eq!(of(lamp("' or 1=1 --"), i64::MAX, 9).await, [0_i64; 0]);
    let by = |actor: &str| Filter { actor: actor.to_owned(), ..Filter::default() };
    assert_eq!(of(by(&STAFF.to_string()), i64::MAX, 1).await, [5]);
    assert_eq!(of(by("nobody"), i64::MAX, 9).await, [0_i64; 0]);
}
