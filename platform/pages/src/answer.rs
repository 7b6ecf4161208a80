//! Answers that browsers are to show, and what they may do with them.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, SET_COOKIE, VARY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderName, StatusCode};
use tradewind_chassis::http::Reply;
use tradewind_problem::Problem;

use crate::{Cookie, Html, LocalPath};

/// The media type of pages.
pub const HTML: &str = "text/html; charset=utf-8";

/// What a browser may do with a page: load style, scripts and images from where it came, send forms and requests there,
/// and nothing else. No code within the page, nothing of others, no frame around it.
pub const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

const HEADERS: [(HeaderName, &str); 9] = [
    (CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    // Within the site addresses may be told; the ids in them are nobody else's business.
    (REFERRER_POLICY, "same-origin"),
    (OPENER, "same-origin"),
    (RESOURCE, "same-origin"),
    (PERMISSIONS, "camera=(), geolocation=(), microphone=(), browsing-topics=()"),
    // What one person sees is kept nowhere: not after signing out, and not for the next one.
    (CACHE_CONTROL, "no-store"),
    (VARY, "Cookie, Accept-Language"),
];

/// A page.
///
/// # Errors
/// Internal, when a header cannot be written.
pub fn page(status: StatusCode, page: Html) -> Result<Reply, Problem> {
    with_headers(Reply::bytes(status, HTML, page.into_string()))
}

/// Sends the browser on to another page of this site (303): whatever the method was, it is read there.
///
/// # Errors
/// Internal, when a header cannot be written.
pub fn see_other(to: &LocalPath) -> Result<Reply, Problem> {
    let reply = Reply::bytes(StatusCode::SEE_OTHER, HTML, Vec::new()).header(LOCATION, to.as_str())?;
    with_headers(reply)
}

fn with_headers(reply: Reply) -> Result<Reply, Problem> {
    HEADERS.into_iter().try_fold(reply, |reply, (name, value)| reply.header(name, value))
}

/// Has the browser keep these cookies.
///
/// # Errors
/// Internal, when one holds characters that a header cannot carry.
pub fn with_cookies(reply: Reply, cookies: &[Cookie]) -> Result<Reply, Problem> {
    cookies.iter().try_fold(reply, |reply, cookie| reply.another_header(SET_COOKIE, &cookie.to_string()))
}
