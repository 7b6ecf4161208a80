//! What a connection has to begin with.

use std::io::Write;
use std::time::{Duration, Instant};

use super::support::{Backend, LONG, alert, hello, rest, says, start};

#[test]
fn a_name_leads_to_a_backend_however_the_message_is_cut() {
    let backend = Backend::mirror();
    let running = start(&[backend.address], |_, _| {});
    for (record, piece) in [(16_384, 65_536), (16_384, 1), (3, 7), (20, 1)] {
        let bytes = [hello(Some("Pass.Example"), record), b"and more".to_vec()].concat();
        let mut stream = running.connect();
        stream.set_nodelay(true).unwrap();
        for piece in bytes.chunks(piece) {
            stream.write_all(piece).unwrap();
        }
        let expected = [format!("{} ", bytes.len()).as_bytes(), &bytes].concat();
        assert_eq!(says(&mut stream, b""), expected, "every byte goes on, and none besides");
        let told = running.told();
        assert_eq!((told.name.as_deref(), told.reason), (Some("pass.example"), None));
        assert_eq!((told.upstream, told.attempts), (Some(backend.address), 1));
        assert_eq!(told.bytes, (bytes.len() as u64, expected.len() as u64));
    }
}

#[test]
fn what_does_not_introduce_itself_goes_nowhere() {
    let backend = Backend::mirror();
    let running = start(&[backend.address], |_, _| {});
    let twice = {
        let mut bytes = hello(Some("pass.example"), 16_384);
        // A record that says one byte more than its message has.
        bytes[4] += 1;
        bytes.push(0);
        bytes
    };
    let long = [&[22, 3, 1, 0, 4, 1, 1, 0, 0][..], &[0; 4_096]].concat();
    for (bytes, answer, reason) in [
        (hello(Some("other.example"), 99), alert(112), "unknown-name"),
        (hello(None, 99), alert(112), "unknown-name"),
        (hello(Some("denied.example"), 99), alert(49), "address-not-allowed"),
        (hello(Some("broken.example"), 99), alert(80), "no-backend"),
        (twice, alert(50), "malformed-hello"),
        (hello(Some("10.0.0.1"), 99), alert(50), "malformed-hello"),
        (long, alert(50), "malformed-hello"),
        (hello(Some("pass.example"), 99)[..50].to_vec(), alert(50), "malformed-hello"),
        (b"GET / HTTP/1.1\r\nHost: pass.example\r\n\r\n".to_vec(), Vec::new(), "no-tls"),
        (b"SSH-2.0-x\r\n".to_vec(), Vec::new(), "no-tls"),
    ] {
        let answered = says(&mut running.connect(), &bytes);
        assert_eq!(answered, answer, "{reason}");
        let told = running.told();
        assert_eq!((told.reason, told.attempts, told.bytes), (Some(reason), 0, (0, 0)));
    }
    assert_eq!(backend.connections(), 0);
}

#[test]
fn who_says_nothing_or_not_all_is_closed_in_time() {
    let backend = Backend::mirror();
    let running = start(&[backend.address], |_, bounds| bounds.handshake = Duration::from_millis(300));
    let began = Instant::now();
    let (mut silent, mut slow) = (running.connect(), running.connect());
    slow.write_all(&hello(Some("pass.example"), 99)[..40]).unwrap();
    assert_eq!((rest(&mut silent), rest(&mut slow)), (Vec::new(), Vec::new()));
    assert!((Duration::from_millis(250)..LONG / 2).contains(&began.elapsed()), "{:?}", began.elapsed());
    assert_eq!(running.told().reason, Some("slow-hello"));
    assert!(running.told.lock().unwrap().is_empty(), "of who says nothing nothing is told");
    assert_eq!(backend.connections(), 0);
}
