//! Makes the data folder of a release that every later program must open.
//!
//! `cargo run -p tradewind-journeys --example release-fixture -- PROGRAM FOLDER`: starts PROGRAM, the `tradewind` of
//! the release, on FOLDER/data, lets orders end in every way and an event be parked, stops it, and shrinks the
//! files. A backup of it goes to FOLDER/backup, and what the orders and answers were to FOLDER/expected.json.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a tool for those who release; it stops at the first thing that is not as it should be"
)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::{Value, json};
use tradewind_journeys::{ada, grace};
use tradewind_testkit::{Process, Request, until};

const ORDERS: &str = "/api/orders/v1/orders";

/// Orders: key, token, lines, and the state in which each ends; the last of them is called off.
fn orders() -> [(&'static str, String, Value, &'static str); 4] {
    let line =
        |product: &str, quantity: u32| json!({"lines": [{"productId": product, "quantity": quantity}]});
    [
        ("fixture-open", ada(), line("1", 2), "OPEN"),
        ("fixture-sold-out", ada(), line("4", 1), "REJECTED"),
        ("fixture-no-credit", grace(), line("3", 1), "REJECTED"),
        ("fixture-cancelled", grace(), line("1", 1), "CANCELLED"),
    ]
}

struct Fleet {
    process: Process,
    data: PathBuf,
}

impl Fleet {
    async fn start(program: &str, folder: &Path) -> Self {
        let arguments = [
            "up",
            "--port",
            "0",
            "--data",
            "data",
            "--set",
            "log.level=off",
            "--set",
            "access.development_tokens=true",
        ];
        let mut process = Process::start(program, &arguments, folder, &[]);
        process.says("ready in ").await;
        Self { process, data: folder.join("data") }
    }

    fn door(&self, name: &str) -> SocketAddr {
        let text = std::fs::read_to_string(self.data.join("fleet.json")).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        let door = file["doors"].as_array().unwrap().iter().find(|door| door[0] == name).cloned().unwrap();
        door[1].as_str().unwrap().parse().unwrap()
    }

    async fn order(&self, key: &str, token: &str, body: &Value, end: &str) -> Value {
        let gateway = self.door("gateway/data-plane");
        let place = Request::new("POST", ORDERS).bearer(token).json(body.to_string());
        let placed = place.header("Idempotency-Key", key).send(gateway).await;
        assert_eq!(placed.status, 202, "{}", placed.text());
        let id = placed.json()["id"].as_str().unwrap().to_owned();
        let read = async |wanted: Option<&str>| {
            let order =
                Request::new("GET", &format!("{ORDERS}/{id}")).bearer(token).send(gateway).await.json();
            wanted.map_or(order["state"] != "NEW", |wanted| order["state"] == wanted).then_some(order)
        };
        let mut order = until("the order is decided", async || read(None).await).await;
        if end == "CANCELLED" {
            let cancel = Request::new("POST", &format!("{ORDERS}/{id}/cancellation")).bearer(token);
            let cancelled =
                cancel.header("Idempotency-Key", format!("{key}-cancellation")).send(gateway).await;
            assert_eq!(cancelled.status, 202, "{}", cancelled.text());
            order = until("the order is called off", async || read(Some(end)).await).await;
        }
        assert_eq!(order["state"], end);
        let answer =
            json!({"status": placed.status, "location": placed.header("location"), "body": placed.json()});
        json!({"key": key, "token": token, "request": body, "answer": answer, "order": order})
    }

    /// Waits until orders has parked an event.
    async fn parked(&self) -> Value {
        let secret = std::fs::read_to_string(self.data.join("secrets/internal-door")).unwrap();
        until("an event is parked", async || {
            let list = Request::new("GET", "/letters")
                .bearer(secret.trim())
                .send(self.door("orders/internal"))
                .await;
            list.json().as_array().unwrap().first().cloned()
        })
        .await
    }

    async fn stop(self) {
        self.process.signal("TERM").await;
        let ended = self.process.ended().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
}

/// Puts an event into the catalogue's log that nobody can read, as if an earlier defect had written it.
fn spoil(data: &Path) {
    let catalogue = Connection::open(data.join("catalogue.db")).unwrap();
    let statements = "insert into event_log (id, type, partition_key, sequence, correlation, traceparent, recorded_at, data)
            select x'01980000000070008000000000000bad', type, 'product-spoilt', 1, correlation, traceparent, recorded_at, '{}'
            from event_log order by position limit 1;
        insert into event_key (partition_key, sequence) values ('product-spoilt', 1);";
    catalogue.execute_batch(statements).unwrap();
}

/// Lets the release take a backup of it, to be restored by every later one.
async fn back_up(program: &str, folder: &Path) {
    let arguments = ["backup", "--data", "data", "--to", "backup"];
    let ended = Process::start(program, &arguments, folder, &[]).ended().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

/// Small pages and no journal beside the file: most of these databases is room.
fn shrink(data: &Path) {
    for entry in std::fs::read_dir(data).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "db") {
            let database = Connection::open(&path).unwrap();
            let shrink = "pragma journal_mode = delete; pragma page_size = 1024; vacuum;";
            database.execute_batch(shrink).unwrap();
            let mode: String = database.query_row("pragma journal_mode = wal", [], |row| row.get(0)).unwrap();
            assert_eq!(mode, "wal");
        }
    }
    // Whoever opens it makes these: a secret has no place in a repository.
    std::fs::remove_dir_all(data.join("secrets")).unwrap();
    std::fs::remove_file(data.join("lock")).unwrap();
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, folder] = arguments.as_slice() else { panic!("say PROGRAM and FOLDER") };
    let program = std::fs::canonicalize(program).unwrap();
    let (program, folder) = (program.to_str().unwrap(), Path::new(folder));
    std::fs::create_dir(folder).expect("a folder that is not there yet");
    let fleet = Fleet::start(program, folder).await;
    let mut placed = Vec::new();
    for (key, token, body, end) in orders() {
        placed.push(fleet.order(key, &token, &body, end).await);
    }
    let data = fleet.data.clone();
    fleet.stop().await;
    spoil(&data);
    let fleet = Fleet::start(program, folder).await;
    let letter = fleet.parked().await;
    fleet.stop().await;
    back_up(program, folder).await;
    shrink(&data);
    let expected = serde_json::to_string_pretty(&json!({"placed": placed, "letter": letter})).unwrap();
    std::fs::write(folder.join("expected.json"), expected + "\n").unwrap();
    println!("{} is made; keep it in the repository", folder.display());
}
