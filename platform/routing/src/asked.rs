//! What a look-up is about.

use http::{HeaderMap, Method};
use tradewind_http_validation::path::CanonicalPath;

/// What a request says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'request> {
    /// The host, in lower case and without a port.
    pub host: &'request str,
    /// The path in its one form.
    pub path: &'request CanonicalPath,
    /// The query, without `?`.
    pub query: Option<&'request str>,
    /// The method.
    pub method: &'request Method,
    /// The headers.
    pub headers: &'request HeaderMap,
}
