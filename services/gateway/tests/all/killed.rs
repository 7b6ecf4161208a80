//! Endpoints that are killed under load: processes, so that the system closes their connections as it does in life.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tradewind_testkit::{Answer, Connection, Folder, Process, until};

use crate::backend::{Backend, Does, answer, receive};
use crate::gateway::{Gateway, address};

/// Names the file into which an endpoint in a process of its own writes what it was asked.
const FILE: &str = "TRADEWIND_TEST_ENDPOINT";
const CLIENTS: usize = 8;
/// How many requests are answered well before the endpoint is killed, and how many more after it.
const REQUESTS: usize = 800;

/// Not a test: what a process of this program does that is to be killed.
#[tokio::test]
#[ignore = "serves until it is killed"]
async fn serves_until_it_is_killed() {
    let Ok(file) = std::env::var(FILE) else { return };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("\nendpoint at {}", listener.local_addr().unwrap());
    let file = Arc::new(file);
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(serve(stream, file.clone()));
    }
}

async fn serve(mut stream: TcpStream, file: Arc<String>) {
    let mut bytes = Vec::new();
    while let Some(request) = receive(&mut stream, &mut bytes).await {
        // What is in the file was done, whatever becomes of the process.
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(&*file).unwrap();
        file.write_all(format!("{}\n", request.target()).as_bytes()).unwrap();
        if stream.write_all(answer("killed").as_bytes()).await.is_err() {
            return;
        }
    }
}

/// An endpoint in a process of its own.
async fn endpoint(folder: &Folder) -> (Process, SocketAddr) {
    let program = std::env::current_exe().unwrap();
    let arguments = ["--exact", "killed::serves_until_it_is_killed", "--ignored", "--nocapture"];
    let file = done(folder);
    let variables = [(FILE, file.to_str().unwrap())];
    let mut process = Process::start(program.to_str().unwrap(), &arguments, folder.path(), &variables);
    process.says("endpoint at ").await;
    let address = address(&process.output(), "endpoint at ");
    (process, address)
}

fn done(folder: &Folder) -> std::path::PathBuf {
    folder.path().join("done")
}

/// What clients of a closed loop saw: how many requests were answered well, and how many were not.
#[derive(Default)]
struct Seen {
    good: AtomicUsize,
    /// What was answered instead.
    failed: Mutex<Vec<String>>,
    is_enough: AtomicBool,
}

impl Seen {
    fn good(&self) -> usize {
        self.good.load(Ordering::Relaxed)
    }

    /// Waits until so many more requests than now were answered well.
    async fn more(&self, count: usize) {
        let enough = self.good() + count;
        until("enough is answered", async || (self.good() >= enough).then_some(())).await;
    }
}

/// Each client sends one request when the one before was answered; its number stands in the target.
async fn client(address: SocketAddr, method: &str, number: usize, seen: &Seen) {
    let mut connection = Connection::open(address).await;
    for request in 0.. {
        if seen.is_enough.load(Ordering::Relaxed) {
            return;
        }
        let body = if matches!(method, "PUT" | "POST") { "hat" } else { "" };
        let (length, target) = (body.len(), format!("/{method}-{number}-{request}"));
        let head =
            format!("{method} {target} HTTP/1.1\r\nHost: shop\r\nContent-Length: {length}\r\n\r\n{body}");
        connection.send(head.as_bytes()).await;
        let answer = connection.answer().await;
        match &answer {
            Some(answer) if answer.status == 200 => _ = seen.good.fetch_add(1, Ordering::Relaxed),
            failed => seen.failed.lock().unwrap().push(format!("{target}: {}", said(failed.as_ref()))),
        }
        if answer.is_none_or(|answer| answer.header("connection") == Some("close")) {
            connection = Connection::open(address).await;
        }
    }
}

fn said(answer: Option<&Answer>) -> String {
    answer.map_or_else(
        || "the connection was closed".to_owned(),
        |answer| format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)),
    )
}

struct Outcome {
    good: usize,
    failed: Vec<String>,
    /// The targets of the requests that reached an endpoint, each with how often.
    reached: BTreeMap<String, usize>,
}

/// Loads a gateway before so many endpoints, of which one is killed meanwhile.
async fn killed(count: usize, methods: [&'static str; CLIENTS]) -> Outcome {
    let folder = Folder::new("endpoint");
    let (process, address) = endpoint(&folder).await;
    let mut others = Vec::new();
    for _ in 1..count {
        others.push(Backend::start("other", Does::Answers).await);
    }
    let addresses: Vec<SocketAddr> = others.iter().map(|other| other.address).chain([address]).collect();
    let gateway = Gateway::before(&addresses, &["--threads", "2"]).await;
    let (seen, door) = (Arc::new(Seen::default()), gateway.address);
    let clients: Vec<_> = methods
        .into_iter()
        .enumerate()
        .map(|(number, method)| {
            let seen = seen.clone();
            tokio::spawn(async move { client(door, method, number, &seen).await })
        })
        .collect();
    seen.more(REQUESTS).await;
    // The load goes on until it has ended, so that it is killed under load however long that takes.
    process.signal("KILL").await;
    assert_eq!(process.ended().await.code, None);
    seen.more(REQUESTS).await;
    seen.is_enough.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    let own = read(&done(&folder));
    assert!(!own.is_empty(), "the endpoint was asked");
    let others = others.iter().flat_map(Backend::received).map(|request| request.target().to_owned());
    let mut reached = BTreeMap::new();
    for target in own.into_iter().chain(others) {
        *reached.entry(target).or_default() += 1;
    }
    Outcome { good: seen.good(), failed: seen.failed.lock().unwrap().clone(), reached }
}

fn read(file: &Path) -> Vec<String> {
    std::fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn costs_no_request_that_may_be_repeated() {
    for count in [2, 10] {
        let methods = ["GET", "GET", "GET", "PUT", "GET", "DELETE", "GET", "PUT"];
        let outcome = killed(count, methods).await;
        assert_eq!(outcome.failed, [""; 0], "with {count} endpoints");
        assert_eq!(outcome.reached.len(), outcome.good);
    }
}

#[tokio::test]
async fn has_no_other_request_done_twice() {
    for count in [2, 10] {
        let outcome = killed(count, ["POST"; CLIENTS]).await;
        let twice: Vec<_> = outcome.reached.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "with {count} endpoints: {twice:?}");
        // One for each client was under way when it was killed at most. The system closes connections and the listener
        // one after the other, so a client's next one can still be taken in by an endpoint that does nothing any more.
        assert!(outcome.failed.len() <= 2 * CLIENTS, "with {count} endpoints: {:#?}", outcome.failed);
    }
}
