//! Addresses outside of the fleet, and what stands in for them where there are no sockets.

use std::sync::Arc;

use http::{Request, Response};
use tradewind_client::{Body, BoxFuture, ForeignClient, PhoneBook};
use tradewind_kernel::Clock;

use crate::host::{Network, Wiring};

/// How a process reaches what is outside.
#[derive(Debug, Clone)]
pub(crate) enum Outside {
    /// By the network.
    Sockets,
    /// There is nothing outside: the host of an address is the name of a door in this process.
    Near,
    /// The same, at what stands in for the network.
    Wired(Arc<dyn Wiring>),
}

impl Outside {
    pub(crate) fn of(network: &Network) -> Self {
        match network {
            Network::Shifted(_) | Network::Free | Network::Handed(_) => Self::Sockets,
            Network::None => Self::Near,
            Network::Wired(wiring) => Self::Wired(wiring.clone()),
        }
    }

    /// What sends requests there.
    pub(crate) fn client(&self, book: &PhoneBook, allow_private: bool, clock: Clock) -> ForeignClient {
        match self {
            Self::Sockets => ForeignClient::new(allow_private, clock),
            Self::Near => {
                let book = book.clone();
                ForeignClient::among(move |host, request| near(&book, host, request), allow_private, clock)
            }
            Self::Wired(wiring) => {
                let wiring = wiring.clone();
                ForeignClient::among(
                    move |host, request| wired(&*wiring, host, request),
                    allow_private,
                    clock,
                )
            }
        }
    }
}

type Carried = BoxFuture<'static, Result<Response<Body>, String>>;

fn near(book: &PhoneBook, host: &str, request: Request<Body>) -> Carried {
    let peer = book.peer(host);
    Box::pin(async move { peer.send(request).await.map_err(|problem| problem.to_string()) })
}

fn wired(wiring: &dyn Wiring, host: &str, request: Request<Body>) -> Carried {
    let Some(wire) = wiring.find(host) else {
        let nobody = format!("there is no {host}");
        return Box::pin(async move { Err(nobody) });
    };
    Box::pin(async move { wire.carry(request).await.map_err(|lost| format!("{lost:?}")) })
}
