//! A line to the server that ends at the moment of a commit.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// When the line is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    Never,
    /// The server never hears of the next commit.
    BeforeCommit,
    /// The server commits, and its answer is lost.
    AfterCommit,
}

/// Passes everything on between a client and the server, until a cut was asked for and a commit comes by.
#[derive(Debug, Clone)]
pub struct Line {
    pub address: SocketAddr,
    cut: Arc<AtomicU8>,
}

impl Line {
    pub async fn to(server: &str) -> Self {
        Self::at("127.0.0.1:0", server).await
    }

    /// The same at an address of its own.
    pub async fn at(address: &str, server: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let (address, cut) = (listener.local_addr().unwrap(), Arc::new(AtomicU8::new(Cut::Never as u8)));
        let (server, asked) = (server.to_owned(), cut.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server.clone(), asked.clone()));
            }
        });
        Self { address, cut }
    }

    /// Cuts once, at the next commit.
    pub fn cut(&self, when: Cut) {
        self.cut.store(when as u8, Ordering::SeqCst);
    }

    /// Whether a cut that was asked for is still to come.
    pub fn waits(&self) -> bool {
        self.cut.load(Ordering::SeqCst) != Cut::Never as u8
    }
}

async fn carry(client: TcpStream, server: String, asked: Arc<AtomicU8>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let back = tokio::spawn(async move {
        drop(tokio::io::copy(&mut from_server, &mut to_client).await);
    });
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
        let part = &buffer[..length];
        // A query of the simple protocol: `Q`, its length, its text.
        if part.windows(7).any(|text| text == b"commit\0") {
            let cut = asked.swap(Cut::Never as u8, Ordering::SeqCst);
            if cut == Cut::BeforeCommit as u8 {
                break;
            }
            if cut == Cut::AfterCommit as u8 {
                // First nobody listens, then the server is told.
                back.abort();
                drop(to_server.write_all(part).await);
                drop(to_server.shutdown().await);
                break;
            }
        }
        if to_server.write_all(part).await.is_err() {
            break;
        }
    }
    back.abort();
}
