//! Changes of headers and paths, as filters ask for them.

use http::header::{
    CONNECTION, CONTENT_LENGTH, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use tradewind_gateway_api::filter::{self, Header};
use tradewind_http_validation::path::{self, CanonicalPath};

/// What concerns one connection or the length of a message; a filter that wrote it would make a message that its two
/// readers take for different ones.
const FRAMING: [HeaderName; 11] = [
    CONNECTION,
    CONTENT_LENGTH,
    HOST,
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Headers to set, to add and to remove, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderChanges {
    set: Vec<(HeaderName, HeaderValue)>,
    add: Vec<(HeaderName, HeaderValue)>,
    remove: Vec<HeaderName>,
}

impl HeaderChanges {
    /// Reads the changes of a filter.
    ///
    /// # Errors
    ///
    /// The field below the filter that is wrong, and why.
    pub(crate) fn of(changes: &filter::HeaderChanges) -> Result<Self, (String, String)> {
        Ok(Self {
            set: pairs("set", &changes.set)?,
            add: pairs("add", &changes.add)?,
            remove: changes
                .remove
                .iter()
                .enumerate()
                .map(|(index, text)| name(text).map_err(|reason| (format!("remove[{index}]"), reason)))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Headers that take the place of those of the same name; first of the changes.
    #[must_use]
    pub fn set(&self) -> &[(HeaderName, HeaderValue)] {
        &self.set
    }

    /// Headers beside those of the same name.
    #[must_use]
    pub fn added(&self) -> &[(HeaderName, HeaderValue)] {
        &self.add
    }

    /// Headers that are taken away; last of the changes.
    #[must_use]
    pub fn removed(&self) -> &[HeaderName] {
        &self.remove
    }

    /// Makes the changes.
    pub fn apply(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.set {
            headers.insert(name, value.clone());
        }
        for (name, value) in &self.add {
            headers.append(name, value.clone());
        }
        for name in &self.remove {
            headers.remove(name);
        }
    }
}

type Pairs = Vec<(HeaderName, HeaderValue)>;

fn pairs(field: &str, headers: &[Header]) -> Result<Pairs, (String, String)> {
    let pair = |(index, header): (usize, &Header)| {
        let name = name(&header.name).map_err(|reason| (format!("{field}[{index}].name"), reason))?;
        let value = header.value.parse().map_err(|_| {
            (format!("{field}[{index}].value"), "has characters that a header cannot carry".to_owned())
        })?;
        Ok((name, value))
    };
    headers.iter().enumerate().map(pair).collect()
}

fn name(text: &str) -> Result<HeaderName, String> {
    let name: HeaderName = text.parse().map_err(|_| "is no name of a header".to_owned())?;
    if FRAMING.contains(&name) {
        return Err(format!(
            "is {name}, which says where a message goes or ends and is not for filters to change"
        ));
    }
    Ok(name)
}

/// A new path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathChange {
    /// The whole path.
    Full(CanonicalPath),
    /// What stands in the place of the matched prefix; none takes it away.
    Prefix(Option<CanonicalPath>),
}

impl PathChange {
    /// Reads the change of a filter.
    ///
    /// # Errors
    ///
    /// Which field is wrong, and why.
    pub(crate) fn of(change: &filter::PathChange) -> Result<Self, (&'static str, String)> {
        let canonical = |field, text: &str| {
            path::canonical(text)
                .map_err(|error| (field, format!("is a path that no request can have: {error}")))
        };
        match change {
            filter::PathChange::Full { replace_full_path } => {
                canonical("replaceFullPath", replace_full_path).map(Self::Full)
            }
            filter::PathChange::Prefix { replace_prefix_match } => {
                // A slash at the end says nothing, and one alone says as much as nothing.
                let bare = replace_prefix_match.trim_end_matches('/');
                if bare.is_empty() {
                    return Ok(Self::Prefix(None));
                }
                canonical("replacePrefixMatch", bare).map(Some).map(Self::Prefix)
            }
        }
    }

    /// The path that takes the place of `path`, of which `prefix` matched.
    #[must_use]
    pub fn apply(&self, path: &CanonicalPath, prefix: Option<&CanonicalPath>) -> CanonicalPath {
        let replacement = match self {
            Self::Full(path) => return path.clone(),
            Self::Prefix(replacement) => replacement.as_ref().map(CanonicalPath::as_str).unwrap_or_default(),
        };
        let matched = prefix.map(|prefix| prefix.as_str().trim_end_matches('/')).unwrap_or_default();
        let rest = path.as_str().strip_prefix(matched).unwrap_or_default();
        // Both halves are canonical and meet at a slash, so what they make is canonical, too.
        path::canonical(&format!("{replacement}{rest}")).unwrap_or_else(|_| CanonicalPath::root())
    }
}

#[cfg(test)]
mod tests {
    use tradewind_gateway_api::filter::PathChange as Written;

    use super::*;

    #[test]
    fn prefixes_are_replaced_as_the_specification_lists_it() {
        for (path, prefix, replacement, expected) in [
            ("/foo/bar", "/foo", "/xyz", "/xyz/bar"),
            ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
            ("/foo/bar", "/foo/", "/xyz", "/xyz/bar"),
            ("/foo/bar", "/foo/", "/xyz/", "/xyz/bar"),
            ("/foo", "/foo", "/xyz", "/xyz"),
            ("/foo/", "/foo", "/xyz", "/xyz/"),
            ("/foo/bar", "/foo", "", "/bar"),
            ("/foo/", "/foo", "", "/"),
            ("/foo", "/foo", "", "/"),
            ("/foo/", "/foo", "/", "/"),
            ("/foo", "/foo", "/", "/"),
            ("/foo", "/", "/xyz", "/xyz/foo"),
            ("/", "/", "/xyz", "/xyz/"),
        ] {
            let canonical = |text: &str| path::canonical(text).unwrap();
            let change =
                PathChange::of(&Written::Prefix { replace_prefix_match: replacement.to_owned() }).unwrap();
            let found = change.apply(&canonical(path), Some(&canonical(prefix)));
            // The specification writes an empty path as a slash.
            assert_eq!(found.as_str(), expected, "{path}: {prefix} by {replacement}");
        }
    }

    #[test]
    fn a_path_can_be_replaced_whole() {
        let change = PathChange::of(&Written::Full { replace_full_path: "/a%20b".to_owned() }).unwrap();
        assert_eq!(change.apply(&CanonicalPath::root(), None).as_str(), "/a%20b");
        for (text, field) in [("a", "replaceFullPath"), ("", "replaceFullPath"), ("/a b", "replaceFullPath")]
        {
            let error = PathChange::of(&Written::Full { replace_full_path: text.to_owned() }).unwrap_err();
            assert_eq!(error.0, field);
        }
        assert!(PathChange::of(&Written::Prefix { replace_prefix_match: "a".to_owned() }).is_err());
    }

    #[test]
    fn headers_are_set_added_and_removed_in_this_order() {
        let header = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
        let written = filter::HeaderChanges {
            set: vec![header("A", "1")],
            add: vec![header("a", "2"), header("b", "3")],
            remove: vec!["B".to_owned(), "c".to_owned()],
        };
        let mut headers = HeaderMap::new();
        for (name, value) in [("a", "0"), ("b", "0"), ("c", "0"), ("d", "0")] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        HeaderChanges::of(&written).unwrap().apply(&mut headers);
        let found: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}={}", value.to_str().unwrap())).collect();
        assert_eq!(found, ["a=1", "a=2", "d=0"]);
    }

    #[test]
    fn what_frames_a_message_is_not_for_filters() {
        for name in ["Content-Length", "transfer-encoding", "Host", "connection", "te", "keep-alive"] {
            let written = filter::HeaderChanges { remove: vec![name.to_owned()], ..Default::default() };
            assert_eq!(HeaderChanges::of(&written).unwrap_err().0, "remove[0]", "{name}");
        }
        let header = Header { name: "a".to_owned(), value: "b\nc".to_owned() };
        let written = filter::HeaderChanges { set: vec![header], ..Default::default() };
        assert_eq!(HeaderChanges::of(&written).unwrap_err().0, "set[0].value");
    }
}
