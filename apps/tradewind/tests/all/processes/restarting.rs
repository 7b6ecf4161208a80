//! Swapping processes under load.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tradewind_testkit::{Answer, Connection, until};

use crate::books::{agree, give_credit, order};
use crate::processes::{ps, up};
use crate::support::{ADA, Place, SERVICES, Up};

/// Clients that keep their connections, as most do.
const CLIENTS: usize = 4;

/// A client that repeats nothing: it says for each request whether it was answered, and well.
async fn knock(
    gateway: SocketAddr,
    client: usize,
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
) -> Vec<String> {
    let mut failed = Vec::new();
    let mut connection = Connection::open(gateway).await;
    for number in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        connection.send(&request(client, number)).await;
        let answer: Option<Answer> = connection.answer().await;
        match &answer {
            Some(answer) if [200, 202].contains(&answer.status) => {
                answered.fetch_add(1, Ordering::SeqCst);
            }
            Some(answer) => failed.push(format!("{}: {}", answer.status, answer.text())),
            None => failed.push("no answer".to_owned()),
        }
        if answer.is_none_or(|answer| answer.header("connection") == Some("close")) {
            connection = Connection::open(gateway).await;
        }
    }
    failed
}

/// Reads and orders in turn.
fn request(client: usize, number: usize) -> Vec<u8> {
    let head = |line: &str| format!("{line} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {ADA}\r\n");
    if number.is_multiple_of(2) {
        let path =
            ["/api/catalogue/v1/products", "/api/stock/v1/stocks/3", "/api/customers/v1/me"][number / 2 % 3];
        return format!("{}\r\n", head(&format!("GET {path}"))).into_bytes();
    }
    let body = r#"{"lines":[{"productId":"3","quantity":1}]}"#;
    let line = head("POST /api/orders/v1/orders");
    format!(
        "{line}Idempotency-Key: knock-{client}-{number}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Knocks while `meanwhile` happens, and gives what failed.
async fn under_load(fleet: &Up, meanwhile: impl Future<Output = ()>) -> Vec<String> {
    let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let gateway = fleet.door("gateway/data-plane");
    let start = |client| tokio::spawn(knock(gateway, client, stop.clone(), answered.clone()));
    let clients: Vec<_> = (0..CLIENTS).map(start).collect();
    let more = async |count: usize| {
        let goal = answered.load(Ordering::SeqCst) + count;
        until("answers", async || (answered.load(Ordering::SeqCst) >= goal).then_some(())).await;
    };
    more(20).await;
    meanwhile.await;
    more(20).await;
    stop.store(true, Ordering::SeqCst);
    let mut failed = Vec::new();
    for client in clients {
        failed.extend(client.await.unwrap());
    }
    failed
}

#[tokio::test]
async fn all_processes_are_swapped_under_load_and_no_request_fails() {
    let place = Place::new();
    let fleet = up(&place, &[]).await;
    give_credit(&fleet).await;
    let accepted = order(&fleet, "before").await.end().await;
    let before = ps(&place).await;
    let failed = under_load(&fleet, async {
        for _ in 0..2 {
            let restarted = place.run(&["restart", "--data", "data"]).await;
            assert_eq!(restarted.code, Some(0), "{}", restarted.errors);
            assert_eq!(restarted.output.lines().count(), SERVICES.len(), "{}", restarted.output);
        }
    })
    .await;
    assert_eq!(failed, [""; 0]);
    let after = ps(&place).await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((&before["service"], &before["doors"]), (&after["service"], &after["doors"]));
        assert_ne!(before["process"], after["process"]);
        assert_eq!((&after["ready"], &after["restarts"]), (&true.into(), &0.into()), "{after}");
    }
    agree(&fleet, &accepted).await;
    let verify = place.run(&["verify", "--data", "data"]).await;
    assert_eq!(verify.code, Some(0), "{}{}", verify.output, verify.errors);
    let letters = place.run(&["letters", "list", "--data", "data"]).await;
    assert!(letters.output.contains("No letters."), "{}", letters.output);
    assert_eq!(fleet.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_restart_names_what_is_not_there() {
    let place = Place::new();
    let fleet = up(&place, &["--only", "provider"]).await;
    let refused = place.run(&["restart", "attic", "--data", "data"]).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.errors.contains("attic; there are provider"), "{}", refused.errors);
    assert_eq!(fleet.stop().await.code, Some(0));
}
