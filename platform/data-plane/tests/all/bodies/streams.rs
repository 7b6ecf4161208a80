//! Who does not wait.

use std::time::Duration;

use tradewind_data_plane::{BackendProtocol, Timers};

use super::super::backend_http2::backend as http2;
use super::super::backend_http2::client::Client;
use super::upload::BOTH;
use super::{LONG, Protocol, Upload, Way, backend, gateway, is_not_asked, soon, way};

/// What a request says of itself that may be answered before it has ended.
const CONVERSATIONS: [(&str, &str); 3] =
    [("te", "trailers"), ("content-type", "application/grpc"), ("content-type", "application/grpc+proto")];

#[tokio::test]
async fn what_may_be_a_conversation_goes_on_at_once() {
    for field in CONVERSATIONS {
        let backend = backend().await;
        let gateway = gateway(way(&backend));
        let mut upload = Upload::begin_with(&gateway, Protocol::Http2, ("/talk", None), &[field]).await;
        backend.has(1, 0).await;
        upload.send(b"a").await;
        backend.has(1, 1).await;
        upload.send(b"b").await;
        upload.end().await;
        assert_eq!(upload.answer().await, (200, b"ab".to_vec()), "{field:?}");
    }
}

#[tokio::test]
async fn what_says_how_long_it_is_is_no_conversation() {
    for field in CONVERSATIONS {
        let backend = backend().await;
        let gateway = gateway(way(&backend));
        let mut upload = Upload::begin_with(&gateway, Protocol::Http2, ("/talk", Some(2)), &[field]).await;
        upload.send(b"a").await;
        is_not_asked(&gateway, &backend).await;
        upload.send(b"b").await;
        upload.end().await;
        assert_eq!(upload.answer().await.0, 200, "{field:?}");
    }
}

#[tokio::test]
async fn an_answer_of_grpc_begins_before_there_is_a_message() {
    let backend = http2::backend(None).await;
    let way = Way::to(backend.address);
    let gateway = gateway(Way { timers: Timers { collect: LONG, ..way.timers }, ..way });
    let client = Client::new(gateway.address).await;
    let (answer, mut stream) = client.call("/echo").await;
    let mut body = soon(answer).await.unwrap().into_body();
    http2::send(&mut stream, "hello".into(), false).await;
    assert_eq!(soon(http2::next(&mut body)).await.unwrap(), "hello");
    http2::send(&mut stream, bytes::Bytes::new(), true).await;
    assert!(soon(http2::next(&mut body)).await.is_none());
}

#[tokio::test]
async fn a_body_of_unknown_length_is_waited_for_a_moment() {
    for protocol in BOTH {
        let backend = backend().await;
        let way = way(&backend);
        let timers = Timers { collect: Duration::from_millis(50), ..way.timers };
        let gateway = gateway(Way { timers, ..way });
        let mut upload = Upload::begin(&gateway, protocol, "/stream", None).await;
        backend.has(1, 0).await;
        upload.send(b"one ").await;
        backend.has(1, 4).await;
        upload.send(b"two").await;
        backend.has(1, 7).await;
        upload.end().await;
        assert_eq!(upload.answer().await, (200, b"one two".to_vec()), "{protocol:?}");
    }
}

#[tokio::test]
async fn what_came_in_that_moment_goes_first() {
    for (protocol, to) in [
        (Protocol::Http1, BackendProtocol::Http1),
        (Protocol::Http2, BackendProtocol::Http1),
        (Protocol::Http1, BackendProtocol::Http2),
        (Protocol::Http2, BackendProtocol::Http2),
    ] {
        let (one, two) = (backend().await, http2::backend(None).await);
        let way = way(&one);
        // Both what is sent before and what is sent after it take longer than the other way round.
        let timers = Timers { collect: Duration::from_millis(200), ..way.timers };
        let endpoints = vec![if to == BackendProtocol::Http1 { one.address } else { two.address }];
        let gateway = gateway(Way { timers, endpoints, protocol: to, ..way });
        let mut upload = Upload::begin(&gateway, protocol, "/echo", None).await;
        let mut expected = Vec::new();
        for index in 0..80_u8 {
            tokio::time::sleep(Duration::from_millis(5)).await;
            upload.send(&[index; 10]).await;
            expected.extend_from_slice(&[index; 10]);
        }
        upload.end().await;
        assert!(upload.answer().await == (200, expected), "{protocol:?} {to:?}");
    }
}
