//! How much is held.

use std::sync::atomic::Ordering;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tradewind_data_plane::Limits;

use super::upload::BOTH;
use super::{Protocol, Upload, Way, backend, gateway, is_not_asked, others, way};

/// More than systems keep on the way.
const MUCH: usize = 64 << 20;

#[tokio::test]
async fn a_client_waits_for_a_backend_that_does_not_read() {
    let backend = backend().await;
    let way = way(&backend);
    let gateway = gateway(Way { most_requests: 2, ..way });
    let mut upload = Upload::begin(&gateway, Protocol::Http1, "/held", Some(MUCH)).await;
    let (piece, mut sent) = (vec![b'x'; 65_536], 0);
    {
        let Upload::Http1 { stream, .. } = &mut upload else { unreachable!() };
        // It waits once others were served meanwhile, and there is still no room for more.
        let mut full = 0;
        while full < 3 {
            match stream.try_write(&piece) {
                Ok(count) => (sent, full) = (sent + count, 0),
                Err(_) => {
                    full += 1;
                    others(&gateway).await;
                }
            }
            assert!(sent < MUCH / 2, "{sent} bytes are on the way");
        }
        assert_eq!((backend.asked().len(), backend.state.bytes.load(Ordering::SeqCst)), (1, 0));
        backend.state.go.add_permits(1);
        while sent < MUCH {
            let count = piece.len().min(MUCH - sent);
            stream.write_all(&piece[..count]).await.unwrap();
            sent += count;
        }
    }
    let (status, body) = upload.answer().await;
    assert_eq!((status, body.len()), (200, MUCH));
}

#[tokio::test]
async fn all_requests_together_hold_so_much_and_the_next_ones_go_on_as_they_come() {
    for protocol in BOTH {
        let backend = backend().await;
        let way = way(&backend);
        let limits = Limits { collected: 10_000, ..way.limits };
        let gateway = gateway(Way { limits, most_requests: 2, ..way });
        let mut first = Upload::begin(&gateway, protocol, "/first", Some(20_000)).await;
        first.send(&[b'1'; 8_000]).await;
        is_not_asked(&gateway, &backend).await;
        let mut second = Upload::begin(&gateway, protocol, "/second", Some(20_000)).await;
        second.send(&[b'2'; 8_000]).await;
        // There is no room for it, and the first one is still waited for.
        backend.has(1, 8_000).await;
        others(&gateway).await;
        assert_eq!(backend.asked(), ["/second"]);
        first.break_off();
        assert_eq!(gateway.outcome().await, (499, Some("client-gone"), 0));
        // What it held is free again.
        let mut third = Upload::begin(&gateway, protocol, "/third", Some(20_000)).await;
        third.send(&[b'3'; 8_000]).await;
        others(&gateway).await;
        assert_eq!(backend.asked(), ["/second"], "{protocol:?}");
        for (mut upload, byte) in [(second, b'2'), (third, b'3')] {
            upload.send(&[byte; 12_000]).await;
            upload.end().await;
            assert!(upload.answer().await == (200, vec![byte; 20_000]), "{protocol:?}");
        }
    }
}

#[tokio::test]
async fn what_comes_at_once_needs_no_room() {
    let backend = backend().await;
    let way = way(&backend);
    let gateway = gateway(Way { limits: Limits { collected: 0, ..way.limits }, ..way });
    let mut stream = tokio::net::TcpStream::connect(gateway.address).await.unwrap();
    let request = b"PUT /at-once HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello";
    stream.write_all(request).await.unwrap();
    let upload = Upload::Http1 { stream, is_chunked: false };
    assert_eq!(upload.answer().await, (200, b"hello".to_vec()));
}

#[tokio::test]
async fn a_body_of_unknown_length_that_is_whole_is_sent_again() {
    for protocol in BOTH {
        let backend = backend().await;
        // It takes a request and goes.
        let broken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoints = vec![backend.address, broken.local_addr().unwrap()];
        let gateway = gateway(Way { endpoints, ..way(&backend) });
        let (mut broke, mut requests) = (0, 0);
        while broke == 0 {
            requests += 1;
            assert!(requests < 100, "the other one is never asked");
            let mut upload = Upload::begin(&gateway, protocol, "/again", None).await;
            upload.send(b"hello ").await;
            upload.send(b"again").await;
            upload.end().await;
            let breaking = async {
                while let Ok((stream, _)) = broken.accept().await {
                    stream.readable().await.unwrap();
                    broke += 1;
                }
            };
            tokio::select! {
                answer = upload.answer() => assert_eq!(answer, (200, b"hello again".to_vec()), "{protocol:?}"),
                () = breaking => {}
            }
        }
    }
}
