//! `BackendTLSPolicy`: what a backend's certificate is judged by.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::string::Ia5String;
use rcgen::{CertificateParams, KeyPair, SanType};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tradewind_testkit::until;

use crate::backend::answer;
use crate::gateway::{Gateway, route};

/// A backend with a certificate that has signed itself, for `inner.example` and an identity: where it is, and the
/// certificate in PEM.
async fn backend() -> (SocketAddr, String) {
    let mut params = CertificateParams::new(vec!["inner.example".to_owned()]).unwrap();
    params.subject_alt_names.push(SanType::URI(Ia5String::try_from("spiffe://shop/one").unwrap()));
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config =
        rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config =
        config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], private).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut piece = [0; 4_096];
                while tokio::io::AsyncReadExt::read(&mut stream, &mut piece)
                    .await
                    .is_ok_and(|count| count > 0)
                {
                    stream.write_all(answer("shop").as_bytes()).await.unwrap();
                }
            });
        }
    });
    (address, certificate.pem())
}

fn policy(validation: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\nmetadata: {{name: shop}}\nspec:\n  targetRefs: \
         [{{group: '', kind: Service, name: shop}}]\n  validation: {{{validation}}}\n"
    )
}

#[tokio::test]
async fn names_besides_the_host_are_judged_instead_of_it() {
    let (address, certificate) = backend().await;
    let indented: String = certificate.lines().map(|line| format!("    {line}\n")).collect();
    let map =
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: ca}}\ndata:\n  ca.crt: |\n{indented}");
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {ports: [{name: web, port: 80}]}\n";
    let ours = "caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]";
    let named = |names: &str| policy(&format!("hostname: shop.example, {ours}, subjectAltNames: [{names}]"));
    let first = named("{type: Hostname, hostname: inner.example}");
    let route = route("shop", "/");
    let files =
        [("ca.yaml", map.as_str()), ("service.yaml", service), ("shop.yaml", &route), ("tls.yaml", &first)];
    let gateway = Gateway::start(&files, &[&format!("--backend=shop:80={address}")]).await;
    assert_eq!(gateway.get("/").await.status, 200);
    let becomes = async |document: String, status: u16| {
        gateway.write("tls.yaml", &document);
        until(&format!("{status} by {document}"), async || {
            (gateway.get("/").await.status == status).then_some(())
        })
        .await;
    };
    becomes(named("{type: Hostname, hostname: other.example}, {type: URI, uri: 'spiffe://shop/two'}"), 502)
        .await;
    becomes(named("{type: Hostname, hostname: other.example}, {type: URI, uri: 'spiffe://shop/one'}"), 200)
        .await;
    // The host counts no longer, and again where there are no such names.
    becomes(policy(&format!("hostname: shop.example, {ours}")), 502).await;
    becomes(policy(&format!("hostname: inner.example, {ours}")), 200).await;
    becomes(named("{type: Hostname, hostname: shop.example}"), 502).await;
    becomes(policy(&format!("hostname: inner.example, {ours}")), 200).await;
    // Nobody whom browsers trust has signed it.
    becomes(policy("hostname: inner.example, wellKnownCACertificates: System"), 502).await;
    becomes(policy(&format!("hostname: inner.example, {ours}")), 200).await;
    // What is not known is not taken for something else.
    becomes(policy("hostname: inner.example, wellKnownCACertificates: example.com/mine"), 503).await;
    assert!(
        gateway.errors().contains("example.com/mine is not known here; System is"),
        "{}",
        gateway.errors()
    );
}
