//! Several instances of one service, on real sockets: found by a list or by a registry, called by another service,
//! and leaving while they are called.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{
    Assembly, Definition, Dependency, DoorKind, Drained, Host, Init, Network, NoSettings, Running, Scope,
    Service, Storage, serve_handler,
};
use tradewind_kernel::{Clock, Entropy, Secret};
use tradewind_problem::Problem;
use tradewind_registry::{Registry, RegistryOptions};
use tradewind_testkit::FakeCluster;

use crate::lamps::{get, read, service};

const LIMIT: Duration = Duration::from_secs(30);

/// The secret of a fleet without a data folder.
const SECRET: &str = "simulated";

/// A room that asks the lamps, wherever they are.
fn room() -> Service {
    room_with(|init| init.dependency("lamps"))
}

/// The same, of a room that does without lamps where there are none.
fn dark_room() -> Service {
    room_with(|init| init.dependency_if_there("lamps"))
}

fn room_with(lamps: fn(&mut Init<NoSettings>) -> Dependency) -> Service {
    let start = move |init: &mut Init<NoSettings>| Ok(lamps(init));
    Definition::new("rooms", "Rooms.", start)
        .public(4020, Routes::new().get("/lamps/{number}", ask))
        .internal(4120, Routes::new())
        .calls("lamps")
        .build()
}

async fn ask(lamps: Arc<Dependency>, call: Call) -> Result<Reply, Problem> {
    let seen: Value = lamps.caller(&call).get("/lamps/7").await?;
    Reply::ok(&seen)
}

async fn start(services: Vec<Service>, settings: &[String]) -> Running {
    let host = Host {
        clock: Clock::system(),
        entropy: Entropy::system(),
        settings: SettingsSource::new().overrides(settings).unwrap(),
        storage: Storage::Memory,
        network: Network::Free,
    };
    let fleet = ["lamps".to_owned(), "rooms".to_owned()];
    let running = Assembly::new(services).beside(&fleet).start(host, &mut |_, _| {}).await.unwrap();
    running.mark_ready();
    running
}

fn door(running: &Running, kind: DoorKind) -> String {
    running.doors().iter().find(|door| door.kind == kind).unwrap().address.to_string()
}

async fn answer(running: &Running, peer: &str, path: &str) -> (u16, String) {
    let mut request = get(path);
    let token = http::HeaderValue::from_static("Bearer simulated");
    if peer.ends_with("/internal") {
        request.headers_mut().insert(http::header::AUTHORIZATION, token);
    }
    let (status, _, text) = read(running.book().peer(peer).send(request).await.unwrap()).await;
    (status.as_u16(), text)
}

/// The endpoints of the lamps, as `/peers` of the room shows them: address, state.
async fn endpoints(rooms: &Running) -> Vec<(String, String)> {
    let (status, text) = answer(rooms, "rooms/internal", "/peers").await;
    assert_eq!(status, 200, "{text}");
    let peers: Vec<Value> = serde_json::from_str(&text).unwrap();
    let lamps = peers.iter().find(|peer| peer["name"] == "lamps").unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let each = lamps["endpoints"].as_array().unwrap().iter();
    each.map(|endpoint| (text(&endpoint["address"]), text(&endpoint["state"]))).collect()
}

async fn until<R: Future<Output = bool>>(is_so: impl Fn() -> R) {
    let clock = Clock::system();
    let waiting = async {
        while !is_so().await {
            clock.sleep(Duration::from_millis(5)).await;
        }
    };
    clock.timeout(LIMIT, waiting).await.unwrap();
}

/// Asks the lamps from eight tasks until it is stopped; gives what failed.
struct Asking {
    stop: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<Vec<String>>>,
}

impl Asking {
    fn begin(rooms: &Running) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let peer = rooms.book().peer("rooms/public");
        let each = |_| {
            let (peer, stop) = (peer.clone(), stop.clone());
            tokio::spawn(async move {
                let mut failed = Vec::new();
                while !stop.load(Ordering::SeqCst) {
                    let (status, _, text) = read(peer.send(get("/lamps/1")).await.unwrap()).await;
                    if status != 200 {
                        failed.push(text);
                    }
                }
                failed
            })
        };
        Self { tasks: (0..8).map(each).collect(), stop }
    }

    async fn end(self) -> Vec<String> {
        self.stop.store(true, Ordering::SeqCst);
        let mut failed = Vec::new();
        for task in self.tasks {
            failed.extend(task.await.unwrap());
        }
        failed
    }
}

