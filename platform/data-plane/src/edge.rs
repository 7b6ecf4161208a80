//! Who decides what becomes of a request.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};

use crate::answer::Answer;
use crate::compression::Compression;
use crate::copied::CopyCounts;
use crate::edits::HeaderEdits;
use crate::outcome::{Answered, Outcome};
use crate::passing::{Admission, Introduction, Passed, Refused};
use crate::request::Request;
use crate::upstream::affinity::Affinity;
use crate::upstream::cluster::Cluster;
use crate::upstream::endpoint::Endpoint;

/// Decides what becomes of requests. All threads share it; what is asked on the way of a request is what it makes for
/// each thread.
pub trait Edge: Send + Sync + 'static {
    /// The part of one thread, made on that thread.
    fn thread(&self) -> Box<dyn EdgeThread>;
}

/// Decides on the requests of one thread. Never waits, never locks.
pub trait EdgeThread {
    /// What becomes of a request.
    fn decide(&self, request: &Request<'_>) -> Decision;

    /// All of a request has come and goes to a backend, which alone is waited for from now on. Not called for a request
    /// that breaks off, or is answered before it is whole; perhaps once more for one that is sent again. `mark` is that
    /// of the decision.
    fn sent(&self, mark: &Rc<dyn std::any::Any>) {
        let _ = mark;
    }

    /// The head of the answer that a client gets has come from a backend; its body may go on for as long as it likes.
    /// Comes before [`finished`](Self::finished), and not at all where no backend has answered. `mark` is that of the
    /// decision.
    fn answered(&self, answered: &Answered, mark: &Rc<dyn std::any::Any>) {
        let _ = (answered, mark);
    }

    /// What came of a request; also of one whose client has gone meanwhile. `mark` is that of the decision; none when
    /// nothing was decided.
    fn finished(&self, request: &Request<'_>, outcome: &Outcome, mark: Option<&Rc<dyn std::any::Any>>);

    /// What a client sent was no request, and was answered so.
    fn refused(&self, peer: std::net::SocketAddr, answer: &Answer) {
        let _ = (peer, answer);
    }

    /// Whether connections to a port, as routes name it, have to introduce themselves: TLS does not end here for all of
    /// them, or it is not always HTTP that is within.
    fn is_by_name(&self, port: u16) -> bool {
        let _ = port;
        false
    }

    /// What becomes of a connection that has introduced itself.
    fn admit(&self, introduction: &Introduction<'_>) -> Admission {
        let _ = introduction;
        Admission::Refuse(Refused::UnknownName, None)
    }

    /// What came of a connection that introduced itself, or was to, unless HTTP is spoken over it. `mark` is that of the
    /// decision.
    fn passed(&self, introduction: &Introduction<'_>, passed: &Passed, mark: Option<&Rc<dyn std::any::Any>>) {
        let _ = (introduction, passed, mark);
    }

    /// Is called about ten times a second: writes what was collected, drops what is old.
    fn tick(&self) {}
}

/// What becomes of a request.
pub enum Decision {
    /// It is answered at once.
    Answer(Answer, Option<Rc<dyn std::any::Any>>),
    /// A backend answers.
    Forward(Box<Forward>),
}

/// How a request goes to a backend.
pub struct Forward {
    /// Where to.
    pub cluster: Rc<Cluster>,
    /// The address of the client, where it is not that of the connection.
    pub client: Option<IpAddr>,
    /// The target that the backend gets: a path with perhaps a query.
    pub target: Cow<'static, str>,
    /// The `Host` that the backend gets; none: that of the client.
    pub host: Option<Arc<str>>,
    /// Changes of the request's headers, in this order.
    pub request: Vec<Arc<HeaderEdits>>,
    /// Headers of the client that end here: others are to say what they would, or nobody.
    pub withheld: Option<Arc<HeaderEdits>>,
    /// Headers that the backend gets besides; they take the place of what the client sent.
    pub request_headers: Vec<(HeaderName, HeaderValue)>,
    /// Changes of the answer's headers, in this order.
    pub response: Vec<Arc<HeaderEdits>>,
    /// Headers that the client gets besides, in the place of the backend's.
    pub response_headers: Vec<(HeaderName, HeaderValue)>,
    /// Headers that the client gets where the backend gives none of the name.
    pub response_defaults: Arc<[(HeaderName, HeaderValue)]>,
    /// What of the answer is compressed; none: it goes on as it is.
    pub compression: Option<Compression>,
    /// How long all attempts together may take until the answer is whole; none: no bound but those of the timers.
    pub request_timeout: Option<Duration>,
    /// How long one attempt may take; none: until the first byte as the timers say.
    pub attempt_timeout: Option<Duration>,
    /// How many further attempts there may be when one fails.
    pub retries: u32,
    /// Statuses after which there may be another attempt, besides those without an answer.
    pub retry_on: Arc<[u16]>,
    /// Whether there may be another attempt where there is no connection, so that nothing was sent.
    pub retry_unreachable: bool,
    /// Whether there may be another one where the connection broke before an answer. One that had been unused before may
    /// have been closed at the same moment, which does not count.
    pub retry_reset: bool,
    /// Before a further attempt there is a pause, which is drawn up to so long, and up to twice as long before each one
    /// after it. None where the time of the request would be over by then.
    pub backoff: Duration,
    /// Whether what the client claims in `X-Forwarded-*` is passed on, since it comes from a trusted proxy.
    pub trusts_forwarded: bool,
    /// Bytes of the request's body; none: as the limits say.
    pub most_body: Option<u64>,
    /// Clusters that get a copy whose answer nobody waits for.
    pub mirrors: Vec<Mirrored>,
    /// Given back with the outcome.
    pub mark: Rc<dyn std::any::Any>,
    /// The cookie that keeps the client where its answer came from.
    pub(crate) cookie: RefCell<Option<HeaderValue>>,
}

/// Where a copy of a request goes.
#[derive(Debug)]
pub struct Mirrored {
    /// Where to.
    pub cluster: Rc<Cluster>,
    /// Counts what becomes of it.
    pub counts: Arc<CopyCounts>,
}

impl fmt::Debug for Decision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer, _) => formatter.debug_tuple("Answer").field(answer).finish(),
            Self::Forward(forward) => formatter.debug_tuple("Forward").field(forward).finish(),
        }
    }
}

