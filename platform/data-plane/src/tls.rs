//! Certificates, towards clients and towards backends (rustls with the cryptography of AWS-LC).

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{CipherSuite, ClientConfig, RootCertStore, ServerConfig};

use crate::verifier::{ByNames, CertificateName};

/// Tickets for resuming that a client gets after a handshake: browsers open several connections, and each ticket costs
/// an encryption.
const TICKETS: usize = 1;

/// A certificate with its key, and the names it is for.
pub struct Certificate {
    names: Vec<String>,
    key: Arc<CertifiedKey>,
}

/// What clients have to show.
#[derive(Debug, Clone, Default)]
pub struct ClientAuthority {
    /// Who may have signed a client's certificate, in PEM.
    pub authorities: Vec<u8>,
    /// Whether a client without a certificate is turned away.
    pub is_required: bool,
}

/// TLS on a listener. Its certificates can be replaced; connections that are there keep theirs.
#[derive(Clone)]
pub struct ServerTls(Arc<RwLock<Configs>>);

/// What is within TLS that ends here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Within {
    /// HTTP, whose version is agreed on.
    Http,
    /// Whatever it is.
    Stream,
}

struct Configs {
    of_http: Arc<ServerConfig>,
    of_streams: Arc<ServerConfig>,
}

/// TLS towards the endpoints of a backend.
#[derive(Clone)]
pub struct BackendTls {
    pub(crate) config: Arc<ClientConfig>,
    /// The same for a backend that speaks HTTP/2.
    pub(crate) config_of_http2: Arc<ClientConfig>,
    /// The same for what is no HTTP.
    pub(crate) config_of_streams: Arc<ClientConfig>,
    pub(crate) name: ServerName<'static>,
}

impl Certificate {
    /// Reads a chain and its key in PEM. `names` are hosts, with `*.` in front for any one label; none are all.
    ///
    /// # Errors
    ///
    /// What is wrong with them; never any of the key.
    pub fn from_pem(names: Vec<String>, chain: &[u8], key: &[u8]) -> Result<Self, String> {
        let chain = certificates(chain)?;
        if chain.is_empty() {
            return Err("there is no certificate in it".to_owned());
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| "there is no private key in it")?;
        let key = CertifiedKey::from_der(chain, key, &provider());
        let key = key.map_err(|error| format!("certificate and key do not fit: {error}"))?;
        let names = names.into_iter().map(|name| name.to_ascii_lowercase()).collect();
        Ok(Self { names, key: Arc::new(key) })
    }
}

impl ServerTls {
    /// TLS with these certificates; of several that fit a name the first is shown.
    ///
    /// # Errors
    ///
    /// There is no certificate, or the authorities of clients cannot be read.
    pub fn new(certificates: Vec<Certificate>, clients: Option<&ClientAuthority>) -> Result<Self, String> {
        Ok(Self(Arc::new(RwLock::new(configs(certificates, clients)?))))
    }

    /// Shows other certificates from the next handshake on.
    ///
    /// # Errors
    ///
    /// As of [`ServerTls::new`]; the certificates stay as they are then.
    pub fn replace(
        &self,
        certificates: Vec<Certificate>,
        clients: Option<&ClientAuthority>,
    ) -> Result<(), String> {
        let configs = configs(certificates, clients)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = configs;
        Ok(())
    }

    pub(crate) fn config(&self, within: Within) -> Arc<ServerConfig> {
        let configs = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match within {
            Within::Http => configs.of_http.clone(),
            Within::Stream => configs.of_streams.clone(),
        }
    }
}

impl BackendTls {
    /// TLS towards a backend that has to show a certificate of `name` which one of `authorities` (in PEM) has signed.
    /// `own` is what we show, where we are asked: a chain and its key, in PEM.
    ///
    /// # Errors
    ///
    /// What cannot be read.
    pub fn new(name: &str, authorities: &[u8], own: Option<(&[u8], &[u8])>) -> Result<Self, String> {
        Self::with(name, roots(authorities)?, &[], own)
    }

