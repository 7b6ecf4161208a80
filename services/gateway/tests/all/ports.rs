//! Ports that come and go while the gateway serves, and what is told of listeners.

use std::net::SocketAddr;

use serde_json::Value;
use tradewind_testkit::{Connection, Request, until};

use crate::backend::{Backend, Does};
use crate::gateway::{Gateway, route, secret};

/// Free ports for documents' 80, 81 and 443.
pub fn free_offset() -> u16 {
    let free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    // Tests beside this one begin elsewhere, below the ports that the system gives to clients.
    static NEXT: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(0);
    let process = 1_000 + (std::process::id() % 100) as u16 * 100;
    loop {
        let offset = process + NEXT.fetch_add(500, std::sync::atomic::Ordering::Relaxed) % 20_000;
        if [80, 81, 443].iter().all(|port| free(offset + port)) {
            return offset;
        }
    }
}

pub fn document(listeners: &[&str]) -> String {
    let listeners: String = listeners.iter().map(|listener| format!("  - {{{listener}}}\n")).collect();
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: tradewind}}\nspec:\n  \
         gatewayClassName: tradewind\n  listeners:\n{listeners}"
    )
}

const HTTP: &str = "name: http, port: 80, protocol: HTTP";
const MORE: &str = "name: more, port: 81, protocol: HTTP";

async fn started(backend: &Backend, listeners: &[&str]) -> (Gateway, u16) {
    let (document, route, offset) = (document(listeners), route("shop", "/"), free_offset());
    let files = [("gateway.yaml", document.as_str()), ("shop.yaml", &route)];
    let given = format!("--backend=shop:80={}", backend.address);
    let gateway =
        Gateway::start(&files, &[&given, "--port-offset", &offset.to_string(), "--drain", "20"]).await;
    (gateway, offset)
}

