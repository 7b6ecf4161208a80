//! What stops a start, and what is said then.

use std::net::TcpListener;

use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{
    Assembly, Definition, DoorKind, HandedSocket, Host, Init, Network, NoSettings, Service,
};
use tradewind_events::Subscription;

use crate::lamps::{Lamps, definition, routes, run, service, simulated, start};

async fn refusal(services: Vec<Service>, host: Host) -> String {
    let started = Assembly::new(services).start(host, &mut |_, _| {}).await;
    started.expect_err("the start is refused").to_string()
}

fn with(setting: &str) -> Host {
    Host { settings: SettingsSource::new().overrides(&[setting.to_owned()]).unwrap(), ..simulated() }
}

#[tokio::test]
async fn settings_that_nobody_knows_are_refused_with_their_place() {
    for (setting, expected) in [
        ("lamp.colour=red", "unknown section"),
        ("lamps.colour=red", "unknown key"),
        ("http.deadline=soon", "http.deadline"),
        ("doors.lamps.side=127.0.0.1:1", "no such door"),
        ("peers.lamps.side=127.0.0.1:1", "peers.lamps.side: there is no such door"),
        ("peers.candles.public=127.0.0.1:1", "peers.candles.public: there is no such door"),
        ("peers.lamps.public=here", "peers.lamps.public: \"here\" is no place"),
        ("client.breaker.failures=0", "client.breaker.failures must be at least 1"),
        ("client.peers.candles.retry.attempts=1", "client.peers.candles: there is no such service"),
    ] {
        let message = refusal(vec![service()], with(setting)).await;
        assert!(message.contains(expected), "{setting}: {message}");
    }
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let host = Host { network: Network::Free, ..with(&format!("doors.lamps.public={address}")) };
    let message = refusal(vec![service()], host).await;
    assert!(message.contains(&address.to_string()) && message.contains("in use"), "{message}");
}

#[tokio::test]
async fn doors_open_on_sockets_that_were_handed_over_and_none_may_be_missing() {
    let handed = |kinds: &[DoorKind]| {
        let socket = |kind: &DoorKind| HandedSocket {
            service: "lamps".to_owned(),
            kind: *kind,
            socket: TcpListener::bind("127.0.0.1:0").unwrap(),
        };
        kinds.iter().map(socket).collect::<Vec<_>>()
    };
    let host = Host { network: Network::Handed(handed(&[DoorKind::Public])), ..simulated() };
    let message = refusal(vec![service()], host).await;
    assert!(message.contains("no socket was handed over for its internal door"), "{message}");
    let sockets = handed(&[DoorKind::Public, DoorKind::Internal]);
    let addresses: Vec<_> = sockets.iter().map(|each| each.socket.local_addr().unwrap()).collect();
    let running = run(service(), Host { network: Network::Handed(sockets), ..simulated() }).await;
    let open: Vec<_> = running.doors().into_iter().map(|door| door.address).collect();
    assert_eq!(open, addresses);
    running.shutdown().await;
}

#[tokio::test]
async fn a_peer_or_a_producer_that_is_not_there_is_named() {
    let calls = |init: &mut Init<NoSettings>| {
        init.peer("candles");
        start(init)
    };
    let caller = Definition::new("lamps", "Lamps.", calls).build();
    assert!(refusal(vec![caller], simulated()).await.contains(r#"unknown peer "candles""#));
    let follower = definition().follows(Subscription::<Lamps>::to("candles")).build();
    let message = refusal(vec![follower], simulated()).await;
    assert!(message.contains(r#"unknown peer "candles/internal""#), "{message}");
    assert!(message.contains("say where: peers.candles.internal"), "{message}");
}

#[tokio::test]
async fn a_dependency_that_the_service_does_not_tell_of_is_named() {
    let calls = |init: &mut Init<NoSettings>| {
        init.dependency("lamps");
        start(init)
    };
    let silent = Definition::new("lamps", "Lamps.", calls).public(4010, routes()).build();
    let message = refusal(vec![silent], simulated()).await;
    assert_eq!(message, r#"lamps: it depends on lamps and does not say so: add .calls("lamps")"#);
}

#[tokio::test]
async fn a_service_that_cannot_build_its_state_says_why() {
    let broken = |_: &mut Init<NoSettings>| Err::<Lamps, _>("no bulbs".to_owned());
    let service = Definition::new("lamps", "Lamps.", broken).build();
    assert_eq!(refusal(vec![service], simulated()).await, "lamps: no bulbs");
}