    /// The same, where the certificate has to have one of `names` instead, and `name` is only asked for. Without
    /// authorities those hold that browsers trust.
    ///
    /// # Errors
    ///
    /// What cannot be read.
    pub fn of_names(
        name: &str,
        authorities: Option<&[u8]>,
        names: &[CertificateName],
    ) -> Result<Self, String> {
        let mut hosts = names.iter().filter_map(|name| match name {
            CertificateName::Host(host) => Some(host.strip_prefix("*.").unwrap_or(host)),
            CertificateName::Uri(_) => None,
        });
        hosts.try_for_each(|host| server_name(host).map(drop))?;
        Self::with(name, authorities.map_or_else(|| Ok(public_roots()), roots)?, names, None)
    }

    /// TLS towards a backend whose certificate is of an authority that browsers trust.
    ///
    /// # Errors
    ///
    /// The name is no name of a host.
    pub fn public(name: &str) -> Result<Self, String> {
        Self::with(name, public_roots(), &[], None)
    }

    fn with(
        name: &str,
        roots: RootCertStore,
        names: &[CertificateName],
        own: Option<(&[u8], &[u8])>,
    ) -> Result<Self, String> {
        let server_name = server_name(name)?;
        let builder = ClientConfig::builder_with_provider(provider());
        let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
        let builder = if names.is_empty() {
            let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider());
            builder.with_webpki_verifier(verifier.build().map_err(|error| error.to_string())?)
        } else {
            let verifier = ByNames { roots, names: names.to_vec(), provider: provider() };
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        };
        let mut config = match own {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| "there is no private key in it")?;
                let config = builder.with_client_auth_cert(certificates(chain)?, key);
                config.map_err(|error| format!("certificate and key do not fit: {error}"))?
            }
        };
        let config_of_streams = Arc::new(config.clone());
        config.alpn_protocols = vec![b"h2".to_vec()];
        let config_of_http2 = Arc::new(config.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), config_of_http2, config_of_streams, name: server_name })
    }
}

fn server_name(name: &str) -> Result<ServerName<'static>, String> {
    ServerName::try_from(name.to_owned()).map_err(|_| format!("{name} is no name of a host"))
}

fn public_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// The same with AES of 128 bits in front, which nobody breaks either: its handshake and its messages cost less, and the
/// hash that goes with it is one that processors have instructions for.
fn provider_of_server() -> Arc<CryptoProvider> {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.sort_by_key(|suite| !is_of_128_bits(suite.suite()));
    Arc::new(provider)
}

fn is_of_128_bits(suite: CipherSuite) -> bool {
    matches!(
        suite,
        CipherSuite::TLS13_AES_128_GCM_SHA256
            | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
            | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    )
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Result<_, _> = CertificateDer::pem_slice_iter(pem).collect();
    certificates.map_err(|error| format!("a certificate cannot be read: {error}"))
}

fn roots(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots.add(certificate).map_err(|error| format!("an authority cannot be used: {error}"))?;
    }
    if roots.is_empty() {
        return Err("there is no authority in it".to_owned());
    }
    Ok(roots)
}

fn configs(certificates: Vec<Certificate>, clients: Option<&ClientAuthority>) -> Result<Configs, String> {
    let of_streams = server_config(certificates, clients)?;
    let mut of_http = of_streams.clone();
    of_http.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Configs { of_http: Arc::new(of_http), of_streams: Arc::new(of_streams) })
}

fn server_config(
    certificates: Vec<Certificate>,
    clients: Option<&ClientAuthority>,
) -> Result<ServerConfig, String> {
    if certificates.is_empty() {
        return Err("a listener with TLS needs a certificate".to_owned());
    }
    let builder = ServerConfig::builder_with_provider(provider_of_server());
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => {
            let roots = Arc::new(roots(&clients.authorities)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider());
            let verifier = if clients.is_required { verifier } else { verifier.allow_unauthenticated() };
            builder.with_client_cert_verifier(verifier.build().map_err(|error| error.to_string())?)
        }
    };
    let mut config = builder.with_cert_resolver(Arc::new(ByName(certificates)));
    config.ticketer = aws_lc_rs::Ticketer::new().map_err(|error| error.to_string())?;
    config.send_tls13_tickets = TICKETS;
    config.ignore_client_order = true;
    Ok(config)
}

