//! Letters behind the internal door.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tradewind_chassis::http::Routes;
use tradewind_chassis::{Assembly, Definition, NoSettings, Running, Service};
use tradewind_client::Body;
use tradewind_db::{DbError, Migration, MigrationSet, Tx, Work, lease, params, sql};
use tradewind_events::{Received, Subscription};

use crate::lamps::{LampLit, code, get, post, read, service, simulated};

const WATCHERS: MigrationSet = MigrationSet {
    component: "watchers",
    migrations: &[Migration {
        version: 1,
        name: "create_watched",
        text: "create table watched (place {serial}, name text not null)",
    }],
};

sql! {
    WATCH = "insert into watched (name) values ($1)";
    ALL = "select name from watched order by place";
}

struct Watchers {
    afraid: Arc<AtomicBool>,
}

/// Writes down a lamp; those who are afraid cannot watch a haunted one.
struct Watch {
    name: String,
    afraid: bool,
}

impl Work for Watch {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        tx.execute(&WATCH, params![self.name]).await?;
        assert!(!(self.afraid && self.name == "haunted"), "a ghost");
        Ok(())
    }
}

fn watchers(afraid: &Arc<AtomicBool>) -> Service {
    let afraid = afraid.clone();
    Definition::<NoSettings, Watchers>::new("watchers", "Watchers.", move |_| Ok(Watchers { afraid }))
        .migrations(WATCHERS)
        .internal(4120, Routes::new())
        .follows(Subscription::to("lamps").on::<LampLit, _>(|watchers, event: Received<LampLit>| Watch {
            name: event.event.name,
            afraid: watchers.afraid.load(Ordering::Relaxed),
        }))
        .build()
}

