//! Replicas on real sockets that die, hang, reset, say that they are busy, and come back, while they are called.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use http::{Method, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tradewind_client::{
    Address, Body, EndpointCondition, Endpoints, FarClient, Located, OutReason, PhoneBook,
};
use tradewind_kernel::{Clock, Entropy};

const LIMIT: Duration = Duration::from_secs(30);

const WORKS: u32 = 0;
const BUSY: u32 = 1;
const HANGS: u32 = 2;
const RESETS: u32 = 3;

/// A replica: a small server whose process can be killed.
struct Replica {
    address: SocketAddr,
    manner: Arc<AtomicU32>,
    /// Requests that asked for work, not for health.
    taken: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Replica {
    fn start() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap())
    }

    fn at(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(address).unwrap();
        let listener = socket.listen(256).unwrap();
        let address = listener.local_addr().unwrap();
        let (manner, taken) = (Arc::<AtomicU32>::default(), Arc::<AtomicU64>::default());
        let task = tokio::spawn(accept(listener, manner.clone(), taken.clone()));
        Self { address, manner, taken, task }
    }

    /// What `kill -9` does: the listener and every connection are gone at once.
    async fn kill(&mut self) {
        self.task.abort();
        assert!((&mut self.task).await.unwrap_err().is_cancelled());
    }

    fn becomes(&self, manner: u32) {
        self.manner.store(manner, Ordering::SeqCst);
    }

    fn taken(&self) -> u64 {
        self.taken.swap(0, Ordering::SeqCst)
    }

    fn located(&self) -> Located {
        let name = self.address.to_string();
        let address = Address::Far(FarClient::new(&name).unwrap());
        Located { name, address, instance: None, is_leaving: false, is_elsewhere: false }
    }
}

/// Connections live within this future, and end with it.
async fn accept(listener: TcpListener, manner: Arc<AtomicU32>, taken: Arc<AtomicU64>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        connections.spawn(answer(stream, manner.clone(), taken.clone()));
    }
}

