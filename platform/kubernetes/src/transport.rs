//! Requests to the API server: with a deadline, and answers with a bound.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Request, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kube::client::{Body, Client};
use serde::Deserialize;
use tradewind_kernel::Clock;

use crate::ClusterError;
use crate::token::TokenFile;

/// The most bytes of an answer that refuses.
const REFUSAL: usize = 64 << 10;

/// The way to the API server.
#[derive(Clone)]
pub(crate) struct Transport {
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    /// The token that requests show, where it is one of a file.
    pub(crate) token: Option<Arc<TokenFile>>,
}

/// What the API server says when it refuses, as far as it matters.
#[derive(Deserialize)]
#[serde(default)]
pub(crate) struct Refusal {
    code: u16,
    reason: String,
    message: String,
}

impl Default for Refusal {
    fn default() -> Self {
        Self { code: 500, reason: "Unknown".to_owned(), message: "nothing more was said".to_owned() }
    }
}

impl From<Refusal> for ClusterError {
    fn from(Refusal { code, reason, message }: Refusal) -> Self {
        Self::Refused { code, reason, message }
    }
}

impl Transport {
    /// Sends a request, and waits for the answer to begin.
    pub(crate) async fn open(
        &self,
        mut request: Request<Vec<u8>>,
        within: Duration,
    ) -> Result<Response<Body>, ClusterError> {
        if let Some(token) = &self.token {
            request.headers_mut().insert(AUTHORIZATION, token.header(self.clock.monotonic()));
        }
        let answer = self.clock.timeout(within, self.client.send(request.map(Body::from))).await;
        let answer = answer.map_err(|_| late(within))?;
        let answer = answer.map_err(|error| ClusterError::Unreachable(advised(describe(&error))))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let code = answer.status().as_u16();
        if let Some(token) = self.token.as_ref().filter(|_| code == 401) {
            token.refused();
        }
        let text = self.collect(answer.into_body(), REFUSAL, within).await?;
        let refusal = serde_json::from_slice(&text).unwrap_or_default();
        // The status of the answer counts, whatever a proxy on the way made of the text.
        Err(Refusal { code, ..refusal }.into())
    }

    /// Sends a request, and takes in the whole answer.
    pub(crate) async fn read(
        &self,
        request: Request<Vec<u8>>,
        limit: usize,
        within: Duration,
    ) -> Result<Bytes, ClusterError> {
        let answer = self.open(request, within).await?;
        self.collect(answer.into_body(), limit, within).await
    }

    async fn collect(&self, body: Body, limit: usize, within: Duration) -> Result<Bytes, ClusterError> {
        let whole = self.clock.timeout(within, Limited::new(body, limit).collect()).await;
        let whole = whole.map_err(|_| late(within))?;
        let whole = whole.map_err(|error| {
            if error.is::<LengthLimitError>() {
                ClusterError::TooLarge { limit }
            } else {
                ClusterError::Unreachable(describe(&*error))
            }
        })?;
        Ok(whole.to_bytes())
    }
}

fn late(within: Duration) -> ClusterError {
    ClusterError::Unreachable(format!("not within {} ms", within.as_millis()))
}

/// What went wrong, with what to change where it is a certificate that is not believed.
fn advised(text: String) -> String {
    let advice = match &*text {
        text if text.contains("UnknownIssuer") || text.contains("BadSignature") => {
            "; another authority signed the API server's certificate: give that one (certificate-authority-data of the \
             kubeconfig, ca.crt of the service account)"
        }
        text if text.contains("not valid for name") => {
            "; ask the API server by a name that its certificate has, or give one of them as tls-server-name"
        }
        _ => "",
    };
    text + advice
}

/// An error with what led to it, each part once.
pub(crate) fn describe(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        let part = error.to_string();
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        next = error.source();
    }
    text
}