fn at(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

async fn is_served(address: SocketAddr) {
    until("the port is served", async || {
        Request::new("GET", "/").attempt(address).await.filter(|answer| answer.status == 200).map(drop)
    })
    .await;
}

async fn is_closed(address: SocketAddr) {
    until("the port is closed", async || {
        tokio::net::TcpStream::connect(address).await.is_err().then_some(())
    })
    .await;
}

/// The conditions of a listener: of each kind whether it holds, and why.
async fn conditions(gateway: &Gateway, listener: &str) -> Vec<(String, String, String)> {
    let status: Value = gateway.ask("/status").await.json();
    let gateways = status["gateways"].as_array().unwrap();
    let listeners = gateways.iter().flat_map(|gateway| gateway["listeners"].as_array().unwrap());
    let found = listeners.filter(|found| found["name"] == listener);
    let conditions = found.flat_map(|found| found["conditions"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    conditions.map(|one| (text(&one["type"]), text(&one["status"]), text(&one["reason"]))).collect()
}

async fn says(gateway: &Gateway, listener: &str, expected: (&str, &str, &str)) {
    until(&format!("{listener} says {expected:?}"), async || {
        let found = conditions(gateway, listener).await;
        found
            .iter()
            .any(|(kind, status, reason)| (kind.as_str(), status.as_str(), reason.as_str()) == expected)
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_port_is_opened_and_closed_while_requests_are_answered() {
    let backend = Backend::start("shop", Does::Answers).await;
    let (gateway, offset) = started(&backend, &[HTTP]).await;
    let (first, second) = (at(offset + 80), at(offset + 81));
    is_served(first).await;
    is_closed(second).await;
    gateway.write("gateway.yaml", &document(&[HTTP, MORE]));
    is_served(second).await;
    says(&gateway, "more", ("Programmed", "True", "Programmed")).await;
    // A request that is under way at a port which goes.
    let permits = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    backend.now(Does::Waits(permits.clone()));
    let before = backend.received().len();
    let mut busy = Connection::open(second).await;
    busy.send(b"GET /busy HTTP/1.1\r\nHost: a\r\n\r\n").await;
    until("it has come", async || (backend.received().len() > before).then_some(())).await;
    gateway.write("gateway.yaml", &document(&[HTTP]));
    is_closed(second).await;
    permits.add_permits(1_000);
    assert_eq!(busy.answer().await.unwrap().status, 200);
    assert!(busy.answer().await.is_none(), "the connection goes with the port");
    is_served(first).await;
    // And once more, also in the place of the first.
    gateway.write("gateway.yaml", &document(&[MORE]));
    is_served(second).await;
    is_closed(first).await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_opened_once_it_is_free() {
    let backend = Backend::start("shop", Does::Answers).await;
    let (gateway, offset) = started(&backend, &[HTTP]).await;
    let taken = std::net::TcpListener::bind(at(offset + 81)).unwrap();
    gateway.write("gateway.yaml", &document(&[HTTP, MORE]));
    says(&gateway, "more", ("Accepted", "False", "PortUnavailable")).await;
    says(&gateway, "more", ("Programmed", "False", "Invalid")).await;
    is_served(at(offset + 80)).await;
    assert_eq!(gateway.errors().matches("a listener cannot be opened").count(), 1);
    drop(taken);
    is_served(at(offset + 81)).await;
    says(&gateway, "more", ("Accepted", "True", "Accepted")).await;
}

#[tokio::test]
async fn a_port_in_clear_becomes_one_with_tls_and_nothing_of_it_is_told_in_clear() {
    let backend = Backend::start("shop", Does::Answers).await;
    let (gateway, offset) = started(&backend, &[HTTP]).await;
    let address = at(offset + 80);
    let mut kept = Connection::open(address).await;
    kept.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(kept.answer().await.unwrap().status, 200);
    gateway.write("secret.yaml", &secret("certificate", "shop.example"));
    gateway.write(
        "gateway.yaml",
        &document(&["name: https, port: 80, protocol: HTTPS, tls: {certificateRefs: [{name: certificate}]}"]),
    );
    says(&gateway, "https", ("Programmed", "True", "Programmed")).await;
    // What is refused in clear is refused as no TLS, or finds no route on a connection from before.
    until("nothing is answered in clear", async || {
        let answer = Request::new("GET", "/").attempt(address).await;
        answer.is_none_or(|answer| answer.status != 200).then_some(())
    })
    .await;
    kept.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(kept.answer().await.is_none_or(|answer| answer.status == 404));
}

#[tokio::test]
async fn listeners_in_conflict_are_not_served_and_say_so() {
    let backend = Backend::start("shop", Does::Answers).await;
    let clash = "name: clash, port: 81, protocol: TLS, tls: {mode: Passthrough}";
    let (gateway, offset) = started(&backend, &[HTTP, MORE, clash]).await;
    is_served(at(offset + 80)).await;
    is_closed(at(offset + 81)).await;
    for listener in ["more", "clash"] {
        says(&gateway, listener, ("Conflicted", "True", "ProtocolConflict")).await;
        says(&gateway, listener, ("Programmed", "False", "Invalid")).await;
    }
    says(&gateway, "http", ("Conflicted", "False", "NoConflicts")).await;
    assert!(gateway.errors().contains("ProtocolConflict"), "{}", gateway.errors());
    gateway.write("gateway.yaml", &document(&[HTTP, MORE]));
    is_served(at(offset + 81)).await;
}

#[tokio::test]
async fn certificates_that_cannot_be_used_are_told() {
    let backend = Backend::start("shop", Does::Answers).await;
    let (gateway, offset) = started(&backend, &[HTTP]).await;
    let broken = "apiVersion: v1\nkind: Secret\nmetadata: {name: broken}\ntype: kubernetes.io/tls\nstringData: {tls.crt: a, tls.key: b}\n";
    gateway.write("secret.yaml", broken);
    let of = |name: &str| {
        format!("name: https, port: 443, protocol: HTTPS, tls: {{certificateRefs: [{{name: {name}}}]}}")
    };
    gateway.write("gateway.yaml", &document(&[HTTP, &of("nowhere")]));
    says(&gateway, "https", ("ResolvedRefs", "False", "InvalidCertificateRef")).await;
    gateway.write("gateway.yaml", &document(&[HTTP, &of("broken")]));
    until("its certificate cannot be read", async || {
        gateway.ask("/status").await.text().contains("there is no certificate in it").then_some(())
    })
    .await;
    says(&gateway, "https", ("ResolvedRefs", "False", "InvalidCertificateRef")).await;
    is_closed(at(offset + 443)).await;
    gateway.write("secret.yaml", &secret("broken", "shop.example"));
    says(&gateway, "https", ("Programmed", "True", "Programmed")).await;
    until("it is open", async || tokio::net::TcpStream::connect(at(offset + 443)).await.ok().map(drop)).await;
}

#[tokio::test]
async fn a_port_that_came_later_is_handed_on_to_a_new_process() {
    let backend = Backend::start("shop", Does::Answers).await;
    let (gateway, offset) = started(&backend, &[HTTP]).await;
    let folder = gateway.routes().parent().unwrap().canonicalize().unwrap();
    let _ends = crate::upgrade::EndsAll(&folder);
    gateway.write("gateway.yaml", &document(&[MORE]));
    is_served(at(offset + 81)).await;
    is_closed(at(offset + 80)).await;
    let before = crate::upgrade::processes_in(&folder);
    gateway.signal("USR2").await;
    until("another process is there alone", async || {
        // Nobody is refused meanwhile: the socket stays open.
        assert_eq!(Request::new("GET", "/").send(at(offset + 81)).await.status, 200);
        let after = crate::upgrade::processes_in(&folder);
        (after.len() == 1 && after != before).then_some(())
    })
    .await;
    is_served(at(offset + 81)).await;
    is_closed(at(offset + 80)).await;
}
