//! Certificates of processes: whose they are, and for how long.

use rustls::pki_types::CertificateDer;
use tradewind_kernel::Timestamp;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use crate::name::{InvalidName, SpiffeId};

/// What a certificate says of its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) id: SpiffeId,
    pub(crate) not_before: Timestamp,
    pub(crate) expires: Timestamp,
}

/// Why a certificate is no process's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LeafError {
    #[error("the certificate cannot be read")]
    Unreadable,
    #[error("the certificate names nobody: it needs one URI as subject alternative name, a SPIFFE id")]
    NoName,
    #[error("the certificate names {0} URIs as subject alternative names, where one is allowed")]
    SeveralNames(usize),
    #[error("the name in the certificate: {0}")]
    BadName(#[from] InvalidName),
    #[error("the certificate is for {0}, a whole trust domain and no process")]
    Domain(SpiffeId),
    #[error("the certificate is an authority's own")]
    Authority,
    #[error("the certificate may sign others")]
    Signs,
}

impl Leaf {
    /// Reads a certificate by the rules of X.509-SVID §5.2 (leaf validation), and §2 for its one name.
    pub(crate) fn read(der: &CertificateDer<'_>) -> Result<Self, LeafError> {
        let (_, certificate) = X509Certificate::from_der(der).map_err(|_| LeafError::Unreadable)?;
        if certificate.is_ca() {
            return Err(LeafError::Authority);
        }
        let usage = certificate.key_usage().map_err(|_| LeafError::Unreadable)?;
        if usage.is_some_and(|usage| usage.value.key_cert_sign() || usage.value.crl_sign()) {
            return Err(LeafError::Signs);
        }
        let id: SpiffeId = only_uri(&certificate)?.parse()?;
        if id.is_domain() {
            return Err(LeafError::Domain(id));
        }
        let validity = certificate.validity();
        let time = |seconds: i64| Timestamp::from_micros(seconds.saturating_mul(1_000_000));
        let not_before = time(validity.not_before.timestamp());
        Ok(Self { id, not_before, expires: time(validity.not_after.timestamp()) })
    }
}

/// Whether a certificate is an authority's: one of a process among those that are trusted would let it vouch for others.
pub(crate) fn is_authority(der: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(der).is_ok_and(|(_, certificate)| certificate.is_ca())
}

fn only_uri<'a>(certificate: &'a X509Certificate<'_>) -> Result<&'a str, LeafError> {
    let names = certificate.subject_alternative_name().map_err(|_| LeafError::Unreadable)?;
    let names = names.map(|extension| extension.value.general_names.as_slice()).unwrap_or_default();
    let uris: Vec<&str> = names
        .iter()
        .filter_map(|name| match name {
            GeneralName::URI(uri) => Some(*uri),
            _ => None,
        })
        .collect();
    match uris.as_slice() {
        [] => Err(LeafError::NoName),
        [uri] => Ok(uri),
        several => Err(LeafError::SeveralNames(several.len())),
    }
}
