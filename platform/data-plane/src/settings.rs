//! Bounds on connections and requests.

use std::time::Duration;

use tradewind_http_validation::head::HeadLimits;

/// How the server serves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Threads, each with listening sockets of its own; one for each core is what there should be.
    pub threads: usize,
    /// How long phases may take.
    pub timers: Timers,
    /// How much there may be.
    pub limits: Limits,
    /// The names of protocols that a client may upgrade to, in lower case; `websocket` by default.
    pub upgrades: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            timers: Timers::default(),
            limits: Limits::default(),
            upgrades: vec!["websocket".to_owned()],
        }
    }
}

/// The version of HTTP that a backend speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BackendProtocol {
    /// HTTP/1.1: a connection carries one request after the other.
    #[default]
    Http1,
    /// HTTP/2: a connection carries many requests at a time. In clear the backend has to speak it without being asked
    /// (prior knowledge, "h2c"); with TLS it has to agree to it (ALPN "h2"). What gRPC needs.
    Http2,
}

/// How long each phase of a connection may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// A TLS handshake. Default 10 s.
    pub handshake: Duration,
    /// A connection without a request. Default 60 s; longer than what most clients keep one for.
    pub idle: Duration,
    /// From the first byte of a head to its last. Default 10 s.
    pub head: Duration,
    /// Between two pieces of a body, either way, and for a client to take a piece of an answer. Default 30 s.
    pub body: Duration,
    /// From the head of a request whose body is of unknown length: what has come by then goes to a backend, and the rest
    /// follows as it comes. Its client may be waiting for an answer to the beginning, so this is short. Default 100 ms.
    pub collect: Duration,
    /// From the last byte of a request to the first of its answer, unless the route says otherwise. Default 15 s.
    pub answer: Duration,
    /// A tunnel (a WebSocket, say) through which nothing goes. Default 1 h.
    pub tunnel: Duration,
    /// How long a connection is kept for its client to read a refusal. Default 2 s.
    pub linger: Duration,
    /// How long a connection without a request is kept when the server stops. A client may be sending one at this very
    /// moment; it gets its answer, and is told with it that the connection ends. Default 1 s.
    pub farewell: Duration,
    /// How long requests under way may take when the server stops. Default 60 s.
    pub drain: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            head: Duration::from_secs(10),
            body: Duration::from_secs(30),
            collect: Duration::from_millis(100),
            answer: Duration::from_secs(15),
            tunnel: Duration::from_secs(3600),
            linger: Duration::from_secs(2),
            farewell: Duration::from_secs(1),
            drain: Duration::from_secs(60),
        }
    }
}

/// How much there may be of what costs memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Request heads.
    pub head: HeadLimits,
    /// Heads of answers; backends are known, and their cookies and policies are long. Default 64 KiB, 200 fields.
    pub answer_head: HeadLimits,
    /// Connections of clients on one thread. Default 10,000.
    pub connections: usize,
    /// Connections of one client address on one thread. Default 1,000: a company behind one address is one client.
    pub connections_of_client: usize,
    /// Bytes of a request's body. Default 64 MiB.
    pub body: u64,
    /// Interim answers (`103`) before the answer. Default 8.
    pub interim: u32,
    /// Bytes of a request's body that are waited for before a backend is asked. A body that is whole by then is kept, so
    /// that the request can be sent again; of a longer one the rest follows as it comes. Default 64 KiB.
    pub replay: usize,
    /// Bytes of bodies that one thread holds while it waits for the rest of them. Further bodies go to backends as they
    /// come. Default 16 MiB.
    pub collected: usize,
    /// Streams that one HTTP/2 connection may have at a time. Default 100 (RFC 9113 §6.5.2 advises no fewer).
    pub streams: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: HeadLimits::default(),
            answer_head: HeadLimits { max_head_bytes: 64 * 1024, max_headers: 200, max_target_bytes: 0 },
            connections: 10_000,
            connections_of_client: 1_000,
            body: 64 * 1024 * 1024,
            interim: 8,
            replay: 64 * 1024,
            collected: 16 * 1024 * 1024,
            streams: 100,
        }
    }
}
