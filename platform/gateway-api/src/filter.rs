//! Filters: what happens to a request or an answer on the way.

use serde::{Deserialize, Deserializer, de::Error};

use crate::reference::{LocalRef, ObjectRef};

/// One step of a rule or of a backend, in the order of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// Changes the headers of the request.
    RequestHeaders(HeaderChanges),
    /// Changes the headers of the answer.
    ResponseHeaders(HeaderChanges),
    /// Sends a copy to another backend, whose answer nobody waits for.
    Mirror(Mirror),
    /// Answers with another address instead of forwarding.
    Redirect(Redirect),
    /// Changes host and path before forwarding.
    Rewrite(Rewrite),
    /// Cross-origin resource sharing (Fetch standard, §3.2).
    Cors(Cors),
    /// A document of another group.
    Extension(LocalRef),
}

/// Headers to set, to add and to remove, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct HeaderChanges {
    /// Replaces whatever there is of that name.
    pub set: Vec<Header>,
    /// Added to what there is of that name.
    pub add: Vec<Header>,
    /// Removed, whatever the case.
    pub remove: Vec<String>,
}

/// A header: its name and its value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Header {
    /// The name, in any case.
    pub name: String,
    /// The value.
    pub value: String,
}

/// Where copies go, and of how many requests.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mirror {
    /// The backend.
    pub backend_ref: ObjectRef,
    /// Of a hundred requests; all when neither this nor `fraction` is there.
    pub percent: Option<u32>,
    /// Of so many requests so many.
    pub fraction: Option<Fraction>,
}

impl Mirror {
    /// How many of how many requests are copied.
    #[must_use]
    pub fn share(&self) -> Fraction {
        match (self.percent, self.fraction) {
            (Some(percent), _) => Fraction { numerator: percent, denominator: 100 },
            (None, Some(fraction)) => fraction,
            (None, None) => Fraction { numerator: 1, denominator: 1 },
        }
    }
}

/// A share of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Fraction {
    /// At most the denominator.
    pub numerator: u32,
    /// Never 0.
    pub denominator: u32,
}

/// The address that a redirect names; what is absent stays as the client wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Redirect {
    /// `http` or `https`.
    pub scheme: Option<String>,
    /// The host.
    pub hostname: Option<String>,
    /// The path.
    pub path: Option<PathChange>,
    /// The port; that of the scheme where only the scheme is given, else that of the listener.
    pub port: Option<u16>,
    /// 301, 302, 303, 307 or 308.
    pub status_code: u16,
}

/// The address that a backend sees; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rewrite {
    /// The host.
    pub hostname: Option<String>,
    /// The path.
    pub path: Option<PathChange>,
}

/// A new path.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type")]
pub enum PathChange {
    /// The whole path.
    #[serde(rename = "ReplaceFullPath", rename_all = "camelCase")]
    Full {
        /// The new path.
        replace_full_path: String,
    },
    /// The part of the path that the rule's one prefix matched.
    #[serde(rename = "ReplacePrefixMatch", rename_all = "camelCase")]
    Prefix {
        /// What stands in its place.
        replace_prefix_match: String,
    },
}

/// Who may ask from a page of another origin, and for what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cors {
    /// Origins, with `*` for any, and `*.` for any subdomains of a host.
    pub allow_origins: Vec<String>,
    /// Whether credentials may come along.
    pub allow_credentials: bool,
    /// Methods, or `*` for any.
    pub allow_methods: Vec<String>,
    /// Headers of requests, or `*` for any.
    pub allow_headers: Vec<String>,
    /// Headers of answers that a page may see, or `*` for any.
    pub expose_headers: Vec<String>,
    /// For how many seconds a browser may remember.
    pub max_age: u32,
}

/// A filter as it is written: a type and a field of that name.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    #[serde(rename = "type")]
    kind: String,
    request_header_modifier: Option<HeaderChanges>,
    response_header_modifier: Option<HeaderChanges>,
    request_mirror: Option<Mirror>,
    request_redirect: Option<Redirect>,
    #[serde(rename = "urlRewrite")]
    url_rewrite: Option<Rewrite>,
    cors: Option<Cors>,
    extension_ref: Option<LocalRef>,
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        let filter = match written.kind.as_str() {
            "RequestHeaderModifier" => written.request_header_modifier.map(Self::RequestHeaders),
            "ResponseHeaderModifier" => written.response_header_modifier.map(Self::ResponseHeaders),
            "RequestMirror" => written.request_mirror.map(Self::Mirror),
            "RequestRedirect" => written.request_redirect.map(Self::Redirect),
            "URLRewrite" => written.url_rewrite.map(Self::Rewrite),
            "CORS" => written.cors.map(Self::Cors),
            "ExtensionRef" => written.extension_ref.map(Self::Extension),
            _ => None,
        };
        filter.ok_or_else(|| D::Error::custom(format!("a filter of type {} lacks its field", written.kind)))
    }
}
