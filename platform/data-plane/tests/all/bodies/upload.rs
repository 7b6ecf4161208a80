//! A client that sends its body piece by piece.

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{Reason, SendStream};
use http::Request;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::backend_http2::backend::send;
use super::super::backend_http2::client::{Client, whole};
use super::super::backend_http2::gateway::Gateway;
use super::soon;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    Http2,
}

pub const BOTH: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];

/// A request whose body is being sent.
pub enum Upload {
    Http1 { stream: TcpStream, is_chunked: bool },
    Http2 { answer: ResponseFuture, stream: SendStream<Bytes>, client: Client },
}

impl Upload {
    /// Sends the head. Without a length the body ends where it ends.
    pub async fn begin(gateway: &Gateway, protocol: Protocol, path: &str, length: Option<usize>) -> Self {
        Self::begin_with(gateway, protocol, (path, length), &[]).await
    }

    /// The same with further fields.
    pub async fn begin_with(
        gateway: &Gateway,
        protocol: Protocol,
        (path, length): (&str, Option<usize>),
        fields: &[(&str, &str)],
    ) -> Self {
        if protocol == Protocol::Http2 {
            let client = Client::new(gateway.address).await;
            let mut request = Request::put(format!("http://shop.example{path}"));
            if let Some(length) = length {
                request = request.header("content-length", length);
            }
            request = fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let (answer, stream) = client.start(request.body(()).unwrap()).await;
            return Self::Http2 { answer, stream, client };
        }
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let framing = match length {
            Some(length) => format!("content-length: {length}"),
            None => "transfer-encoding: chunked".to_owned(),
        };
        let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("PUT {path} HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n{framing}\r\n");
        stream.write_all(format!("{head}{fields}\r\n").as_bytes()).await.unwrap();
        Self::Http1 { stream, is_chunked: length.is_none() }
    }

    /// Sends a piece.
    pub async fn send(&mut self, bytes: &[u8]) {
        match self {
            Self::Http1 { stream, is_chunked: true } => {
                let size = format!("{:x}\r\n", bytes.len());
                stream.write_all(&[size.as_bytes(), bytes, b"\r\n"].concat()).await.unwrap();
            }
            Self::Http1 { stream, .. } => stream.write_all(bytes).await.unwrap(),
            Self::Http2 { stream, .. } => send(stream, Bytes::copy_from_slice(bytes), false).await,
        }
    }

    /// There is nothing more to come.
    pub async fn end(&mut self) {
        match self {
            Self::Http1 { stream, is_chunked: true } => stream.write_all(b"0\r\n\r\n").await.unwrap(),
            Self::Http1 { .. } => {}
            // It fails where the answer to as much as was announced has ended meanwhile.
            Self::Http2 { stream, .. } => drop(stream.send_data(Bytes::new(), true)),
        }
    }

    /// Goes before the body has ended.
    pub fn break_off(self) {
        if let Self::Http2 { mut stream, .. } = self {
            stream.send_reset(Reason::CANCEL);
        }
    }

    /// The status and the body of the answer.
    pub async fn answer(self) -> (u16, Vec<u8>) {
        match self {
            Self::Http1 { mut stream, .. } => {
                let mut answer = Vec::new();
                soon(stream.read_to_end(&mut answer)).await.unwrap();
                let head = answer.windows(4).position(|end| end == b"\r\n\r\n").expect("a head") + 4;
                let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
                let body = answer.split_off(head);
                let is_chunked = String::from_utf8_lossy(&answer).contains("transfer-encoding: chunked");
                (status, if is_chunked { joined(&body) } else { body })
            }
            Self::Http2 { answer, client, .. } => {
                let answer = whole(soon(answer).await.unwrap()).await;
                drop(client);
                (answer.head.status().as_u16(), answer.body)
            }
        }
    }
}

/// The data of chunks, up to the last one.
fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    loop {
        let line = chunks.windows(2).position(|end| end == b"\r\n").expect("a chunk");
        let size = usize::from_str_radix(std::str::from_utf8(&chunks[..line]).unwrap(), 16).unwrap();
        if size == 0 {
            return data;
        }
        data.extend_from_slice(&chunks[line + 2..line + 2 + size]);
        chunks = &chunks[line + 2 + size + 2..];
    }
}
