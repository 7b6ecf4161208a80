//! Bounds of a listener that take too long to be waited for elsewhere.

use std::any::Any;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tradewind_data_plane::{
    Answer, Bound, Bounds, Decision, Edge, EdgeThread, Listener, ListenerBounds, Outcome, Request, Server,
    Settings,
};

struct Answers;

impl Edge for Answers {
    fn thread(&self) -> Box<dyn EdgeThread> {
        Box::new(Self)
    }
}

impl EdgeThread for Answers {
    fn decide(&self, _: &Request<'_>) -> Decision {
        Decision::Answer(Answer::new(200, "").body("it"), None)
    }

    fn finished(&self, _: &Request<'_>, _: &Outcome, _: Option<&Rc<dyn Any>>) {}
}

fn server(age: Duration, farewell: Duration) -> Server {
    let mut settings = Settings { threads: 1, ..Settings::default() };
    settings.timers.farewell = farewell;
    let bounds = Bounds { age: Some(age), ..Bounds::from(&settings) };
    let mut listener = Listener::plain(([127, 0, 0, 1], 0).into());
    listener.bounds = Some(ListenerBounds::new(bounds));
    let bound = Bound::bind(vec![listener], settings).unwrap();
    bound.serve(&(Arc::new(Answers) as Arc<dyn Edge>), 1).unwrap()
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.addresses()[0]).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Asks until the connection is closed, or far longer than it may last: the answers.
fn ask_on(stream: &mut TcpStream) -> Vec<String> {
    let mut answers = Vec::new();
    while answers.len() < 200 {
        if stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").is_err() {
            return answers;
        }
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\nit") {
            let mut byte = [0];
            match stream.read(&mut byte) {
                Ok(1) => answer.push(byte[0]),
                _ => return answers,
            }
        }
        answers.push(String::from_utf8_lossy(&answer).to_ascii_lowercase());
        std::thread::sleep(Duration::from_millis(20));
    }
    answers
}

#[test]
fn a_connection_that_came_of_age_is_closed_after_an_answer() {
    let server = server(Duration::from_millis(300), Duration::from_secs(60));
    let mut stream = connect(&server);
    let answers = ask_on(&mut stream);
    let (last, before) = answers.split_last().unwrap();
    assert!(!before.is_empty() && before.iter().all(|answer| !answer.contains("connection: close")));
    assert!(last.contains("connection: close"), "{last}");
    // One that waited while it came of age gets an answer yet.
    let mut waiting = connect(&server);
    std::thread::sleep(Duration::from_millis(500));
    let answers = ask_on(&mut waiting);
    assert_eq!(answers.len(), 1);
    assert!(answers[0].contains("connection: close"));
}

#[test]
fn a_connection_that_came_of_age_waits_no_longer_for_a_request() {
    let server = server(Duration::from_millis(200), Duration::from_millis(100));
    let mut stream = connect(&server);
    let began = Instant::now();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    assert!(began.elapsed() >= Duration::from_millis(250), "{:?}", began.elapsed());
}

#[test]
fn a_connection_of_http2_that_came_of_age_ends_with_a_farewell() {
    let server = server(Duration::from_millis(200), Duration::from_secs(60));
    let mut stream = connect(&server);
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    let mut kind = 0;
    // Up to the farewell (GOAWAY).
    while kind != 7 {
        let mut head = [0; 9];
        stream.read_exact(&mut head).unwrap();
        kind = head[3];
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        stream.read_exact(&mut payload).unwrap();
    }
}
