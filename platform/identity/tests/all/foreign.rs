//! Programs that are not ours: they show what no identity of ours would load, or nothing.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, HandshakeKind, ServerConfig, SignatureScheme};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tradewind_identity::{Demand, Identity, Outcome, Protocol};
use tradewind_testkit::within;

use crate::meeting::{LIMIT, Met, exchange, serve};

/// Believes everybody.
#[derive(Debug)]
struct Naive;

impl ServerCertVerifier for Naive {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

fn parts(pem: &str) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let chain = CertificateDer::pem_slice_iter(pem.as_bytes()).map(|der| der.unwrap()).collect();
    (chain, PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap())
}

fn caller(pem: Option<&str>, versions: &[&'static rustls::SupportedProtocolVersion]) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(Naive));
    Arc::new(match pem.map(parts) {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).unwrap(),
        None => builder.with_no_client_auth(),
    })
}

/// A caller that shows what `pem` holds, or nothing, in the newest version that `versions` has.
pub async fn call(
    server: &Identity,
    pem: Option<&str>,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> Met {
    let (theirs, ours) = tokio::io::duplex(64 * 1024);
    let calling = async {
        let name = ServerName::try_from("orders").unwrap();
        let stream = TlsConnector::from(caller(pem, versions)).connect(name, ours).await;
        exchange(stream.map_err(|error| error.to_string())?).await
    };
    let (server, caller) =
        within("a handshake", async { tokio::join!(serve(server, theirs), calling) }).await;
    Met { server, caller }
}

/// What `caller` makes of a server that shows what `pem` holds, when it wants `orders`.
pub async fn answer(caller: &Identity, pem: &str) -> (Outcome, String) {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let (chain, key) = parts(pem);
    let config = builder.with_no_client_auth().with_single_cert(chain, key).unwrap();
    let (theirs, ours) = tokio::io::duplex(64 * 1024);
    let calling = caller.connect(ours, "orders", Protocol::Http1, LIMIT);
    let accepting = TlsAcceptor::from(Arc::new(config)).accept(theirs);
    let (_, called) = within("a handshake", async { tokio::join!(accepting, calling) }).await;
    called.map_or_else(|refusal| (refusal.outcome, refusal.reason), |_| (Outcome::Done, String::new()))
}

/// How the handshake of a caller ends that need not show anything.
pub async fn call_optional(server: &Identity, pem: Option<&str>) -> Outcome {
    let (theirs, ours) = tokio::io::duplex(64 * 1024);
    let calling = TlsConnector::from(caller(pem, rustls::ALL_VERSIONS))
        .connect(ServerName::try_from("orders").unwrap(), ours);
    let accepting = server.accept(theirs, Demand::Optional, &[Protocol::Http1], LIMIT);
    let (accepted, _) = within("a handshake", async { tokio::join!(accepting, calling) }).await;
    accepted.map_or_else(|refusal| refusal.outcome, |_| Outcome::Done)
}

/// The kinds of two handshakes of a caller that would take up a session again.
pub async fn call_twice(server: &Identity, pem: &str) -> [HandshakeKind; 2] {
    let config = caller(Some(pem), &[&rustls::version::TLS13]);
    let mut kinds = [HandshakeKind::Resumed; 2];
    for kind in &mut kinds {
        let (theirs, ours) = tokio::io::duplex(64 * 1024);
        let calling = async {
            let name = ServerName::try_from("orders").unwrap();
            let mut stream = TlsConnector::from(config.clone()).connect(name, ours).await.unwrap();
            // A ticket comes with the first answer.
            exchange(&mut stream).await.unwrap();
            stream.get_ref().1.handshake_kind().unwrap()
        };
        let (served, found) =
            within("a handshake", async { tokio::join!(serve(server, theirs), calling) }).await;
        served.unwrap();
        *kind = found;
    }
    kinds
}
