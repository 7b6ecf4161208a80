//! Callers that leave before they are answered.

use std::task::Poll;

use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tradewind_db::{DbError, Tx, Work, params};
use tradewind_kernel::Entropy;
use tradewind_testkit::Postgres;

use super::support::{INSERT, context, database, insert, keys, place};

const ROUNDS: i64 = 500;

/// How often a caller looks for its answer before it leaves, at most.
const MOST_LOOKS: u64 = 60;

/// What `future` gives, unless the caller leaves before, at a random moment.
async fn or_leave<T>(entropy: &Entropy, future: impl Future<Output = T>) -> Option<T> {
    let mut future = Box::pin(future);
    for _ in 0..=entropy.below(MOST_LOOKS) {
        if let Poll::Ready(done) = futures_util::poll!(&mut future) {
            return Some(done);
        }
        tokio::task::yield_now().await;
    }
    None
}

struct TwoRows(i64);

impl Work for TwoRows {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        tx.execute(&INSERT, params![self.0, 0_i64]).await?;
        tx.execute(&INSERT, params![-self.0, 0_i64]).await.map(drop)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_whoever_left_before() {
    let (db, options) = database("cancelled", 2).await;
    let entropy = Entropy::system();
    let (mut acknowledged, mut left) = (Vec::new(), 0);
    for round in 1..=ROUNDS {
        let context = context();
        let leaving = db.write(&context, TwoRows(round));
        match or_leave(&entropy, leaving).await {
            Some(done) => {
                done.unwrap();
                acknowledged.extend([round, -round]);
            }
            None => left += 1,
        }
        or_leave(&entropy, keys(&db)).await;
        insert(&db, 10_000 + round).await.unwrap();
        acknowledged.push(10_000 + round);
    }
    db.close().await;
    let found = keys(&super::support::handle(&options)).await;
    let lost = acknowledged.iter().filter(|key| !found.contains(key)).count();
    let halves = found.iter().filter(|key| **key < 10_000 && !found.contains(&-**key)).count();
    println!(
        "{left} of {ROUNDS} callers left; {lost} acknowledged rows are missing, {halves} works are half there"
    );
    assert_eq!((lost, halves), (0, 0));
    assert!(left > 50, "too few left: {left}");
}

/// Why transactions run in tasks of their own: with the driver's own pool, a caller that leaves during `begin` takes
/// acknowledged rows of others with it. When this fails the driver was mended, and ADR 0023 is out of date.
#[tokio::test(flavor = "multi_thread")]
async fn with_the_pool_of_the_driver_acknowledged_rows_are_lost() {
    let (options, password) = place(Postgres::shared().await, "poisoned").await;
    let (host, port) = options.server().rsplit_once(':').map(|(h, p)| (h.to_owned(), p.to_owned())).unwrap();
    let driver = PgConnectOptions::new_without_pgpass().host(&host).port(port.parse().unwrap());
    let driver = driver.username(options.role_name()).password(password.expose());
    let driver = driver.database(options.database_name());
    let connect =
        || PgPoolOptions::new().max_connections(1).test_before_acquire(false).connect_with(driver.clone());
    let pool = connect().await.unwrap();
    sqlx::query("create table entry (key bigint primary key)").execute(&pool).await.unwrap();
    let mut acknowledged = Vec::new();
    for round in 1..=ROUNDS {
        // The word is sent; whoever sent it does not wait for the answer.
        let mut connection = pool.acquire().await.unwrap();
        drop(futures_util::poll!(Box::pin(connection.begin())));
        drop(connection);
        let row = sqlx::query("insert into entry (key) values ($1)").bind(round);
        if row.execute(&pool).await.is_ok() {
            acknowledged.push(round);
        }
    }
    pool.close().await;
    let pool = connect().await.unwrap();
    let found: Vec<i64> = sqlx::query_scalar("select key from entry").fetch_all(&pool).await.unwrap();
    let lost = acknowledged.iter().filter(|key| !found.contains(key)).count();
    println!("{lost} of {} acknowledged rows are missing", acknowledged.len());
    assert!(lost > 0, "a cancelled begin does no harm any more");
}
