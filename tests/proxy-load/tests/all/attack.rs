//! Bad clients against the upstream, which bears everything, and against a peer that closes at once.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};

use crate::program::{Upstream, values};

fn run(address: SocketAddr, mode: &str, arguments: &[&str]) -> BTreeMap<String, f64> {
    let (address, fixed) = (address.to_string(), ["--connections", "5", "--every-ms", "50"]);
    let given = [&["--address", &address, "--mode", mode], &fixed[..], arguments].concat();
    values(env!("CARGO_BIN_EXE_attack"), &given)
}

/// A peer that answers with `answer` as soon as bytes have come, and closes.
fn closing(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 16]);
            let _ = stream.write_all(answer);
        }
    });
    address
}

#[test]
fn slow_clients_stay_where_nobody_closes_them() {
    let upstream = Upstream::start(&[]);
    for mode in ["idle", "slow-head", "slow-body", "slow-read"] {
        let values = run(upstream.address, mode, &["--seconds", "0.4"]);
        assert_eq!((values["connected"], values["open_at_end"]), (5.0, 5.0), "{mode}: {values:?}");
        assert_eq!((values["closed_by_peer"], values["not_connected"]), (0.0, 0.0), "{mode}: {values:?}");
    }
}

#[test]
fn the_end_of_a_slow_client_is_told_with_its_status() {
    let address = closing(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
    let values = run(address, "slow-head", &["--seconds", "0.4"]);
    assert_eq!((values["closed_by_peer"], values["open_at_end"]), (5.0, 0.0), "{values:?}");
    assert!(values["closed_after_max_ms"] < 350.0, "{values:?}");
    let ramped = run(address, "slow-head", &["--seconds", "0.5", "--ramp-seconds", "1"]);
    assert!((2.0..=4.0).contains(&ramped["connected"]), "{ramped:?}");
    let again = run(address, "slow-head", &["--seconds", "0.5", "--again"]);
    assert!(again["connected"] >= 10.0, "{again:?}");
}

#[test]
fn floods_go_on_until_they_are_closed() {
    let modes = [
        "rapid-reset",
        "made-you-reset",
        "ping",
        "settings",
        "empty-data",
        "continuation",
        "window-update",
        "priority",
        "zero-window",
    ];
    let goaway = b"\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0b";
    let address = closing(goaway);
    for mode in modes {
        let values = run(address, mode, &["--seconds", "2"]);
        assert_eq!(values["closed"], 1.0, "{mode}: {values:?}");
        assert!(values["closed_after_ms"] < 1000.0, "{mode}: {values:?}");
    }
    // Nobody reads here, so that the flood ends only with its time.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let values = run(listener.local_addr().expect("its address"), "ping", &["--seconds", "0.3"]);
    assert_eq!((values["closed"], values["closed_after_ms"]), (0.0, -1.0), "{values:?}");
    assert!(values["frames"] > 100.0);
}
