//! Connections that break, and servers that stop.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tradewind_db::{DbError, Evidence, MigrateMode, PostgresOptions, Tx, Work, params, sql, work};
use tradewind_testkit::postgres::Options;
use tradewind_testkit::{Postgres, until, within};

use super::relay::{Cut, Line};
use super::support::{HALF, INSERT, KEYS, SCHEMA, context, database, handle, insert, keys, place};

/// Writes a row unless it is there; tells whether it was.
struct Idempotent {
    key: i64,
    runs: Arc<AtomicU32>,
}

impl Work for Idempotent {
    type Output = bool;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        if tx.query_optional::<(i64,)>(&HALF, params![self.key]).await?.is_some() {
            return Ok(true);
        }
        tx.execute(&INSERT, params![self.key, 0_i64]).await.map(|_| false)
    }
}

/// The same place behind a line.
fn behind(line: &Line, options: &PostgresOptions, password: &tradewind_kernel::Secret) -> PostgresOptions {
    let address = format!("postgres://{}?sslmode=disable", line.address);
    let behind = PostgresOptions::parse(&address).unwrap().role(options.role_name());
    behind.database(options.database_name()).password(password)
}

#[tokio::test]
async fn a_commit_whose_connection_breaks_is_unknown_and_can_be_sent_again() {
    let server = Postgres::shared().await;
    for (cut, was_there) in [(Cut::BeforeCommit, false), (Cut::AfterCommit, true)] {
        let (options, password) = place(server, "cut").await;
        let line = Line::to(&server.host_port()).await;
        let db = handle(&behind(&line, &options, &password).connections(1));
        db.migrate(&[SCHEMA], MigrateMode::Auto).await.unwrap();
        let runs = Arc::default();
        line.cut(cut);
        let first = db.write(&context(), Idempotent { key: 1, runs: Arc::clone(&runs) }).await;
        assert!(matches!(first, Err(DbError::Unknown { .. })), "{cut:?}: {first:?}");
        assert!(
            !line.waits() && runs.load(Ordering::Relaxed) == 1,
            "{cut:?}: it was not run again by itself"
        );
        let direct = handle(&options);
        if was_there {
            until("the commit that nobody heard of", async || (keys(&direct).await == [1]).then_some(()))
                .await;
        }
        let again = db.write(&context(), Idempotent { key: 1, runs: Arc::clone(&runs) }).await;
        assert_eq!(again, Ok(was_there), "{cut:?}");
        assert_eq!(keys(&direct).await, [1], "{cut:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_ended_during_a_work_costs_another_run() {
    let (db, options) = database("ended", 1).await;
    let runs = Arc::new(AtomicU32::new(0));
    let ended = Ended { name: options.database_name().to_owned(), runs: runs.clone() };
    let done = within("the work", db.write(&context(), ended)).await;
    assert_eq!((done, runs.load(Ordering::Relaxed)), (Ok(()), 2));
    assert_eq!(keys(&db).await, [1]);
}

/// Writes a row; in its first run the server ends the session before.
struct Ended {
    name: String,
    runs: Arc<AtomicU32>,
}

impl Work for Ended {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        if self.runs.fetch_add(1, Ordering::Relaxed) == 0 {
            let name = self.name.clone();
            // On a thread of its own: a work awaits nothing but the database.
            let end = move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let statement = format!(
                        "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
                    );
                    let server = Postgres::shared().await;
                    server.psql("postgres", &statement).await
                })
            };
            assert_eq!(std::thread::spawn(end).join().unwrap(), "t");
        }
        tx.execute(&INSERT, params![1_i64, 0_i64]).await.map(drop)
    }
}

