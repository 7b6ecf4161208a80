//! The one failure shape: problem details for HTTP APIs (RFC 9457).
//!
//! A [`Problem`] has two readers. The caller reads `detail` and `errors`, which say what to change; the
//! operator reads [`Problem::operator`], which says what happened and never leaves the process.
//! Every problem has a [`Kind`], and every kind has a page below `docs/errors/`.

#![warn(missing_docs)]

mod kinds;
mod wire;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

pub use kinds::{
    CONFLICT, DEADLINE_EXCEEDED, EVENTS_PRUNED, FORBIDDEN, IDEMPOTENCY_KEY_IN_FLIGHT,
    IDEMPOTENCY_KEY_INVALID, IDEMPOTENCY_KEY_MISSING, IDEMPOTENCY_KEY_REUSED, INTERNAL, INVALID_BODY,
    INVALID_HEADER, INVALID_PARAMETER, MALFORMED_JSON, METHOD_NOT_ALLOWED, NO_RECEIVER, NOT_FOUND,
    PAYLOAD_TOO_LARGE, PLATFORM, TLS_REQUIRED, UNAUTHENTICATED, UNAVAILABLE, UNDECLARED_CALLER,
    UNSUPPORTED_MEDIA_TYPE,
};
pub use wire::{MEDIA_TYPE, RETRIED, TYPE_PREFIX};

/// A kind of failure: a code that programs compare and a title that people read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// Stable, in kebab case, such as `not-found`; the last part of the problem's `type`.
    pub code: &'static str,
    /// The HTTP status that the kind always has.
    pub status: u16,
    /// A short sentence, the same for every occurrence.
    pub title: &'static str,
}

/// One thing that is wrong with the input.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FieldError {
    /// Where: a JSON pointer into the body (RFC 6901) such as `/lines/0/quantity`, or the name of a
    /// header or parameter.
    pub pointer: String,
    /// What to change.
    pub detail: String,
}

/// One occurrence of a failure.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem(Box<Inner>);

#[derive(Debug, Clone, PartialEq)]
struct Inner {
    code: Cow<'static, str>,
    title: Cow<'static, str>,
    status: u16,
    detail: Option<String>,
    errors: Vec<FieldError>,
    retry_after: Option<Duration>,
    retried: bool,
    operator: Option<String>,
    allow: Option<String>,
    trace_id: Option<String>,
}

impl Problem {
    /// A problem of this kind, saying nothing in particular yet.
    #[must_use]
    pub fn new(kind: &Kind) -> Self {
        Self(Box::new(Inner {
            code: Cow::Borrowed(kind.code),
            title: Cow::Borrowed(kind.title),
            status: kind.status,
            detail: None,
            errors: Vec::new(),
            retry_after: None,
            retried: false,
            operator: None,
            allow: None,
            trace_id: None,
        }))
    }

    /// A problem that a peer gave, of a kind that need not be known here.
    #[must_use]
    pub fn given(code: impl Into<String>, title: impl Into<String>, status: u16) -> Self {
        let mut problem = Self::new(&INTERNAL);
        problem.0.code = Cow::Owned(code.into());
        problem.0.title = Cow::Owned(title.into());
        problem.0.status = status;
        problem
    }

    /// Something went wrong inside; the caller learns nothing but that.
    #[must_use]
    pub fn internal(operator: impl fmt::Display) -> Self {
        Self::new(&INTERNAL).operator(operator)
    }

    /// Says to the caller what is wrong here and what to change.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Adds one thing that is wrong with the input.
    #[must_use]
    pub fn error(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.0.errors.push(FieldError { pointer: pointer.into(), detail: detail.into() });
        self
    }

    /// Says after how long another try makes sense; becomes `Retry-After` (RFC 9110 §10.2.3).
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Says that the hop nearest the failure has decided about further tries: nobody above it tries again.
    #[must_use]
    pub fn retried(mut self) -> Self {
        self.0.retried = true;
        self
    }

    /// Says to the operator what happened. Never sent to the caller.
    #[must_use]
    pub fn operator(mut self, message: impl fmt::Display) -> Self {
        self.0.operator = Some(message.to_string());
        self
    }

    /// The methods that the target does allow; becomes `Allow` (RFC 9110 §10.2.1).
    #[must_use]
    pub fn allow(mut self, methods: impl Into<String>) -> Self {
        self.0.allow = Some(methods.into());
        self
    }

    /// The trace in which it happened, for a caller who asks for help.
    #[must_use]
    pub fn trace_id(mut self, trace_id: impl Into<String>) -> Self {
        self.0.trace_id = Some(trace_id.into());
        self
    }

    /// The code of the kind.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// Whether this is a problem of `kind`.
    #[must_use]
    pub fn is(&self, kind: &Kind) -> bool {
        self.0.code == kind.code
    }

    /// The title of the kind.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.0.title
    }

    /// The trace that the caller is told, if one is.
    #[must_use]
    pub fn told_trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }

    /// What was said to the caller.
    #[must_use]
    pub fn caller_text(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// What was said to the operator.
    #[must_use]
    pub fn operator_text(&self) -> Option<&str> {
        self.0.operator.as_deref()
    }

    /// After how long another try makes sense, when that is known.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether the hop nearest the failure has decided about further tries.
    #[must_use]
    pub fn was_retried(&self) -> bool {
        self.0.retried
    }

    /// What is wrong with the input, thing by thing.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// Whether the fault lies on the server's side: another try may succeed, nothing needs changing.
    #[must_use]
    pub fn is_server_fault(&self) -> bool {
        self.0.status >= 500
    }
}

impl fmt::Display for Problem {
    /// For operators: code, and all that is known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())?;
        for text in [self.caller_text(), self.operator_text()].into_iter().flatten() {
            write!(f, ": {text}")?;
        }
        for error in self.errors() {
            write!(f, "; {}: {}", error.pointer, error.detail)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
