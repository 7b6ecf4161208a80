//! A service that another one reaches over the network, and what can happen to the network.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// What happens to who connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// The connection is taken and nothing ever answers.
    Silent,
    /// Everything is passed on to this address, both ways.
    To(SocketAddr),
}

/// An address before a service that can be stopped, be silent, or pass on.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nobody listens: connections are refused. The port is kept.
    Stopped(TcpSocket),
    Listening(JoinSet<()>),
}

impl Relay {
    /// An address at which nobody listens yet.
    #[must_use]
    pub fn stopped() -> Self {
        let socket = bound("127.0.0.1:0".parse().unwrap());
        Self { address: socket.local_addr().unwrap(), state: State::Stopped(socket) }
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on connections are taken and never answered; those that there were are cut.
    pub async fn be_silent(self) -> Self {
        self.listen(Line::Silent).await
    }

    /// From now on everything is passed on; connections that there were are cut.
    pub async fn pass_on(self, to: SocketAddr) -> Self {
        self.listen(Line::To(to)).await
    }

    /// From now on connections are refused; those that there were are cut.
    pub async fn stop(self) -> Self {
        let Self { address, state } = self;
        if let State::Listening(mut tasks) = state {
            tasks.shutdown().await;
        }
        Self { address, state: State::Stopped(bound(address)) }
    }

    async fn listen(self, line: Line) -> Self {
        let stopped = self.stop().await;
        let State::Stopped(socket) = stopped.state else { unreachable!("it was stopped") };
        let listener = socket.listen(1_024).unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, line));
        Self { address: stopped.address, state: State::Listening(tasks) }
    }
}

/// A socket that has the port and does not listen.
fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

/// Takes connections; all of them end with this.
async fn accept(listener: TcpListener, line: Line) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(carry(stream, line));
    }
}

async fn carry(mut stream: TcpStream, line: Line) {
    match line {
        Line::Silent => std::future::pending().await,
        Line::To(address) => {
            // Whichever side ends it, the other one sees it.
            if let Ok(mut service) = TcpStream::connect(address).await {
                drop(copy_bidirectional(&mut stream, &mut service).await);
            }
        }
    }
}
