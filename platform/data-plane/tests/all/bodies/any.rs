//! Bodies arrive as they were sent, however they are cut and whatever is waited for.

use std::time::Duration;

use proptest::prelude::*;
use tradewind_data_plane::{BackendProtocol, Limits, Timers};

use super::super::backend_http2::backend as http2;
use super::{Protocol, Upload, Way, backend, gateway, way};

#[derive(Debug, Clone)]
struct Sent {
    protocol: Protocol,
    to: BackendProtocol,
    has_length: bool,
    /// The lengths of the pieces.
    pieces: Vec<usize>,
    /// How much is waited for of each, of all, and how long.
    limits: (usize, usize),
    collect: u64,
}

fn sent() -> impl Strategy<Value = Sent> {
    let protocol = prop_oneof![Just(Protocol::Http1), Just(Protocol::Http2)];
    let to = prop_oneof![Just(BackendProtocol::Http1), Just(BackendProtocol::Http2)];
    let piece = prop_oneof![4 => 1_usize..50, 1 => 1_usize..40_000];
    let pieces = prop::collection::vec(piece, 1..12);
    let most = prop_oneof![Just(0_usize), 1_usize..200, Just(64 * 1024)];
    let of_all = prop_oneof![Just(0_usize), 1_usize..200, Just(1 << 20)];
    (protocol, to, any::<bool>(), pieces, (most, of_all), 0_u64..4).prop_map(
        |(protocol, to, has_length, pieces, limits, collect)| Sent {
            protocol,
            to,
            has_length,
            pieces,
            limits,
            collect,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_body_arrives_as_it_was_sent(sent in sent()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(arrives(sent));
    }
}

async fn arrives(sent: Sent) {
    let (one, two) = (backend().await, http2::backend(None).await);
    let way = way(&one);
    let endpoints = vec![if sent.to == BackendProtocol::Http1 { one.address } else { two.address }];
    let (replay, collected) = sent.limits;
    let limits = Limits { replay, collected, ..way.limits };
    let timers = Timers { collect: Duration::from_millis(sent.collect), ..way.timers };
    let gateway = gateway(Way { endpoints, protocol: sent.to, limits, timers, ..way });
    let length: usize = sent.pieces.iter().sum();
    let body: Vec<u8> = (0..length).map(|index| (index * 31 % 251) as u8).collect();
    let mut upload = Upload::begin(&gateway, sent.protocol, "/echo", sent.has_length.then_some(length)).await;
    let mut at = 0;
    for piece in &sent.pieces {
        upload.send(&body[at..at + piece]).await;
        at += piece;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    upload.end().await;
    let (status, echoed) = upload.answer().await;
    assert!(status == 200 && echoed == body, "{status}, {} of {length} bytes: {sent:?}", echoed.len());
}