async fn answer(mut stream: TcpStream, manner: Arc<AtomicU32>, taken: Arc<AtomicU64>) {
    let mut buffer = Vec::new();
    loop {
        let mut piece = [0; 4_096];
        let Ok(read @ 1..) = stream.read(&mut piece).await else { return };
        buffer.extend_from_slice(&piece[..read]);
        // Bodies are of five bytes, or none.
        while let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let body = if head.contains("content-length: 5") { 5 } else { 0 };
            if buffer.len() < end + 4 + body {
                break;
            }
            buffer.drain(..end + 4 + body);
            let asks_for_health = head.starts_with("get /readyz");
            if !asks_for_health {
                taken.fetch_add(1, Ordering::SeqCst);
            }
            let text = match manner.load(Ordering::SeqCst) {
                BUSY => "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n",
                HANGS => return std::future::pending().await,
                RESETS if !asks_for_health => return,
                _ => "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1",
            };
            if stream.write_all(text.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

struct Rig {
    book: PhoneBook,
    endpoints: Endpoints,
    clock: Clock,
    prober: JoinHandle<()>,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.prober.abort();
    }
}

impl Rig {
    fn new(replicas: &[Replica]) -> Self {
        let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
        let book = PhoneBook::new(clock.clone(), entropy.fork("book"));
        let endpoints = Endpoints::new(clock.clone(), entropy, "a test");
        endpoints.set(replicas.iter().map(Replica::located).collect());
        book.enter_endpoints("peer", endpoints.clone());
        let prober = tokio::spawn(endpoints.clone().look_after());
        Self { book, endpoints, clock, prober }
    }

    async fn send(&self, method: Method, keyed: bool) -> bool {
        let mut request = Request::new(Body::from("12345".to_owned()));
        *request.method_mut() = method;
        if keyed {
            request.headers_mut().insert("idempotency-key", http::HeaderValue::from_static("k"));
        }
        let answered = self.book.peer("peer").send(request).await;
        answered.is_ok_and(|response| response.status().is_success())
    }

    /// Waits until an endpoint is as it should be.
    async fn until(&self, replica: &Replica, is_so: impl Fn(EndpointCondition) -> bool) {
        let name = replica.address.to_string();
        let waiting = async {
            loop {
                let state = self.book.peers_state().remove(0);
                if state.endpoints.iter().any(|each| each.name == name && is_so(each.condition)) {
                    return;
                }
                self.send(Method::GET, false).await;
                self.clock.sleep(Duration::from_millis(5)).await;
            }
        };
        self.clock.timeout(LIMIT, waiting).await.unwrap();
    }
}

fn is_out(reason: OutReason) -> impl Fn(EndpointCondition) -> bool {
    move |condition| matches!(condition, EndpointCondition::Out { reason: is, .. } if is == reason)
}

/// Calls from many tasks until `stop`; gives (answered, failed).
fn load(rig: &Arc<Rig>, tasks: usize, stop: &Arc<AtomicBool>) -> Vec<JoinHandle<(u64, u64)>> {
    let each = |at: usize| {
        let (rig, stop) = (rig.clone(), stop.clone());
        tokio::spawn(async move {
            let (mut answered, mut failed) = (0, 0);
            while !stop.load(Ordering::SeqCst) {
                let sent = if at.is_multiple_of(2) {
                    rig.send(Method::GET, false).await
                } else {
                    rig.send(Method::POST, true).await
                };
                if sent { answered += 1 } else { failed += 1 }
            }
            (answered, failed)
        })
    };
    (0..tasks).map(each).collect()
}

async fn total(tasks: Vec<JoinHandle<(u64, u64)>>) -> (u64, u64) {
    let mut sum = (0, 0);
    for task in tasks {
        let (answered, failed) = task.await.unwrap();
        sum = (sum.0 + answered, sum.1 + failed);
    }
    sum
}

#[tokio::test]
async fn a_replica_that_is_killed_under_load_fails_no_request_that_may_arrive_twice() {
    let mut replicas = [Replica::start(), Replica::start(), Replica::start()];
    let rig = Arc::new(Rig::new(&replicas));
    let stop = Arc::<AtomicBool>::default();
    let tasks = load(&rig, 16, &stop);
    let taken_by_all = async |count: u64| {
        let waiting = async {
            while replicas.iter().any(|replica| replica.taken.load(Ordering::SeqCst) < count) {
                rig.clock.sleep(Duration::from_millis(5)).await;
            }
        };
        rig.clock.timeout(LIMIT, waiting).await.unwrap();
    };
    taken_by_all(100).await;
    replicas[0].kill().await;
    rig.until(&replicas[0], is_out(OutReason::Refused)).await;
    let again = Replica::at(replicas[0].address);
    rig.until(&again, |condition| !matches!(condition, EndpointCondition::Out { .. })).await;
    let waiting = async {
        while again.taken.load(Ordering::SeqCst) < 20 {
            rig.clock.sleep(Duration::from_millis(5)).await;
        }
    };
    rig.clock.timeout(LIMIT, waiting).await.unwrap();
    stop.store(true, Ordering::SeqCst);
    let (answered, failed) = total(tasks).await;
    assert_eq!(failed, 0, "of {answered}");
    assert!(rig.book.peers_state()[0].rerouted > 0);
}

#[tokio::test]
async fn a_replica_that_hangs_is_left_alone_by_its_probes_and_comes_back() {
    let replicas = [Replica::start(), Replica::start()];
    let rig = Rig::new(&replicas);
    // Calls that hang would wait for long: the first one begins the probing, and no other goes out until they tell.
    assert!(rig.send(Method::GET, false).await);
    replicas[0].becomes(HANGS);
    let name = replicas[0].address.to_string();
    let waiting = async {
        loop {
            let state = rig.book.peers_state().remove(0);
            let hangs = state.endpoints.iter().find(|each| each.name == name).unwrap();
            if is_out(OutReason::Unresponsive)(hangs.condition) {
                return;
            }
            rig.clock.sleep(Duration::from_millis(5)).await;
        }
    };
    rig.clock.timeout(LIMIT, waiting).await.unwrap();
    replicas[0].taken();
    for _ in 0..50 {
        assert!(rig.send(Method::GET, false).await);
    }
    assert_eq!(replicas[0].taken(), 0);
    replicas[0].becomes(WORKS);
    rig.until(&replicas[0], |condition| !matches!(condition, EndpointCondition::Out { .. })).await;
}

#[tokio::test]
async fn a_replica_that_says_it_is_not_ready_fails_nothing_and_gets_nothing() {
    let replicas = [Replica::start(), Replica::start()];
    let rig = Rig::new(&replicas);
    replicas[0].becomes(BUSY);
    for _ in 0..20 {
        assert!(rig.send(Method::GET, false).await, "a 503 is passed over while somebody else is there");
    }
    rig.until(&replicas[0], is_out(OutReason::NotReady)).await;
    replicas[0].taken();
    for _ in 0..50 {
        assert!(rig.send(Method::POST, false).await);
    }
    assert_eq!(replicas[0].taken(), 0);
}

#[tokio::test]
async fn a_connection_that_breaks_is_no_answer_and_the_replica_is_back_as_soon_as_it_answers_probes() {
    let replicas = [Replica::start(), Replica::start()];
    let rig = Rig::new(&replicas);
    replicas[0].becomes(RESETS);
    for _ in 0..50 {
        assert!(rig.send(Method::GET, false).await);
    }
    let state = rig.book.peers_state().remove(0);
    assert!(state.ejections[&OutReason::Reset] > 0, "{state:?}");
    replicas[0].becomes(WORKS);
    rig.until(&replicas[0], |condition| !matches!(condition, EndpointCondition::Out { .. })).await;
}

#[tokio::test]
async fn a_command_without_a_key_goes_elsewhere_when_no_connection_could_be_opened() {
    let mut replicas = [Replica::start(), Replica::start()];
    replicas[0].kill().await;
    let rig = Rig::new(&replicas);
    for _ in 0..50 {
        assert!(rig.send(Method::POST, false).await);
    }
}

#[tokio::test]
async fn one_endpoint_alone_is_not_probed_and_tried_again_on_a_new_connection() {
    let replica = [Replica::start()];
    let rig = Rig::new(&replica);
    assert!(rig.send(Method::GET, false).await);
    replica[0].becomes(RESETS);
    let failing = rig.send(Method::GET, false);
    let mends = async {
        while replica[0].taken.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
        replica[0].becomes(WORKS);
    };
    let (answered, ()) = tokio::join!(failing, mends);
    assert!(answered);
    assert_eq!(rig.book.peers_state()[0].rerouted, 0);
    assert_eq!(rig.endpoints.located().len(), 1);
}
