//! What is checked of the other side: its chain, by webpki, and its name.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, VerifierBuilderError, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, RootCertStore,
    SignatureScheme,
};

use crate::certificate::{Leaf, LeafError};
use crate::name::{Member, SpiffeId, TrustDomain};

/// Why a certificate of a trusted authority is refused all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameRefused {
    #[error(transparent)]
    Leaf(#[from] LeafError),
    #[error("the certificate is for {id}, and this is the trust domain {domain}")]
    OtherDomain { id: SpiffeId, domain: TrustDomain },
    #[error("the peer is {found}, and {wanted} was called")]
    WrongPeer { found: SpiffeId, wanted: String },
}

impl From<NameRefused> for Error {
    fn from(refused: NameRefused) -> Self {
        Self::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(refused))))
    }
}

/// Reads a certificate and makes sure that it is for a process of `domain`.
pub(crate) fn named(certificate: &CertificateDer<'_>, domain: &TrustDomain) -> Result<Leaf, NameRefused> {
    let leaf = Leaf::read(certificate)?;
    if leaf.id.domain() != domain {
        return Err(NameRefused::OtherDomain { id: leaf.id, domain: domain.clone() });
    }
    Ok(leaf)
}

/// Looks at the certificates of callers.
#[derive(Debug)]
pub(crate) struct Callers {
    chain: Arc<dyn ClientCertVerifier>,
    domain: TrustDomain,
}

impl Callers {
    /// `required` says whether a caller has to show a certificate at all.
    pub(crate) fn new(
        roots: Arc<RootCertStore>,
        provider: &Arc<CryptoProvider>,
        domain: &TrustDomain,
        required: bool,
    ) -> Result<Self, VerifierBuilderError> {
        let builder = WebPkiClientVerifier::builder_with_provider(roots, provider.clone());
        let builder = if required { builder } else { builder.allow_unauthenticated() };
        Ok(Self { chain: builder.build()?, domain: domain.clone() })
    }
}

impl ClientCertVerifier for Callers {
    fn client_auth_mandatory(&self) -> bool {
        self.chain.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.chain.verify_client_cert(end_entity, intermediates, now)?;
        named(end_entity, &self.domain)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

/// Looks at the certificates of peers that are called. Their addresses say nothing of who they are: the server name of
/// the connection is the name of the service that was called.
#[derive(Debug)]
pub(crate) struct Peers {
    roots: Arc<RootCertStore>,
    algorithms: WebPkiSupportedAlgorithms,
    domain: TrustDomain,
}

impl Peers {
    pub(crate) fn new(roots: Arc<RootCertStore>, provider: &CryptoProvider, domain: &TrustDomain) -> Self {
        Self { roots, algorithms: provider.signature_verification_algorithms, domain: domain.clone() }
    }

    /// Makes sure that an authority vouches for a chain as that of a server.
    pub(crate) fn check_chain(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let algorithms = self.algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&certificate, &self.roots, intermediates, now, algorithms)
    }
}

impl ServerCertVerifier for Peers {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check_chain(end_entity, intermediates, now)?;
        let found = named(end_entity, &self.domain)?.id;
        let wanted = server_name.to_str();
        match found.member() {
            Some(Member::Service(name)) if name == wanted => Ok(ServerCertVerified::assertion()),
            _ => Err(NameRefused::WrongPeer { found, wanted: wanted.into_owned() }.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