#[tokio::test]
async fn after_a_crash_of_the_server_everything_goes_on_by_itself() {
    let mut server = Postgres::start(Options::default()).await;
    let (options, _) = place(&server, "crash").await;
    let db = handle(&options.connections(2));
    db.migrate(&[SCHEMA], MigrateMode::Auto).await.unwrap();
    insert(&db, 1).await.unwrap();
    assert_eq!(keys(&db).await, [1]);
    server.kill().await;
    let refused = insert(&db, 2).await.unwrap_err();
    assert!(matches!(refused, DbError::Connect { .. }) && refused.is_transient(), "{refused:?}");
    let refused = db.query::<(i64,)>(&KEYS, &[]).await.unwrap_err();
    assert!(refused.is_transient(), "{refused:?}");
    server.start_again().await;
    // Statements that were prepared on the connections of before are prepared anew.
    insert(&db, 3).await.unwrap();
    assert_eq!(keys(&db).await, [1, 3]);
    server.stop().await;
    server.start_again().await;
    // These connections look alive until they are used.
    assert_eq!(keys(&db).await, [1, 3]);
    insert(&db, 4).await.unwrap();
    assert_eq!(keys(&db).await, [1, 3, 4]);
}

/// Sends a signal to the server and all that belongs to it.
fn signal(server: &Postgres, signal: &str) {
    let parent = server.id();
    let is_child = |id: &u32| {
        let text = std::fs::read_to_string(Path::new("/proc").join(id.to_string()).join("stat"));
        let fields = text.unwrap_or_default();
        let after = fields.rsplit_once(')').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        after.split_whitespace().nth(1).and_then(|id| id.parse().ok()) == Some(parent)
    };
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let all = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    for id in all.filter(is_child).chain([parent]) {
        drop(Command::new("kill").args([signal, &id.to_string()]).status());
    }
}

#[tokio::test]
async fn a_server_that_stands_still_holds_nobody_for_ever() {
    let server = Postgres::start(Options { durable: false, ..Options::default() }).await;
    let (options, _) = place(&server, "still").await;
    let db = handle(&options.connections(1));
    db.migrate(&[SCHEMA], MigrateMode::Auto).await.unwrap();
    insert(&db, 1).await.unwrap();
    signal(&server, "-STOP");
    // From here on time passes as soon as everybody waits for it.
    tokio::time::pause();
    let query = db.query::<(i64,)>(&KEYS, &[]).await.unwrap_err();
    assert!(matches!(query, DbError::Unavailable { .. }), "{query:?}");
    let write = insert(&db, 2).await.unwrap_err();
    let told = write.to_string();
    assert!(matches!(write, DbError::Connect { .. }) && told.contains("no answer within 5 s"), "{told}");
    tokio::time::resume();
    signal(&server, "-CONT");
    until("the server is back", async || insert(&db, 3).await.ok()).await;
    assert_eq!(keys(&db).await, [1, 3]);
}

sql! {
    FILL = "insert into entry (key, half) select key, key from generate_series(1, 100000) as key";
}

#[tokio::test]
async fn an_export_is_one_state_while_writes_go_on() {
    let (db, _) = database("export", 2).await;
    let fill = work(|tx| Box::pin(async move { tx.execute(&FILL, &[]).await }));
    // More than the chunks that wait for a slow reader.
    assert_eq!(db.write(&context(), fill).await as Result<u64, DbError>, Ok(100_000));
    let tables = ["first", "second"].map(|table| Evidence { table, rows: &KEYS }).to_vec();
    let mut export = db.export(tables.clone()).await.unwrap();
    let mut text = export.next().await.unwrap().unwrap();
    insert(&db, 0).await.unwrap();
    let busy = db.export(tables).await.unwrap_err();
    assert!(matches!(busy, DbError::Busy { .. }), "{busy:?}");
    while let Some(chunk) = export.next().await {
        text.extend(chunk.unwrap());
    }
    let lines: Vec<&str> = std::str::from_utf8(&text).unwrap().lines().collect();
    let rows = lines.iter().filter(|line| line.starts_with('[')).count();
    assert_eq!((rows, lines.last()), (200_000, Some(&r#"{"end":true}"#)));
    assert_eq!(keys(&db).await.len(), 100_001);
}
