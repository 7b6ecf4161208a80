//! Certificates and authorities that change under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use http::StatusCode;
use tradewind_chassis::DoorKind;
use tradewind_client::FarClient;
use tradewind_identity::{Identity, Refreshed};
use tradewind_testkit::{TestAuthority, TestLeaf, until};

use crate::identity::{Ground, client};
use crate::lamps::{get, read};

/// Requests that are sent at least.
const REQUESTS: u64 = 10_000;

/// Callers at the same time.
const CALLERS: usize = 16;

#[derive(Default)]
struct Load {
    answered: AtomicU64,
    failed: AtomicU64,
    is_over: AtomicBool,
}

/// Asks one question after the other.
async fn ask_on(client: FarClient, load: Arc<Load>) {
    while !load.is_over.load(Ordering::Relaxed) {
        match client.send(get("/evidence/head")).await {
            Ok(answer) if answer.status() == StatusCode::OK => {
                read(answer).await;
                load.answered.fetch_add(1, Ordering::Relaxed);
            }
            Ok(answer) => {
                load.failed.fetch_add(1, Ordering::Relaxed);
                eprintln!("answered {}", answer.status());
            }
            Err(problem) => {
                load.failed.fetch_add(1, Ordering::Relaxed);
                eprintln!("failed: {problem}: {:?}", problem.operator_text());
            }
        }
    }
}

/// Lets some requests pass with what is in use now.
async fn pass(load: &Load, more: u64) {
    let goal = load.answered.load(Ordering::Relaxed) + more;
    until("requests", async || (load.answered.load(Ordering::Relaxed) >= goal).then_some(())).await;
}

/// What a metric of the server shows.
async fn shown(operator: &FarClient, metric: &str) -> i64 {
    let text = read(operator.send(get("/metrics")).await.unwrap()).await.2;
    let line = text.lines().find_map(|line| line.strip_prefix(metric)).unwrap();
    line.trim().parse().unwrap()
}

const EXPIRY: &str = "identity_certificate_expiry_seconds{service=\"lamps\"}";
const HANDSHAKES: &str = "tls_handshakes_total{service=\"lamps\",side=\"accept\",outcome=\"done\"}";

/// The files of both sides.
struct Change<'a> {
    ground: &'a Ground,
    caller: Identity,
    operator: FarClient,
    watching: Identity,
    made: i64,
}

impl Change<'_> {
    /// New certificates of `signs` for both sides, which then trust `trusted`; the server goes first.
    async fn make(&mut self, signs: &TestAuthority, trusted: &[&TestAuthority]) {
        let before = shown(&self.operator, EXPIRY).await;
        self.made += 1;
        // The bundle first: whoever has the new certificate has that too.
        self.ground.trust(trusted);
        let usual = TestLeaf::service("lamps");
        let leaf = TestLeaf { until: usual.until + 60 * self.made, ..usual };
        self.ground.files("lamps", signs, &leaf);
        // It looks at its files by itself.
        until("the server's change", async || (shown(&self.operator, EXPIRY).await != before).then_some(()))
            .await;
        let operator = TestLeaf::of("spiffe://tradewind.local/operator");
        for (identity, name) in [(&self.caller, "caller-operator"), (&self.watching, "watching")] {
            self.ground.files(name, signs, &operator);
            assert_eq!(identity.refresh(), Refreshed::Swapped);
        }
    }
}

#[tokio::test]
async fn no_request_fails_while_certificates_and_authorities_change() {
    let ground = Ground::new();
    let running = ground.lamps(&[]).await;
    let caller = ground.caller("operator");
    let operator = TestLeaf::of("spiffe://tradewind.local/operator");
    let watching = crate::identity::identity(ground.files("watching", &ground.authority, &operator));
    let load = Arc::new(Load::default());
    let door = client(&running, DoorKind::Internal, &caller);
    let asking: Vec<_> = (0..CALLERS).map(|_| tokio::spawn(ask_on(door.clone(), load.clone()))).collect();
    let mut change = Change {
        ground: &ground,
        caller,
        operator: client(&running, DoorKind::Internal, &watching),
        watching,
        made: 0,
    };
    let (old, new) = (&ground.authority, TestAuthority::new("new"));
    let each = REQUESTS / 6 + 1;
    pass(&load, each).await;
    // The leaf alone, twice; then the authority: trusted, used, and the old one trusted no more.
    let steps: [(&TestAuthority, &[&TestAuthority]); 5] =
        [(old, &[old]), (old, &[old]), (old, &[old, &new]), (&new, &[old, &new]), (&new, &[&new])];
    for (signs, trusted) in steps {
        change.make(signs, trusted).await;
        pass(&load, each).await;
    }
    load.is_over.store(true, Ordering::Relaxed);
    for each in asking {
        each.await.unwrap();
    }
    let handshakes = shown(&change.operator, HANDSHAKES).await;
    let (answered, failed) = (load.answered.load(Ordering::Relaxed), load.failed.load(Ordering::Relaxed));
    println!("{answered} answered, {failed} failed, {} changes, {handshakes} handshakes", change.made);
    assert!(answered >= REQUESTS && failed == 0, "{answered} answered, {failed} failed");
    // Callers take new connections for new certificates: one each at the beginning, some after each change.
    assert!(handshakes > i64::try_from(CALLERS).unwrap() + 2 * change.made, "{handshakes} handshakes");
    running.shutdown().await;
}

#[tokio::test]
async fn a_bad_file_is_logged_and_the_door_goes_on() {
    let log = crate::logged::Logged::here();
    let ground = Ground::new();
    let running = ground.lamps(&[]).await;
    let operator = client(&running, DoorKind::Internal, &ground.caller("operator"));
    tradewind_testkit::write_private(ground.folder.path(), "lamps.pem", "half a fi");
    log.one(&["a new certificate is refused", "lamps.pem", "holds no certificate"]).await;
    assert_eq!(operator.send(get("/readyz")).await.unwrap().status(), 200);
    // One that expires soon is taken, and spoken of.
    let short = TestLeaf { until: 3600, ..TestLeaf::service("lamps") };
    ground.files("lamps", &ground.authority, &short);
    log.one(&["the certificate was replaced"]).await;
    log.one(&["less than a third of the certificate's life is left"]).await;
    running.shutdown().await;
}
