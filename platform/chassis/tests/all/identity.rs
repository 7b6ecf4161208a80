//! Doors of a process that has an identity: who comes in, what others are told, and what the log says.

use std::net::SocketAddr;

use http::{Request, StatusCode, Version};
use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{
    Assembly, DataFolder, DoorKind, Host, Network, Running, StartError, Storage, declared_callers,
};
use tradewind_client::{Body, FarClient};
use tradewind_identity::{Identity, IdentityFiles};
use tradewind_kernel::{Clock, Entropy};
use tradewind_problem::Problem;
use tradewind_testkit::{Connection, Folder, TestAuthority, TestLeaf, until, within};

use crate::lamps::{code, get, read, service};
use crate::logged::Logged;

/// A fleet's files, and the folder of its data.
pub struct Ground {
    pub folder: Folder,
    pub authority: TestAuthority,
}

impl Ground {
    pub fn new() -> Self {
        let ground = Self { folder: Folder::new("doors"), authority: TestAuthority::new("one") };
        ground.trust(&[&ground.authority]);
        ground
    }

    pub fn trust(&self, trusted: &[&TestAuthority]) {
        let bundle: String = trusted.iter().map(|authority| authority.pem()).collect();
        tradewind_testkit::write_private(self.folder.path(), "authority.pem", &bundle);
    }

    /// The files of a certificate with this leaf.
    pub fn files(&self, name: &str, authority: &TestAuthority, leaf: &TestLeaf) -> IdentityFiles {
        let own = authority.issue_into(self.folder.path(), &format!("{name}.pem"), leaf);
        let authority = self.folder.path().join("authority.pem");
        IdentityFiles { certificate: own.clone(), key: own, authority }
    }

    /// A member of the fleet that calls.
    pub fn caller(&self, name: &str) -> Identity {
        let id = if name == "operator" { "operator".to_owned() } else { format!("service/{name}") };
        let leaf = TestLeaf::of(&format!("spiffe://tradewind.local/{id}"));
        identity(self.files(&format!("caller-{name}"), &self.authority, &leaf))
    }

    /// The lamps with a certificate of their own.
    pub async fn lamps(&self, settings: &[&str]) -> Running {
        let files = self.files("lamps", &self.authority, &TestLeaf::service("lamps"));
        self.start(vec![service()], &files, settings).await.unwrap()
    }

    async fn start(
        &self,
        services: Vec<tradewind_chassis::Service>,
        files: &IdentityFiles,
        settings: &[&str],
    ) -> Result<Running, StartError> {
        let all = files.settings().into_iter().chain(settings.iter().map(|&setting| setting.to_owned()));
        let all: Vec<String> = all.collect();
        let storage = Storage::Folder(DataFolder::open(&self.folder.path().join("data")).unwrap());
        let host = Host {
            clock: Clock::system(),
            entropy: Entropy::system(),
            settings: SettingsSource::new().overrides(&all).unwrap(),
            storage,
            network: Network::Free,
        };
        let assembly = Assembly::new(services).beside(&["rooms".to_owned()]);
        let running = assembly.start(host, &mut |_, _| {}).await?;
        running.mark_ready();
        Ok(running)
    }
}

pub fn identity(files: IdentityFiles) -> Identity {
    Identity::load(files, "tradewind.local".parse().unwrap(), Clock::system()).unwrap()
}

pub fn address(running: &Running, kind: DoorKind) -> SocketAddr {
    running.doors().into_iter().find(|door| door.kind == kind).unwrap().address
}

/// A client of a door of the lamps.
pub fn client(running: &Running, kind: DoorKind, caller: &Identity) -> FarClient {
    FarClient::new(&address(running, kind).to_string()).unwrap().with_identity(caller, "lamps")
}

async fn ask(client: &FarClient, path: &str) -> Result<(StatusCode, String), Problem> {
    let answer = within("an answer", client.send(get(path))).await?;
    let (status, _, text) = read(answer).await;
    Ok((status, text))
}