/// Chooses a certificate by the name that a client asks for.
struct ByName(Vec<Certificate>);

impl ByName {
    /// An exact name goes before a pattern, a longer pattern before a shorter one, and any before none.
    fn find(&self, name: Option<&str>) -> Option<&Certificate> {
        let name = name.unwrap_or_default().to_ascii_lowercase();
        let weight = |certificate: &&Certificate| {
            let fitting = certificate.names.iter().filter(|pattern| fits(pattern, &name));
            fitting.map(|pattern| (!pattern.starts_with('*'), pattern.len())).max()
        };
        let named = self.0.iter().rev().filter(|one| weight(one).is_some()).max_by_key(weight);
        named.or_else(|| self.0.iter().find(|one| one.names.is_empty()))
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(suffix) => name.len() > suffix.len() && name.ends_with(suffix),
        None => pattern == name,
    }
}

impl ResolvesServerCert for ByName {
    /// A name that nobody has a certificate for ends the handshake.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.find(hello.server_name()).map(|certificate| certificate.key.clone())
    }
}

impl fmt::Debug for ByName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(&self.0).finish()
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Certificate").field("names", &self.names).finish_non_exhaustive()
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ServerTls").finish_non_exhaustive()
    }
}

impl fmt::Debug for BackendTls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BackendTls").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(names: &[&str]) -> Certificate {
        let made = rcgen::generate_simple_self_signed(vec!["a.example".to_owned()]).unwrap();
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let key = made.signing_key.serialize_pem();
        Certificate::from_pem(names, made.cert.pem().as_bytes(), key.as_bytes()).unwrap()
    }

    #[test]
    fn the_most_particular_name_is_shown() {
        let names: [&[&str]; 5] =
            [&["*.example"], &["A.example"], &["*.b.example"], &[], &["a.example", "c.test"]];
        let all = ByName(names.map(certificate).into());
        for (asked, expected) in [
            (Some("a.example"), &names[1]),
            (Some("A.EXAMPLE"), &names[1]),
            (Some("x.example"), &names[0]),
            (Some("x.b.example"), &names[2]),
            (Some("c.test"), &names[4]),
            (Some("example"), &names[3]),
            (None, &names[3]),
        ] {
            let found = all.find(asked).unwrap();
            let expected: Vec<_> = expected.iter().map(|name| name.to_ascii_lowercase()).collect();
            assert_eq!(found.names, expected, "{asked:?}");
        }
        let one = ByName(vec![certificate(&["a.example"])]);
        assert!(one.find(Some("b.example")).is_none() && one.find(None).is_none());
    }

    #[test]
    fn what_costs_least_is_agreed_on_and_nothing_is_left_out() {
        let (ours, theirs) = (provider_of_server(), provider());
        let first = ours.cipher_suites.first().map(|suite| suite.suite());
        assert_eq!(first, Some(CipherSuite::TLS13_AES_128_GCM_SHA256));
        assert_eq!(ours.cipher_suites.len(), theirs.cipher_suites.len());
        assert!(server_config(vec![certificate(&[])], None).unwrap().ignore_client_order);
    }

    #[test]
    fn what_cannot_be_read_is_told_without_the_key() {
        let made = rcgen::generate_simple_self_signed(vec!["a.example".to_owned()]).unwrap();
        let other = rcgen::generate_simple_self_signed(vec!["a.example".to_owned()]).unwrap();
        let (chain, key) = (made.cert.pem(), other.signing_key.serialize_pem());
        let error = |chain: &str, key: &str| {
            Certificate::from_pem(Vec::new(), chain.as_bytes(), key.as_bytes()).unwrap_err()
        };
        assert!(error("", &key).contains("no certificate"));
        assert!(error(&chain, "").contains("no private key"));
        assert!(error(&chain, &key).contains("do not fit"));
        assert!(ServerTls::new(Vec::new(), None).is_err());
        assert!(BackendTls::new("a b", chain.as_bytes(), None).is_err());
        assert!(BackendTls::new("a.example", b"", None).unwrap_err().contains("no authority"));
        assert!(BackendTls::new("a.example", chain.as_bytes(), None).is_ok());
    }
}
