//! `up --processes`: every service as a process of its own.

mod foreign;
mod keeping;
mod restarting;
mod secured;
mod starting;

use serde_json::Value;
use tradewind_testkit::until;

use crate::support::{Place, Up};

/// The processes of a fleet, as `ps --json` gives them.
async fn ps(place: &Place) -> Vec<Value> {
    let ended = place.run(&["ps", "--data", "data", "--json"]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    serde_json::from_str(&ended.output).unwrap()
}

/// The only process of a service.
async fn process_of(place: &Place, service: &str) -> Value {
    let found = ps(place).await.into_iter().find(|view| view["service"] == service);
    found.unwrap_or_else(|| panic!("no process of {service}"))
}

/// Waits until a service is ready in another process than this one; gives its number.
async fn replaced(place: &Place, service: &str, before: &Value) -> Value {
    until(&format!("another process of {service}"), async || {
        let view = process_of(place, service).await;
        (view["ready"] == true && view["process"] != *before).then(|| view["process"].clone())
    })
    .await
}

/// Ends a process as a crash does.
async fn kill(process: &Value) {
    signal(process, "-9").await;
}

/// Sends a signal; whether there was somebody to get it.
async fn signal(process: &Value, name: &str) -> bool {
    let mut kill = tokio::process::Command::new("kill");
    let number = process.as_u64().unwrap().to_string();
    kill.args([name, &number]).stderr(std::process::Stdio::null());
    kill.status().await.unwrap().success()
}

/// Whether a process runs; one that ended and is not buried does not.
fn runs(process: &Value) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = status.rsplit(')').next().and_then(|rest| rest.trim().chars().next());
    state.is_some_and(|state| state != 'Z')
}

/// Starts a fleet of processes whose internal doors can be asked by hand.
async fn up(place: &Place, more: &[&str]) -> Up {
    place.up(&[&["--processes", "--plain"], more].concat()).await
}

/// Starts a fleet of processes that know each other by certificates, as usual.
async fn secured(place: &Place) -> Up {
    place.up(&["--processes"]).await
}
