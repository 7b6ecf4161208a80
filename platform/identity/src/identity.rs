//! A process's identity: read from files, followed while it runs, used by both ends of connections.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::time_provider::TimeProvider;
use rustls::version::TLS13;
use rustls::{ClientConfig, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tradewind_kernel::{Clock, Timestamp};

use crate::error::IdentityError;
use crate::files::{Content, IdentityFiles, Look, Material};
use crate::name::{Member, TrustDomain};
use crate::outcome::{Counts, Outcome, Side, explain};
use crate::stream::{AnyStream, ByteStream, Peer, TlsStream};
use crate::verify::{Callers, Peers, named};

/// How long a refused connection is read on, so that the alert with the reason is not lost to a reset.
const LINGER: Duration = Duration::from_millis(500);

/// Who a process is, and whom it believes. Clones share it.
///
/// It follows its files when it is asked to ([`Identity::refresh`]): handshakes that begin then use what they hold now.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    files: IdentityFiles,
    domain: TrustDomain,
    clock: Clock,
    provider: Arc<CryptoProvider>,
    present: RwLock<Arc<Present>>,
    seen: Mutex<Seen>,
    counts: Arc<Counts>,
}

/// What handshakes use now.
struct Present {
    standing: Standing,
    required: Arc<ServerConfig>,
    optional: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

/// What was found at the files so far.
struct Seen {
    look: Look,
    content: Content,
    /// The look of files that were no good, and whether that was told.
    bad: Option<(Look, bool)>,
}

/// What a process shows of itself at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Who it is.
    pub member: Member,
    /// Counts the changes of its files, from 0.
    pub generation: u64,
    /// From when its certificate is valid.
    pub not_before: Timestamp,
    /// When its certificate expires.
    pub expires: Timestamp,
}

impl Standing {
    /// Whether less than a third of the certificate's life is left: it should have been replaced by now.
    #[must_use]
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.expires.since(now) < self.expires.since(self.not_before) / 3
    }
}

/// What a door wants of who connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// A certificate of the trust domain.
    Required,
    /// Such a certificate, or none.
    Optional,
}

/// What is spoken within a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

impl Protocol {
    /// The name in the handshake (RFC 7301).
    fn alpn(self) -> Vec<u8> {
        match self {
            Self::Http1 => b"http/1.1".to_vec(),
            Self::Http2 => b"h2".to_vec(),
        }
    }
}

/// What a look at the files led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// They are as they were, or as bad as they were.
    Unchanged,
    /// New handshakes use what they hold now.
    Swapped,
    /// They hold something else that is no good; what was there before is still in use.
    Refused(IdentityError),
}

/// A handshake that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// How it ended.
    pub outcome: Outcome,
    /// What happened, for whoever runs this side.
    pub reason: String,
}

