//! A server that passes connections on by name, and what stands before and behind it.

use std::any::Any;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tradewind_data_plane::{
    Admission, Answer, Bound, Bounds, Certificate, Cluster, ClusterSettings, Decision, Edge, EdgeThread,
    Introduction, Listener, ListenerBounds, Outcome, Pass, Passed, Refused, Request, Server, ServerTls,
    Settings,
};

/// Longer than whatever is waited for, however busy the machine.
pub const LONG: Duration = Duration::from_secs(20);

/// What came of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub name: Option<String>,
    pub reason: Option<&'static str>,
    pub upstream: Option<SocketAddr>,
    pub attempts: u32,
    pub bytes: (u64, u64),
}

/// Decides by names: `pass.example` goes to the backends as it is, `end.example` ends here and goes to them, `web.example`
/// is HTTP; `denied.example` and `broken.example` are refused.
pub struct ByName {
    backends: Vec<SocketAddr>,
    pub told: Arc<Mutex<Vec<Told>>>,
}

impl Edge for ByName {
    fn thread(&self) -> Box<dyn EdgeThread> {
        let cluster = Cluster::new("backend", ClusterSettings::default());
        cluster.set_endpoints(&self.backends);
        Box::new(OfThread { cluster: Rc::new(cluster), told: self.told.clone() })
    }
}

struct OfThread {
    cluster: Rc<Cluster>,
    told: Arc<Mutex<Vec<Told>>>,
}

impl EdgeThread for OfThread {
    fn decide(&self, request: &Request<'_>) -> Decision {
        let name = request.server_name().unwrap_or_default().to_owned();
        Decision::Answer(Answer::new(200, "").body(name), None)
    }

    fn finished(&self, _: &Request<'_>, _: &Outcome, _: Option<&Rc<dyn Any>>) {}

    fn is_by_name(&self, _: u16) -> bool {
        true
    }

    fn admit(&self, introduction: &Introduction<'_>) -> Admission {
        let pass =
            |ends_tls| Admission::Pass(Pass { cluster: self.cluster.clone(), ends_tls, mark: Rc::new(7_u8) });
        match introduction.server_name {
            Some("pass.example") => pass(false),
            Some("end.example") => pass(true),
            Some("web.example") => Admission::Http,
            Some("denied.example") => Admission::Refuse(Refused::NotAllowed, None),
            Some("broken.example") => Admission::Refuse(Refused::Broken, None),
            _ => Admission::Refuse(Refused::UnknownName, None),
        }
    }

    fn passed(&self, introduction: &Introduction<'_>, passed: &Passed, mark: Option<&Rc<dyn Any>>) {
        let is_decided = matches!(introduction.server_name, Some("pass.example" | "end.example"));
        assert_eq!(mark.is_some(), is_decided, "{passed:?}");
        self.told.lock().unwrap().push(Told {
            name: introduction.server_name.map(str::to_owned),
            reason: passed.reason,
            upstream: passed.upstream,
            attempts: passed.attempts,
            bytes: (passed.bytes_in, passed.bytes_out),
        });
    }
}

pub struct Running {
    pub server: Server,
    pub told: Arc<Mutex<Vec<Told>>>,
    /// The certificate of `end.example` and `web.example`, which has signed itself.
    pub certificate: rcgen::CertifiedKey<rcgen::KeyPair>,
}

/// Starts it before these backends, with changed settings.
pub fn start(backends: &[SocketAddr], change: impl FnOnce(&mut Settings, &mut Bounds)) -> Running {
    let mut settings = Settings { threads: 1, ..Settings::default() };
    let mut bounds = Bounds::from(&settings);
    change(&mut settings, &mut bounds);
    let names = vec!["end.example".to_owned(), "web.example".to_owned()];
    let certificate = rcgen::generate_simple_self_signed(names.clone()).unwrap();
    let (chain, key) = (certificate.cert.pem(), certificate.signing_key.serialize_pem());
    let shown = Certificate::from_pem(names, chain.as_bytes(), key.as_bytes()).unwrap();
    let mut listener = Listener::plain(([127, 0, 0, 1], 0).into());
    listener.tls = Some(ServerTls::new(vec![shown], None).unwrap());
    listener.bounds = Some(ListenerBounds::new(bounds));
    let bound = Bound::bind(vec![listener], settings).unwrap();
    let edge = ByName { backends: backends.to_vec(), told: Arc::default() };
    let told = edge.told.clone();
    let server = bound.serve(&(Arc::new(edge) as Arc<dyn Edge>), 1).unwrap();
    Running { server, told, certificate }
}

impl Running {
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.server.addresses()[0]).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream
    }

    /// What is told next, once it is.
    pub fn told(&self) -> Told {
        until(|| {
            let mut told = self.told.lock().unwrap();
            (!told.is_empty()).then(|| told.remove(0))
        })
    }
}

/// Looks until there is something.
pub fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < LONG, "it never comes");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A backend that does the same with every connection.
pub struct Backend {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Backend {
    pub fn start(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (serve, counted) = (Arc::new(serve), connections.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
                let serve = serve.clone();
                std::thread::spawn(move || serve(stream.unwrap()));
            }
        });
        Self { address, connections }
    }

    /// Reads all that comes, then says it back behind its length, and ends.
    pub fn mirror() -> Self {
        Self::start(|mut stream| {
            let mut all = Vec::new();
            stream.read_to_end(&mut all).unwrap();
            stream.write_all(format!("{} ", all.len()).as_bytes()).unwrap();
            stream.write_all(&all).unwrap();
        })
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// An address that nobody listens at.
pub fn nobody() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
}

/// A first message that asks for a host, or for none, in records of so many bytes.
pub fn hello(name: Option<&str>, record: usize) -> Vec<u8> {
    let vector = |bytes: usize, data: &[u8]| [&(data.len() as u32).to_be_bytes()[4 - bytes..], data].concat();
    let named = |name: &str| {
        let list = vector(2, &[&[0][..], &vector(2, name.as_bytes())].concat());
        [&[0, 0][..], &vector(2, &list)].concat()
    };
    let extensions = [name.map(named).unwrap_or_default(), vec![0, 43, 0, 3, 2, 3, 4]].concat();
    let parts = [&[3, 3][..], &[7; 32], &[0], &vector(2, &[0x13, 1]), &[1, 0], &vector(2, &extensions)];
    let message = [&[1][..], &vector(3, &parts.concat())].concat();
    message.chunks(record).flat_map(|part| [&[22, 3, 1][..], &vector(2, part)].concat()).collect()
}

/// Says something and nothing more, and what comes back until the end.
pub fn says(stream: &mut TcpStream, bytes: &[u8]) -> Vec<u8> {
    // Who is refused may be closed before all is said.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    rest(stream)
}

/// All that comes until the end; a reset is an end, too.
pub fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let (mut all, mut piece) = (Vec::new(), [0; 64 * 1024]);
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return all,
            Ok(count) => all.extend_from_slice(&piece[..count]),
            Err(error) => {
                assert!(error.kind() != std::io::ErrorKind::WouldBlock, "the connection stays open");
                return all;
            }
        }
    }
}

/// A record with an alert.
pub fn alert(code: u8) -> Vec<u8> {
    vec![21, 3, 3, 0, 2, 2, code]
}
