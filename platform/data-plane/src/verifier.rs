//! Judges a backend's certificate by names that are not that of the host.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use webpki::EndEntityCert;

/// A name that a certificate may have (RFC 5280 §4.2.1.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateName {
    /// A host. With `*.` in front the certificate must say so, too.
    Host(String),
    /// An identity, which the certificate must have to the letter.
    Uri(String),
}

/// Takes certificates that an authority has signed, and that have one of some names.
#[derive(Debug)]
pub(crate) struct ByNames {
    pub(crate) roots: RootCertStore,
    pub(crate) names: Vec<CertificateName>,
    pub(crate) provider: Arc<CryptoProvider>,
}

impl ByNames {
    fn has_one(&self, certificate: &CertificateDer<'_>) -> Result<bool, Error> {
        let parsed = ParsedCertificate::try_from(certificate)?;
        let bare = EndEntityCert::try_from(certificate).map_err(|_| CertificateError::BadEncoding)?;
        Ok(self.names.iter().any(|name| match name {
            CertificateName::Host(host) if host.starts_with("*.") => {
                bare.valid_dns_names().any(|found| found.eq_ignore_ascii_case(host))
            }
            CertificateName::Host(host) => ServerName::try_from(host.as_str())
                .is_ok_and(|name| verify_server_name(&parsed, &name).is_ok()),
            CertificateName::Uri(uri) => bare.valid_uri_names().any(|found| found == uri),
        }))
    }
}

impl ServerCertVerifier for ByNames {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let parsed = ParsedCertificate::try_from(end_entity)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, intermediates, now, algorithms)?;
        match self.has_one(end_entity)? {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(CertificateError::NotValidForName.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::string::Ia5String;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType};

    use super::*;

    struct Authority {
        issuer: Issuer<'static, KeyPair>,
        roots: RootCertStore,
    }

    fn authority() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "authority");
        let key = KeyPair::generate().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(params.self_signed(&key).unwrap().der().clone()).unwrap();
        Authority { issuer: Issuer::new(params, key), roots }
    }

    fn certificate(authority: &Authority, hosts: &[&str], uri: &str) -> CertificateDer<'static> {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = CertificateParams::new(hosts).unwrap();
        params.subject_alt_names.push(SanType::URI(Ia5String::try_from(uri).unwrap()));
        params.signed_by(&KeyPair::generate().unwrap(), &authority.issuer).unwrap().der().clone()
    }

    fn is_taken(authority: &Authority, names: &[CertificateName], certificate: &CertificateDer<'_>) -> bool {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = ByNames { roots: authority.roots.clone(), names: names.to_vec(), provider };
        // The name of the host counts for nothing.
        let host = ServerName::try_from("a.example").unwrap();
        verifier.verify_server_cert(certificate, &[], &host, &[], UnixTime::now()).is_ok()
    }

    #[test]
    fn one_of_the_names_is_enough_and_none_is_not() {
        let (ours, other) = (authority(), authority());
        let shown = certificate(&ours, &["a.example", "*.b.example"], "spiffe://shop/one");
        let host = |name: &str| CertificateName::Host(name.to_owned());
        let uri = |name: &str| CertificateName::Uri(name.to_owned());
        for name in [host("a.example"), host("c.b.example"), host("*.b.example"), uri("spiffe://shop/one")] {
            assert!(is_taken(&ours, &[uri("spiffe://shop/two"), name.clone()], &shown), "{name:?}");
            assert!(!is_taken(&other, std::slice::from_ref(&name), &shown), "{name:?} of somebody else");
        }
        for name in [
            host("b.example"),
            host("*.example"),
            host("*.a.example"),
            uri("spiffe://shop/One"),
            uri("spiffe://shop"),
            uri("a.example"),
        ] {
            assert!(!is_taken(&ours, std::slice::from_ref(&name), &shown), "{name:?}");
        }
        assert!(!is_taken(&ours, &[], &shown));
    }
}
