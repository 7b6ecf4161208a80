//! The registry over HTTP: `PUT` and `DELETE /instances/{id}`, `GET /instances?epoch=&after=&waitMs=`.

use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use tradewind_client::{Body, BodyError, Handler, handler, headers};
use tradewind_kernel::Secret;
use tradewind_problem::{
    INVALID_BODY, INVALID_PARAMETER, METHOD_NOT_ALLOWED, NOT_FOUND, PAYLOAD_TOO_LARGE, Problem,
    UNAUTHENTICATED,
};

use crate::instance::{Heard, Instance};
use crate::registry::Registry;

/// The longest wait of a watcher.
const MAX_WAIT: Duration = Duration::from_secs(20);

/// The greatest body, in bytes.
const MAX_BODY: usize = 16 * 1024;

/// The longest id of an instance, in bytes.
const MAX_ID: usize = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Question {
    epoch: String,
    after: u64,
    wait_ms: u64,
}

impl Registry {
    /// Answers instances and watchers over HTTP, to be put behind a listening door. Everybody shows `secret` as a
    /// bearer token, but who only asks for `/readyz`.
    #[must_use]
    pub fn handler(&self, secret: Secret) -> Handler {
        let registry = self.clone();
        handler(move |request| {
            let (registry, secret) = (registry.clone(), secret.clone());
            async move {
                let answered = answer(&registry, &secret, request).await;
                answered.unwrap_or_else(|problem| problem.to_response().map(Body::from))
            }
        })
    }
}

async fn answer(
    registry: &Registry,
    secret: &Secret,
    request: Request<Body>,
) -> Result<Response<Body>, Problem> {
    let path = request.uri().path().to_owned();
    if path == "/readyz" || path == "/livez" {
        return Ok(Response::new(Body::from("ready".to_owned())));
    }
    admit(secret, &request)?;
    if path == "/instances" {
        allow(&request, &[Method::GET])?;
        return list(registry, &request).await;
    }
    let Some(id) = path.strip_prefix("/instances/").filter(|id| is_id(id)) else {
        return Err(Problem::new(&NOT_FOUND).detail("No resource has this path. Check its spelling."));
    };
    allow(&request, &[Method::PUT, Method::DELETE])?;
    if request.method() == Method::DELETE {
        registry.forget(id);
        return Ok(status(StatusCode::NO_CONTENT));
    }
    let instance = read(request).await?;
    registry.hear(id, instance)?;
    let ttl_ms = u64::try_from(registry.ttl().as_millis()).unwrap_or(u64::MAX);
    json(&Heard { ttl_ms })
}

async fn list(registry: &Registry, request: &Request<Body>) -> Result<Response<Body>, Problem> {
    let query = request.uri().query().unwrap_or_default();
    let question: Question = serde_urlencoded::from_str(query).map_err(|error| {
        Problem::new(&INVALID_PARAMETER).detail(format!("The query is not valid: {error}."))
    })?;
    let wait = Duration::from_millis(question.wait_ms).min(MAX_WAIT);
    json(&registry.watch(&question.epoch, question.after, wait).await)
}

async fn read(request: Request<Body>) -> Result<Instance, Problem> {
    let bytes = request.into_body().collect(MAX_BODY).await.map_err(|error| match error {
        BodyError::TooLarge { limit } => {
            Problem::new(&PAYLOAD_TOO_LARGE).detail(format!("The body is larger than {limit} bytes."))
        }
        BodyError::Broken => Problem::new(&INVALID_BODY).detail("The body ended before it was complete."),
    })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Problem::new(&INVALID_BODY).detail(format!("This is no instance: {error}.")))
}

fn admit(secret: &Secret, request: &Request<Body>) -> Result<(), Problem> {
    let shown = headers::single(request.headers(), &AUTHORIZATION);
    let token = shown.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if token.as_bytes().ct_eq(secret.expose().as_bytes()).into() {
        return Ok(());
    }
    let detail = "The registry is for the fleet itself: show its internal secret as a bearer token.";
    Err(Problem::new(&UNAUTHENTICATED).detail(detail))
}

fn allow(request: &Request<Body>, methods: &[Method]) -> Result<(), Problem> {
    if methods.contains(request.method()) {
        return Ok(());
    }
    let allowed = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let detail = format!("{} is not allowed here. Use one of: {allowed}.", request.method());
    Err(Problem::new(&METHOD_NOT_ALLOWED).detail(detail).allow(allowed))
}

fn is_id(id: &str) -> bool {
    let is_good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !id.is_empty() && id.len() <= MAX_ID && id.chars().all(is_good)
}

fn json(document: &impl Serialize) -> Result<Response<Body>, Problem> {
    let text = serde_json::to_string(document).map_err(Problem::internal)?;
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
