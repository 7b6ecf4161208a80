//! Hints that come before the answer.

use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tradewind_data_plane::BackendProtocol;

use super::backend_http2::client::{Client, whole};
use super::backend_http2::gateway::{Way, gateway};
use super::backend_http2::soon;

/// What a backend of HTTP/1 says before its answer.
const HINTS: &str = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\nconnection: x-hop\r\nx-hop: 1\r\n\
                     content-length: 7\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n";

/// A backend of HTTP/1 that says this to each request, and answers once it may.
async fn http1(hints: &'static str) -> (Way, Arc<Semaphore>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let go = Arc::new(Semaphore::new(0));
    let may = go.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let may = may.clone();
            tokio::spawn(async move {
                let mut seen = Vec::new();
                while !seen.ends_with(b"\r\n\r\n") {
                    if stream.read_buf(&mut seen).await.unwrap_or_default() == 0 {
                        return;
                    }
                }
                stream.write_all(hints.as_bytes()).await.unwrap();
                may.acquire().await.unwrap().forget();
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
            });
        }
    });
    (Way { protocol: BackendProtocol::Http1, ..Way::to(address) }, go)
}

/// The same of HTTP/2; it says the same twice.
async fn http2() -> (Way, Arc<Semaphore>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let go = Arc::new(Semaphore::new(0));
    let may = go.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let may = may.clone();
            tokio::spawn(async move {
                let mut connection = h2::server::handshake(stream).await.unwrap();
                while let Some(Ok((_, mut respond))) = connection.accept().await {
                    let may = may.clone();
                    tokio::spawn(async move {
                        for name in ["/a.css", "/b.css"] {
                            let hints = Response::builder().status(103).header("link", format!("<{name}>"));
                            respond.send_informational(hints.body(()).unwrap()).unwrap();
                        }
                        may.acquire().await.unwrap().forget();
                        let mut stream = respond.send_response(Response::new(()), false).unwrap();
                        stream.send_data(Bytes::from_static(b"ok"), true).unwrap();
                    });
                }
            });
        }
    });
    (Way::to(address), go)
}

/// Reads until this has come.
async fn until(stream: &mut TcpStream, end: &str) -> String {
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains(end) {
        let count = soon(stream.read_buf(&mut seen)).await.unwrap();
        assert!(count > 0, "the connection has ended after {:?}", String::from_utf8_lossy(&seen));
    }
    String::from_utf8_lossy(&seen).into_owned()
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n";

#[tokio::test]
async fn a_client_of_http1_has_hints_before_there_is_an_answer() {
    let (way, go) = http1(HINTS).await;
    let gateway = gateway(Way { response: vec![("x-more", "1")], ..way });
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    client.write_all(GET).await.unwrap();
    let hints = until(&mut client, "\r\n\r\n").await;
    assert_eq!(hints, "HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n");
    go.add_permits(1);
    let answer = until(&mut client, "ok").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("x-more: 1\r\n"), "{answer}");
    assert_eq!(gateway.outcome().await, (200, None, 1));
}

#[tokio::test]
async fn a_client_of_http2_has_them_too() {
    for (way, go) in [http1(HINTS).await, http2().await] {
        let gateway = gateway(way);
        let client = Client::new(gateway.address).await;
        let (mut answer, _) = client.begin("GET", "/").await;
        let hints = soon(std::future::poll_fn(|context| answer.poll_informational(context))).await;
        let hints = hints.unwrap().unwrap();
        assert_eq!(hints.status(), 103);
        assert!(hints.headers()["link"].to_str().unwrap().starts_with("</a.css>"));
        assert_eq!(hints.headers().len(), 1, "{hints:?}");
        go.add_permits(1);
        assert_eq!(whole(soon(answer).await.unwrap()).await.body, b"ok");
    }
}

#[tokio::test]
async fn those_of_a_backend_of_http2_reach_http1_each_of_them() {
    let (way, go) = http2().await;
    let gateway = gateway(way);
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    client.write_all(GET).await.unwrap();
    let hints = until(&mut client, "/b.css>\r\n\r\n").await;
    let one = |name: &str| format!("HTTP/1.1 103 Early Hints\r\nlink: <{name}>\r\n\r\n");
    assert_eq!(hints, one("/a.css") + &one("/b.css"));
    go.add_permits(1);
    assert!(until(&mut client, "ok").await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn a_client_of_http_1_0_has_only_its_answer() {
    let (way, go) = http1(HINTS).await;
    go.add_permits(1);
    let gateway = gateway(way);
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    client.write_all(b"GET / HTTP/1.0\r\nhost: shop\r\n\r\n").await.unwrap();
    assert!(until(&mut client, "ok").await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn who_waits_for_an_invitation_has_it_after_hints() {
    let (way, go) = http1(HINTS).await;
    let gateway = gateway(way);
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    let head = "POST / HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n";
    client.write_all(head.as_bytes()).await.unwrap();
    let mut seen = String::new();
    while !(seen.contains("103 Early Hints") && seen.contains("100 Continue\r\n\r\n")) {
        seen += &until(&mut client, "\r\n\r\n").await;
    }
    client.write_all(b"0\r\n\r\n").await.unwrap();
    go.add_permits(1);
    assert!(until(&mut client, "ok").await.contains("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn more_hints_than_anybody_needs_are_no_answer() {
    const NINE: &str = "HTTP/1.1 103 Early Hints\r\nlink: <1>\r\n\r\nHTTP/1.1 103 A\r\n\r\nHTTP/1.1 103 A\r\n\r\n\
                        HTTP/1.1 103 A\r\n\r\nHTTP/1.1 103 A\r\n\r\nHTTP/1.1 103 A\r\n\r\nHTTP/1.1 103 A\r\n\r\n\
                        HTTP/1.1 103 A\r\n\r\nHTTP/1.1 103 A\r\n\r\n";
    let (way, _go) = http1(NINE).await;
    let gateway = gateway(way);
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    client.write_all(GET).await.unwrap();
    let answer = until(&mut client, "HTTP/1.1 502").await;
    assert_eq!(answer.matches("103 Early Hints\r\n").count(), 8);
    assert_eq!(gateway.outcome().await.1, Some("upstream-malformed"));
}
