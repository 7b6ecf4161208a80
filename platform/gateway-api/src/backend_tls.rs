//! `BackendTLSPolicy`: how connections to a service are secured.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::reference::{LocalRef, TargetRef};

/// What a `BackendTLSPolicy` says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendTlsPolicy {
    /// Services, or ports of services by name.
    pub target_refs: Vec<TargetRef>,
    /// What the service has to show.
    pub validation: BackendValidation,
    /// Settings of this gateway alone, each with a domain in front.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

/// What a service has to show.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackendValidation {
    /// Who may have signed its certificate.
    #[serde(default)]
    pub ca_certificate_refs: Vec<LocalRef>,
    /// `System` for those that the machine trusts; instead of `ca_certificate_refs`.
    #[serde(rename = "wellKnownCACertificates")]
    pub well_known_ca_certificates: Option<String>,
    /// The name asked for (server name indication), and that of the certificate where `subject_alt_names` is empty.
    pub hostname: String,
    /// Names of which the certificate must have one.
    #[serde(default)]
    pub subject_alt_names: Vec<SubjectAltName>,
}

/// A name in a certificate (RFC 5280 §4.2.1.6).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type")]
pub enum SubjectAltName {
    /// A host, `*.` in front for any one label.
    Hostname {
        /// The host.
        hostname: String,
    },
    /// An identity such as that of SPIFFE.
    #[serde(rename = "URI")]
    Uri {
        /// The identity.
        uri: String,
    },
}
