//! Views on a server, where works run beside each other: rebuilt while others read and follow.

#[path = "../../../../../platform/views/tests/all/load.rs"]
pub mod load;
#[path = "../../../../../platform/views/tests/all/notes.rs"]
pub mod notes;

use tradewind_db::{Execution, Location};
use tradewind_testkit::Postgres;

use crate::db::support::place;

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn nobody_who_reads_or_follows_meanwhile_sees_an_error() {
    let (options, _) = place(Postgres::shared().await, "views").await;
    let location = Location::Postgres(options.connections(6));
    load::rebuilt_under_load(notes::Notes::open(location, Execution::Threaded).await).await;
}

#[tokio::test]
async fn a_higher_version_is_rebuilt_at_the_start_and_may_differ() {
    let (options, _) = place(Postgres::shared().await, "views").await;
    let location = Location::Postgres(options);
    load::taken_over_by_the_next_version(notes::Notes::open(location, Execution::Threaded).await).await;
}
