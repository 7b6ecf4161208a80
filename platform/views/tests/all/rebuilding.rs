//! Rebuilds while the view is followed and read.

use tradewind_db::{Execution, Location, work};
use tradewind_testkit::Folder;
use tradewind_views::{Cancel, Phase, Rebuild, Refused, RunnerOptions, run};

use crate::load::{self, ask, until};
use crate::notes::{DAMAGE, NOTES, Notes};

async fn in_memory() -> Notes {
    Notes::open(Location::Memory, Execution::Inline).await
}

#[tokio::test]
async fn a_rebuilt_view_is_the_same_and_takes_the_place_of_the_old_one() {
    let notes = in_memory().await;
    for note in (0..20).chain(5..15) {
        notes.go(note).await;
    }
    let before = notes.shown().await;
    for round in 1..=3 {
        ask(&notes, false).await.unwrap();
        assert_eq!(ask(&notes, false).await, Err(Refused::UnderWay));
        until(&notes, 7, Phase::Live).await;
        let status = notes.status().await;
        assert_eq!((status.applied, status.total, status.rounds), (30, 30, round));
        assert_eq!((status.only_live, status.only_rebuilt), (Some(0), Some(0)));
        assert_eq!(notes.shown().await, before);
    }
    // It is followed under its new name, and no table is left beside it.
    notes.go(0).await;
    notes.go(99).await;
    assert_eq!(notes.shown().await.len(), 21);
}

#[tokio::test]
async fn what_differs_is_told_and_not_swapped_until_somebody_says_so() {
    let notes = in_memory().await;
    for note in 0..5 {
        notes.go(note).await;
    }
    let right = notes.shown().await;
    let damage = work(|tx| Box::pin(async { tx.execute(&DAMAGE, &[]).await }));
    notes
        .db
        .write::<_>(&notes.context, damage)
        .await
        .map(drop)
        .map_err(|e: tradewind_db::DbError| e)
        .unwrap();
    ask(&notes, false).await.unwrap();
    until(&notes, 100, Phase::Differs).await;
    let status = notes.status().await;
    assert_eq!((status.only_live, status.only_rebuilt), (Some(1), Some(1)));
    assert_eq!(status.sample.as_deref(), Some("note_view note-0000"));
    assert_ne!(notes.shown().await, right);
    // While it waits it is followed.
    notes.go(7).await;
    ask(&notes, true).await.unwrap();
    until(&notes, 100, Phase::Live).await;
    let shown = notes.shown().await;
    assert_eq!((&shown[..5], shown.len()), (&right[..], 6));
}

#[tokio::test]
async fn a_rebuild_that_is_called_off_leaves_everything_as_it_is() {
    let notes = in_memory().await;
    notes.go(1).await;
    assert_eq!(notes.db.write(&notes.context, Cancel(&NOTES)).await, Err(Refused::NotUnderWay));
    ask(&notes, false).await.unwrap();
    notes.db.write(&notes.context, Cancel(&NOTES)).await.unwrap();
    assert_eq!(notes.status().await.phase, Phase::Live);
    notes.go(2).await;
    assert_eq!(notes.shown().await.len(), 2);
    let unknown = Rebuild { view: "other".to_owned(), accepts: false };
    assert_eq!(notes.db.write(&notes.context, unknown).await, Err(Refused::Unknown));
}

#[tokio::test]
async fn a_higher_version_is_rebuilt_at_the_start_and_may_differ() {
    load::taken_over_by_the_next_version(in_memory().await).await;
}

/// Every statement of a rebuild is made between any two events, whichever streams they are of.
#[tokio::test]
async fn events_between_any_two_steps_are_in_the_rebuilt_view() {
    for offset in 0..12 {
        let notes = in_memory().await;
        for note in [10, 20, 30, 40, 50] {
            notes.go(note).await;
        }
        ask(&notes, false).await.unwrap();
        let options = RunnerOptions { rest: 1, ..notes.options(1) };
        let mut runner = std::pin::pin!(run(&NOTES, options));
        let mut note = offset;
        while !matches!(notes.status().await.phase, Phase::Live | Phase::Differs) {
            // One step: with an engine in the same thread it rests behind each.
            let waker = std::task::Waker::noop();
            let step = runner.as_mut().poll(&mut std::task::Context::from_waker(waker));
            assert!(step.is_pending(), "a runner never ends");
            notes.go(note * 7 % 60).await;
            note += 1;
            tokio::task::yield_now().await;
        }
        let status = notes.status().await;
        assert_eq!((status.only_live, status.only_rebuilt), (Some(0), Some(0)), "{offset}: {status:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn nobody_who_reads_or_follows_meanwhile_sees_an_error() {
    let folder = Folder::new("views");
    load::rebuilt_under_load(
        Notes::open(Location::File(folder.path().join("notes.db")), Execution::Threaded).await,
    )
    .await;
}
