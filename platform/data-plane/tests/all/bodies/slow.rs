//! A client that sends slowly keeps no backend waiting.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tradewind_data_plane::Timers;

use super::upload::BOTH;
use super::{Upload, backend, gateway, is_not_asked, others, soon, way};

const LENGTHS: [Option<usize>; 3] = [Some(5), Some(60_000), None];

#[tokio::test]
async fn no_backend_is_asked_before_a_body_is_whole() {
    for protocol in BOTH {
        for length in LENGTHS {
            let backend = backend().await;
            let gateway = gateway(way(&backend));
            let body = vec![b'a'; length.unwrap_or(9_000)];
            let mut upload = Upload::begin(&gateway, protocol, "/slow", length).await;
            is_not_asked(&gateway, &backend).await;
            upload.send(&body[..2]).await;
            is_not_asked(&gateway, &backend).await;
            upload.send(&body[2..body.len() - 1]).await;
            is_not_asked(&gateway, &backend).await;
            upload.send(&body[body.len() - 1..]).await;
            upload.end().await;
            assert_eq!(upload.answer().await, (200, body), "{protocol:?} {length:?}");
            assert_eq!(gateway.outcome().await, (200, None, 1));
            assert_eq!(backend.asked(), ["/slow"]);
        }
    }
}

#[tokio::test]
async fn no_backend_is_asked_before_much_of_a_long_body_is_here() {
    for protocol in BOTH {
        let backend = backend().await;
        let gateway = gateway(way(&backend));
        let body: Vec<u8> = (0..1_000_000_u32).map(|index| (index % 251) as u8).collect();
        let mut upload = Upload::begin(&gateway, protocol, "/long", Some(body.len())).await;
        upload.send(&body[..60_000]).await;
        is_not_asked(&gateway, &backend).await;
        upload.send(&body[60_000..70_000]).await;
        // From here on it goes on as it comes.
        backend.has(1, 70_000).await;
        upload.send(&body[70_000..70_001]).await;
        backend.has(1, 70_001).await;
        upload.send(&body[70_001..]).await;
        upload.end().await;
        assert!(upload.answer().await == (200, body), "{protocol:?}");
        assert_eq!(gateway.outcome().await, (200, None, 1));
    }
}

#[tokio::test]
async fn a_backend_hears_nothing_of_a_client_that_breaks_off() {
    for protocol in BOTH {
        for length in [Some(5), Some(60_000), Some(1_000_000), None] {
            let backend = backend().await;
            let gateway = gateway(way(&backend));
            let mut upload = Upload::begin(&gateway, protocol, "/broken", length).await;
            upload.send(b"1234").await;
            is_not_asked(&gateway, &backend).await;
            upload.break_off();
            assert_eq!(
                soon(gateway.outcome()).await,
                (499, Some("client-gone"), 0),
                "{protocol:?} {length:?}"
            );
            is_not_asked(&gateway, &backend).await;
        }
    }
}

#[tokio::test]
async fn a_body_that_does_not_go_on_is_given_up() {
    for protocol in BOTH {
        for length in [Some(5), Some(1_000_000), None] {
            for is_by_route in [false, true] {
                let backend = backend().await;
                let mut way = way(&backend);
                let short = Duration::from_millis(100);
                if is_by_route {
                    way.request_timeout = Some(short);
                } else {
                    way.timers = Timers { body: short, ..way.timers };
                }
                let gateway = gateway(way);
                let mut upload = Upload::begin(&gateway, protocol, "/silent", length).await;
                upload.send(b"1234").await;
                assert_eq!(upload.answer().await.0, 408, "{protocol:?} {length:?} {is_by_route}");
                assert_eq!(soon(gateway.outcome()).await, (408, Some("slow-request"), 0));
                is_not_asked(&gateway, &backend).await;
            }
        }
    }
}

#[tokio::test]
async fn a_body_may_take_its_time_as_long_as_it_goes_on() {
    const PAUSE: Duration = Duration::from_millis(400);
    for protocol in BOTH {
        let backend = backend().await;
        let way = way(&backend);
        let gateway = gateway(super::Way { timers: Timers { body: PAUSE, ..way.timers }, ..way });
        let mut upload = Upload::begin(&gateway, protocol, "/slow", Some(8)).await;
        for byte in b"12345678" {
            // Eight of them are longer than one pause may be.
            tokio::time::sleep(PAUSE / 5).await;
            upload.send(&[*byte]).await;
        }
        upload.end().await;
        assert_eq!(upload.answer().await, (200, b"12345678".to_vec()), "{protocol:?}");
    }
}

#[tokio::test]
async fn how_long_a_body_is_waited_for_is_not_how_long_a_backend_takes() {
    const SLOW: Duration = Duration::from_secs(1);
    for protocol in BOTH {
        let backend = backend().await;
        let gateway = gateway(way(&backend));
        // So that there is a connection: one that is opened sets the beginning anew.
        others(&gateway).await;
        let mut upload = Upload::begin(&gateway, protocol, "/slow", Some(2)).await;
        upload.send(b"a").await;
        tokio::time::sleep(SLOW).await;
        upload.send(b"b").await;
        upload.end().await;
        assert_eq!(upload.answer().await, (200, b"ab".to_vec()));
        let took = *gateway.heads.lock().unwrap().last().unwrap();
        assert!(!took.is_zero() && took < SLOW, "{protocol:?} {took:?}");
    }
}

#[tokio::test]
async fn a_client_that_waits_to_be_invited_is_invited_before_a_backend_is_asked() {
    let long = "x".repeat(100_000);
    for (framing, body) in [
        ("content-length: 5", "hello".to_owned()),
        ("content-length: 100000", long.clone()),
        ("transfer-encoding: chunked", format!("186a0\r\n{long}\r\n0\r\n\r\n")),
    ] {
        let backend = backend().await;
        let gateway = gateway(way(&backend));
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        let head = format!("PUT /invited HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n{framing}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut invitation = [0; 25];
        soon(stream.read_exact(&mut invitation)).await.unwrap();
        assert_eq!(&invitation, b"HTTP/1.1 100 Continue\r\n\r\n");
        is_not_asked(&gateway, &backend).await;
        stream.write_all(body.as_bytes()).await.unwrap();
        let mut answer = [0; 15];
        soon(stream.read_exact(&mut answer)).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK", "{framing}");
        assert_eq!(backend.asked(), ["/invited"]);
    }
}

#[tokio::test]
async fn one_that_is_not_invited_in_time_sends_all_the_same() {
    let backend = backend().await;
    let gateway = gateway(way(&backend));
    let mut upload = Upload::begin_with(
        &gateway,
        super::Protocol::Http1,
        ("/hasty", Some(5)),
        &[("expect", "100-continue")],
    )
    .await;
    upload.send(b"hello").await;
    let (status, rest) = upload.answer().await;
    // It may have been invited before its body came.
    assert!(status == 200 || status == 100 && String::from_utf8_lossy(&rest).starts_with("HTTP/1.1 200 OK"));
    assert_eq!(gateway.outcome().await, (200, None, 1));
    others(&gateway).await;
}
