//! Guards in front of the HTTP server, on a real connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_chassis::{
    ConnectionGuard, DataFolder, Definition, DoorKind, GuardRefusal, Host, Network, NoSettings, Running,
    Service, Storage,
};
use tradewind_kernel::Clock;
use tradewind_problem::{INVALID_HEADER, Problem};

use tradewind_testkit::Folder;

use crate::lamps::{run, simulated};

/// Lets whole heads pass and refuses one that holds the word `evil`.
#[derive(Default)]
struct Wary {
    waiting: Vec<u8>,
    heads: u64,
}

impl ConnectionGuard for Wary {
    fn feed(&mut self, input: &[u8], released: &mut Vec<u8>) -> Result<(), GuardRefusal> {
        self.waiting.extend_from_slice(input);
        while let Some(end) = self.waiting.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let head: Vec<u8> = self.waiting.drain(..end + 4).collect();
            if String::from_utf8_lossy(&head).contains("evil") {
                let problem = Problem::new(&INVALID_HEADER).detail("No evil here.");
                return Err(GuardRefusal { problem, answerable: true });
            }
            self.heads += 1;
            released.extend(head);
        }
        Ok(())
    }

    fn heads(&self) -> u64 {
        self.heads
    }
}

/// Answers, to `/later` after a while.
async fn good(_: Arc<()>, call: Call) -> Result<Reply, Problem> {
    if call.uri().path() == "/later" {
        call.clock().sleep(Duration::from_millis(100)).await;
    }
    Reply::ok(&"good")
}

fn guarded() -> Service {
    let routes = Routes::new().otherwise(good);
    Definition::new("lamps", "Lamps.", |_: &mut tradewind_chassis::Init<NoSettings>| Ok(()))
        .data_plane(4000, routes, Arc::new(|| Box::new(Wary::default())))
        .internal(4110, Routes::new())
        .build()
}

async fn exchange(running: &Running, bytes: &[u8]) -> String {
    let door = running.doors().into_iter().find(|door| door.kind == DoorKind::DataPlane).unwrap();
    let mut stream = TcpStream::connect(door.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(10), reading).await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

fn host() -> (Host, Folder) {
    let folder = Folder::new("guards");
    let storage = Storage::Folder(DataFolder::open(folder.path()).unwrap());
    (Host { clock: Clock::system(), storage, network: Network::Free, ..simulated() }, folder)
}

#[tokio::test]
async fn a_client_that_has_closed_its_side_is_answered() {
    let (host, _folder) = host();
    let running = run(guarded(), host).await;
    let door = running.doors().into_iter().find(|door| door.kind == DoorKind::DataPlane).unwrap();
    let mut stream = TcpStream::connect(door.address).await.unwrap();
    stream.write_all(b"GET /later HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    let reading = stream.read_to_string(&mut answer);
    tokio::time::timeout(Duration::from_secs(10), reading).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    running.shutdown().await;
}

#[tokio::test]
async fn a_refused_head_is_answered_after_the_requests_before_it() {
    let (host, _folder) = host();
    let running = run(guarded(), host).await;
    let good = "GET /a HTTP/1.1\r\nhost: x\r\n\r\n";
    let evil = "GET /evil HTTP/1.1\r\nhost: x\r\n\r\n";
    let answer = exchange(&running, format!("{good}{good}{evil}{good}").as_bytes()).await;
    let statuses: Vec<_> = answer.split("HTTP/1.1 ").skip(1).map(|part| &part[..3]).collect();
    assert_eq!(statuses, ["200", "200", "400"], "{answer}");
    assert!(answer.contains("No evil here.") && answer.contains("connection: close"), "{answer}");
    running.shutdown().await;
}
