//! What a look-up is about.

use std::fmt;

use http::{HeaderMap, HeaderName};
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
    /// The method; methods are compared with regard to case.
    pub method: &'request str,
    /// The headers.
    pub headers: &'request dyn Headers,
}

/// Where the headers of a request are looked up, in whichever form they are kept.
pub trait Headers: fmt::Debug + Sync {
    /// Shows the value of each header of a name, in their order.
    fn each(&self, name: &HeaderName, show: &mut dyn FnMut(&[u8]));
}

impl Headers for HeaderMap {
    fn each(&self, name: &HeaderName, show: &mut dyn FnMut(&[u8])) {
        self.get_all(name).iter().for_each(|value| show(value.as_bytes()));
    }
}
