//! A system of somebody else: it takes messages, verifies them, and answers as a test says.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Response, StatusCode};
use serde_json::Value;
use sha2::Sha256;
use tradewind_chassis::{Scope, serve_handler};
use tradewind_client::{Body, handler};
use tradewind_kernel::Clock;
use tradewind_testkit::LIMIT;

/// A message as it arrived.
#[derive(Debug, Clone)]
pub struct Heard {
    pub id: String,
    pub seconds: i64,
    pub signatures: String,
    pub media_type: String,
    pub body: Vec<u8>,
    /// What was answered.
    pub status: u16,
}

impl Heard {
    pub fn event(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The name of the event, such as `order-opened`.
    pub fn name(&self) -> String {
        self.event()["type"].as_str().unwrap().split('.').nth(2).unwrap().to_owned()
    }

    pub fn key(&self) -> String {
        self.event()["partitionkey"].as_str().unwrap_or_default().to_owned()
    }

    /// Verifies the message as docs/guides/events-for-other-systems.md says.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.", self.id, self.seconds).as_bytes());
        mac.update(&self.body);
        let expected = mac.finalize().into_bytes();
        let mut given = self.signatures.split(' ').filter_map(|each| each.strip_prefix("v1,"));
        given.any(|each| STANDARD.decode(each).is_ok_and(|given| given == expected.as_slice()))
    }
}

type Answers = Box<dyn FnMut(&Heard) -> u16 + Send>;

/// The system.
pub struct Receiver {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    answers: Arc<Mutex<Answers>>,
    scope: Scope,
}

impl Receiver {
    /// One that takes everything.
    pub fn new() -> Self {
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let answers: Arc<Mutex<Answers>> = Arc::new(Mutex::new(Box::new(|_| 204)));
        let (scope, clock) = (Scope::new("receiver"), Clock::system());
        let (kept, answering) = (heard.clone(), answers.clone());
        let serving = handler(move |request: http::Request<Body>| {
            let (kept, answering) = (kept.clone(), answering.clone());
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect(1024 * 1024).await.unwrap();
                let mut message = read(&parts.headers, body.to_vec());
                message.status = (answering.lock().unwrap())(&message);
                let status = StatusCode::from_u16(message.status).unwrap();
                kept.lock().unwrap().push(message);
                let mut response = Response::new(Body::from("heard\nit".to_owned()));
                *response.status_mut() = status;
                // Whoever follows a redirect comes back here.
                response.headers_mut().insert("location", "/elsewhere".parse().unwrap());
                response
            }
        });
        let address = serve_handler("127.0.0.1:0".parse().unwrap(), serving, &clock, &scope).unwrap();
        Self { address, heard, answers, scope }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hooks?to=us", self.address)
    }

    /// Answers each message with the status that `answer` gives from now on.
    pub fn answers(&self, answer: impl FnMut(&Heard) -> u16 + Send + 'static) {
        *self.answers.lock().unwrap() = Box::new(answer);
    }

    /// Everything that arrived, in sequence.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// What was taken, in sequence.
    pub fn taken(&self) -> Vec<Heard> {
        self.heard().into_iter().filter(|message| message.status < 300).collect()
    }

    /// The names of the events that were taken, by key.
    pub fn taken_by_key(&self) -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for message in self.taken() {
            found.entry(message.key()).or_default().push(message.name());
        }
        found
    }

    /// Waits until what arrived is as it is wanted.
    pub async fn hears(&self, what: &str, is_there: impl Fn(&[Heard]) -> bool) -> Vec<Heard> {
        let clock = Clock::system();
        let until = clock.monotonic() + LIMIT;
        loop {
            let heard = self.heard();
            if is_there(&heard) {
                return heard;
            }
            assert!(clock.monotonic() < until, "{what}: {heard:#?}");
            clock.sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until so many messages were taken.
    pub async fn takes(&self, count: usize) -> Vec<Heard> {
        let taken = |heard: &[Heard]| heard.iter().filter(|message| message.status < 300).count();
        self.hears(&format!("{count} messages are taken"), |heard| taken(heard) >= count).await;
        self.taken()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.scope.stop();
    }
}

fn read(headers: &HeaderMap, body: Vec<u8>) -> Heard {
    let header =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    Heard {
        id: header("webhook-id"),
        seconds: header("webhook-timestamp").parse().unwrap(),
        signatures: header("webhook-signature"),
        media_type: header("content-type"),
        body,
        status: 0,
    }
}
