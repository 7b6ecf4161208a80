//! Listeners that are opened and closed while others serve.

use std::any::Any;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tradewind_data_plane::{
    Bound, Cluster, ClusterSettings, Decision, Edge, EdgeThread, Forward, Listener, Outcome, Request, Server,
    Settings,
};

const LONG: Duration = Duration::from_secs(20);

struct ToBackend(SocketAddr);

impl Edge for ToBackend {
    fn thread(&self) -> Box<dyn EdgeThread> {
        let cluster = Cluster::new("backend", ClusterSettings::default());
        cluster.set_endpoints(&[self.0]);
        Box::new(OfThread(Rc::new(cluster)))
    }
}

struct OfThread(Rc<Cluster>);

impl EdgeThread for OfThread {
    fn decide(&self, request: &Request<'_>) -> Decision {
        let target = format!("{}?{}", request.path(), request.port());
        Decision::Forward(Box::new(Forward::to(self.0.clone(), target, Rc::new(()))))
    }

    fn finished(&self, _: &Request<'_>, _: &Outcome, _: Option<&Rc<dyn Any>>) {}
}

/// A backend that reads requests and answers when it is told to.
struct Backend(TcpListener);

impl Backend {
    fn start() -> Self {
        Self(TcpListener::bind(("127.0.0.1", 0)).unwrap())
    }

    /// The next connection, once a whole request has come over it.
    fn request(&self) -> (TcpStream, String) {
        let (mut stream, _) = self.0.accept().unwrap();
        let head = head(&mut stream).unwrap();
        (stream, head)
    }
}

fn answer(stream: &mut TcpStream) {
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nit").unwrap();
}

/// All up to the next empty line; none where the connection ends first.
fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            Ok(_) => return None,
            Err(error) => {
                assert!(error.kind() != std::io::ErrorKind::WouldBlock, "the connection stays open");
                return None;
            }
        }
    }
    Some(String::from_utf8(head).unwrap().to_ascii_lowercase())
}

fn server(backend: &Backend, change: impl FnOnce(&mut Settings)) -> Server {
    let mut settings = Settings { threads: 2, ..Settings::default() };
    change(&mut settings);
    let bound = Bound::bind(vec![listener(1)], settings).unwrap();
    let edge = ToBackend(backend.0.local_addr().unwrap());
    bound.serve(&(Arc::new(edge) as Arc<dyn Edge>), 1).unwrap()
}

/// A listener on a free port, with a name.
fn listener(name: u16) -> Listener {
    Listener { port: Some(name), ..Listener::plain(([127, 0, 0, 1], 0).into()) }
}

fn ask(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream.write_all(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    stream
}

fn is_closed(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_err()
}

fn wait(mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < LONG, "it never comes");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_listener_that_comes_later_serves_on_all_threads() {
    let backend = Backend::start();
    let mut server = server(&backend, |_| {});
    let first = server.addresses()[0];
    let second = server.open(listener(2)).unwrap();
    assert_eq!(server.addresses(), [first, second]);
    let names: Vec<u16> = server.sockets().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [1, 1, 2, 2]);
    for (address, name) in (0..8).flat_map(|_| [(first, 1), (second, 2)]) {
        let mut client = ask(address);
        let (mut stream, request) = backend.request();
        assert!(request.starts_with(&format!("get /a?{name} ")), "{request}");
        answer(&mut stream);
        assert!(head(&mut client).unwrap().starts_with("http/1.1 200"));
    }
    assert_eq!(server.drain(), 0);
}

#[test]
fn one_that_cannot_be_opened_is_told_and_changes_nothing() {
    let backend = Backend::start();
    let mut server = server(&backend, |_| {});
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let error = server.open(Listener::plain(taken.local_addr().unwrap())).unwrap_err();
    assert!(error.reason.contains("in use"), "{error}");
    assert_eq!((server.addresses().len(), server.sockets().len()), (1, 2));
}

#[test]
fn requests_under_way_end_and_connections_without_one_are_closed() {
    let backend = Backend::start();
    let mut server = server(&backend, |settings| settings.timers.farewell = Duration::from_millis(50));
    let (first, second) = (server.addresses()[0], server.open(listener(2)).unwrap());
    let mut idle = TcpStream::connect(second).unwrap();
    idle.set_read_timeout(Some(LONG)).unwrap();
    let mut busy = ask(second);
    let (mut stream, _) = backend.request();
    let mut other = ask(first);
    let (mut other_stream, _) = backend.request();
    server.close(2);
    assert_eq!(server.addresses(), [first]);
    assert!(server.sockets().iter().all(|(name, _)| *name == 1), "nobody is handed what is closed");
    wait(|| is_closed(second));
    assert_eq!(head(&mut idle), None);
    answer(&mut stream);
    assert!(head(&mut busy).unwrap().starts_with("http/1.1 200"));
    busy.read_exact(&mut [0; 2]).unwrap();
    assert_eq!(head(&mut busy), None, "it waits for no further request");
    // The other listener has noticed nothing.
    answer(&mut other_stream);
    assert!(!head(&mut other).unwrap().contains("connection: close"));
    other.read_exact(&mut [0; 2]).unwrap();
    other.write_all(b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let (mut stream, _) = backend.request();
    answer(&mut stream);
    assert!(head(&mut other).unwrap().starts_with("http/1.1 200"));
    // What was closed may be opened again, also in the same place.
    let again = Listener { port: Some(2), ..Listener::plain(second) };
    assert_eq!(server.open(again).unwrap(), second);
    let mut client = ask(second);
    let (mut stream, _) = backend.request();
    answer(&mut stream);
    assert!(head(&mut client).unwrap().starts_with("http/1.1 200"));
    assert_eq!(server.drain(), 0);
}

#[test]
fn what_does_not_end_in_time_is_dropped() {
    let backend = Backend::start();
    let mut server = server(&backend, |settings| settings.timers.drain = Duration::from_millis(300));
    let second = server.open(listener(2)).unwrap();
    let mut stuck = ask(second);
    let (_stream, _) = backend.request();
    let began = Instant::now();
    server.close(2);
    assert_eq!(head(&mut stuck), None);
    assert!(began.elapsed() >= Duration::from_millis(250), "{:?}", began.elapsed());
    assert_eq!(server.drain(), 0, "those of the other listener");
}

#[test]
fn a_listener_that_closes_ends_with_the_server() {
    let backend = Backend::start();
    let mut server = server(&backend, |_| {});
    let second = server.open(listener(2)).unwrap();
    let mut busy = ask(second);
    let (mut stream, _) = backend.request();
    server.close(2);
    let draining = std::thread::spawn(move || server.drain());
    answer(&mut stream);
    assert!(head(&mut busy).unwrap().starts_with("http/1.1 200"));
    assert_eq!(draining.join().unwrap(), 0);
}
