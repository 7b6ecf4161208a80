//! The data plane in front of such a backend.

use std::any::Any;
use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use tradewind_data_plane::{
    Answer, Answered, BackendProtocol, BackendTls, Bound, Cluster, ClusterSettings, Coding, Compression,
    CopyCounts, Decision, Edge, EdgeThread, Forward, Limits, Listener, MediaTypes, Mirrored, Outcome,
    Request, Room, Server, Settings, Timers,
};
use tradewind_problem::NOT_FOUND;

/// Status, reason and attempts of each request.
type Outcomes = Arc<Mutex<Vec<(u16, Option<&'static str>, u32)>>>;

/// How long the backend was waited for, of each answer that has begun; zero where the request was not whole.
type Heads = Arc<Mutex<Vec<Duration>>>;

pub struct Gateway {
    pub address: SocketAddr,
    pub outcomes: Outcomes,
    pub heads: Heads,
    /// What became of copies.
    pub copies: Arc<CopyCounts>,
    server: Server,
}

impl Gateway {
    /// Takes nothing new from now on.
    pub fn stop(&self) {
        self.server.ask();
    }

    /// The status, the reason and the attempts of the only request so far, once it has ended.
    pub async fn outcome(&self) -> (u16, Option<&'static str>, u32) {
        loop {
            if let Some(outcome) = self.outcomes.lock().unwrap().pop() {
                return outcome;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

#[derive(Clone)]
pub struct Way {
    pub endpoints: Vec<SocketAddr>,
    /// Who gets copies.
    pub mirrors: Vec<(SocketAddr, BackendProtocol)>,
    pub protocol: BackendProtocol,
    pub tls: Option<BackendTls>,
    pub request_timeout: Option<Duration>,
    pub idle: Duration,
    pub most_requests: u32,
    pub room: Option<Arc<Room>>,
    pub most_body: Option<u64>,
    pub timers: Timers,
    pub limits: Limits,
    /// Headers that clients get besides.
    pub response: Vec<(&'static str, &'static str)>,
    /// Whether clients get text compressed.
    pub compresses: bool,
}

impl Way {
    pub fn to(endpoint: SocketAddr) -> Self {
        Self {
            endpoints: vec![endpoint],
            mirrors: Vec::new(),
            protocol: BackendProtocol::Http2,
            tls: None,
            request_timeout: None,
            idle: Duration::from_secs(30),
            most_requests: 1_024,
            room: None,
            most_body: None,
            timers: Timers { drain: Duration::from_millis(100), ..Timers::default() },
            limits: Limits { streams: 250, ..Limits::default() },
            response: Vec::new(),
            compresses: false,
        }
    }
}

/// The types that are compressed.
struct Text;

impl MediaTypes for Text {
    fn contains(&self, content_type: &str) -> bool {
        content_type == "text/plain"
    }
}

struct OneWay(Way, Outcomes, Heads, Arc<CopyCounts>);

struct OneThread {
    cluster: Rc<Cluster>,
    mirrors: Vec<Rc<Cluster>>,
    copies: Arc<CopyCounts>,
    timeout: Option<Duration>,
    most_body: Option<u64>,
    response: Vec<(&'static str, &'static str)>,
    compresses: bool,
    outcomes: Outcomes,
    heads: Heads,
    is_sent: Cell<bool>,
}

pub fn gateway(way: Way) -> Gateway {
    let mut settings = Settings { threads: 1, ..Settings::default() };
    (settings.timers, settings.limits) = (way.timers, way.limits);
    let bound = Bound::bind(vec![Listener::plain(([127, 0, 0, 1], 0).into())], settings).expect("a port");
    let outcomes = Outcomes::default();
    let heads = Heads::default();
    let copies = Arc::<CopyCounts>::default();
    let edge = OneWay(way, Arc::clone(&outcomes), Arc::clone(&heads), copies.clone());
    let server = bound.serve(&(Arc::new(edge) as Arc<dyn Edge>), 1).expect("a thread");
    Gateway { address: server.addresses()[0], outcomes, heads, copies, server }
}

impl Edge for OneWay {
    fn thread(&self) -> Box<dyn EdgeThread> {
        let settings = ClusterSettings {
            protocol: self.0.protocol,
            tls: self.0.tls.clone(),
            idle: self.0.idle,
            most_requests: self.0.most_requests,
            room: self.0.room.clone(),
            ..ClusterSettings::default()
        };
        let cluster = Cluster::new("backend", settings);
        cluster.set_endpoints(&self.0.endpoints);
        let mirror = |(address, protocol): &(SocketAddr, BackendProtocol)| {
            let cluster =
                Cluster::new("mirror", ClusterSettings { protocol: *protocol, ..ClusterSettings::default() });
            cluster.set_endpoints(&[*address]);
            Rc::new(cluster)
        };
        let (timeout, most_body) = (self.0.request_timeout, self.0.most_body);
        let (response, compresses) = (self.0.response.clone(), self.0.compresses);
        let (outcomes, heads) = (self.1.clone(), self.2.clone());
        Box::new(OneThread {
            cluster: Rc::new(cluster),
            mirrors: self.0.mirrors.iter().map(mirror).collect(),
            copies: self.3.clone(),
            timeout,
            most_body,
            response,
            compresses,
            outcomes,
            heads,
            is_sent: Cell::new(false),
        })
    }
}

impl EdgeThread for OneThread {
    fn decide(&self, request: &Request<'_>) -> Decision {
        if request.path() == "/nowhere" {
            return Decision::Answer(Answer::problem(&NOT_FOUND, "There is no route: 100 %."), None);
        }
        let mut forward = Forward::to(self.cluster.clone(), request.path().to_owned(), Rc::new(()));
        forward.request_timeout = self.timeout;
        forward.most_body = self.most_body;
        let mirrored =
            |cluster: &Rc<Cluster>| Mirrored { cluster: cluster.clone(), counts: self.copies.clone() };
        forward.mirrors = self.mirrors.iter().map(mirrored).collect();
        for (name, value) in &self.response {
            forward.response_headers.push((HeaderName::from_static(name), HeaderValue::from_static(value)));
        }
        if self.compresses {
            let accepted = request.header("accept-encoding").unwrap_or_default();
            let coding = Coding::accepted(&[Coding::Gzip], accepted);
            forward.compression = Some(Compression { coding, least: 100, types: Arc::new(Text) });
        }
        Decision::Forward(Box::new(forward))
    }

    fn sent(&self, _: &Rc<dyn Any>) {
        self.is_sent.set(true);
    }

    fn answered(&self, answered: &Answered, _: &Rc<dyn Any>) {
        let was_sent = self.is_sent.replace(false);
        self.heads.lock().unwrap().push(if was_sent { answered.took } else { Duration::ZERO });
    }

    fn finished(&self, _: &Request<'_>, outcome: &Outcome, _: Option<&Rc<dyn Any>>) {
        self.outcomes.lock().unwrap().push((outcome.status, outcome.reason, outcome.attempts));
    }

    fn tick(&self) {
        self.cluster.sweep();
    }
}
