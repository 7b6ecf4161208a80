//! TLS: by `STARTTLS` and from the first byte, with the right certificate only.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tradewind_kernel::Clock;
use tradewind_smtp::{Phase, Relay, RelayOptions, Security, Sent};
use tradewind_testkit::smtp::Turn;
use tradewind_testkit::{MailServer, TestAuthority, TestLeaf};

use crate::sending::{mail, options};

fn acceptor(authority: &TestAuthority) -> TlsAcceptor {
    let leaf = TestLeaf { hosts: vec!["localhost".to_owned()], ..TestLeaf::service("relay") };
    let pem = authority.issue(&leaf);
    let chain = CertificateDer::pem_slice_iter(pem.as_bytes()).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap()))
}

/// Says what a server says before `STARTTLS`, without a mail; gives what follows.
async fn until_tls(stream: TcpStream) -> Option<TcpStream> {
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"220 here\r\n").await.ok()?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        let starts = line.starts_with("STARTTLS");
        let answer: &[u8] = if starts { b"220 go on\r\n" } else { b"250-here\r\n250 STARTTLS\r\n" };
        stream.get_mut().write_all(answer).await.ok()?;
        if starts {
            return Some(stream.into_inner());
        }
    }
}

/// A server that speaks TLS before one that does not; gives its port, and the one behind.
async fn server(authority: &TestAuthority, security: Security) -> (u16, MailServer) {
    let is_first = security == Security::Tls;
    // Within `STARTTLS` the greeting was said before.
    let greeting = if is_first { Turn::Say("220 here") } else { Turn::Pass };
    let behind = MailServer::start(&[("greeting", greeting)]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (acceptor, inner) = (acceptor(authority), behind.port);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Some(stream) = (if is_first { Some(stream) } else { until_tls(stream).await }) else {
                continue;
            };
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut inner = TcpStream::connect(("127.0.0.1", inner)).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut inner).await;
        }
    });
    (port, behind)
}

fn relay(port: u16, security: Security, authority: &TestAuthority) -> Relay {
    let authorities = Some(authority.pem().to_owned());
    let host = "localhost".to_owned();
    let options = RelayOptions { host, security, authorities, ..options(port) };
    Relay::new(options, Clock::system()).unwrap()
}

#[tokio::test]
async fn a_mail_goes_by_tls_to_whom_the_authority_knows() {
    let (authority, other) = (TestAuthority::new("one"), TestAuthority::new("other"));
    for security in [Security::Tls, Security::StartTls] {
        let (port, behind) = server(&authority, security).await;
        assert_eq!(relay(port, security, &authority).send(&mail()).await, Sent::Accepted { code: 250 });
        assert!(behind.heard()[0].content.is_some(), "{security:?}");
        let sent = relay(port, security, &other).send(&mail()).await;
        assert!(matches!(sent, Sent::NotSent { phase: Phase::Connection, .. }), "{security:?}: {sent:?}");
        assert_eq!(behind.heard().len(), 1, "nothing is said to a stranger");
    }
}

#[tokio::test]
async fn without_tls_nothing_is_said_to_a_server_that_should_speak_it() {
    let authority = TestAuthority::new("one");
    let plain = MailServer::start(&[]).await;
    let sent = relay(plain.port, Security::StartTls, &authority).send(&mail()).await;
    assert!(matches!(sent, Sent::NotSent { phase: Phase::Connection, .. }), "{sent:?}");
    assert!(plain.heard()[0].commands.iter().all(|command| !command.starts_with("MAIL")));
}
