//! Paths: one canonical form, whatever the spelling, and no way around a rule by another spelling.

use std::sync::LazyLock;

use http::HeaderMap;
use percent_encoding::percent_decode_str;
use tradewind_gateway_api::Definitions;
use tradewind_http_validation::path::{CanonicalPath, canonical};
use tradewind_routing::{Asked, BackendId, Documents, Table};

/// Longer paths are not put into a document.
const LONGEST: usize = 128;
const PORT: u16 = 8080;

pub(crate) fn check(bytes: &[u8]) {
    let Ok(raw) = std::str::from_utf8(bytes) else { return };
    let Ok(path) = canonical(raw) else { return };
    assert_eq!(canonical(path.as_str()).as_ref(), Ok(&path), "the canonical form has another canonical form");
    shape(&path);
    assert_eq!(decoded(path.as_str()), resolved(raw), "{raw:?} leads elsewhere");
    let spellings = spellings(path.as_str());
    for spelling in &spellings {
        assert_eq!(canonical(spelling).as_ref(), Ok(&path), "{spelling:?} is another path");
    }
    if raw.len() <= LONGEST {
        let [encoded, ..] = spellings;
        routed(&path, &[encoded, raw.to_owned()]);
    }
}

/// Nothing that somebody behind could take for a way up, or for the end of a segment.
fn shape(path: &CanonicalPath) {
    let text = path.as_str();
    assert!(text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
    assert!(!text.contains(['\\', '?', '#']) && !text.contains("//"), "{text:?}");
    for segment in decoded(text) {
        assert!(segment != b"." && segment != b"..", "{text:?} has a dot segment");
        let is_plain = |byte: &u8| !byte.is_ascii_control() && !matches!(byte, b'/' | b'\\');
        assert!(segment.iter().all(is_plain), "{text:?} hides a separator");
        assert!(std::str::from_utf8(&segment).is_ok(), "{text:?} is not UTF-8");
    }
}

fn decoded(path: &str) -> Vec<Vec<u8>> {
    path.split('/').skip(1).map(|segment| percent_decode_str(segment).collect()).collect()
}

/// Where a path leads by RFC 3986 §5.2.4, each segment decoded first.
fn resolved(raw: &str) -> Vec<Vec<u8>> {
    let segments = decoded(raw);
    let mut stack: Vec<Vec<u8>> = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        let is_last = index + 1 == segments.len();
        match segment.as_slice() {
            b"." => {}
            b".." => drop(stack.pop()),
            _ => {
                stack.push(segment.clone());
                continue;
            }
        }
        if is_last {
            stack.push(Vec::new());
        }
    }
    stack
}

/// Other spellings of a canonical path, which mean the same.
fn spellings(path: &str) -> [String; 3] {
    let walked = path.replacen('/', "/./%2E/x/%2e./", 1);
    [spelled(path, |_| true), spelled(path, |index| index % 3 == 1), walked]
}

/// The path with those of its letters encoded that need not be, and the digits of the others in lower case.
fn spelled(path: &str, which: fn(usize) -> bool) -> String {
    let (mut spelling, mut digits_left) = (String::new(), 0);
    for (index, letter) in path.char_indices() {
        let is_unreserved = letter.is_ascii_alphanumeric() || "-._~".contains(letter);
        if digits_left > 0 {
            digits_left -= 1;
            spelling.push(letter.to_ascii_lowercase());
        } else if is_unreserved && which(index) {
            spelling.push_str(&format!("%{:02x}", u32::from(letter)));
        } else {
            digits_left = if letter == '%' { 2 } else { 0 };
            spelling.push(letter);
        }
    }
    spelling
}

/// A rule for a path holds for all of its spellings, wherever the document or the request has which.
fn routed(path: &CanonicalPath, spellings: &[String]) {
    static DEFINITIONS: LazyLock<Definitions> = LazyLock::new(|| {
        Definitions::standard().unwrap_or_else(|reason| panic!("the definitions cannot be read: {reason}"))
    });
    for spelling in spellings {
        let quoted = serde_json::Value::from(spelling.as_str());
        let text = format!(
            "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: it}}\nspec:\n  rules:\n  \
             - matches: [{{path: {{type: Exact, value: {quoted}}}}}]\n    \
             backendRefs: [{{name: secret, port: 80}}]\n"
        );
        let reading = DEFINITIONS.read("route.yaml", &text);
        let mut documents = Documents::default();
        for document in reading.documents {
            documents.add(document).unwrap_or_else(|error| panic!("{error}"));
        }
        let built = Table::build(&documents, PORT, &|_: &BackendId| true);
        // A document may be refused for how it spells a path; it is not to be taken for another one.
        if built.table.entries() > 0 {
            let headers = HeaderMap::new();
            let asked = Asked { host: "a", path, query: None, method: "GET", headers: &headers };
            assert!(built.table.find(PORT, &asked).is_some(), "{path} is not found by {spelling:?}");
        }
    }
}
