//! TLS that goes through, and TLS that ends here.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::support::{Backend, Running, alert, start};

type Secured = StreamOwned<ClientConnection, TcpStream>;

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// A client that trusts one certificate, and asks for a name and protocols.
fn client(
    running: &Running,
    certificate: &CertificateDer<'static>,
    name: &str,
    protocols: &[&[u8]],
) -> Secured {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let config =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), running.connect())
}

#[test]
fn what_is_passed_on_is_between_client_and_backend() {
    let made = rcgen::generate_simple_self_signed(vec!["pass.example".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.der().clone(), made.signing_key.serialize_der());
    let config =
        ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::try_from(key).unwrap();
    let mut config = config.with_no_client_auth().with_single_cert(vec![certificate.clone()], key).unwrap();
    config.alpn_protocols = vec![b"other/1".to_vec()];
    let config = Arc::new(config);
    let backend = Backend::start(move |stream| {
        let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
        let mut asked = [0; 4];
        stream.read_exact(&mut asked).unwrap();
        assert_eq!(stream.conn.server_name(), Some("pass.example"));
        stream.write_all(b"pong").unwrap();
    });
    let running = start(&[backend.address], |_, _| {});
    let mut stream = client(&running, &certificate, "pass.example", &[b"other/1"]);
    stream.write_all(b"ping").unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!((&answer, stream.conn.alpn_protocol()), (b"pong", Some(&b"other/1"[..])));
    // Nobody has a certificate for this one, and the client is told so.
    let mut other = client(&running, &certificate, "other.example", &[]);
    let error = other.write_all(b"ping").unwrap_err().to_string();
    assert!(error.contains("UnrecognisedName") || error.contains("UnrecognizedName"), "{error}");
}

#[test]
fn what_ends_here_goes_on_in_clear() {
    let backend = Backend::start(|mut stream| {
        let mut asked = [0; 4];
        stream.read_exact(&mut asked).unwrap();
        stream.write_all(&asked).unwrap();
    });
    let running = start(&[backend.address], |_, _| {});
    let certificate = running.certificate.cert.der().clone();
    let mut stream = client(&running, &certificate, "end.example", &[b"anything"]);
    stream.write_all(b"ping").unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!((&answer, stream.conn.alpn_protocol()), (b"ping", None));
    drop(stream);
    let told = running.told();
    assert_eq!((told.name.as_deref(), told.bytes), (Some("end.example"), (4, 4)));
}

#[test]
fn a_handshake_that_fails_is_told_and_leads_nowhere() {
    let backend = Backend::mirror();
    let running = start(&[backend.address], |_, _| {});
    let mut stream = running.connect();
    // It begins well, and what follows is nothing.
    let bytes = [super::support::hello(Some("end.example"), 99), b"nothing".to_vec()].concat();
    let answered = super::support::says(&mut stream, &bytes);
    assert_ne!(answered, alert(112));
    assert_eq!(running.told().reason, Some("handshake"));
    assert_eq!(backend.connections(), 0);
}

#[test]
fn http_is_spoken_beside_it_on_the_same_port() {
    let running = start(&[], |_, _| {});
    let certificate = running.certificate.cert.der().clone();
    for (protocols, agreed) in [(&[&b"http/1.1"[..]][..], Some(&b"http/1.1"[..])), (&[], None)] {
        let mut stream = client(&running, &certificate, "web.example", protocols);
        for _ in 0..2 {
            stream.write_all(b"GET / HTTP/1.1\r\nHost: web.example\r\n\r\n").unwrap();
            let mut answer = Vec::new();
            while !answer.ends_with(b"\r\n\r\nweb.example") {
                let mut byte = [0];
                assert_eq!(stream.read(&mut byte).unwrap(), 1);
                answer.push(byte[0]);
            }
            assert!(answer.starts_with(b"HTTP/1.1 200"));
        }
        assert_eq!(stream.conn.alpn_protocol(), agreed);
    }
    assert!(running.told.lock().unwrap().is_empty(), "of requests others tell");
}
