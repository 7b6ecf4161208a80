//! Endpoints that come from EndpointSlices: pods come, become unready, end and go; zones; an API server that is away.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::Request;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tradewind_client::{
    Body, Discovery, Endpoints, FarClient, Follower, Found, PhoneBook, Slices, Standpoint,
};
use tradewind_kernel::{Clock, Entropy};
use tradewind_testkit::{FakeCluster, until, within};

fn slices(fake: &FakeCluster, zone: &str, node: &str) -> Slices {
    let standpoint = Standpoint { zone: Some(zone.to_owned()), node: Some(node.to_owned()) };
    Slices::new(Some(fake.uri()), standpoint, (Clock::system(), Entropy::seeded(3)))
}

fn source(fake: &FakeCluster) -> Box<dyn Discovery> {
    slices(fake, "", "").source("lamps", "house", "http")
}

fn slice(name: &str, service: &str, port: u16, endpoints: &[Value]) -> Value {
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"namespace": "house", "name": name, "labels": {"kubernetes.io/service-name": service}},
        "endpoints": endpoints, "ports": [{"name": "http", "port": port}],
    })
}

fn ready(address: &str, zone: &str) -> Value {
    json!({"addresses": [address], "conditions": {"ready": true}, "zone": zone, "nodeName": format!("node-{zone}")})
}

fn ending(address: &str) -> Value {
    let conditions = json!({"ready": false, "serving": true, "terminating": true});
    json!({"addresses": [address], "conditions": conditions})
}

async fn next(source: &mut Box<dyn Discovery>) -> Result<Vec<String>, String> {
    let shown = |found: Found| {
        let leaving = if found.is_leaving { " leaving" } else { "" };
        let elsewhere = if found.is_elsewhere { " elsewhere" } else { "" };
        format!("{}{leaving}{elsewhere}", found.address)
    };
    within("news", source.next()).await.map(|found| found.into_iter().map(shown).collect())
}

/// The next list that is told, whatever trouble is told before it.
async fn list(source: &mut Box<dyn Discovery>) -> Vec<String> {
    loop {
        if let Ok(list) = next(source).await {
            return list;
        }
    }
}

#[tokio::test]
async fn pods_come_become_unready_end_and_go() {
    let fake = FakeCluster::start().await;
    fake.apply(slice("a", "lamps", 80, &[ready("10.0.0.1", "a"), ready("10.0.0.2", "a")]));
    fake.apply(slice("x", "chairs", 80, &[ready("10.0.9.9", "a")]));
    let mut source = source(&fake);
    assert_eq!(list(&mut source).await, ["10.0.0.1:80", "10.0.0.2:80"]);
    fake.apply(slice("b", "lamps", 81, &[ready("10.0.0.3", "b")]));
    assert_eq!(list(&mut source).await, ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:81"]);
    let unready = json!({"addresses": ["10.0.0.2"], "conditions": {"ready": false}});
    fake.apply(slice("a", "lamps", 80, &[ready("10.0.0.1", "a"), unready]));
    assert_eq!(list(&mut source).await, ["10.0.0.1:80", "10.0.0.3:81"]);
    fake.apply(slice("a", "lamps", 80, &[ending("10.0.0.1")]));
    assert_eq!(list(&mut source).await, ["10.0.0.1:80 leaving", "10.0.0.3:81"]);
    fake.delete("EndpointSlice", "house", "a");
    assert_eq!(list(&mut source).await, ["10.0.0.3:81"]);
    fake.delete("EndpointSlice", "house", "b");
    let trouble = next(&mut source).await.unwrap_err();
    assert_eq!(trouble, "no endpoint of lamps.house is ready at a port http");
}

#[tokio::test]
async fn one_watch_is_enough_for_all_peers_of_a_namespace() {
    let fake = FakeCluster::start().await;
    fake.apply(slice("a", "lamps", 80, &[ready("10.0.0.1", "a")]));
    fake.apply(slice("b", "chairs", 81, &[ready("10.0.0.2", "a")]));
    let slices = slices(&fake, "", "");
    for (service, address) in [("lamps", "10.0.0.1:80"), ("chairs", "10.0.0.2:81")] {
        let mut first = slices.source(service, "house", "http");
        let mut second = slices.source(service, "house", "http");
        assert_eq!(
            (list(&mut first).await, list(&mut second).await),
            (vec![address.into()], vec![address.into()])
        );
    }
    let asked = fake.asked();
    assert_eq!(asked.iter().filter(|asked| !asked.is_watch()).count(), 1, "{asked:?}");
    assert!(asked.iter().all(|asked| asked.path.contains("/namespaces/house/endpointslices")), "{asked:?}");
    assert!(asked.iter().all(|asked| asked.query.contains("kubernetes.io%2Fservice-name")), "{asked:?}");
}

#[tokio::test]
async fn the_own_zone_goes_first_while_it_has_its_share() {
    let fake = FakeCluster::start().await;
    let endpoints = [ready("10.0.0.1", "a"), ready("10.0.0.2", "b")];
    fake.apply(slice("a", "lamps", 80, &endpoints));
    let elsewhere = ["10.0.0.1:80", "10.0.0.2:80 elsewhere"];
    let mut by_zone = slices(&fake, "a", "").source("lamps", "house", "http");
    let mut by_node = slices(&fake, "", "node-a").source("lamps", "house", "http");
    assert_eq!(list(&mut by_zone).await, elsewhere);
    assert_eq!(list(&mut by_node).await, elsewhere, "another pod on the node tells the zone");
    fake.apply(slice("b", "lamps", 80, &[ready("10.0.0.3", "b"), ready("10.0.0.4", "b")]));
    let all = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80"];
    assert_eq!(list(&mut by_zone).await, all, "one of four is too little for half of the callers");
    fake.delete("EndpointSlice", "house", "b");
    assert_eq!(list(&mut by_zone).await, elsewhere);
}

#[tokio::test]
async fn an_outage_is_told_and_changes_nothing() {
    let fake = FakeCluster::start().await;
    fake.apply(slice("a", "lamps", 80, &[ready("10.0.0.1", "a")]));
    let mut source = source(&fake);
    assert_eq!(list(&mut source).await, ["10.0.0.1:80"]);
    fake.outage(true);
    assert!(next(&mut source).await.unwrap_err().contains("the API server did not answer"));
    fake.apply(slice("a", "lamps", 80, &[ready("10.0.0.2", "a")]));
    fake.forget_history();
    fake.outage(false);
    // What was known may be told again, until it is followed again.
    let mut told = list(&mut source).await;
    while told == ["10.0.0.1:80"] {
        told = list(&mut source).await;
    }
    assert_eq!(told, ["10.0.0.2:80"]);
}

/// A server that answers everything, and counts.
async fn replica() -> (SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, taken) = (listener.local_addr().unwrap(), Arc::<AtomicU64>::default());
    let counts = taken.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, counts.clone()));
        }
    });
    (address, taken)
}

