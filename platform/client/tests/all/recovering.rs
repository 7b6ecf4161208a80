//! A peer that went away and came back, on real sockets.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tradewind_client::{Address, BreakerOptions, BreakerState, Caller, FarClient, PhoneBook, Policies};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal};

const LIMIT: Duration = Duration::from_secs(30);

/// Answers every request with a number.
async fn serve(listener: TcpListener) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let mut head = [0; 4_096];
            while stream.read(&mut head).await.is_ok_and(|read| read > 0) {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1").await.unwrap();
            }
        });
    }
}

/// Refused while nobody listens on its port, called again when somebody does.
#[tokio::test]
async fn a_far_peer_that_came_back_is_called_again() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let (book, clock, entropy) = (PhoneBook::default(), Clock::system(), Entropy::seeded(1));
    let far = FarClient::new(&socket.local_addr().unwrap().to_string()).unwrap();
    book.enter("peer", Address::Far(far));
    let open = Duration::from_millis(20);
    let breaker = BreakerOptions { open, open_max: 2 * open, ..BreakerOptions::default() };
    book.set_policies("peer", Policies { breaker: Some(breaker), ..Policies::default() });
    let get = async || {
        let context = Context::begin(Principal::Anonymous, &clock, &entropy);
        let deadline = Deadline::after(&clock, LIMIT);
        let caller = Caller::new(book.peer("peer"), context, deadline, clock.clone(), entropy.clone());
        caller.get::<Value>("/").await
    };
    while book.peers_state()[0].breaker == BreakerState::Closed {
        assert_eq!(get().await.unwrap_err().code(), "unavailable");
    }
    tokio::spawn(serve(socket.listen(16).unwrap()));
    let recovered = async {
        while get().await.is_err() {
            clock.sleep(Duration::from_millis(5)).await;
        }
    };
    clock.timeout(LIMIT, recovered).await.unwrap();
    assert_eq!(book.peers_state()[0].breaker, BreakerState::Closed);
}
