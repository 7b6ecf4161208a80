//! How handshakes end, in words for counters and for people.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use rustls::{AlertDescription, CertificateError, Error};
use tradewind_kernel::Timestamp;

use crate::verify::NameRefused;

/// Which end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Connections that others open.
    Accept,
    /// Connections that are opened to others.
    Connect,
}

impl Side {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Accept, Self::Connect];

    /// The name used as a label.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Connect => "connect",
        }
    }
}

/// How a handshake ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Both sides know who the other is, as far as that was asked for.
    Done,
    /// The other side showed no certificate.
    NoCertificate,
    /// The certificate is of an authority that is not trusted here.
    ForeignAuthority,
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet.
    NotYetValid,
    /// The certificate breaks a rule for names, or is of another trust domain.
    BadName,
    /// The peer is somebody else than who was called.
    WrongPeer,
    /// The certificate is wrong in another way.
    BadCertificate,
    /// The other side does not accept what this side showed, or nothing that it speaks.
    Refused,
    /// The other side does not speak TLS.
    NotTls,
    /// It took too long.
    TimedOut,
    /// The connection ended in the middle.
    Broken,
    /// Anything else, such as an old version of TLS.
    Failed,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Done,
        Self::NoCertificate,
        Self::ForeignAuthority,
        Self::Expired,
        Self::NotYetValid,
        Self::BadName,
        Self::WrongPeer,
        Self::BadCertificate,
        Self::Refused,
        Self::NotTls,
        Self::TimedOut,
        Self::Broken,
        Self::Failed,
    ];

    /// The name used as a label.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NoCertificate => "no-certificate",
            Self::ForeignAuthority => "foreign-authority",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::BadName => "bad-name",
            Self::WrongPeer => "wrong-peer",
            Self::BadCertificate => "bad-certificate",
            Self::Refused => "refused",
            Self::NotTls => "not-tls",
            Self::TimedOut => "timed-out",
            Self::Broken => "broken",
            Self::Failed => "failed",
        }
    }
}

/// Handshakes by side and outcome.
#[derive(Debug, Default)]
pub(crate) struct Counts([[AtomicU64; Outcome::ALL.len()]; 2]);

impl Counts {
    pub(crate) fn add(&self, side: Side, outcome: Outcome) {
        self.0[side as usize][outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn of(&self, side: Side, outcome: Outcome) -> u64 {
        self.0[side as usize][outcome as usize].load(Ordering::Relaxed)
    }
}

/// What a failure of a handshake is called, and what it means.
pub(crate) fn explain(error: &io::Error, side: Side) -> (Outcome, String) {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    let other = match side {
        Side::Accept => "the caller",
        Side::Connect => "the peer",
    };
    match inner {
        Some(Error::NoCertificatesPresented) => {
            (Outcome::NoCertificate, format!("{other} showed no certificate"))
        }
        Some(Error::InvalidCertificate(wrong)) => explain_certificate(wrong, other),
        Some(Error::AlertReceived(alert)) => (Outcome::Refused, refused(*alert, other)),
        Some(Error::InvalidMessage(_)) => (Outcome::NotTls, format!("{other} does not speak TLS")),
        Some(known) => (Outcome::Failed, known.to_string()),
        None => (Outcome::Broken, format!("{other} ended the connection during the handshake: {error}")),
    }
}

fn explain_certificate(wrong: &CertificateError, other: &str) -> (Outcome, String) {
    let time = |seconds: u64| {
        let micros = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        Timestamp::from_micros(micros)
    };
    match wrong {
        CertificateError::ExpiredContext { not_after, .. } => {
            (Outcome::Expired, format!("the certificate of {other} expired at {}", time(not_after.as_secs())))
        }
        CertificateError::Expired => (Outcome::Expired, format!("the certificate of {other} has expired")),
        CertificateError::NotValidYetContext { not_before, .. } => {
            let from = time(not_before.as_secs());
            (Outcome::NotYetValid, format!("the certificate of {other} is valid from {from} on"))
        }
        CertificateError::NotValidYet => {
            (Outcome::NotYetValid, format!("the certificate of {other} is not valid yet"))
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            let what = "is of an authority that is not trusted here";
            (Outcome::ForeignAuthority, format!("the certificate of {other} {what}"))
        }
        CertificateError::Other(inner) => match inner.0.downcast_ref::<NameRefused>() {
            Some(name @ NameRefused::WrongPeer { .. }) => (Outcome::WrongPeer, name.to_string()),
            Some(name) => (Outcome::BadName, format!("{other}: {name}")),
            None => (Outcome::BadCertificate, format!("the certificate of {other}: {wrong}")),
        },
        _ => (Outcome::BadCertificate, format!("the certificate of {other}: {wrong}")),
    }
}

fn refused(alert: AlertDescription, other: &str) -> String {
    let why = match alert {
        AlertDescription::CertificateRequired => "it wants a certificate and saw none",
        AlertDescription::CertificateExpired => {
            "for it, the certificate shown here is not valid at this time"
        }
        AlertDescription::UnknownCA => "it does not trust the authority of the certificate shown here",
        AlertDescription::BadCertificate | AlertDescription::CertificateUnknown => {
            "it does not accept the certificate shown here, or the name in it"
        }
        AlertDescription::ProtocolVersion => "it speaks no version of TLS that this side speaks",
        AlertDescription::NoApplicationProtocol => "it speaks no protocol that this side speaks",
        _ => "its reason is in its log",
    };
    format!("{other} refused the connection: {why} (TLS alert {alert:?})")
}

/// A failure after the handshake, as this side sees it: a server says only then what it thinks of a certificate.
pub(crate) fn explain_late(error: io::Error, side: Side) -> (Option<Outcome>, io::Error) {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    if !matches!(inner, Some(Error::AlertReceived(_))) {
        return (None, error);
    }
    let (outcome, reason) = explain(&error, side);
    (Some(outcome), io::Error::new(io::ErrorKind::ConnectionAborted, reason))
}
