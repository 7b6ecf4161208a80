//! A service that needs another one: what a call carries, how long it may take, and what is seen of it.

use std::sync::Arc;
use std::time::Duration;

use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{Assembly, Definition, Dependency, Host, Init, NoSettings, Running, Service};
use tradewind_client::Source;
use tradewind_problem::Problem;

use crate::lamps::{get, read, service, simulated};

/// A room with lamps; gives what the lamps say, or how it did without.
pub fn room() -> Service {
    let routes = Routes::new().get("/lamps/{number}", ask).get("/slow", wait);
    let start = |init: &mut Init<NoSettings>| Ok(init.dependency("lamps").within(Duration::from_millis(300)));
    Definition::new("rooms", "Rooms.", start)
        .public(4020, routes)
        .internal(4120, Routes::new())
        .calls("lamps")
        .build()
}

async fn ask(lamps: Arc<Dependency>, call: Call) -> Result<Reply, Problem> {
    let seen: serde_json::Value = lamps.caller(&call).get("/lamps/7").await?;
    Reply::ok(&serde_json::json!({ "seen": seen, "trace": call.context().trace.trace_id() }))
}

async fn wait(lamps: Arc<Dependency>, call: Call) -> Result<Reply, Problem> {
    let answer = lamps.caller(&call).get_or("/slow", |_| "dark".to_owned()).await?;
    let why = match answer.source {
        Source::Peer => "peer".to_owned(),
        Source::Fallback { reason, .. } => reason.to_string(),
    };
    Reply::ok(&(answer.value, why))
}

async fn start(settings: &[&str]) -> Running {
    let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
    let host = Host { settings: SettingsSource::new().overrides(&settings).unwrap(), ..simulated() };
    Assembly::new(vec![service(), room()]).start(host, &mut |_, _| {}).await.unwrap()
}

async fn send(running: &Running, door: &str, path: &str) -> String {
    let (status, _, text) = read(running.book().peer(door).send(get(path)).await.unwrap()).await;
    assert_eq!(status, 200, "{text}");
    text
}

#[tokio::test(start_paused = true)]
async fn a_call_belongs_to_the_trace_of_its_request() {
    let running = start(&[]).await;
    let answer: serde_json::Value =
        serde_json::from_str(&send(&running, "rooms/public", "/lamps/1").await).unwrap();
    assert_eq!(answer["seen"]["number"], 7);
    assert_eq!(answer["seen"]["trace"], answer["trace"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_at_its_own_limit_and_the_metrics_say_why() {
    let running = start(&["client.peers.lamps.breaker.failures=2"]).await;
    let before = running.clock().monotonic();
    for why in ["deadline-exceeded", "deadline-exceeded", "breaker-open"] {
        assert_eq!(send(&running, "rooms/public", "/slow").await, format!(r#"["dark","{why}"]"#));
    }
    assert_eq!(running.clock().monotonic().saturating_sub(before), Duration::from_millis(600));
    let metrics = send(&running, "rooms/internal", "/metrics").await;
    for line in [
        r#"peer_breaker_state{service="rooms",peer="lamps"} 2"#,
        r#"peer_fallbacks_total{service="rooms",peer="lamps",reason="breaker-open"} 1"#,
        r#"peer_fallbacks_total{service="rooms",peer="lamps",reason="deadline-exceeded"} 2"#,
        r#"peer_refusals_total{service="rooms",peer="lamps",reason="breaker-open"} 1"#,
        r#"peer_calls_in_flight{service="rooms",peer="lamps"} 0"#,
        r#"peer_calls_waiting{service="rooms",peer="lamps"} 0"#,
        r#"peer_retries_allowed{service="rooms",peer="lamps"} 100"#,
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    assert!(!send(&running, "lamps/internal", "/metrics").await.contains("peer_"), "lamps call nobody");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_who_asked() {
    let running = start(&["http.deadline=200ms"]).await;
    let before = running.clock().monotonic();
    let (status, _, _) = read(running.book().peer("rooms/public").send(get("/slow")).await.unwrap()).await;
    // At the same moment the request and the call are over: either may be noticed first.
    assert!([200, 504].contains(&status.as_u16()));
    assert_eq!(running.clock().monotonic().saturating_sub(before), Duration::from_millis(200));
}

/// Somebody who asks lamps what only the fleet may ask.
fn caretaker() -> Service {
    let start = |init: &mut Init<NoSettings>| Ok(init.dependency("lamps/internal"));
    Definition::new("caretaker", "Looks after the lamps.", start)
        .public(4021, Routes::new().get("/peers", look))
        .calls("lamps/internal")
        .build()
}

async fn look(lamps: Arc<Dependency>, call: Call) -> Result<Reply, Problem> {
    Reply::ok(&lamps.caller(&call).get::<serde_json::Value>("/peers").await?)
}

#[tokio::test(start_paused = true)]
async fn an_internal_door_lets_the_services_of_the_fleet_in() {
    let services = vec![service(), caretaker()];
    let running = Assembly::new(services).start(simulated(), &mut |_, _| {}).await.unwrap();
    // Who does not belong to the fleet is sent away.
    let stranger = running.book().peer("lamps/internal").send(get("/peers")).await.unwrap();
    assert_eq!(read(stranger).await.0, 401);
    send(&running, "caretaker/public", "/peers").await;
}
