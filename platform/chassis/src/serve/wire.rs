//! What a door speaks below HTTP: nothing, TLS, or what the first byte says.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tradewind_identity::{Demand, Identity, Outcome, Protocol, Refusal, Side, TlsStream};
use tradewind_kernel::Clock;
use tradewind_problem::{Problem, TLS_REQUIRED};

use crate::description::DoorKind;
use crate::identity::PublicDoors;
use crate::serve::connection::LINGER;
use crate::tasks::Scope;

/// The first byte of every TLS connection: a handshake record (RFC 8446 §5.1). No HTTP request begins with it.
const HANDSHAKE: u8 = 0x16;

/// What doors speak, the first that the client speaks too.
const SPOKEN: [Protocol; 2] = [Protocol::Http2, Protocol::Http1];

/// The longest time for a handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(5);

/// How long a client that was turned away may take to read why.
const GOODBYE: Duration = Duration::from_millis(500);

/// How often the log names one way in which connections fail.
const COMPLAIN_EVERY: Duration = Duration::from_secs(1);

/// What a door speaks; clones belong to one door.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    service: Arc<str>,
    door: &'static str,
    tls: Option<Tls>,
    complained: Arc<Mutex<BTreeMap<Outcome, Duration>>>,
}

#[derive(Debug, Clone)]
struct Tls {
    identity: Identity,
    demand: Demand,
    takes_plain: bool,
}

/// A connection that HTTP can begin on.
pub(crate) enum Open {
    Plain(TcpStream),
    Secured(Box<TlsStream>),
}

/// What opening a connection may take.
pub(crate) struct Opening<'a> {
    pub(crate) clock: &'a Clock,
    /// How long a client may take to send anything.
    pub(crate) limit: Duration,
    pub(crate) accepting: &'a Scope,
}

impl Wire {
    /// What the door `kind` of `service` speaks when the process is `identity`. The data plane stays in the clear: it is
    /// for users, who know nothing of the fleet's authority.
    pub(crate) fn new(
        service: &str,
        kind: DoorKind,
        identity: Option<&Identity>,
        public: PublicDoors,
    ) -> Self {
        let (demand, takes_plain) = match (kind, public) {
            (DoorKind::Public | DoorKind::Admin, PublicDoors::Both) => (Demand::Optional, true),
            _ => (Demand::Required, false),
        };
        let identity = identity.filter(|_| kind != DoorKind::DataPlane);
        let tls = identity.map(|identity| Tls { identity: identity.clone(), demand, takes_plain });
        Self { service: service.into(), door: kind.name(), tls, complained: Arc::default() }
    }

    /// Gets to know who connects; `None` when that is nobody to be served.
    pub(crate) async fn open(
        &self,
        stream: TcpStream,
        from: SocketAddr,
        opening: &Opening<'_>,
    ) -> Option<Open> {
        let is_tls = first_byte(&stream, opening).await? == HANDSHAKE;
        match &self.tls {
            None => {
                if is_tls {
                    let reason = "a client speaks TLS to a door that does not".to_owned();
                    self.complain(Outcome::Failed, &reason, from, opening.clock);
                }
                Some(Open::Plain(stream))
            }
            Some(tls) if is_tls => self.shake_hands(tls, stream, from, opening).await,
            Some(tls) if tls.takes_plain => Some(Open::Plain(stream)),
            Some(tls) => {
                tls.identity.count(Side::Accept, Outcome::NotTls);
                let reason = "the caller does not speak TLS, and this door speaks nothing else".to_owned();
                self.complain(Outcome::NotTls, &reason, from, opening.clock);
                turn_away(stream, opening.clock).await;
                None
            }
        }
    }

    async fn shake_hands(
        &self,
        tls: &Tls,
        stream: TcpStream,
        from: SocketAddr,
        opening: &Opening<'_>,
    ) -> Option<Open> {
        let limit = opening.limit.min(HANDSHAKE_LIMIT);
        match tls.identity.accept(stream, tls.demand, &SPOKEN, limit).await {
            Ok(stream) => Some(Open::Secured(Box::new(stream))),
            Err(Refusal { outcome, reason }) => {
                self.complain(outcome, &reason, from, opening.clock);
                None
            }
        }
    }

    /// Names a failure in the log, each kind once a second at most: whoever may not come in does not fill it either.
    fn complain(&self, outcome: Outcome, reason: &str, from: SocketAddr, clock: &Clock) {
        let now = clock.monotonic();
        let mut complained = self.complained.lock().unwrap_or_else(PoisonError::into_inner);
        let last = complained.get(&outcome);
        if last.is_some_and(|last| now.saturating_sub(*last) < COMPLAIN_EVERY) {
            return;
        }
        complained.insert(outcome, now);
        let (service, door, outcome) = (&*self.service, self.door, outcome.name());
        // Those who break off and dawdle are nothing for an operator to look after.
        if matches!(outcome, "broken" | "timed-out") {
            tracing::debug!(service, door, %from, outcome, reason, "a connection was refused");
        } else {
            tracing::warn!(service, door, %from, outcome, reason, "a connection was refused");
        }
    }
}

/// Waits for the first byte and leaves it where it is; `None` when none comes. While the door closes it waits for a
/// little longer: who has just connected may be sending a request.
async fn first_byte(stream: &TcpStream, opening: &Opening<'_>) -> Option<u8> {
    let look = async {
        let mut byte = [0];
        let seen = stream.peek(&mut byte).await;
        seen.is_ok_and(|count| count == 1).then_some(byte[0])
    };
    let mut look = std::pin::pin!(look);
    let looked = tokio::select! {
        biased;
        looked = opening.clock.timeout(opening.limit, look.as_mut()) => looked,
        () = opening.accepting.stopping() => opening.clock.timeout(LINGER, look.as_mut()).await,
    };
    looked.ok().flatten()
}

/// Tells a client in the clear, in words that it understands, and closes.
async fn turn_away(mut stream: TcpStream, clock: &Clock) {
    let problem = Problem::new(&TLS_REQUIRED).detail(
        "This door speaks TLS and wants a certificate of the fleet. Send the request with https and a certificate.",
    );
    let response = problem.to_response();
    let mut head = format!("HTTP/1.1 {}\r\nconnection: close\r\n", response.status());
    for (name, value) in response.headers() {
        head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap_or_default()));
    }
    let body = response.body();
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let telling = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
        stream.shutdown().await?;
        // What is left unread would turn the answer into a reset.
        let mut dropped = [0; 4096];
        while stream.read(&mut dropped).await? > 0 {}
        io::Result::Ok(())
    };
    drop(clock.timeout(GOODBYE, telling).await);
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn who_has_just_connected_is_waited_for_when_the_door_closes() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let (clock, accepting) = (Clock::system(), Scope::new("test"));
        accepting.stop();
        let opening = Opening { clock: &clock, limit: Duration::from_secs(10), accepting: &accepting };
        let sending = async {
            // Often enough for the door to have looked.
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            client.write_all(b"GET").await.unwrap();
        };
        let (seen, ()) = tokio::join!(first_byte(&server, &opening), sending);
        assert_eq!(seen, Some(b'G'));
    }
}
