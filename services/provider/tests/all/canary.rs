//! The number of a card is nowhere but in the request that brings it.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tradewind_chassis::telemetry::{self, LogFormat, LogSettings};
use tradewind_chassis::{DataFolder, Drained, Storage};
use tradewind_testkit::Folder;

use crate::payments::{World, authorise, host};

const CANARY: &str = "4716258050958645";
/// Without its check digit, in case it is cut off.
const PART: &str = "471625805095864";
/// Not a code, so that nothing else can look like it.
const CVC: &str = "cvc-canary";

fn bodies() -> Vec<(Value, bool)> {
    let number: u64 = CANARY.parse().unwrap();
    vec![
        (json!({"number": CANARY, "expiry": "12/99", "cvc": "9173"}), true),
        (json!({"number": CANARY, "expiry": "12/99", "cvc": CVC}), false),
        (json!({"number": number, "expiry": "12/99", "cvc": "917"}), false),
        (json!({"number": [CANARY], "expiry": "12/99", "cvc": "917"}), false),
        (json!({"number": {"a": CANARY}, "expiry": "12/99", "cvc": "917"}), false),
        (json!({"number": CANARY, "expiry": CANARY, "cvc": CANARY}), false),
        (json!({"number": format!("{CANARY}1"), "expiry": "12/99", "cvc": "917"}), false),
        (json!(CANARY), false),
        (json!(number), false),
        (json!(-1.5e15), false),
        (json!([number, number]), false),
    ]
}

/// Gives cards in every wrong way, and charges the right one; gives what was answered.
async fn journey(world: &World) -> String {
    let mut answers = String::new();
    for (body, is_card) in bodies() {
        let answer = world.card(&body).await;
        assert_eq!(answer.is_ok(), is_card, "{answer:?}");
        if let Ok(card) = &answer {
            assert_eq!((card.last4.as_str(), card.brand.as_str()), ("8645", "visa"));
            authorise(&world.client(), card.token).await.unwrap();
        }
        answers.push_str(&format!("{answer:?}\n"));
    }
    world.hears(1).await;
    let wrong = json!({"amount": {"amount": "1.00", "currency": "GBP"}, "card": CANARY});
    let put =
        crate::payments::caller(&world.running, "provider/internal").bearer(world.running.secret().clone());
    let path = format!("/admin/charges/{}", crate::payments::REFERENCE);
    let refused: Result<Value, _> = put.send(http::Method::PUT, &path, &wrong).await;
    answers.push_str(&format!("{refused:?}\n{:?}", world.heard.all()));
    answers
}

fn clean(what: &str, bytes: &[u8]) {
    for canary in [PART, CVC] {
        let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
        assert!(!found, "{what} holds {canary}: {:.2000}", String::from_utf8_lossy(bytes));
    }
}

/// Every file below a folder, and how many there were.
fn search(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let searched = entries.map(|path| {
        if path.is_dir() {
            return search(&path);
        }
        clean(&path.display().to_string(), &std::fs::read(&path).unwrap());
        1
    });
    searched.sum()
}

#[test]
fn neither_files_nor_logs_nor_answers_nor_callbacks_hold_it() {
    let logged = Arc::new(Mutex::new(String::new()));
    let sink = {
        let logged = logged.clone();
        move |line: &str| logged.lock().unwrap().push_str(line)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = Folder::new("canary");
    let settings = LogSettings { format: LogFormat::Json, level: "trace".to_owned() };
    let run = || {
        runtime.block_on(async {
            let data = DataFolder::open(folder.path()).unwrap();
            let world = World::on(host(&[], Storage::Folder(data))).await;
            let answers = journey(&world).await;
            world.pass(Duration::from_millis(1)).await;
            clean("an answer", answers.as_bytes());
            assert!(search(folder.path()) > 2);
            assert_eq!(world.running.shutdown().await, Drained::Clean);
        });
    };
    telemetry::capture(&settings, None, sink, run).unwrap();
    assert!(search(folder.path()) > 1);
    let logged = logged.lock().unwrap();
    assert!(logged.contains("/number: expected a text"), "{logged}");
    clean("the log", logged.as_bytes());
}