impl Identity {
    /// The identity in `files`, for a member of `domain`.
    ///
    /// # Errors
    /// When a file cannot be read, others may read the key, the certificate is not one of a member of the domain, not
    /// valid now, not from one of the authorities, or not the key's.
    pub fn load(files: IdentityFiles, domain: TrustDomain, clock: Clock) -> Result<Self, IdentityError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let look = Look::at(&files);
        let content = Content::read(&files)?;
        let using = Using { files: &files, domain: &domain, clock: &clock, provider: &provider };
        let present = using.present(&content, 0)?;
        Ok(Self(Arc::new(Inner {
            files,
            domain,
            clock,
            provider,
            present: RwLock::new(Arc::new(present)),
            seen: Mutex::new(Seen { look, content, bad: None }),
            counts: Arc::default(),
        })))
    }

    /// What it shows of itself at the moment.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.present().standing.clone()
    }

    /// Counts the changes of its files, from 0.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.present().standing.generation
    }

    /// The trust domain that it belongs to.
    #[must_use]
    pub fn domain(&self) -> &TrustDomain {
        &self.0.domain
    }

    /// Handshakes that ended like this, since the process began.
    #[must_use]
    pub fn handshakes(&self, side: Side, outcome: Outcome) -> u64 {
        self.0.counts.of(side, outcome)
    }

    /// Looks at the files and takes what they hold, if that is new and good. Ask about once a second: it costs three
    /// questions to the file system while nothing changes.
    ///
    /// Files are written one after the other, so a look may meet new ones beside old ones. What is no good is
    /// therefore told when a second look meets it again, and once.
    #[must_use]
    pub fn refresh(&self) -> Refreshed {
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let look = Look::at(&self.0.files);
        if look == seen.look {
            // Back to what is in use: nothing is wrong any more.
            seen.bad = None;
            return Refreshed::Unchanged;
        }
        let known_bad = seen.bad.as_ref().filter(|(bad, _)| *bad == look).map(|(_, told)| *told);
        if known_bad == Some(true) {
            return Refreshed::Unchanged;
        }
        match self.take(&mut seen) {
            Ok(swapped) => {
                seen.look = look;
                seen.bad = None;
                if swapped { Refreshed::Swapped } else { Refreshed::Unchanged }
            }
            Err(error) => {
                seen.bad = Some((look, known_bad.is_some()));
                if known_bad.is_some() { Refreshed::Refused(error) } else { Refreshed::Unchanged }
            }
        }
    }

    /// Takes new files, if it is high time: a program that nobody refreshes, such as a command that watches a fleet for
    /// days, goes on with what was issued meanwhile. What is no good is told by [`Identity::refresh`].
    fn catch_up(&self) {
        if !self.standing().is_late(self.0.clock.now()) {
            return;
        }
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let look = Look::at(&self.0.files);
        if look != seen.look && self.take(&mut seen).is_ok() {
            seen.look = look;
            seen.bad = None;
        }
    }

    /// Takes what the files hold; `false` when that is what they held before.
    fn take(&self, seen: &mut Seen) -> Result<bool, IdentityError> {
        let Inner { files, domain, clock, provider, .. } = &*self.0;
        let content = Content::read(files)?;
        if content == seen.content {
            return Ok(false);
        }
        let before = self.standing();
        let present = Using { files, domain, clock, provider }
            .present(&content, before.generation.saturating_add(1))?;
        if present.standing.member != before.member {
            let reason = format!(
                "is for {}, and this process is {}; start it anew to make it somebody else",
                present.standing.member.name(),
                before.member.name()
            );
            return Err(IdentityError::new(&files.certificate, reason));
        }
        *self.0.present.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(present);
        seen.content = content;
        Ok(true)
    }

    /// The server's side of a handshake, over within `limit`.
    ///
    /// # Errors
    /// [`Refusal`]; the caller was told by a TLS alert if it could be.
    pub async fn accept(
        &self,
        stream: impl ByteStream,
        demand: Demand,
        protocols: &[Protocol],
        limit: Duration,
    ) -> Result<TlsStream, Refusal> {
        let present = self.present();
        let config = match demand {
            Demand::Required => &present.required,
            Demand::Optional => &present.optional,
        };
        let mut config = ServerConfig::clone(config);
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.alpn()).collect();
        let accepting = TlsAcceptor::from(Arc::new(config)).accept(stream.any()).into_fallible();
        let (error, stream) = match self.0.clock.timeout(limit, accepting).await {
            Ok(Ok(stream)) => return Ok(self.open(tokio_rustls::TlsStream::from(stream), Side::Accept)),
            Err(_) => return Err(self.timed_out(Side::Accept, limit)),
            Ok(Err(failed)) => failed,
        };
        self.linger(stream).await;
        Err(self.refused(&error, Side::Accept))
    }

    /// The client's side of a handshake with the service `service`, over within `limit`. That the peer accepts this
    /// side is known only when it answers something: then reading fails with what it says.
    ///
    /// # Errors
    /// [`Refusal`], also when somebody else answers there.
    pub async fn connect(
        &self,
        stream: impl ByteStream,
        service: &str,
        protocol: Protocol,
        limit: Duration,
    ) -> Result<TlsStream, Refusal> {
        let name = ServerName::try_from(service.to_owned()).map_err(|_| {
            let reason = format!("{service:?} cannot be the name of a service");
            self.count(Side::Connect, Outcome::Failed);
            Refusal { outcome: Outcome::Failed, reason }
        })?;
        self.catch_up();
        let mut config = ClientConfig::clone(&self.present().client);
        config.alpn_protocols = vec![protocol.alpn()];
        let connecting = TlsConnector::from(Arc::new(config)).connect(name, stream.any());
        match self.0.clock.timeout(limit, connecting).await {
            Ok(Ok(stream)) => Ok(self.open(tokio_rustls::TlsStream::from(stream), Side::Connect)),
            Ok(Err(error)) => Err(self.refused(&error, Side::Connect)),
            Err(_) => Err(self.timed_out(Side::Connect, limit)),
        }
    }

    /// Counts a connection that did not come to a handshake.
    pub fn count(&self, side: Side, outcome: Outcome) {
        self.0.counts.add(side, outcome);
    }

    fn open(&self, inner: tokio_rustls::TlsStream<AnyStream>, side: Side) -> TlsStream {
        self.count(side, Outcome::Done);
        let certificate = inner.get_ref().1.peer_certificates().and_then(<[_]>::first);
        // It was read once when it was checked; what was good then is good now.
        let leaf = certificate.and_then(|certificate| named(certificate, &self.0.domain).ok());
        let peer = leaf.map(|leaf| Arc::new(Peer { id: leaf.id, expires: leaf.expires }));
        TlsStream { inner, peer, counts: self.0.counts.clone(), side }
    }

    fn refused(&self, error: &std::io::Error, side: Side) -> Refusal {
        let (outcome, reason) = explain(error, side);
        self.count(side, outcome);
        Refusal { outcome, reason }
    }

    fn timed_out(&self, side: Side, limit: Duration) -> Refusal {
        self.count(side, Outcome::TimedOut);
        let reason = format!("the handshake was not over after {} ms", limit.as_millis());
        Refusal { outcome: Outcome::TimedOut, reason }
    }

    /// Closes this side and reads what the other still sends, for a while.
    async fn linger(&self, mut stream: AnyStream) {
        let reading = async {
            stream.shutdown().await?;
            let mut dropped = [0; 4096];
            while stream.read(&mut dropped).await? > 0 {}
            std::io::Result::Ok(())
        };
        // Whatever goes wrong here, the connection ends.
        drop(self.0.clock.timeout(LINGER, reading).await);
    }

    fn present(&self) -> Arc<Present> {
        self.0.present.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What content is understood by.
struct Using<'a> {
    files: &'a IdentityFiles,
    domain: &'a TrustDomain,
    clock: &'a Clock,
    provider: &'a Arc<CryptoProvider>,
}