async fn answer(mut stream: TcpStream, taken: Arc<AtomicU64>) {
    let mut buffer = Vec::new();
    let mut piece = [0; 4_096];
    while let Ok(read @ 1..) = stream.read(&mut piece).await {
        buffer.extend_from_slice(&piece[..read]);
        while let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            buffer.drain(..end + 4);
            taken.fetch_add(1, Ordering::SeqCst);
            if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1").await.is_err() {
                return;
            }
        }
    }
}

#[tokio::test]
async fn who_is_gone_gets_no_call_and_the_last_ones_are_kept() {
    let fake = FakeCluster::start().await;
    let ((one, of_one), (other, of_other)) = (replica().await, replica().await);
    let here = |name: &str, at: SocketAddr| slice(name, "lamps", at.port(), &[ready("127.0.0.1", "a")]);
    fake.apply(here("one", one));
    fake.apply(here("other", other));
    let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
    let book = PhoneBook::new(clock.clone(), entropy.fork("book"));
    let endpoints = Endpoints::new(clock, entropy, "slices");
    book.enter_endpoints("lamps", endpoints.clone());
    let follower =
        Follower::new(endpoints.clone(), source(&fake), Arc::new(|address: &str| FarClient::new(address)));
    tokio::spawn(follower.run());
    let known = async |count: usize| {
        until("the endpoints", async || (endpoints.located().len() == count).then_some(())).await;
    };
    let call = async || {
        let answer = within("an answer", book.peer("lamps").send(Request::new(Body::empty()))).await;
        assert!(answer.unwrap().status().is_success());
    };
    known(2).await;
    for _ in 0..20 {
        Box::pin(call()).await;
    }
    let taken = |counts: &AtomicU64| counts.swap(0, Ordering::SeqCst);
    assert!(taken(&of_one) > 0 && taken(&of_other) > 0, "both are called");
    fake.delete("EndpointSlice", "house", "one");
    known(1).await;
    for _ in 0..20 {
        Box::pin(call()).await;
    }
    assert_eq!((taken(&of_one), taken(&of_other)), (0, 20));
    fake.delete("EndpointSlice", "house", "other");
    let told = || book.peers_state().iter().any(|peer| peer.trouble.is_some());
    until("that there is none", async || told().then_some(())).await;
    Box::pin(call()).await;
    assert_eq!(taken(&of_other), 1, "a source may be wrong: the last ones are kept");
}