#[tokio::test]
async fn instances_of_a_list_are_drained_one_after_the_other_and_no_call_fails() {
    let (first, second) = (start(vec![service()], &[]).await, start(vec![service()], &[]).await);
    let third = start(vec![service()], &[]).await;
    let doors = [&first, &second, &third].map(|lamps| door(lamps, DoorKind::Public));
    let rooms = start(vec![room()], &[format!("peers.lamps.public={}", doors.join(","))]).await;
    assert_eq!(answer(&rooms, "rooms/public", "/lamps/1").await.0, 200);
    let asking = Asking::begin(&rooms);
    until(async || endpoints(&rooms).await.iter().all(|(_, state)| state == "ready")).await;
    for (at, lamps) in [first, second].into_iter().enumerate() {
        assert_eq!(lamps.shutdown().await, Drained::Clean);
        let is_out = |all: Vec<(String, String)>| {
            all.iter().any(|(address, state)| *address == doors[at] && state == "out")
        };
        until(async || is_out(endpoints(&rooms).await)).await;
    }
    assert_eq!(asking.end().await, Vec::<String>::new());
    let metrics = answer(&rooms, "rooms/internal", "/metrics").await.1;
    for line in [
        r#"peer_endpoints{service="rooms",peer="lamps",state="out"} 2"#,
        r#"peer_endpoints{service="rooms",peer="lamps",state="ready"} 1"#,
        r#"peer_ejections_total{service="rooms",peer="lamps",reason="connection-refused"}"#,
        r#"peer_picks_total{service="rooms",peer="lamps"}"#,
        r#"peer_rerouted_total{service="rooms",peer="lamps"}"#,
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    rooms.shutdown().await;
    third.shutdown().await;
}

#[tokio::test]
async fn who_can_do_without_a_peer_finds_it_in_another_process_all_the_same() {
    let alone = start(vec![dark_room()], &[]).await;
    assert_eq!(answer(&alone, "rooms/public", "/lamps/1").await.0, 503);
    let lamps = start(vec![service()], &[]).await;
    let place = format!("peers.lamps.public={}", door(&lamps, DoorKind::Public));
    let rooms = start(vec![dark_room()], &[place]).await;
    assert_eq!(answer(&rooms, "rooms/public", "/lamps/1").await.0, 200);
    for running in [alone, rooms, lamps] {
        running.shutdown().await;
    }
}

#[tokio::test]
async fn instances_of_a_registry_come_and_go_and_the_registry_too() {
    let clock = Clock::system();
    let begin = |address: &str, scope: &Scope| {
        let registry = Registry::new(RegistryOptions::default(), clock.clone(), &Entropy::system());
        let handler = registry.handler(Secret::new(SECRET));
        (serve_handler(address.parse().unwrap(), handler, &clock, scope).unwrap(), registry)
    };
    let scope = Scope::new("registry");
    let (address, registry) = begin("127.0.0.1:0", &scope);
    let settings = [format!("discovery.registry={address}"), "discovery.heartbeat=50ms".to_owned()];
    // Whoever comes first waits for nobody.
    let rooms = start(vec![room()], &settings).await;
    assert_eq!(answer(&rooms, "rooms/public", "/lamps/1").await.0, 503);
    let first = start(vec![service()], &settings).await;
    let second = start(vec![service()], &settings).await;
    until(async || endpoints(&rooms).await.len() == 2).await;
    assert_eq!(answer(&rooms, "rooms/public", "/lamps/1").await.0, 200);
    let told = registry.listing().instances;
    let doors = &told.iter().find(|each| each.instance.service == "lamps").unwrap().instance.doors;
    assert!(doors.contains_key("public") && doors.contains_key("internal"), "{doors:?}");

    let asking = Asking::begin(&rooms);
    assert_eq!(first.shutdown().await, Drained::Clean);
    until(async || endpoints(&rooms).await.len() == 1).await;

    // The registry dies: nobody notices but those who look.
    scope.kill();
    scope.idle().await;
    let trouble =
        async || answer(&rooms, "rooms/internal", "/peers").await.1.contains("the registry 127.0.0.1");
    until(trouble).await;
    assert_eq!(endpoints(&rooms).await.len(), 1);
    let scope = Scope::new("registry");
    let (_, registry) = begin(&address.to_string(), &scope);
    until(async || registry.listing().instances.len() == 2).await;
    let third = start(vec![service()], &settings).await;
    until(async || endpoints(&rooms).await.len() == 2).await;
    assert_eq!(asking.end().await, Vec::<String>::new());
    for running in [rooms, second, third] {
        assert_eq!(running.shutdown().await, Drained::Clean);
    }
    assert!(registry.listing().instances.is_empty(), "all have withdrawn");
    scope.kill();
}

/// A slice of the service `lamps` with one endpoint, as a cluster makes it of a pod that is ready or ending.
fn slice(name: &str, door: &str, is_ending: bool) -> Value {
    let (address, port) = door.rsplit_once(':').unwrap();
    let conditions = json!({"ready": !is_ending, "serving": true, "terminating": is_ending});
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"namespace": "house", "name": name, "labels": {"kubernetes.io/service-name": "lamps"}},
        "endpoints": [{"addresses": [address], "conditions": conditions}],
        "ports": [{"name": "public", "port": port.parse::<u16>().unwrap()}],
    })
}

