//! A call: one request with everything an endpoint may ask of it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method, Uri};
use serde::de::DeserializeOwned;
use tradewind_client::{Body, BodyError, headers};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Id, Position, Principal};
use tradewind_problem::{
    FORBIDDEN, INVALID_BODY, INVALID_HEADER, INVALID_PARAMETER, NOT_FOUND, PAYLOAD_TOO_LARGE, Problem,
    UNAUTHENTICATED, UNSUPPORTED_MEDIA_TYPE,
};

use crate::http::json;
use crate::http::{Access, DoorContext, InFlight};
use crate::serve::CameFrom;
use crate::tasks::Scope;

/// The longest wait that a `Prefer: wait` is granted.
const MAX_PREFERRED_WAIT: Duration = Duration::from_secs(2);

/// The media type of forms.
const FORM: &str = "application/x-www-form-urlencoded";

/// What a gateway says of where a request came from.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// One request.
pub struct Call {
    pub(crate) parts: Parts,
    pub(crate) body: Body,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) template: Arc<str>,
    pub(crate) context: Context,
    pub(crate) deadline: Deadline,
    pub(crate) door: Arc<DoorContext>,
    /// The body as it was read, kept for the fingerprint of a command.
    pub(crate) content: Option<Bytes>,
}

impl Call {
    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.parts.method
    }

    /// The target.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.parts.uri
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// Who asks, in which trace and process.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// When the caller stops waiting.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// The clock of the service.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.door.clock
    }

    /// The randomness of the service.
    #[must_use]
    pub fn entropy(&self) -> &Entropy {
        &self.door.entropy
    }

    /// The scope in which requests run; for work that must outlive its caller.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.door.scope
    }

    /// The scope that stops first in a drain: an answer that goes on for long ends when it does.
    #[must_use]
    pub fn closing(&self) -> &Scope {
        &self.door.closing
    }

    /// What its sender has seen, as far as it said.
    #[must_use]
    pub fn position(&self) -> Position {
        headers::position(&self.parts.headers).ok().flatten().unwrap_or_default()
    }

    pub(crate) fn in_flight(&self) -> &InFlight {
        &self.door.in_flight
    }

    /// The path parameter called `name`.
    ///
    /// # Errors
    /// [`NOT_FOUND`] when its text is no `T`: then nothing can have that address.
    pub fn parameter<T: FromStr>(&self, name: &str) -> Result<T, Problem>
    where
        T::Err: fmt::Display,
    {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        let (_, text) = found.ok_or_else(|| Problem::internal(format!("no path parameter {name}")))?;
        text.parse().map_err(|error| {
            let reason = format!("{error}");
            Problem::new(&NOT_FOUND).detail("Nothing can have this address.").error(name, reason)
        })
    }

    /// The query parameters as a `T`, which refuses unknown ones with `deny_unknown_fields`.
    ///
    /// # Errors
    /// [`INVALID_PARAMETER`] with the reason.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let query = self.parts.uri.query().unwrap_or_default();
        // PostgreSQL has no text with this character; no engine here takes one.
        if query.contains("%00") {
            return Err(Problem::new(&INVALID_PARAMETER).detail("The query holds the character U+0000."));
        }
        serde_urlencoded::from_str(query).map_err(|error| {
            Problem::new(&INVALID_PARAMETER).detail(format!("The query is not valid: {error}."))
        })
    }

    /// Refuses any query parameter.
    ///
    /// # Errors
    /// [`INVALID_PARAMETER`] when there is one.
    pub fn no_query(&self) -> Result<(), Problem> {
        match self.parts.uri.query() {
            None | Some("") => Ok(()),
            Some(_) => {
                Err(Problem::new(&INVALID_PARAMETER).detail("This operation takes no query parameters."))
            }
        }
    }

    /// The one value of a header; `None` when it is absent.
    ///
    /// # Errors
    /// [`INVALID_HEADER`] when it is repeated or not text.
    pub fn header(&self, name: &HeaderName) -> Result<Option<&str>, Problem> {
        if !self.parts.headers.contains_key(name) {
            return Ok(None);
        }
        let value = headers::single(&self.parts.headers, name);
        value.map(Some).ok_or_else(|| {
            Problem::new(&INVALID_HEADER)
                .detail("A header is repeated or not plain text.")
                .error(name.as_str(), "send it once, in visible ASCII characters")
        })
    }

    /// Reads the body as a JSON document of type `T`.
    ///
    /// # Errors
    /// A problem that says what to change: media type, size, syntax, or shape with a pointer.
    pub async fn json<T: DeserializeOwned>(&mut self) -> Result<T, Problem> {
        self.require_json()?;
        let bytes = self.read().await?;
        json::decode(&bytes)
    }

    /// Reads the body as a form (`application/x-www-form-urlencoded`) of type `T`; of a refused one no value is told.
    ///
    /// # Errors
    /// A problem that says what to change: media type, size, or that a field is missing, repeated or of another kind.
    pub async fn form<T: DeserializeOwned>(&mut self) -> Result<T, Problem> {
        if self.media_type()? != FORM {
            return Err(Problem::new(&UNSUPPORTED_MEDIA_TYPE)
                .detail(format!("Send the body as a form with the header Content-Type: {FORM}.")));
        }
        let bytes = self.read().await?;
        // Form fields may be secrets, and the text of an error may hold one.
        serde_urlencoded::from_bytes(&bytes).map_err(|_| {
            Problem::new(&INVALID_BODY)
                .detail("The form is not valid: a field is missing, repeated or of another kind.")
        })
    }

    /// Keeps a member of the JSON body, read before, out of the fingerprint of the command: of what is easy to guess,
    /// such as a password, not even a digest may be kept. A repeated command may then differ in it unnoticed.
    pub fn forget(&mut self, member: &str) {
        let content = self.content.as_deref().unwrap_or_default();
        let Ok(serde_json::Value::Object(mut document)) = serde_json::from_slice(content) else { return };
        document.remove(member);
        self.content = serde_json::to_vec(&document).ok().map(Bytes::from);
    }

    /// The address that the request came from, as far as it is known: what a gateway in front says
    /// (`X-Forwarded-For`), else the other end of the connection. The door of a gateway believes nobody. Who reaches
    /// another door past the gateway may claim any address: good for bounds, not for trust.
    #[must_use]
    pub fn client_address(&self) -> Option<IpAddr> {
        let is_edge = matches!(self.door.access, Access::Unchecked);
        let said = if is_edge { None } else { headers::single(&self.parts.headers, &FORWARDED_FOR) };
        let said = said.and_then(|text| text.trim().parse().ok());
        said.or_else(|| self.parts.extensions.get::<CameFrom>().map(|from| from.0.ip()))
    }

    /// Refuses a body.
    ///
    /// # Errors
    /// A problem when there is one.
    pub async fn no_body(&mut self) -> Result<(), Problem> {
        if self.read().await?.is_empty() {
            return Ok(());
        }
        Err(Problem::new(&INVALID_BODY).detail("This operation takes no body. Send none."))
    }

    /// The media type of the body without its parameters, in lower case.
    fn media_type(&self) -> Result<String, Problem> {
        let media_type = self.header(&CONTENT_TYPE)?.unwrap_or_default();
        Ok(media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    fn require_json(&self) -> Result<(), Problem> {
        let essence = self.media_type()?;
        if essence == "application/json"
            || (essence.starts_with("application/") && essence.ends_with("+json"))
        {
            return Ok(());
        }
        Err(Problem::new(&UNSUPPORTED_MEDIA_TYPE)
            .detail("Send the body as JSON with the header Content-Type: application/json."))
    }

    /// Reads the body, whatever it is, up to `limit` bytes: one that is announced as longer is refused before it comes.
    ///
    /// # Errors
    /// [`PAYLOAD_TOO_LARGE`], or that the body broke off.
    pub async fn bytes(&mut self, limit: usize) -> Result<Bytes, Problem> {
        if let Some(bytes) = &self.content {
            return Ok(bytes.clone());
        }
        let body = std::mem::take(&mut self.body);
        let bytes = body.collect(limit).await.map_err(|error| match error {
            BodyError::TooLarge { limit } => Problem::new(&PAYLOAD_TOO_LARGE)
                .detail(format!("The body is larger than {limit} bytes. Send a smaller one.")),
            BodyError::Broken => Problem::new(&tradewind_problem::MALFORMED_JSON)
                .detail("The body ended before it was complete."),
        })?;
        self.content = Some(bytes.clone());
        Ok(bytes)
    }

    pub(crate) async fn read(&mut self) -> Result<Bytes, Problem> {
        self.bytes(self.door.limits.max_body_bytes).await
    }

    /// The user who asks.
    ///
    /// # Errors
    /// [`UNAUTHENTICATED`] when nobody is named, [`FORBIDDEN`] when it is no user.
    pub fn require_user(&self) -> Result<Id, Problem> {
        match &self.context.principal {
            Principal::User(id) => Ok(*id),
            Principal::Anonymous => Err(unauthenticated()),
            _ => Err(Problem::new(&FORBIDDEN).detail("Only a user may do this, on their own behalf.")),
        }
    }

    /// Refuses whoever does not work for the operator; asked first, so that nobody else learns anything.
    ///
    /// # Errors
    /// [`UNAUTHENTICATED`] when nobody is named, [`FORBIDDEN`] when it is somebody else.
    pub fn require_staff(&self) -> Result<(), Problem> {
        match self.require_principal()? {
            Principal::Staff(_) | Principal::Admin(_) => Ok(()),
            _ => Err(Problem::new(&FORBIDDEN).detail("Only staff may do this.")),
        }
    }

    /// Refuses whoever does not decide for the operator; asked first, so that nobody else learns anything.
    ///
    /// # Errors
    /// [`UNAUTHENTICATED`] when nobody is named, [`FORBIDDEN`] when it is somebody else.
    pub fn require_admin(&self) -> Result<(), Problem> {
        match self.require_principal()? {
            Principal::Admin(_) => Ok(()),
            _ => Err(Problem::new(&FORBIDDEN).detail("Only an admin may do this.")),
        }
    }

    /// Refuses a caller of whom nothing is known.
    ///
    /// # Errors
    /// [`UNAUTHENTICATED`] when nobody is named.
    pub fn require_principal(&self) -> Result<&Principal, Problem> {
        match &self.context.principal {
            Principal::Anonymous => Err(unauthenticated()),
            known => Ok(known),
        }
    }

    /// How long the caller prefers to wait for the end of what it asks for (RFC 7240 §4.3), at most two
    /// seconds and half of what is left until the deadline, so that the answer still arrives in time; `None`
    /// when it said nothing.
    #[must_use]
    pub fn preferred_wait(&self) -> Option<Duration> {
        let prefer = self.parts.headers.get_all("prefer").iter();
        let texts = prefer.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split([',', ';']));
        let seconds = texts.filter_map(|part| part.trim().strip_prefix("wait="));
        let wait = seconds.filter_map(|text| text.trim().parse().ok()).map(Duration::from_secs).next()?;
        Some(wait.min(MAX_PREFERRED_WAIT).min(self.deadline.remaining(&self.door.clock) / 2))
    }

    /// The request as it came, for passing it on.
    #[must_use]
    pub fn into_request(self) -> http::Request<Body> {
        let body = self.content.map_or(self.body, Body::from);
        http::Request::from_parts(self.parts, body)
    }
}

fn unauthenticated() -> Problem {
    Problem::new(&UNAUTHENTICATED).detail("Say who asks, with the header Authorization: Bearer <token>.")
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither headers nor body: they may hold secrets.
        write!(f, "Call({} {})", self.parts.method, self.template)
    }
}
