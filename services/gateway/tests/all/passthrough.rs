//! `TLSRoute`: connections that go to backends by the name that a client asks for.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tradewind_testkit::until;

use crate::gateway::Gateway;
use crate::ports::{document, free_offset};

const PASS: &str = "name: tls, port: 443, protocol: TLS, tls: {mode: Passthrough}";

fn tls_route(name: &str, host: &str, backends: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: TLSRoute\nmetadata: {{name: {name}}}\nspec:\n  \
         parentRefs: [{{name: tradewind}}]\n  hostnames: ['{host}']\n  rules: [{{backendRefs: [{backends}]}}]\n"
    )
}

/// A backend that says its name, then back what it gets.
async fn backend(name: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut all = Vec::new();
                stream.read_to_end(&mut all).await.unwrap();
                stream.write_all(name.as_bytes()).await.unwrap();
                stream.write_all(&all).await.unwrap();
            });
        }
    });
    address
}

/// A first message of TLS that asks for a host.
fn hello(name: &str) -> Vec<u8> {
    let vector = |bytes: usize, data: &[u8]| [&(data.len() as u32).to_be_bytes()[4 - bytes..], data].concat();
    let list = vector(2, &[&[0][..], &vector(2, name.as_bytes())].concat());
    let extensions = [&[0, 0][..], &vector(2, &list)].concat();
    let parts = [&[3, 3][..], &[7; 32], &[0], &vector(2, &[0x13, 1]), &[1, 0], &vector(2, &extensions)];
    let message = [&[1][..], &vector(3, &parts.concat())].concat();
    [&[22, 3, 1][..], &vector(2, &message)].concat()
}

/// What comes back for some bytes, to the end.
async fn ask(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let _ = stream.shutdown().await;
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all).await;
    all
}

async fn started(files: &[(&str, &str)], arguments: &[&str]) -> (Gateway, SocketAddr) {
    let offset = free_offset();
    let gateway = document(&[PASS]);
    let files: Vec<(&str, &str)> =
        [("gateway.yaml", gateway.as_str())].iter().chain(files).copied().collect();
    let offset_text = offset.to_string();
    let arguments = [arguments, &["--port-offset", &offset_text]].concat();
    let gateway = Gateway::start(&files, &arguments).await;
    assert_eq!(gateway.address.port(), offset + 443);
    let address = gateway.address;
    (gateway, address)
}

#[tokio::test]
async fn names_lead_to_backends_by_weight_and_are_counted_and_logged() {
    let (one, two) = (backend("one").await, backend("two").await);
    let (first, second) = (
        tls_route("one", "a.example", "{name: one, port: 443}"),
        tls_route(
            "both",
            "*.example",
            "{name: one, port: 443, weight: 1}, {name: two, port: 443, weight: 3}",
        ),
    );
    let given = [format!("--backend=one:443={one}"), format!("--backend=two:443={two}")];
    let given: Vec<&str> = given.iter().map(String::as_str).chain(["--access-log", "lines.log"]).collect();
    let (gateway, address) = started(&[("first.yaml", &first), ("second.yaml", &second)], &given).await;
    let asked = hello("A.Example");
    assert_eq!(ask(address, &asked).await, [b"one", &asked[..]].concat());
    let mut of_two = 0;
    for _ in 0..40 {
        let answer = ask(address, &hello("b.example")).await;
        of_two += usize::from(answer.starts_with(b"two"));
    }
    assert!((18..40).contains(&of_two), "{of_two} of 40 for three quarters");
    assert_eq!(ask(address, &hello("other.test")).await, [21, 3, 3, 0, 2, 2, 112]);
    assert_eq!(ask(address, b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n").await, b"");
    let metrics = until("all are counted", async || {
        let text = gateway.ask("/metrics").await.text();
        (text.contains("end=\"whole\"} 40") && text.contains("reason=\"no-tls\"} 1")).then_some(text)
    })
    .await;
    for line in [
        "gateway_connections_total{route=\"TLSRoute default/one\",rule=\"0\",end=\"whole\"} 1",
        "gateway_open_connections{route=\"TLSRoute default/one\",rule=\"0\"} 0",
        "gateway_refused_total{reason=\"unknown-name\"} 1",
        &format!(
            "gateway_connection_bytes_total{{route=\"TLSRoute default/one\",rule=\"0\",direction=\"in\"}} {}",
            asked.len()
        ),
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    let log = gateway.routes().parent().unwrap().join("lines.log");
    let lines = until("all are logged", async || {
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        (text.lines().count() >= 43).then_some(text)
    })
    .await;
    let line = lines.lines().find(|line| line.contains("\"a.example\"")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        (&line["upstream"], &line["route"]),
        (&one.to_string().into(), &"TLSRoute default/one".into())
    );
    assert_eq!((&line["bytes_in"], &line["bytes_out"]), (&asked.len().into(), &(asked.len() + 3).into()));
    assert_eq!((&line["connection"], line.get("refusal")), (&"tls".into(), None));
    assert!(
        lines.contains("\"server_name\":\"other.test\"") && lines.contains("\"refusal\":\"unknown-name\"")
    );
}

#[tokio::test]
async fn routes_and_policies_change_while_connections_go_on() {
    let (one, two) = (backend("one").await, backend("two").await);
    let route = |service: &str| tls_route("r", "a.example", &format!("{{name: {service}, port: 443}}"));
    let given = [format!("--backend=one:443={one}"), format!("--backend=two:443={two}")];
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let (gateway, address) = started(&[("route.yaml", &route("one"))], &given).await;
    let mut kept = TcpStream::connect(address).await.unwrap();
    kept.write_all(&hello("a.example")).await.unwrap();
    until("it is passed on", async || {
        let text = gateway.ask("/metrics").await.text();
        text.contains("gateway_open_connections{route=\"TLSRoute default/r\",rule=\"0\"} 1").then_some(())
    })
    .await;
    gateway.write("route.yaml", &route("two"));
    until("the other one answers", async || {
        ask(address, &hello("a.example")).await.starts_with(b"two").then_some(())
    })
    .await;
    kept.shutdown().await.unwrap();
    let mut answer = Vec::new();
    kept.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"one"));
    let policy = |spec: &str| {
        format!(
            "apiVersion: policy.tradewind.dev/v1\nkind: RoutePolicy\nmetadata: {{name: p}}\nspec:\n  targetRefs: \
             [{{group: gateway.networking.k8s.io, kind: Gateway, name: tradewind}}]\n  {spec}\n"
        )
    };
    const DENIED: [u8; 7] = [21, 3, 3, 0, 2, 2, 49];
    let becomes = async |what: &str, expected: &dyn Fn(&[u8]) -> bool| {
        until(what, async || expected(&ask(address, &hello("a.example")).await).then_some(())).await;
    };
    gateway.write("policy.yaml", &policy("access: {deny: [127.0.0.0/8]}"));
    becomes("addresses are denied", &|answer| answer == DENIED).await;
    gateway.write("policy.yaml", &policy("access: {allow: [127.0.0.0/8]}"));
    becomes("addresses are allowed", &|answer| answer.starts_with(b"two")).await;
    let jwt = "jwt: {providers: [{name: a, issuer: 'https://them', audiences: [shop], jwks: {uri: 'https://them/keys'}}]}";
    gateway.write("policy.yaml", &policy(jwt));
    becomes("a token is wanted that nobody can show", &|answer| answer == DENIED).await;
    // What cannot be read protects all the same.
    gateway.write("policy.yaml", &policy("acces: {}"));
    becomes("the older reading holds", &|answer| answer == DENIED).await;
}
