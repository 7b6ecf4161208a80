//! Clients of HTTP/1, TLS, and connections that nobody uses.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, pem::PemObject as _};
use tokio_rustls::TlsAcceptor;
use tradewind_data_plane::{BackendProtocol, BackendTls};

use super::backend::backend;
use super::client::{Client, exchange};
use super::gateway::{Way, gateway};
use super::soon;

#[tokio::test]
async fn a_client_of_http1_gets_chunks_and_trailers() {
    let backend = backend(None).await;
    let gateway = gateway(Way::to(backend.address));
    let request = b"POST /unary HTTP/1.1\r\nhost: shop.example\r\ncontent-length: 5\r\n\
        cookie: a=b\r\nte: trailers\r\nconnection: te\r\n\r\nhello";
    let answer = exchange(gateway.address, request, "grpc-status: 0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("transfer-encoding: chunked\r\n"), "{answer}");
    assert!(answer.contains("x-cookie: a=b\r\n") && answer.contains("x-te: trailers\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n1\r\n5\r\n0\r\ngrpc-status: 0\r\n\r\n"), "{answer}");
    // Chunks and trailers of a request go on, too, and a connection carries the next request.
    let request = b"POST /unary HTTP/1.1\r\nhost: shop.example\r\ntransfer-encoding: chunked\r\n\r\n\
        3\r\nabc\r\n4\r\ndefg\r\n0\r\nx-checksum: abc\r\n\r\n\
        GET /other HTTP/1.1\r\nhost: shop.example\r\n\r\n";
    let answer = exchange(gateway.address, request, "grpc-status: 5").await;
    assert!(answer.contains("x-checksum-seen: abc\r\n"), "{answer}");
    assert!(answer.contains("\r\n\r\n1\r\n7\r\n0\r\ngrpc-status: 0\r\n\r\nHTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("content-length: 0\r\n"), "{answer}");
}

#[tokio::test]
async fn a_client_of_http1_and_a_backend_talk_at_the_same_time() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let backend = backend(None).await;
    let gateway = gateway(Way::to(backend.address));
    let mut stream = tokio::net::TcpStream::connect(gateway.address).await.unwrap();
    let head = b"POST /echo HTTP/1.1\r\nhost: shop.example\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let mut answer = String::new();
    for expected in ["\r\n\r\n", "1\r\na\r\n", "1\r\nb\r\n", "0\r\ngrpc-status: 0\r\n\r\n"] {
        while !answer.ends_with(expected) {
            let mut piece = [0; 4_096];
            let count = soon(stream.read(&mut piece)).await.unwrap();
            assert!(count > 0, "{answer}");
            answer.push_str(std::str::from_utf8(&piece[..count]).unwrap());
        }
        let next: &[u8] = match expected {
            "\r\n\r\n" => b"1\r\na\r\n",
            "1\r\na\r\n" => b"1\r\nb\r\n",
            _ => b"0\r\n\r\n",
        };
        stream.write_all(next).await.unwrap();
    }
}

#[tokio::test]
async fn how_long_a_client_takes_to_send_is_not_how_long_a_backend_takes() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    const SLOW: Duration = Duration::from_millis(600);
    let backend = backend(None).await;
    let gateway = gateway(Way::to(backend.address));
    for (framing, first, rest) in [
        ("content-length: 10", "hello", "hello"),
        ("transfer-encoding: chunked", "5\r\nhello\r\n", "0\r\n\r\n"),
    ] {
        let mut stream = tokio::net::TcpStream::connect(gateway.address).await.unwrap();
        let begin = format!("POST /unary HTTP/1.1\r\nhost: shop.example\r\n{framing}\r\n\r\n{first}");
        stream.write_all(begin.as_bytes()).await.unwrap();
        tokio::time::sleep(SLOW).await;
        stream.write_all(rest.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        soon(stream.read_exact(&mut answer)).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
        let took = gateway.heads.lock().unwrap().pop().unwrap();
        assert!(!took.is_zero() && took < SLOW, "{framing}: {took:?}");
    }
}

/// TLS of a backend that agrees to a protocol, and of whoever connects to it.
pub fn certified() -> (impl Fn(&[u8]) -> TlsAcceptor, BackendTls) {
    let made = rcgen::generate_simple_self_signed(vec!["shop.example".to_owned()]).unwrap();
    let tls = BackendTls::new("shop.example", made.cert.pem().as_bytes(), None).unwrap();
    let acceptor = move |protocol: &[u8]| {
        let key = PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes()).unwrap();
        let builder = rustls::ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let mut config = builder.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        config.alpn_protocols.extend((!protocol.is_empty()).then(|| protocol.to_vec()));
        TlsAcceptor::from(Arc::new(config))
    };
    (acceptor, tls)
}

#[tokio::test]
async fn a_backend_with_tls_has_to_agree_to_http2() {
    let (acceptor, tls) = certified();
    for (protocol, expected) in [(&b"h2"[..], "0"), (b"", "14"), (b"http/1.1", "14")] {
        let backend = backend(Some(acceptor(protocol))).await;
        let gateway = gateway(Way { tls: Some(tls.clone()), ..Way::to(backend.address) });
        let answer = Client::new(gateway.address).await.unary("/unary", b"hello").await;
        let status = answer.header("grpc-status").to_owned() + answer.trailer("grpc-status");
        assert_eq!(status, expected, "{protocol:?}");
        assert_eq!(answer.header("x-scheme"), if expected == "0" { "https" } else { "" });
    }
}

#[tokio::test]
async fn a_connection_that_nobody_uses_is_closed() {
    let backend = backend(None).await;
    let gateway = gateway(Way { idle: Duration::from_millis(1), ..Way::to(backend.address) });
    let client = Client::new(gateway.address).await;
    for _ in 0..3 {
        assert_eq!(client.unary("/unary", b"hello").await.trailer("grpc-status"), "0");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(backend.state.connections.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_backend_of_http1_that_gets_http2_is_no_use() {
    let backend = backend(None).await;
    let gateway = gateway(Way { protocol: BackendProtocol::Http1, ..Way::to(backend.address) });
    let answer = Client::new(gateway.address).await.unary("/unary", b"hello").await;
    assert_eq!(answer.header("grpc-status"), "14");
}