#[tokio::test]
async fn instances_of_a_cluster_come_and_go_and_no_call_fails() {
    let fake = FakeCluster::start().await;
    let settings = [
        "peers.lamps.public=slices:lamps.house:public".to_owned(),
        format!("discovery.api_server={}", fake.uri()),
    ];
    // Whoever comes first waits for nobody.
    let rooms = start(vec![room()], &settings).await;
    assert_eq!(answer(&rooms, "rooms/public", "/lamps/1").await.0, 503);
    let (first, second) = (start(vec![service()], &[]).await, start(vec![service()], &[]).await);
    let doors = [&first, &second].map(|lamps| door(lamps, DoorKind::Public));
    fake.apply(slice("first", &doors[0], false));
    until(async || endpoints(&rooms).await.len() == 1).await;
    let asking = Asking::begin(&rooms);
    fake.apply(slice("second", &doors[1], false));
    until(async || endpoints(&rooms).await.len() == 2).await;
    fake.apply(slice("first", &doors[0], true));
    until(async || endpoints(&rooms).await.contains(&(doors[0].clone(), "leaving".to_owned()))).await;
    assert_eq!(first.shutdown().await, Drained::Clean);
    fake.delete("EndpointSlice", "house", "first");
    until(async || endpoints(&rooms).await.len() == 1).await;

    // The API server is away: nobody notices but those who look.
    fake.outage(true);
    let trouble =
        async || answer(&rooms, "rooms/internal", "/peers").await.1.contains("the API server did not answer");
    until(trouble).await;
    assert_eq!(endpoints(&rooms).await.len(), 1);
    assert_eq!(asking.end().await, Vec::<String>::new());
    for running in [rooms, second] {
        assert_eq!(running.shutdown().await, Drained::Clean);
    }
}

#[tokio::test]
async fn a_public_door_says_whether_it_takes_requests() {
    let lamps = start(vec![service()], &["shutdown.balancer_wait=10s".to_owned()]).await;
    let book = lamps.book().clone();
    let ready = async || read(book.peer("lamps").send(get("/readyz")).await.unwrap()).await.0.as_u16();
    assert_eq!(ready().await, 200);
    let other = lamps.book().peer("lamps/internal");
    let metrics = async || {
        let (_, _, text) = read(other.send(get("/metrics")).await.unwrap()).await;
        text
    };
    assert!(!metrics().await.contains("readyz"), "probes are nobody's requests");
    let noticed = until(async || ready().await == 503);
    tokio::select! {
        biased;
        () = noticed => {}
        _ = lamps.shutdown() => panic!("it stopped before anybody noticed"),
    }
}

#[tokio::test]
async fn settings_that_lead_nowhere_stop_the_start() {
    for (settings, part) in [
        (vec!["peers.lamps.public=nowhere"], "peers.lamps.public: \"nowhere\" is no place"),
        (vec!["peers.lamps.public=registry"], "peers.lamps.public: there is no registry"),
        (vec!["discovery.registry=nowhere"], "discovery.registry: not an address"),
        (vec!["discovery.registry=127.0.0.1:1", "discovery.heartbeat=0s"], "discovery.heartbeat must"),
        (vec!["discovery.api_server=https://127.0.0.1:1"], "discovery.api_server: \"https://127.0.0.1:1\""),
        (vec!["peers.lamps.public=slices:lamps:public"], "is no place"),
        (vec!["discovery.dns_interval=0s"], "discovery.dns_interval must"),
        (
            vec!["discovery.registry=127.0.0.1:1", "doors.lamps.public=0.0.0.0:0"],
            "which is no address to call",
        ),
    ] {
        let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
        let host = Host {
            clock: Clock::system(),
            entropy: Entropy::system(),
            settings: SettingsSource::new().overrides(&settings).unwrap(),
            storage: Storage::Memory,
            network: Network::Free,
        };
        let refused = Assembly::new(vec![service()]).start(host, &mut |_, _| {}).await.unwrap_err();
        assert!(refused.to_string().contains(part), "{settings:?}: {refused}");
    }
}
