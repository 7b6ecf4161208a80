//! gRPC methods at a door: the way from a call's bytes to a message, and from an answer or a problem to trailers.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Response, StatusCode, Version};
use tradewind_client::Body;
use tradewind_grpc::{ACCEPT_ENCODING, FrameError, MEDIA_TYPE, Message, Rpc};
use tradewind_problem::{INVALID_BODY, METHOD_NOT_ALLOWED, Problem, UNSUPPORTED_MEDIA_TYPE};

use crate::http::reply::Content;
use crate::http::{Call, Reply, Routes};

impl<S: Send + Sync + 'static> Routes<S> {
    /// Answers a gRPC method. Everything around it is that of a route: principal, deadline, bound on the size,
    /// metrics, spans, and problems, which are told as gRPC statuses.
    #[must_use]
    pub fn rpc<Q, A, F, R>(self, rpc: Rpc<Q, A>, endpoint: F) -> Self
    where
        Q: Message,
        A: Message,
        F: Fn(Arc<S>, Call, Q) -> R + Send + Sync + 'static,
        R: Future<Output = Result<A, Problem>> + Send + 'static,
    {
        let endpoint = Arc::new(endpoint);
        self.on_rpc(rpc.path(), move |state, mut call: Call| {
            let endpoint = endpoint.clone();
            async move {
                let message = call.message().await?;
                Ok(Reply::message(&endpoint(state, call, message).await?))
            }
        })
    }
}

impl Call {
    /// Reads the body as the one message of a call.
    async fn message<Q: Message>(&mut self) -> Result<Q, Problem> {
        let unsupported = |detail: &str| Err(Problem::new(&UNSUPPORTED_MEDIA_TYPE).detail(detail));
        if !tradewind_grpc::is_protobuf(self.headers()) {
            return unsupported(
                "This is a gRPC method: send application/grpc with a message in binary form.",
            );
        }
        // Over HTTP/1.1 the status of the answer would get lost.
        if self.parts.version != Version::HTTP_2 {
            return unsupported("gRPC needs HTTP/2. Send the call over HTTP/2.");
        }
        let invalid = |detail: String| Problem::new(&INVALID_BODY).detail(detail);
        let body = self.read().await?;
        let message = tradewind_grpc::unframe(body).map_err(|error| match error {
            FrameError::Compressed => Problem::new(&UNSUPPORTED_MEDIA_TYPE)
                .detail("The message is compressed. Send it as it is: nothing else is taken here."),
            _ => invalid(format!("The body is not one message: {error}.")),
        })?;
        Q::from_bytes(message).map_err(|error| invalid(format!("The body is {error}.")))
    }
}

impl Reply {
    /// The answer to a gRPC call.
    fn message(message: &impl Message) -> Self {
        let bytes = tradewind_grpc::frame(&message.to_bytes());
        let body = Body::with_trailers(bytes, tradewind_grpc::success());
        let mut reply = Self::no_content();
        reply.status = StatusCode::OK;
        reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        reply.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        reply.content = Content::Stream(body);
        reply
    }
}

/// A problem as a gRPC client is told it: a status in headers that are trailers at once.
pub(crate) fn refusal(problem: &Problem) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::new()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.extend(tradewind_grpc::refusal(problem));
    response
}

/// What a gRPC client is told where a route for people would be missing.
pub(crate) fn no_method(method: &Method, path: &str) -> Problem {
    let detail = if method == Method::POST {
        format!("This door has no method {path}. Check the names of the service and the method.")
    } else {
        "gRPC calls are sent with POST.".to_owned()
    };
    Problem::new(&METHOD_NOT_ALLOWED).detail(detail)
}
