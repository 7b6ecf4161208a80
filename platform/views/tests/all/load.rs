//! Rebuilds under load, for either engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tradewind_views::{Phase, Rebuild, Refused, Register, run};

use super::notes::{NOTES, NOTES_2, Notes};

pub const LIMIT: Duration = Duration::from_secs(60);

pub async fn ask(notes: &Notes, accepts: bool) -> Result<(), Refused> {
    let rebuild = Rebuild { view: "note_view".to_owned(), accepts };
    notes.db.write(&notes.context, rebuild).await.map(drop)
}

/// Runs rebuilds until `phase` is reached.
pub async fn until(notes: &Notes, batch: u32, phase: Phase) {
    let runner = tokio::spawn(run(&NOTES, notes.options(batch)));
    let reached = async {
        while notes.status().await.phase != phase {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, reached).await.expect("the phase is reached");
    runner.abort();
}

/// Reads and follows while the view is rebuilt three times: nobody sees an error, or a part.
pub async fn rebuilt_under_load(notes: Notes) {
    let notes = Arc::new(notes);
    for note in 0..300 {
        notes.go(note).await;
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let mut tasks = Vec::new();
    for task in 0..4 {
        let (notes, is_over) = (notes.clone(), is_over.clone());
        tasks.push(tokio::spawn(async move {
            let mut done = 0_u32;
            while !is_over.load(Ordering::Relaxed) {
                if task == 0 {
                    notes.go(done * 13 % 900).await;
                } else {
                    assert!(notes.shown().await.len() >= 300, "a read saw a part");
                }
                done += 1;
                tokio::task::yield_now().await;
            }
            done
        }));
    }
    for _ in 0..3 {
        ask(&notes, false).await.unwrap();
        until(&notes, 50, Phase::Live).await;
        let status = notes.status().await;
        assert_eq!((status.only_live, status.only_rebuilt), (Some(0), Some(0)), "{status:?}");
    }
    is_over.store(true, Ordering::Relaxed);
    for task in tasks {
        assert!(task.await.expect("no read and no write failed") > 0);
    }
    notes.db.close().await;
}

/// A program with the next version of the view makes it again, and swaps it in although it differs.
pub async fn taken_over_by_the_next_version(notes: Notes) {
    notes.go(1).await;
    notes.db.write(&notes.context, Register(&NOTES_2)).await.unwrap();
    let runner = tokio::spawn(run(&NOTES_2, notes.options(10)));
    let swapped = async {
        while notes.status().await.version != 2 || notes.status().await.phase != Phase::Live {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, swapped).await.expect("the new version is live");
    runner.abort();
    assert_eq!(notes.shown().await[0].1, "\"NOTE 1\"");
}
