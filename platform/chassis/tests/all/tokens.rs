//! Tokens at doors: verified with keys that are fetched, replaced, and kept while nobody gives newer ones.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, StatusCode};
use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_chassis::{Assembly, Definition, Init, NoSettings, Running, Service};
use tradewind_client::Body;
use tradewind_kernel::{Entropy, Id};
use tradewind_problem::{Problem, UNAVAILABLE};
use tradewind_token::{Claims, KeySet, SigningKey};

use crate::lamps::{read, simulated};

/// Who issues the tokens, as the test wants it to be.
#[derive(Default)]
struct Issuer {
    keys: Mutex<KeySet>,
    is_down: AtomicBool,
    asked: AtomicU64,
}

impl Issuer {
    fn service(self: &Arc<Self>) -> Service {
        let issuer = self.clone();
        let init = move |_: &mut Init<NoSettings>| Ok(issuer);
        let keys = |issuer: Arc<Arc<Self>>, _| async move {
            issuer.asked.fetch_add(1, Ordering::SeqCst);
            if issuer.is_down.load(Ordering::SeqCst) {
                return Err(Problem::new(&UNAVAILABLE));
            }
            Reply::ok(&issuer.keys.lock().unwrap().to_json())
        };
        let routes = Routes::new().get("/.well-known/jwks.json", keys);
        Definition::new("accounts", "Issues tokens.", init).public(4090, routes).build()
    }

    fn shows(&self, keys: &[&SigningKey]) {
        *self.keys.lock().unwrap() = KeySet::new(keys.iter().map(|key| key.public().clone()));
    }
}

/// Says who asks.
fn mirrors() -> Service {
    async fn who(_: Arc<()>, call: Call) -> Result<Reply, Problem> {
        Reply::ok(&call.context().principal.scope())
    }
    let init = |_: &mut Init<NoSettings>| Ok(());
    Definition::new("mirrors", "Say who asks.", init).public(4030, Routes::new().get("/who", who)).build()
}

async fn start(issuer: &Arc<Issuer>) -> Running {
    let services = vec![issuer.service(), mirrors()];
    Assembly::new(services).start(simulated(), &mut |_, _| {}).await.unwrap()
}

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(&Entropy::seeded(seed)).unwrap()
}

/// What a token says that is good for ten minutes.
fn claims(running: &Running, role: &str) -> Claims {
    let now = running.clock().now();
    Claims {
        issuer: "http://localhost:8080".to_owned(),
        audience: vec!["tradewind".to_owned()],
        subject: Id::from_u128(7).to_string(),
        client: "robot".to_owned(),
        roles: vec![role.to_owned()],
        issued_at: now,
        expires_at: now.plus(Duration::from_secs(600)),
        id: Id::from_u128(1),
    }
}

async fn who(running: &Running, token: &str) -> (StatusCode, String) {
    let request = Request::get("/who").header("authorization", format!("Bearer {token}"));
    let request = request.body(Body::empty()).unwrap();
    let (status, _, text) = read(running.book().peer("mirrors/public").send(request).await.unwrap()).await;
    (status, text)
}

async fn status(running: &Running, key: &SigningKey) -> StatusCode {
    let token = key.issue(&claims(running, "person"));
    who(running, token.expose()).await.0
}

#[tokio::test(start_paused = true)]
async fn a_token_says_who_asks() {
    let (issuer, key) = (Arc::new(Issuer::default()), key(1));
    issuer.shows(&[&key]);
    let running = start(&issuer).await;
    let seven = Id::from_u128(7);
    for (role, is) in [
        ("person", format!("\"user:{seven}\"")),
        ("staff", format!("\"staff:{seven}\"")),
        ("admin", format!("\"admin:{seven}\"")),
        ("service", "\"service:robot\"".to_owned()),
    ] {
        let token = key.issue(&claims(&running, role));
        assert_eq!(who(&running, token.expose()).await, (StatusCode::OK, is));
    }
    assert_eq!(issuer.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn where_nobody_issues_tokens_none_is_accepted() {
    let running = Assembly::new(vec![mirrors()]).start(simulated(), &mut |_, _| {}).await.unwrap();
    assert_eq!(status(&running, &key(1)).await, 401);
    assert_eq!(who(&running, "no-token").await.0, 401);
}

#[tokio::test(start_paused = true)]
async fn tokens_of_others_for_others_and_of_yesterday_are_refused() {
    let (issuer, key) = (Arc::new(Issuer::default()), key(1));
    issuer.shows(&[&key]);
    let running = start(&issuer).await;
    let good = claims(&running, "person");
    let wrong = [
        Claims { issuer: "http://elsewhere".to_owned(), ..good.clone() },
        Claims { audience: vec!["elsewhere".to_owned()], ..good.clone() },
        Claims { subject: "nobody".to_owned(), ..good.clone() },
    ];
    for claims in wrong {
        assert_eq!(who(&running, key.issue(&claims).expose()).await.0, 401);
    }
    let token = key.issue(&good);
    assert_eq!(who(&running, token.expose()).await.0, 200);
    running.clock().sleep(Duration::from_secs(659)).await;
    assert_eq!(who(&running, token.expose()).await.0, 200);
    // Nor does the memory of verified tokens keep it alive.
    running.clock().sleep(Duration::from_secs(1)).await;
    let (status, text) = who(&running, token.expose()).await;
    assert_eq!(status, 401);
    assert!(text.contains("it has expired"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn new_keys_are_fetched_and_made_up_ones_are_not_asked_for_again_and_again() {
    let (issuer, first, second) = (Arc::new(Issuer::default()), key(1), key(2));
    issuer.shows(&[&first]);
    let running = start(&issuer).await;
    assert_eq!(status(&running, &first).await, 200);
    running.clock().sleep(Duration::from_secs(10)).await;
    issuer.shows(&[&first, &second]);
    assert_eq!(status(&running, &second).await, 200);
    assert_eq!(issuer.asked.load(Ordering::SeqCst), 2);
    for seed in 100..200 {
        assert_eq!(status(&running, &key(seed)).await, 401);
    }
    assert_eq!(issuer.asked.load(Ordering::SeqCst), 2);
    // What is withdrawn goes within five minutes, and so do the tokens that were verified with it.
    issuer.shows(&[&second]);
    let token = first.issue(&claims(&running, "person"));
    assert_eq!(who(&running, token.expose()).await.0, 200);
    running.clock().sleep(Duration::from_secs(300)).await;
    assert_eq!(who(&running, token.expose()).await.0, 401);
}

#[tokio::test(start_paused = true)]
async fn known_keys_stay_good_while_nobody_gives_newer_ones() {
    let (issuer, key) = (Arc::new(Issuer::default()), key(1));
    issuer.shows(&[&key]);
    issuer.is_down.store(true, Ordering::SeqCst);
    let running = start(&issuer).await;
    assert_eq!(status(&running, &key).await, 503);
    issuer.is_down.store(false, Ordering::SeqCst);
    running.clock().sleep(Duration::from_secs(30)).await;
    assert_eq!(status(&running, &key).await, 200);
    issuer.is_down.store(true, Ordering::SeqCst);
    running.clock().sleep(Duration::from_secs(3_600)).await;
    assert_eq!(status(&running, &key).await, 200);
}
