//! One request to one endpoint, of which only the status matters.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tradewind_http_validation::head::{HeadLimits, ResponseReader};

use crate::checks::Check;
use crate::io::Stream;
use crate::settings::{BackendProtocol, Limits};
use crate::task::spawn_owned;
use crate::timer::within;
use crate::upstream::connection;

/// Who asks, for the log of the backend.
const AGENT: &str = "tradewind-gateway-check";

/// The status that an endpoint answers with, over a connection of its own: whether it takes new ones is a part of the
/// question.
///
/// # Errors
///
/// Why there is none.
pub(super) async fn status(check: &Check, address: SocketAddr) -> Result<u16, String> {
    let settings = &check.cluster;
    let connecting = within(settings.connect, connection::connect(address, settings)).await;
    let connected = connecting.ok_or_else(|| "no connection in time".to_owned())?;
    let stream = connected.map_err(|error| format!("no connection: {error}"))?;
    match settings.protocol {
        BackendProtocol::Http1 => over_http1(stream, address, &check.settings.path).await,
        BackendProtocol::Http2 => {
            let scheme = if settings.tls.is_some() { "https" } else { "http" };
            let target = format!("{scheme}://{address}{}", check.settings.path);
            over_http2(stream, &target).await.map_err(|error| error.to_string())
        }
    }
}

async fn over_http1(mut stream: Stream, address: SocketAddr, path: &str) -> Result<u16, String> {
    let head =
        format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nuser-agent: {AGENT}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.map_err(|error| error.to_string())?;
    let limits: HeadLimits = Limits::default().answer_head;
    let (mut reader, mut bytes) = (ResponseReader::new(limits), Vec::new());
    loop {
        match reader.read(&bytes).map_err(|refusal| format!("no answer of HTTP: {refusal}"))? {
            // An interim answer is none.
            Some(length) if reader.status() < 200 => {
                bytes.drain(..length.min(bytes.len()));
                reader.reset();
            }
            Some(_) => return Ok(reader.status()),
            None => match stream.read_buf(&mut bytes).await {
                Ok(0) => return Err("closed without an answer".to_owned()),
                Ok(_) => {}
                Err(error) => return Err(error.to_string()),
            },
        }
    }
}

async fn over_http2(stream: Stream, target: &str) -> Result<u16, Box<dyn std::error::Error>> {
    let (mut sender, driver) = h2::client::handshake(stream).await?;
    // Ends with this function.
    let _driving = spawn_owned(async move {
        let _ = driver.await;
    });
    let request = http::Request::get(target).header(http::header::USER_AGENT, AGENT).body(())?;
    let (answer, _) = sender.send_request(request, true)?;
    Ok(answer.await?.status().as_u16())
}