async fn haunted(afraid: &Arc<AtomicBool>) -> Running {
    let services = vec![service(), watchers(afraid)];
    let running = Assembly::new(services).start(simulated(), &mut |_, _| {}).await.unwrap();
    running.mark_ready();
    for (number, name) in ["haunted", "quiet", "haunted"].iter().enumerate() {
        let request = post(&format!("k{number}"), &format!(r#"{{"name":"{name}"}}"#));
        let answer = running.book().peer("lamps/public").send(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
    }
    running.clock().sleep(Duration::from_secs(60)).await;
    running
}

async fn ask(running: &Running, method: Method, path: &str, key: &str, body: Value) -> (StatusCode, String) {
    let mut request = Request::builder().method(method).uri(path).header("authorization", "Bearer simulated");
    if !key.is_empty() {
        request = request.header("idempotency-key", key);
    }
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let request = request.header("content-type", "application/json").body(body).unwrap();
    let (status, _, text) = read(running.book().peer("watchers/internal").send(request).await.unwrap()).await;
    (status, text)
}

async fn positions(running: &Running) -> Vec<i64> {
    let (status, text) = ask(running, Method::GET, "/letters", "", Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let letters: Vec<Value> = serde_json::from_str(&text).unwrap();
    letters.iter().map(|letter| letter["position"].as_i64().unwrap()).collect()
}

async fn watched(running: &Running) -> Vec<String> {
    let rows: Vec<(String,)> = running.database("watchers").unwrap().query(&ALL, &[]).await.unwrap();
    rows.into_iter().map(|(name,)| name).collect()
}

async fn metric(running: &Running, name: &str) -> String {
    let peer = running.book().peer("watchers/internal");
    let (_, _, text) = read(peer.send(get("/metrics")).await.unwrap()).await;
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line.rsplit(' ').next().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_key_is_replayed_with_the_services_own_handlers_once_per_command() {
    let afraid = Arc::new(AtomicBool::new(true));
    let running = haunted(&afraid).await;
    assert_eq!(watched(&running).await, ["quiet"]);
    assert_eq!(positions(&running).await, [1, 3]);
    assert_eq!(metric(&running, "subscription_parked_letters{").await, "2");
    assert_eq!(metric(&running, "subscription_parked_keys{").await, "1");
    assert_eq!(metric(&running, "subscription_attempts_total{").await, "5");
    assert_eq!(metric(&running, "subscription_stopped{").await, "0");

    let replay = "/letters/lamps/3/replay";
    let (status, failed) = ask(&running, Method::POST, replay, "first", Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{failed}");
    let document: Value = serde_json::from_str(&failed).unwrap();
    assert_eq!((&document["replayed"], &document["next"]), (&json!(0), &json!(1)));
    assert!(document["failed"]["error"].as_str().unwrap().contains("a ghost"), "{failed}");
    let (_, letter) = ask(&running, Method::GET, "/letters/lamps/1", "", Value::Null).await;
    assert_eq!(serde_json::from_str::<Value>(&letter).unwrap()["attempts"], 6);

    afraid.store(false, Ordering::Relaxed);
    // The same command is answered with what it did, and does nothing more.
    assert_eq!(ask(&running, Method::POST, replay, "first", Value::Null).await.1, failed);
    assert_eq!(watched(&running).await, ["quiet"]);
    let (_, done) = ask(&running, Method::POST, replay, "second", Value::Null).await;
    assert_eq!(serde_json::from_str::<Value>(&done).unwrap()["replayed"], 2, "{done}");
    assert_eq!(watched(&running).await, ["quiet", "haunted", "haunted"]);
    assert_eq!(ask(&running, Method::POST, replay, "second", Value::Null).await.1, done);
    assert!(positions(&running).await.is_empty());
    assert_eq!(metric(&running, "subscription_parked_letters{").await, "0");
    running.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_letter_is_edited_and_another_dropped() {
    let running = haunted(&Arc::new(AtomicBool::new(true))).await;
    let edit = json!({"data": {"name": "friendly"}, "reason": "the ghost has left"});
    let (status, edited) = ask(&running, Method::PUT, "/letters/lamps/1", "edit", edit).await;
    assert_eq!(status, StatusCode::OK, "{edited}");
    let edited: Value = serde_json::from_str(&edited).unwrap();
    assert_eq!(
        (&edited["event"]["data"]["name"], &edited["original"]["data"]["name"]),
        (&json!("friendly"), &json!("haunted"))
    );
    let dropping = json!({"reason": "nobody asks for it"});
    let (status, _) = ask(&running, Method::DELETE, "/letters/lamps/3", "drop", dropping).await;
    assert_eq!(status, StatusCode::OK);
    ask(&running, Method::POST, "/letters/lamps/1/replay", "replay", Value::Null).await;
    assert_eq!(watched(&running).await, ["quiet", "friendly"]);
    running.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn wrong_commands_say_what_to_change() {
    let running = haunted(&Arc::new(AtomicBool::new(true))).await;
    let reason = json!({"reason": "why not"});
    let cases = [
        (Method::DELETE, "/letters/lamps/1", "", reason.clone(), "idempotency-key-missing"),
        (Method::DELETE, "/letters/lamps/1", "a", json!({"reason": " "}), "invalid-body"),
        (Method::PUT, "/letters/lamps/1", "b", reason.clone(), "invalid-body"),
        (Method::DELETE, "/letters/lamps/2", "c", reason.clone(), "not-found"),
        (Method::DELETE, "/letters/tubes/1", "d", reason.clone(), "not-found"),
        (Method::POST, "/letters/lamps/2/replay", "e", Value::Null, "not-found"),
        (Method::POST, "/letters/lamps/1/replay", "", Value::Null, "idempotency-key-missing"),
        (Method::GET, "/letters?limits=3", "", Value::Null, "invalid-parameter"),
    ];
    for (method, path, key, body, expected) in cases {
        let (_, text) = ask(&running, method, path, key, body).await;
        assert_eq!(code(&text), expected, "{path}: {text}");
    }
    assert_eq!(positions(&running).await, [1, 3], "nothing was changed");
    let peer = running.book().peer("watchers/internal");
    let refused = peer.send(get("/letters")).await.unwrap().status();
    assert_eq!(refused, StatusCode::UNAUTHORIZED);
    running.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_list_is_read_page_by_page() {
    let running = haunted(&Arc::new(AtomicBool::new(true))).await;
    let mut found = Vec::new();
    let mut path = "/letters?limit=1".to_owned();
    loop {
        let (_, text) = ask(&running, Method::GET, &path, "", Value::Null).await;
        let letters: Vec<Value> = serde_json::from_str(&text).unwrap();
        let Some(letter) = letters.first() else { break };
        assert_eq!(letters.len(), 1);
        let position = letter["position"].as_i64().unwrap();
        found.push(position);
        path = format!("/letters?limit=1&afterSubscription=lamps&afterPosition={position}");
    }
    assert_eq!(found, [1, 3]);
    running.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_drain_gives_the_leases_back() {
    let running = haunted(&Arc::new(AtomicBool::new(false))).await;
    let (db, clock) = (running.database("watchers").unwrap().clone(), running.clock().clone());
    let held = lease::find(&db, "subscription/lamps").await.unwrap().unwrap();
    assert_eq!(held.holder, "watchers/sole", "the next life of an embedded database is the same holder");
    let mut released = db.signal(lease::TOPIC);
    released.mark_seen();
    running.shutdown().await;
    clock.timeout(Duration::from_secs(1), released.changed()).await.expect("others need not wait");
}