impl fmt::Debug for Forward {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Forward");
        shown.field("cluster", &self.cluster).field("target", &self.target).finish_non_exhaustive()
    }
}

impl Forward {
    /// To a cluster, with a target, and as simply as that.
    #[must_use]
    pub fn to(
        cluster: Rc<Cluster>,
        target: impl Into<Cow<'static, str>>,
        mark: Rc<dyn std::any::Any>,
    ) -> Self {
        Self {
            cluster,
            client: None,
            target: target.into(),
            host: None,
            request: Vec::new(),
            withheld: None,
            request_headers: Vec::new(),
            response: Vec::new(),
            response_headers: Vec::new(),
            response_defaults: Arc::new([]),
            compression: None,
            request_timeout: None,
            attempt_timeout: None,
            retries: 1,
            retry_on: Arc::new([]),
            retry_unreachable: true,
            retry_reset: true,
            backoff: Duration::ZERO,
            trusts_forwarded: false,
            most_body: None,
            mirrors: Vec::new(),
            mark,
            cookie: RefCell::default(),
        }
    }

    /// Where a request belongs, if the cluster has such a thing.
    pub(crate) fn affinity(&self, request: &Request<'_>) -> Option<Affinity> {
        let client = || self.client.unwrap_or_else(|| request.peer().ip());
        self.cluster.settings.keeps_clients().then(|| self.cluster.affinity(request, client()))
    }

    /// The answer is that of an endpoint: its client is kept there, if it is not yet.
    pub(crate) fn keep(&self, affinity: &Affinity, endpoint: &Endpoint, is_secure: bool) {
        let Some((persistence, name)) =
            self.cluster.settings.persistence.as_ref().zip(endpoint.name.as_ref())
        else {
            return;
        };
        if affinity.kept_at != Some(endpoint.address) {
            let cookie = persistence.cookie.set(name, &affinity.named, is_secure);
            self.cookie.replace(HeaderValue::from_str(&cookie).ok());
        }
    }

    pub(crate) fn edits_request(&self) -> bool {
        !self.request.is_empty() || !self.request_headers.is_empty() || self.withheld.is_some()
    }

    pub(crate) fn edits_response(&self) -> bool {
        !self.response.is_empty() || !self.response_headers.is_empty()
    }
}
