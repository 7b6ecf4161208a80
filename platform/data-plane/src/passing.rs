//! Connections that are told apart by the name that a client asks for, and passed on without being read.

use std::any::Any;
use std::fmt;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use crate::upstream::cluster::Cluster;

/// How a connection introduces itself: by the first message of TLS, and nothing else is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Introduction<'a> {
    /// The port as routes name it.
    pub port: u16,
    /// The address of the client.
    pub peer: SocketAddr,
    /// The host that the client asks for, in lower case.
    pub server_name: Option<&'a str>,
    /// When the connection was accepted: the time since the server began.
    pub came: Duration,
    /// The same in microseconds since 1970.
    pub came_at: u64,
}

/// What becomes of a connection.
pub enum Admission {
    /// TLS ends here, and HTTP is spoken within.
    Http,
    /// It is passed on to a backend.
    Pass(Pass),
    /// It is closed, for this reason.
    Refuse(Refused, Option<Rc<dyn Any>>),
}

/// How a connection goes on to a backend.
pub struct Pass {
    /// Where to.
    pub cluster: Rc<Cluster>,
    /// Whether TLS ends here, so that the backend gets what is within; over TLS again where the cluster has it. Otherwise
    /// the bytes of the client go on as they are.
    pub ends_tls: bool,
    /// Given back with the outcome.
    pub mark: Rc<dyn Any>,
}

/// Why a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Nobody has the name that it asks for, or it asks for none.
    UnknownName,
    /// Its client may not connect.
    NotAllowed,
    /// A policy wants of it what no connection can show.
    NoToken,
    /// It leads nowhere, by a mistake in documents.
    Broken,
}

/// What came of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Passed {
    /// Why it did not get to a backend, or did not end as connections should; none where all is well.
    pub reason: Option<&'static str>,
    /// The endpoint that it was passed on to, or was last tried.
    pub upstream: Option<SocketAddr>,
    /// How long it took to be connected there.
    pub connected: Duration,
    /// How many endpoints were tried.
    pub attempts: u32,
    /// Bytes that the backend got.
    pub bytes_in: u64,
    /// Bytes that the client got.
    pub bytes_out: u64,
    /// From when it was accepted to its end.
    pub duration: Duration,
}

impl Refused {
    /// The reason, for logs and metrics.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::UnknownName => "unknown-name",
            Self::NotAllowed => "address-not-allowed",
            Self::NoToken => "no-token",
            Self::Broken => "no-backend",
        }
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http => formatter.write_str("Http"),
            Self::Pass(pass) => formatter.debug_tuple("Pass").field(pass).finish(),
            Self::Refuse(refused, _) => formatter.debug_tuple("Refuse").field(refused).finish(),
        }
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Pass");
        shown.field("cluster", &self.cluster).field("ends_tls", &self.ends_tls).finish_non_exhaustive()
    }
}
