//! A process that is killed in the middle of its writes.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{COUNT, Ending, Folder, Pair, context, keys, open};

const FOLDER: &str = "TRADEWIND_DB_CRASH_FILE";
const FIRST: &str = "TRADEWIND_DB_CRASH_FIRST";
const LIVES: i64 = 5;
/// Acknowledged writes seen before the kill.
const SEEN: usize = 60;

/// This test starts itself as a child that writes and reports each acknowledged number until it is killed.
#[tokio::test]
async fn what_was_acknowledged_survives_a_kill_and_nothing_is_half_done() {
    if let Ok(file) = std::env::var(FOLDER) {
        return write_until_killed(Path::new(&file)).await;
    }
    let folder = Folder::new();
    let mut acknowledged = Vec::new();
    for life in 0..LIVES {
        let file = folder.file();
        let lines = tokio::task::spawn_blocking(move || one_life(&file, life)).await.unwrap();
        acknowledged.extend(lines);
        let db = open(&folder.file()).await;
        let found = keys(&db).await;
        for number in &acknowledged {
            assert!(
                found.binary_search(&(2 * number)).is_ok(),
                "life {life}: {number} was acknowledged and lost"
            );
        }
        let (rows, pairs): (i64, i64) = db.query(&COUNT, &[]).await.unwrap().remove(0);
        assert_eq!(rows, 2 * pairs, "life {life}: a work was half done");
        db.close().await;
    }
    assert!(acknowledged.len() >= SEEN * usize::try_from(LIVES).unwrap());
}

fn one_life(file: &Path, life: i64) -> Vec<i64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "crash::what_was_acknowledged_survives_a_kill_and_nothing_is_half_done",
            "--nocapture",
        ])
        .env(FOLDER, file)
        .env(FIRST, (life * 1_000_000).to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    // The full stop shows that the line is whole: the kill may cut the last one off.
    let number =
        |line: &str| -> Option<i64> { line.strip_prefix("acknowledged ")?.strip_suffix('.')?.parse().ok() };
    while acknowledged.len() < SEEN {
        let line = lines.next().expect("the child writes until it is killed").unwrap();
        acknowledged.extend(number(&line));
    }
    child.kill().unwrap();
    // What it still reported before it died counts too.
    acknowledged.extend(lines.map_while(Result::ok).filter_map(|line| number(&line)));
    child.wait().unwrap();
    acknowledged
}

async fn write_until_killed(file: &Path) {
    let first: i64 = std::env::var(FIRST).unwrap().parse().unwrap();
    let db = open(file).await;
    let mut tasks = Vec::new();
    for task in 0..16 {
        let db = db.clone();
        tasks.push(tokio::spawn(async move {
            for number in (first + task..first + 1_000_000).step_by(16) {
                db.write(&context(), Pair { number, ending: Ending::Keep }).await.unwrap();
                let mut out = std::io::stdout().lock();
                writeln!(out, "acknowledged {number}.").unwrap();
                out.flush().unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}
