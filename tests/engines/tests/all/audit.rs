//! A chain on a server: many who record at once make one chain, and the server refuses to change it.

use tradewind_audit::{Entry, Facts, MIGRATIONS, Noted, Verifier, after, head};
use tradewind_db::{Db, DbError, Execution, Location, MigrateMode, Options, Sql, Tx, Work, sql};
use tradewind_kernel::{Clock, Entropy};
use tradewind_testkit::Postgres;

use crate::db::support::{context, place};

const CHAIN: &str = "lamps";
const WRITERS: i64 = 4;
const EACH: i64 = 15;

sql! {
    CHANGE = "update audit_record set action = 'x' where sequence = 1";
    REMOVE = "delete from audit_record where sequence = 1";
    EMPTY = {
        postgres: "truncate audit_record",
        sqlite: "delete from audit_record",
    };
    SHORTEN = "update audit_head set records = 0";
    FORGET = "delete from audit_head";
}

struct Run(&'static Sql);

impl Work for Run {
    type Output = u64;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<u64, DbError> {
        tx.execute(self.0, &[]).await
    }
}

fn lit(lamp: i64) -> Noted {
    Noted::new(CHAIN, Entry::new("lamps.lamp-lit", "lamp", &lamp).after(Facts::new().with("lit", &true)))
}

#[tokio::test]
async fn many_who_record_at_once_make_one_chain() {
    let (options, _) = place(Postgres::shared().await, "audit").await;
    let open = || {
        let location = Location::Postgres(options.clone().connections(2));
        let (clock, entropy) = (Clock::system(), Entropy::system());
        Db::open(Options { location, execution: Execution::Threaded, readers: 1, clock, entropy }).unwrap()
    };
    // Each is a replica of its own.
    let replicas: Vec<Db> = (0..WRITERS).map(|_| open()).collect();
    replicas[0].migrate(&[MIGRATIONS], MigrateMode::Auto).await.unwrap();
    let writers = replicas.iter().map(|db| {
        let db = db.clone();
        tokio::spawn(async move {
            for lamp in 0..EACH {
                db.write(&context(), lit(lamp)).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let db = &replicas[0];
    let (records, end) = (after(db, 0, 500).await.unwrap(), head(db, CHAIN).await.unwrap());
    assert_eq!(end.records, WRITERS * EACH);
    let mut verifier = Verifier::new(CHAIN);
    records.iter().for_each(|record| verifier.take(record).unwrap());
    assert_eq!(verifier.finish(&end), Ok(end));

    for statement in [&CHANGE, &REMOVE, &EMPTY, &SHORTEN, &FORGET] {
        let refused = db.write(&context(), Run(statement)).await;
        assert!(matches!(refused, Err(DbError::Constraint { .. })), "{}: {refused:?}", statement.name());
    }
    assert_eq!(after(db, 0, 500).await.unwrap(), records);
}
