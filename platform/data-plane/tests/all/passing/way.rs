//! The way of bytes, once a connection is passed on.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::support::{Backend, LONG, alert, hello, nobody, rest, says, start, until};

#[test]
fn one_side_may_end_before_the_other() {
    let backend = Backend::start(|mut stream| {
        stream.write_all(b"early").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
    });
    let running = start(&[backend.address], |_, _| {});
    let (mut stream, first) = (running.connect(), hello(Some("pass.example"), 99));
    stream.write_all(&first).unwrap();
    assert_eq!(rest(&mut stream), b"early", "the end of the backend's side is passed on");
    stream.write_all(b"late").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let told = running.told();
    assert_eq!((told.reason, told.bytes), (None, (first.len() as u64 + 4, 5)));
}

#[test]
fn nobody_is_sent_more_than_he_takes() {
    const ALL: usize = 64 * 1024 * 1024;
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = taken.clone();
    let backend = Backend::start(move |mut stream| {
        let piece = [b'x'; 64 * 1024];
        // What was not read at the end would reset the connection.
        assert!(stream.read(&mut [0; 4_096]).unwrap() > 0);
        while counted.load(Ordering::SeqCst) < ALL {
            stream.write_all(&piece).unwrap();
            counted.fetch_add(piece.len(), Ordering::SeqCst);
        }
    });
    let running = start(&[backend.address], |_, _| {});
    let mut stream = running.connect();
    stream.write_all(&hello(Some("pass.example"), 99)).unwrap();
    // It stands still, since the buffers between are full.
    let mut before = (0, 0);
    until(|| {
        let now = taken.load(Ordering::SeqCst);
        before = if now == before.0 && now > 0 { (now, before.1 + 1) } else { (now, 0) };
        (before.1 > 150).then_some(())
    });
    assert!(before.0 < ALL, "{} bytes were taken that nobody reads", before.0);
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&mut stream).len(), ALL);
    assert_eq!(running.told().bytes.1, ALL as u64);
}

#[test]
fn a_connection_over_which_nothing_goes_ends() {
    let backend = Backend::mirror();
    let running =
        start(&[backend.address], |settings, _| settings.timers.tunnel = Duration::from_millis(300));
    let mut stream = running.connect();
    stream.write_all(&hello(Some("pass.example"), 99)).unwrap();
    assert_eq!(rest(&mut stream), b"");
    assert_eq!(running.told().reason, Some("idle"));
}

#[test]
fn another_endpoint_is_tried_where_one_is_not_there() {
    let backend = Backend::mirror();
    let dead = nobody();
    let running = start(&[dead, backend.address], |_, _| {});
    let mut attempts = 0;
    for _ in 0..8 {
        assert!(!says(&mut running.connect(), &hello(Some("pass.example"), 99)).is_empty());
        let told = running.told();
        assert_eq!((told.upstream, told.reason), (Some(backend.address), None));
        attempts += told.attempts;
    }
    assert!(attempts > 8, "the dead one was never tried");
    let alone = start(&[dead], |_, _| {});
    assert_eq!(says(&mut alone.connect(), &hello(Some("pass.example"), 99)), alert(80));
    assert_eq!(alone.told().reason, Some("upstream-unreachable"));
    let none = start(&[], |_, _| {});
    assert_eq!(says(&mut none.connect(), &hello(Some("pass.example"), 99)), alert(80));
    assert_eq!(none.told().reason, Some("no-endpoint"));
}

#[test]
fn a_stop_waits_for_connections_and_drops_them_at_its_end() {
    let backend = Backend::mirror();
    let drain = |limit: Duration, ends: bool| {
        let running = start(&[backend.address], |settings, _| settings.timers.drain = limit);
        let before = backend.connections();
        let mut stream = running.connect();
        stream.write_all(&hello(Some("pass.example"), 99)).unwrap();
        until(|| (backend.connections() > before).then_some(()));
        let (told, server) = (running.told.clone(), running.server);
        let draining = std::thread::spawn(move || server.drain());
        let answered = ends.then(|| says(&mut stream, b"rest"));
        let dropped = draining.join().unwrap();
        let reasons: Vec<_> = told.lock().unwrap().iter().map(|told| told.reason).collect();
        (dropped, answered.is_some_and(|bytes| bytes.ends_with(b"rest")), reasons.contains(&None))
    };
    assert_eq!(drain(LONG, true), (0, true, true));
    assert_eq!(drain(Duration::from_millis(200), false).0, 1);
}
