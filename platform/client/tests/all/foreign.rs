//! Addresses that somebody outside named.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tradewind_client::{Body, ForeignAnswer, ForeignClient, ForeignError};
use tradewind_kernel::Clock;

const LIMIT: Duration = Duration::from_secs(5);

/// Answers every request with this text, and counts connections.
async fn server(answer: &'static str) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, connections) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counted = connections.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut head = [0; 4096];
                while stream.read(&mut head).await.is_ok_and(|read| read > 0) {
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (address, connections)
}

async fn send(allow_private: bool, url: &str, limit: Duration) -> Result<ForeignAnswer, ForeignError> {
    let client = ForeignClient::new(allow_private, Clock::system());
    client.send(&url.parse().unwrap(), Request::new(Body::empty()), (limit, 8)).await
}

#[tokio::test]
async fn a_name_is_judged_by_what_it_resolves_to_and_nothing_is_connected_to() {
    let (address, connections) = server("HTTP/1.1 204 No Content\r\n\r\n").await;
    // No rule about texts knows these as addresses; whoever resolves them does.
    for host in ["127.1", "0x7f000001", "2130706433"] {
        let outcome = send(false, &format!("https://{host}:{}/", address.port()), LIMIT).await;
        assert!(
            matches!(&outcome, Err(ForeignError::Refused(why)) if why.contains("127.0.0.1")),
            "{host}: {outcome:?}"
        );
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
    let reached = send(true, &format!("http://127.1:{}/", address.port()), LIMIT).await.unwrap();
    assert_eq!((reached.status.as_u16(), connections.load(Ordering::SeqCst)), (204, 1));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_of_a_body_only_the_beginning_is_read() {
    let (address, connections) =
        server("HTTP/1.1 302 Found\r\nlocation: /next\r\ncontent-length: 20\r\n\r\n0123456789 and more..")
            .await;
    let answer = send(true, &format!("http://{address}/"), LIMIT).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.beginning.as_ref()), (302, &b"01234567"[..]));
    assert_eq!(answer.headers["location"], "/next");
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_answer_that_does_not_come_and_a_door_that_is_shut_are_told_apart() {
    let (address, _) = server("").await;
    let limit = Duration::from_millis(50);
    assert_eq!(
        send(true, &format!("http://{address}/"), limit).await.unwrap_err(),
        ForeignError::Late(limit)
    );
    let shut = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let outcome = send(true, &format!("http://{shut}/"), LIMIT).await;
    assert!(matches!(outcome, Err(ForeignError::Unreachable(_))), "{outcome:?}");
    // Plain text where TLS is expected.
    let (address, _) = server("HTTP/1.1 204 No Content\r\n\r\n").await;
    let outcome = send(true, &format!("https://localhost:{}/", address.port()), LIMIT).await;
    assert!(matches!(outcome, Err(ForeignError::Unreachable(_))), "{outcome:?}");
}
