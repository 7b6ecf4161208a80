//! gRPC calls: the same caller, policies and problems as for JSON, over HTTP/2 far and in memory near.

use http::header::{CONTENT_TYPE, TE};
use http::{HeaderValue, Method, Response, Version};
use tradewind_grpc::{MEDIA_TYPE, Message, Rpc, frame, unframe};
use tradewind_problem::Problem;

use crate::balance::Ended;
use crate::call::{MAX_ANSWER, broken_off};
use crate::guard::{Attempt, Failure};
use crate::policy::retry::has_key;
use crate::policy::verdict::Verdict;
use crate::{Answer, Body, BodyError, Caller};

impl Caller {
    /// Calls a method: one message goes out and one comes back.
    ///
    /// The call passes the policies of the peer as any other does. It is tried again when the method changes nothing
    /// or the metadata holds an `idempotency-key`; what is left of the deadline travels in `grpc-timeout` and in our
    /// own header; and the statuses mean to breaker, throttle and retry what the HTTP statuses of their problems
    /// mean.
    ///
    /// # Errors
    /// The peer's problem, or [`DEADLINE_EXCEEDED`](tradewind_problem::DEADLINE_EXCEEDED), or that no answer arrived.
    pub async fn unary<Q: Message, A: Message>(&self, rpc: &Rpc<Q, A>, message: &Q) -> Result<A, Problem> {
        Ok(self.call_rpc(rpc, message).await?)
    }

    /// Calls a method, or takes what `fallback` makes of the failure, as [`Caller::get_or`] does.
    ///
    /// # Errors
    /// The peer's refusal of the request.
    pub async fn unary_or<Q: Message, A: Message>(
        &self,
        rpc: &Rpc<Q, A>,
        message: &Q,
        fallback: impl FnOnce(&Problem) -> A,
    ) -> Result<Answer<A>, Problem> {
        self.or(self.call_rpc(rpc, message).await, fallback)
    }

    async fn call_rpc<Q: Message, A: Message>(&self, rpc: &Rpc<Q, A>, message: &Q) -> Result<A, Failure> {
        let mut request = self.request(Method::POST, rpc.path(), None)?;
        *request.version_mut() = Version::HTTP_2;
        *request.body_mut() = Body::from(frame(&message.to_bytes()));
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        // Without it an intermediary may drop the trailers, and with them the status.
        request.headers_mut().insert(TE, HeaderValue::from_static("trailers"));
        let repeatable = rpc.is_read() || has_key(&request);
        let bytes = self.exchange(&request, repeatable).await?;
        A::from_bytes(bytes).map_err(|error| Failure::from(self.answered_otherwise(rpc.path(), error)))
    }
}

impl Attempt {
    /// Reads the answer to a gRPC call. The status is in the trailers, or in the headers when nothing was sent.
    pub(crate) async fn answered_rpc(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        if !tradewind_grpc::is_grpc(&parts.headers) {
            // Not the method answered but something before it: a door without its service, a proxy.
            return Self::answered(Response::from_parts(parts, body)).await.no_rpc();
        }
        let (body, mut trailers) = match body.collect_with_trailers(MAX_ANSWER).await {
            Ok(whole) => whole,
            Err(BodyError::Broken) => return Self::unanswered(broken_off()),
            Err(error @ BodyError::TooLarge { .. }) => return Self::unusable(Problem::internal(error)),
        };
        if trailers.is_empty() {
            trailers = parts.headers;
        }
        match tradewind_grpc::failure(&trailers) {
            Some(problem) => Self::refused(problem),
            None => match unframe(body) {
                Ok(message) => {
                    Self { outcome: Ok(message), ended: Ended::Answered(Verdict::Working), again: None }
                }
                Err(error) => Self::unusable(Problem::internal(format!("a gRPC answer: {error}"))),
            },
        }
    }

    /// A peer that answers anything but gRPC has not done what was asked, even where it says 200.
    fn no_rpc(self) -> Self {
        let otherwise = || Problem::internal("the peer answered a gRPC call with something else");
        Self { outcome: self.outcome.and_then(|_| Err(otherwise())), ..self }
    }
}
