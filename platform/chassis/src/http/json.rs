//! Reading JSON bodies so that a caller learns what to change and where.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};
use tradewind_problem::{INVALID_BODY, MALFORMED_JSON, Problem};

/// Reads a document of type `T`.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        // Where a name was expected and something else came, the parser stops as if it were no JSON.
        let is_json = serde_json::from_slice::<Value>(bytes).is_ok();
        explain(&pointer, error.inner(), is_json)
    })?;
    deserializer.end().map_err(|error| explain("", &error, false))?;
    Ok(value)
}

fn explain(pointer: &str, error: &serde_json::Error, is_json: bool) -> Problem {
    let text = error.to_string();
    // The position says nothing that the pointer does not say better.
    let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
    match error.classify() {
        category if is_json || category == Category::Data => Problem::new(&INVALID_BODY)
            .detail("The body is JSON, but not what this operation takes; see errors.")
            .error(pointer, reason),
        _ => Problem::new(&MALFORMED_JSON).detail(format!(
            "The body is not JSON: {reason} at line {}, column {}.",
            error.line(),
            error.column()
        )),
    }
}

/// The path as a JSON pointer (RFC 6901).
fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        let name = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.clone(),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => "?".to_owned(),
        };
        pointer.push('/');
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    }
    pointer
}

/// The document with sorted keys and without white space: one text for one meaning.
pub(crate) fn canonical(bytes: &[u8]) -> Vec<u8> {
    let value: Result<serde_json::Value, _> = serde_json::from_slice(bytes);
    value.and_then(|value| serde_json::to_vec(&value)).unwrap_or_else(|_| bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Lamp {
        #[serde(rename = "bulbs")]
        _bulbs: Vec<Bulb>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Bulb {
        #[serde(rename = "watts")]
        _watts: u8,
    }

    #[test]
    fn an_error_points_at_its_place() {
        let cases = [
            (r#"{"bulbs":[{"watts":1},{"watts":-1}]}"#, "/bulbs/1/watts", "invalid value"),
            (r#"{"bulbs":[{"watts":"x"}]}"#, "/bulbs/0/watts", "invalid type"),
            (r#"{"bulbs":[{"what":1}]}"#, "/bulbs/0/what", "unknown field"),
            (r#"{}"#, "", "missing field"),
            (r#"[]"#, "", "invalid"),
        ];
        for (body, pointer, reason) in cases {
            let problem = decode::<Lamp>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.code(), "invalid-body", "{body}");
            let error = &problem.errors()[0];
            assert_eq!(error.pointer, pointer, "{body}");
            assert!(error.detail.contains(reason), "{body}: {}", error.detail);
            assert!(!error.detail.contains("line"), "{}", error.detail);
        }
    }

    #[test]
    fn what_is_no_json_is_said_with_its_position() {
        for body in ["", "{", r#"{"bulbs":}"#, r#"{"bulbs":[]} x"#, "\u{feff}{}"] {
            let problem = decode::<Lamp>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.code(), "malformed-json", "{body:?}");
            assert!(problem.caller_text().unwrap().contains("line 1"), "{body:?}");
        }
    }

    #[test]
    fn one_meaning_has_one_canonical_text() {
        assert_eq!(canonical(br#" { "b" : 1, "a" : [ 2 ] } "#), canonical(br#"{"a":[2],"b":1}"#));
        assert_ne!(canonical(br#"{"a":1}"#), canonical(br#"{"a":2}"#));
    }
}
