//! Keys of tokens that are fetched from their issuer.

use std::time::Duration;

use tradewind_testkit::{Answer, Request, until};

use crate::backend::{Backend, Does};
use crate::gateway::{Gateway, refused};
use crate::policies::{Issuer, guarded, policy};

/// What the address of the keys answers with.
fn says(text: &str) -> Does {
    let length = text.len();
    Does::Says(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{text}").leak())
}

/// A gateway that takes tokens whose keys are at `keys` and, if it is old, are fetched again after `age`.
async fn trusting(backend: &Backend, keys: &Backend, age: &str) -> Gateway {
    let wanted = policy(&format!(
        "  jwt:\n    providers:\n    - name: issuer\n      issuer: https://issuer.example\n      audiences: [shop]\n      \
         jwks: {{uri: 'http://{}/keys?a=b', cacheDuration: {age}}}\n",
        keys.address
    ));
    guarded(backend, &[&wanted], &[]).await
}

async fn ask(gateway: &Gateway, issuer: &Issuer) -> Answer {
    show(gateway, issuer.token("shop", &[], 600).expose()).await
}

async fn show(gateway: &Gateway, token: &str) -> Answer {
    Request::new("GET", "/").bearer(token).send(gateway.address).await
}

/// Asks until a token is taken.
async fn taken(gateway: &Gateway, issuer: &Issuer) {
    until("the token is taken", async || (ask(gateway, issuer).await.status == 200).then_some(())).await;
}

fn unavailable(answer: &Answer) {
    refused(answer, 503, "unavailable");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
}

#[tokio::test]
async fn keys_are_fetched_and_follow_their_issuer() {
    let (before, after) = (Issuer::new(), Issuer::new());
    let backend = Backend::start("shop", Does::Answers).await;
    let keys = Backend::start("keys", says(&before.keys())).await;
    // A quarter of it is the least time between two fetches.
    let gateway = trusting(&backend, &keys, "40s").await;
    taken(&gateway, &before).await;
    assert_eq!(keys.received()[0].target(), "/keys?a=b");
    let remembered = before.token("shop", &[], 600);
    // More often than there are threads, so that each remembers it.
    for _ in 0..64 {
        assert_eq!(show(&gateway, remembered.expose()).await.status, 200);
    }
    refused(&ask(&gateway, &after).await, 401, "unauthenticated");
    keys.now(says(&after.keys()));
    taken(&gateway, &after).await;
    // What was taken out counts no more, though it was remembered.
    for _ in 0..64 {
        refused(&show(&gateway, remembered.expose()).await, 401, "unauthenticated");
    }
    assert!(keys.received().len() <= 4, "{} fetches", keys.received().len());
}

#[tokio::test]
async fn unknown_keys_are_asked_for_seldom() {
    let (issuer, stranger) = (Issuer::new(), Issuer::new());
    let backend = Backend::start("shop", Does::Answers).await;
    let keys = Backend::start("keys", says(&issuer.keys())).await;
    let gateway = trusting(&backend, &keys, "1h").await;
    taken(&gateway, &issuer).await;
    for _ in 0..200 {
        refused(&ask(&gateway, &stranger).await, 401, "unauthenticated");
    }
    // The next one is due after half a minute.
    assert_eq!(keys.received().len(), 1);
    assert_eq!(ask(&gateway, &issuer).await.status, 200);
}

#[tokio::test]
async fn without_keys_nobody_is_let_in_and_nobody_else_waits() {
    let issuer = Issuer::new();
    let backend = Backend::start("shop", Does::Answers).await;
    let keys = Backend::start("keys", Does::Holds).await;
    let gateway = trusting(&backend, &keys, "1h").await;
    until("keys are asked for", async || (!keys.received().is_empty()).then_some(())).await;
    let asked = tokio::time::timeout(Duration::from_secs(3), ask(&gateway, &issuer)).await;
    unavailable(&asked.expect("requests do not wait for keys"));
    refused(&gateway.get("/").await, 401, "unauthenticated");
    assert!(backend.received().is_empty());
    // The fetch is given up in time, and the next one is answered.
    keys.now(says(&issuer.keys()));
    taken(&gateway, &issuer).await;
}

#[tokio::test]
async fn what_is_no_set_of_keys_is_none() {
    let issuer = Issuer::new();
    let backend = Backend::start("shop", Does::Answers).await;
    let long = " ".repeat(300 * 1024) + &issuer.keys();
    let length = issuer.keys().len();
    let moved = format!("HTTP/1.1 302 Found\r\nContent-Length: {length}\r\n\r\n{}", issuer.keys()).leak();
    let broken = Does::Says("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"keys\":[");
    for garbage in
        [says("<html>"), says("{\"keys\":[]}"), says(&long), Does::Says(moved), broken, Does::Closes]
    {
        let keys = Backend::start("keys", garbage.clone()).await;
        let gateway = trusting(&backend, &keys, "1h").await;
        until("keys were asked for", async || {
            gateway.errors().contains("keys of tokens could not be fetched").then_some(())
        })
        .await;
        unavailable(&ask(&gateway, &issuer).await);
        keys.now(says(&issuer.keys()));
        taken(&gateway, &issuer).await;
    }
}

#[tokio::test]
async fn keys_stay_while_their_issuer_is_away() {
    let (issuer, stranger) = (Issuer::new(), Issuer::new());
    let backend = Backend::start("shop", Does::Answers).await;
    let keys = Backend::start("keys", says(&issuer.keys())).await;
    let gateway = trusting(&backend, &keys, "10s").await;
    taken(&gateway, &issuer).await;
    keys.now(Does::ClosesAfterRequest);
    until("a fetch has failed", async || {
        refused(&ask(&gateway, &stranger).await, 401, "unauthenticated");
        gateway.errors().contains("keys of tokens could not be fetched").then_some(())
    })
    .await;
    assert_eq!(ask(&gateway, &issuer).await.status, 200);
    // Other routes, and the keys are still there.
    let before = keys.received().len();
    gateway.write("more.yaml", &crate::gateway::route("other", "/other"));
    until("other routes are in use", async || {
        gateway.ask("/routes").await.text().contains("other").then_some(())
    })
    .await;
    assert_eq!(ask(&gateway, &issuer).await.status, 200);
    assert!(keys.received().len() <= before + 2);
}