/// What the operator of the caller gets to see of a connection that failed.
fn why(refused: Result<(StatusCode, String), Problem>) -> String {
    refused.unwrap_err().operator_text().unwrap().to_owned()
}

#[tokio::test]
async fn an_internal_door_takes_whom_the_settings_name_and_the_operator() {
    let log = Logged::here();
    let ground = Ground::new();
    let running = ground.lamps(&[r#"identity.callers.lamps=["rooms"]"#]).await;
    let door = |name: &str| client(&running, DoorKind::Internal, &ground.caller(name));
    for name in ["rooms", "operator"] {
        let (status, text) = ask(&door(name), "/evidence/head").await.unwrap();
        assert_eq!(status, 200, "{name}: {text}");
    }
    let (status, text) = ask(&door("cellar"), "/evidence/head").await.unwrap();
    assert_eq!((status.as_u16(), code(&text).as_str()), (403, "undeclared-caller"));
    assert!(text.contains("spiffe://tradewind.local/service/cellar"), "{text}");
    assert!(text.contains("identity.callers.lamps"), "{text}");
    // Whoever belongs to the fleet may see how a service is: balancers of callers look there.
    for path in ["/readyz", "/metrics"] {
        assert_eq!(ask(&door("cellar"), path).await.unwrap().0, 200, "{path}");
    }
    let metrics = ask(&door("operator"), "/metrics").await.unwrap().1;
    assert!(metrics.contains("identity_certificate_expiry_seconds{service=\"lamps\"} 1"), "{metrics}");
    let handshakes = r#"tls_handshakes_total{service="lamps",side="accept",outcome="done"} 6"#;
    assert!(metrics.contains(handshakes), "{metrics}");
    log.none("a connection was refused");
    running.shutdown().await;
}

#[tokio::test]
async fn either_http_is_spoken_behind_a_certificate() {
    let ground = Ground::new();
    let running = ground.lamps(&[]).await;
    let rooms = client(&running, DoorKind::Internal, &ground.caller("rooms"));
    for version in [Version::HTTP_2, Version::HTTP_11] {
        for (path, wanted) in [("/readyz", 200), ("/evidence/head", 403)] {
            let mut request = get(path);
            *request.version_mut() = version;
            let answer = within("an answer", rooms.send(request)).await.unwrap();
            assert_eq!((answer.version(), answer.status().as_u16()), (version, wanted));
        }
    }
    running.shutdown().await;
}

#[tokio::test]
async fn the_secret_opens_no_door_to_a_caller_that_is_not_declared() {
    let ground = Ground::new();
    let running = ground.lamps(&[]).await;
    let secret = format!("Bearer {}", running.secret().expose());
    let request =
        || Request::get("/evidence/head").header("authorization", &secret).body(Body::empty()).unwrap();
    let rooms = client(&running, DoorKind::Internal, &ground.caller("rooms"));
    assert_eq!(within("an answer", rooms.send(request())).await.unwrap().status(), 403, "nobody is declared");
    // Beside it in the same process it is what it was.
    let near = running.book().peer("lamps/internal").send(request()).await.unwrap();
    assert_eq!(near.status(), 200);
    running.shutdown().await;
}

#[tokio::test]
async fn who_is_refused_reads_why_and_so_does_the_operator_of_the_door() {
    let log = Logged::here();
    let ground = Ground::new();
    let other = TestAuthority::new("other");
    let running = ground.lamps(&[]).await;
    // A caller that trusts both, and whom the door does not know.
    ground.trust(&[&ground.authority, &other]);
    let stranger = identity(ground.files("stranger", &other, &TestLeaf::service("rooms")));
    let seen = why(ask(&client(&running, DoorKind::Internal, &stranger), "/readyz").await);
    assert!(seen.contains("does not trust the authority of the certificate shown here"), "{seen}");
    log.one(&["foreign-authority", "lamps", "internal", "is of an authority that is not trusted here"]).await;
    // The address leads to somebody else.
    let rooms = ground.caller("rooms");
    let wrong = FarClient::new(&address(&running, DoorKind::Internal).to_string()).unwrap();
    let seen = why(ask(&wrong.with_identity(&rooms, "candles"), "/readyz").await);
    assert!(seen.contains("service/lamps, and candles was called"), "{seen}");
    log.one(&["refused", "the caller refused the connection"]).await;
    let nobody = FarClient::new(&address(&running, DoorKind::Internal).to_string()).unwrap();
    let (status, text) = ask(&nobody, "/readyz").await.unwrap();
    assert_eq!((status.as_u16(), code(&text).as_str()), (400, "tls-required"));
    log.one(&["not-tls", "the caller does not speak TLS"]).await;
    running.shutdown().await;
}

#[tokio::test]
async fn the_log_names_one_way_of_failing_once_a_second() {
    let log = Logged::here();
    let ground = Ground::new();
    let running = ground.lamps(&[]).await;
    let nobody = FarClient::new(&address(&running, DoorKind::Internal).to_string()).unwrap();
    for _ in 0..20 {
        assert_eq!(ask(&nobody, "/readyz").await.unwrap().0, 400);
    }
    let said = log.lines().iter().filter(|line| line.contains("not-tls")).count();
    assert!((1..20).contains(&said), "{said}");
    running.shutdown().await;
}

#[tokio::test]
async fn a_public_door_speaks_both_until_the_settings_want_a_certificate() {
    for (setting, plain) in [("both", 200), ("required", 400)] {
        let ground = Ground::new();
        let running = ground.lamps(&[&format!("identity.public={setting}")]).await;
        let nobody = FarClient::new(&address(&running, DoorKind::Public).to_string()).unwrap();
        assert_eq!(ask(&nobody, "/lamps").await.unwrap().0.as_u16(), plain, "{setting}");
        let rooms = client(&running, DoorKind::Public, &ground.caller("rooms"));
        // Which service asks says nothing of the user for whom it asks.
        let (status, text) = ask(&rooms, "/lamps/7").await.unwrap();
        assert!(status == 200 && text.contains("anonymous"), "{setting}: {text}");
        running.shutdown().await;
    }
}

#[tokio::test]
async fn a_peer_that_is_named_as_plain_is_called_in_the_clear() {
    let ground = Ground::new();
    let running = ground.lamps(&[]).await;
    let plain = format!("http://{}", address(&running, DoorKind::Public));
    let rooms = FarClient::new(&plain).unwrap().with_identity(&ground.caller("rooms"), "lamps");
    assert_eq!(ask(&rooms, "/lamps").await.unwrap().0, 200);
    let metrics = client(&running, DoorKind::Internal, &ground.caller("operator"));
    let metrics = ask(&metrics, "/metrics").await.unwrap().1;
    assert!(
        metrics.contains(r#"side="accept",outcome="done"} 1"#),
        "only the question for metrics: {metrics}"
    );
    running.shutdown().await;
}

#[tokio::test]
async fn a_handshake_that_does_not_get_on_is_cut_off() {
    let ground = Ground::new();
    let running = ground.lamps(&["http.head_timeout=200ms"]).await;
    for bytes in [&[][..], &[0x16], &[0x16, 3, 1, 0, 200, 1]] {
        let mut connection = Connection::open(address(&running, DoorKind::Internal)).await;
        connection.send(bytes).await;
        assert!(connection.answer().await.is_none(), "{bytes:?}");
    }
    let operator = client(&running, DoorKind::Internal, &ground.caller("operator"));
    let metrics = ask(&operator, "/metrics").await.unwrap().1;
    assert!(metrics.contains(r#"side="accept",outcome="timed-out"} 2"#), "{metrics}");
    running.shutdown().await;
}

#[tokio::test]
async fn tls_at_a_door_in_the_clear_is_named_on_both_sides() {
    let log = Logged::here();
    let ground = Ground::new();
    let storage = Storage::Folder(DataFolder::open(&ground.folder.path().join("data")).unwrap());
    let host = Host { clock: Clock::system(), storage, network: Network::Free, ..crate::lamps::simulated() };
    let running = crate::lamps::run(service(), host).await;
    let seen = why(ask(&client(&running, DoorKind::Internal, &ground.caller("rooms")), "/readyz").await);
    assert!(seen.contains("the peer does not speak TLS"), "{seen}");
    log.one(&["lamps", "internal", "a client speaks TLS to a door that does not"]).await;
    running.shutdown().await;
}

#[tokio::test]
async fn a_connection_ends_with_the_certificate_that_opened_it() {
    let ground = Ground::new();
    let running = ground.lamps(&[]).await;
    let short = TestLeaf { until: 6, ..TestLeaf::of("spiffe://tradewind.local/operator") };
    let short = identity(ground.files("short", &ground.authority, &short));
    let client = client(&running, DoorKind::Internal, &short);
    assert_eq!(ask(&client, "/readyz").await.unwrap().0, 200);
    // All requests are sent over that one connection until it is closed; the next one needs a valid certificate.
    until("a refusal", async || {
        let refused = ask(&client, "/readyz").await.err()?;
        refused.operator_text()?.contains("not valid at this time").then_some(())
    })
    .await;
    running.shutdown().await;
}

#[tokio::test]
async fn the_start_is_refused_with_what_to_change() {
    let ground = Ground::new();
    let good = ground.files("lamps", &ground.authority, &TestLeaf::service("lamps"));
    let other = ground.files("other", &ground.authority, &TestLeaf::service("rooms"));
    let absent = IdentityFiles { key: ground.folder.path().join("absent.pem"), ..good.clone() };
    for (files, settings, part) in [
        (&other, &[][..], "it is for rooms, and this process runs lamps"),
        (&absent, &[], "absent.pem: cannot be read"),
        (&good, &["identity.trust_domain=elsewhere"], "trust domain elsewhere"),
        (&good, &["identity.trust_domain=Else where"], "identity.trust_domain"),
        (&good, &["identity.callers.lamp=[]"], "identity.callers.lamp: there is no such service"),
        (&good, &[r#"identity.callers.lamps=["Rooms"]"#], "\"Rooms\" is no name of a service"),
        (&good, &["identity.public=none"], "identity.public"),
        (&good, &["identity.certificates=x"], "unknown key"),
    ] {
        let error = ground.start(vec![service()], files, settings).await.map(drop).unwrap_err().to_string();
        assert!(error.contains(part), "{part}: {error}");
    }
    let half = SettingsSource::new().overrides(&["identity.key=x".to_owned()]).unwrap();
    let error = Assembly::new(vec![service()]).check(&half).map(drop).unwrap_err().to_string();
    assert!(error.contains("belong together"), "{error}");
    let several = vec![service(), crate::dependencies::room()];
    let error = ground.start(several, &good, &[]).await.map(drop).unwrap_err().to_string();
    assert!(error.contains("this process runs lamps, rooms"), "{error}");
}

#[test]
fn callers_are_those_that_follow_or_call_the_internal_door() {
    let mut all: Vec<_> =
        [service(), crate::dependencies::room()].iter().map(|each| each.description().clone()).collect();
    assert_eq!(declared_callers(&all)["lamps"], Vec::<String>::new(), "the public door is no internal one");
    all[1].calls.push("lamps/internal".to_owned());
    assert_eq!(declared_callers(&all)["lamps"], ["rooms"]);
    all[1].calls.clear();
    let types = vec!["tradewind.lamps.lamp-lit.v1".to_owned()];
    let listens = tradewind_chassis::SubscriptionDescription { producer: "lamps".to_owned(), types };
    all[1].listens.push(listens.clone());
    assert_eq!(declared_callers(&all)["lamps"], ["rooms"]);
    assert_eq!(declared_callers(&all)["rooms"], Vec::<String>::new());
    all[0].listens.push(listens);
    assert_eq!(declared_callers(&all)["lamps"], ["rooms"], "its own log is near");
}