impl Using<'_> {
    /// Makes what handshakes use, and makes sure that others with the same files would accept it.
    fn present(&self, content: &Content, generation: u64) -> Result<Present, IdentityError> {
        let Material { leaf, certified, roots } = content.understand(self.files, self.provider)?;
        let of_certificate = |reason: String| IdentityError::new(&self.files.certificate, reason);
        let member = leaf.id.member().ok_or_else(|| {
            let wanted = self.domain.member(&Member::Service("<name>".to_owned()));
            of_certificate(format!("is for {}, which is neither {wanted} nor the operator", leaf.id))
        })?;
        let callers = |required| {
            let callers = Callers::new(roots.clone(), self.provider, self.domain, required);
            callers.map_err(|error| IdentityError::new(&self.files.authority, error)).map(Arc::new)
        };
        let (required, optional) = (callers(true)?, callers(false)?);
        let peers = Arc::new(Peers::new(roots.clone(), self.provider, self.domain));
        self.check(&certified.cert, &required, &peers)?;
        let failed = |error: rustls::Error| of_certificate(error.to_string());
        let standing = Standing { member, generation, not_before: leaf.not_before, expires: leaf.expires };
        Ok(Present {
            standing,
            required: Arc::new(self.server(&certified, required).map_err(failed)?),
            optional: Arc::new(self.server(&certified, optional).map_err(failed)?),
            client: Arc::new(self.client(certified, peers).map_err(failed)?),
        })
    }

    fn check(
        &self,
        chain: &[CertificateDer<'_>],
        callers: &Callers,
        peers: &Peers,
    ) -> Result<(), IdentityError> {
        let Some((first, between)) = chain.split_first() else { return Ok(()) };
        let now = WallClock(self.clock.clone())
            .current_time()
            .unwrap_or(UnixTime::since_unix_epoch(Duration::ZERO));
        let checked = callers.verify_client_cert(first, between, now).map(drop);
        let checked = checked.and_then(|()| peers.check_chain(first, between, now));
        checked.map_err(|error| {
            let (_, reason) = explain(&std::io::Error::other(error), Side::Connect);
            let authority = self.files.authority.display();
            let reason = reason.replace("the peer", "this process");
            IdentityError::new(&self.files.certificate, format!("{reason} (authorities: {authority})"))
        })
    }

    fn server(
        &self,
        certified: &Arc<CertifiedKey>,
        callers: Arc<Callers>,
    ) -> Result<ServerConfig, rustls::Error> {
        let time = Arc::new(WallClock(self.clock.clone()));
        let builder = ServerConfig::builder_with_details(self.provider.clone(), time);
        let builder = builder.with_protocol_versions(&[&TLS13])?.with_client_cert_verifier(callers);
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified.clone())));
        // A ticket would let a caller in later without showing its certificate again.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(config)
    }

    fn client(&self, certified: Arc<CertifiedKey>, peers: Arc<Peers>) -> Result<ClientConfig, rustls::Error> {
        let time = Arc::new(WallClock(self.clock.clone()));
        let builder = ClientConfig::builder_with_details(self.provider.clone(), time);
        let builder = builder.with_protocol_versions(&[&TLS13])?;
        let builder = builder.dangerous().with_custom_certificate_verifier(peers);
        let mut config = builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.resumption = Resumption::disabled();
        Ok(config)
    }
}

/// The kernel's clock as the library wants it.
#[derive(Debug)]
struct WallClock(Clock);

impl TimeProvider for WallClock {
    fn current_time(&self) -> Option<UnixTime> {
        let micros = u64::try_from(self.0.now().as_micros()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_micros(micros)))
    }
}

impl fmt::Debug for Identity {
    /// Who it is and where that stands; nothing of keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("standing", &self.standing()).field("files", &self.0.files).finish()
    }
}
