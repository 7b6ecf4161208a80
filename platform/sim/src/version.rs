//! The other version of a service: what an additive change does to everybody beside it.
//!
//! A release adds fields to what it says and columns to what it keeps, and takes none away. So a process of the other
//! version says more in each JSON answer, and in each event that is read from it, and every table of its database has a
//! column that the code of this version does not know, for as long as both run side by side.

use bytes::Bytes;
use http::{Response, header};
use serde_json::{Map, Value};
use tradewind_client::{Body, Lost};

/// The name of what the other version adds.
const ADDED: &str = "addedByTheOtherVersion";

/// The greatest answer that is read for it, in bytes.
const MOST: usize = 4 * 1024 * 1024;

/// The same answer, as the other version gives it.
pub(crate) async fn widened(answer: Response<Body>) -> Result<Response<Body>, Lost> {
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_json = kind.is_some_and(|kind| kind.starts_with("application/") && kind.contains("json"));
    if !is_json || answer.body().length().is_none() {
        return Ok(answer);
    }
    let (mut parts, body) = answer.into_parts();
    let bytes = body.collect(MOST).await.map_err(|_| Lost::Reset)?;
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(parts, Body::from(with_more(bytes))))
}

fn with_more(bytes: Bytes) -> Bytes {
    let Ok(mut value) = serde_json::from_slice::<Value>(&bytes) else { return bytes };
    match &mut value {
        Value::Object(object) => add(object),
        Value::Array(all) => all.iter_mut().filter_map(Value::as_object_mut).for_each(add),
        _ => return bytes,
    }
    serde_json::to_vec(&value).map_or(bytes, Bytes::from)
}

fn add(object: &mut Map<String, Value>) {
    if let Some(Value::Object(data)) = object.get_mut("data") {
        data.insert(ADDED.to_owned(), Value::Bool(true));
    }
    object.insert(ADDED.to_owned(), Value::from("said"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_lists_and_the_facts_of_events_say_more_and_everything_else_stays() {
        let wide = |text: &str| String::from_utf8(with_more(Bytes::from(text.to_owned())).to_vec()).unwrap();
        assert_eq!(wide(r#"{"a":1}"#), r#"{"a":1,"addedByTheOtherVersion":"said"}"#);
        assert_eq!(
            wide(r#"[{"data":{"b":2}}]"#),
            r#"[{"addedByTheOtherVersion":"said","data":{"addedByTheOtherVersion":true,"b":2}}]"#
        );
        assert_eq!(wide("[1]"), "[1]");
        assert_eq!(wide("no json"), "no json");
    }
}
