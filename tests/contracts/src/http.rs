//! The comparison of two OpenAPI documents.

use serde_json::Value;

use crate::compare::{Finding, KEEP, Side, compare_in};

/// What in the document `new` breaks what `old` promised to callers.
pub fn compare_documents(old: &Value, new: &Value) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, methods) in members(&old["paths"]) {
        for (method, operation) in members(methods) {
            let at = format!("/paths/{}/{method}", path.replace('~', "~0").replace('/', "~1"));
            match new["paths"][path].get(method) {
                Some(now) => found.extend(compare_operations((old, operation), (new, now), &at)),
                None => found.push(refused(&at, "the operation is gone", KEEP)),
            }
        }
    }
    found
}

fn compare_operations(old: (&Value, &Value), new: (&Value, &Value), at: &str) -> Vec<Finding> {
    let mut found = parameters(old, new, at);
    found.extend(body(old, new, at));
    found.extend(answers(old, new, at));
    if list(&old.1["security"]).is_empty() && !list(&new.1["security"]).is_empty() {
        found.push(refused(&format!("{at}/security"), "it needs a token now", "go on answering everybody"));
    }
    if old.1["x-any-method"] == true && new.1["x-any-method"] != true {
        found.push(refused(at, "it no longer answers every method", KEEP));
    }
    found
}

fn refused(at: &str, what: &str, instead: &str) -> Finding {
    Finding { pointer: at.to_owned(), what: what.to_owned(), instead: instead.to_owned() }
}

fn parameters(old: (&Value, &Value), new: (&Value, &Value), at: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let same = |one: &Value, other: &Value| one["name"] == other["name"] && one["in"] == other["in"];
    for (place, before) in list(&old.1["parameters"]).iter().enumerate() {
        let at = format!("{at}/parameters/{place}");
        match list(&new.1["parameters"]).iter().find(|now| same(before, now)) {
            Some(now) => {
                let schemas = ((old.0, &before["schema"]), (new.0, &now["schema"]));
                found.extend(compare_in(schemas.0, schemas.1, Side::Read, &format!("{at}/schema")));
                if before["required"] != true && now["required"] == true {
                    found.push(refused(&at, &format!("{} is required now", now["name"]), "make it optional"));
                }
            }
            None => found.push(refused(&at, &format!("{} is no longer taken", before["name"]), KEEP)),
        }
    }
    let before = list(&old.1["parameters"]);
    let is_new = |now: &&Value| !before.iter().any(|before| same(before, now));
    for now in list(&new.1["parameters"]).iter().filter(is_new).filter(|now| now["required"] == true) {
        let what = format!("the new parameter {} is required", now["name"]);
        found.push(refused(&format!("{at}/parameters"), &what, "make it optional"));
    }
    found
}

fn body(old: (&Value, &Value), new: (&Value, &Value), at: &str) -> Vec<Finding> {
    let at = format!("{at}/requestBody");
    match (old.1.get("requestBody"), new.1.get("requestBody")) {
        (Some(before), Some(now)) => contents((old.0, before), (new.0, now), Side::Read, &at),
        (Some(_), None) => vec![refused(&at, "the body is no longer taken", KEEP)],
        (None, Some(_)) => vec![refused(&at, "a body is required now", "make a new operation")],
        (None, None) => Vec::new(),
    }
}

/// Answers of success; a problem may be given or not as the case may be.
fn answers(old: (&Value, &Value), new: (&Value, &Value), at: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (status, before) in members(&old.1["responses"]).filter(|(status, _)| status.starts_with('2')) {
        let at = format!("{at}/responses/{status}");
        let Some(now) = new.1["responses"].get(status) else {
            found.push(refused(&at, "the answer has another status", KEEP));
            continue;
        };
        found.extend(contents((old.0, before), (new.0, now), Side::Written, &at));
        for (name, _) in members(&before["headers"]).filter(|(name, _)| now["headers"].get(name).is_none()) {
            found.push(refused(&format!("{at}/headers/{name}"), "the header is gone", KEEP));
        }
    }
    found
}

fn contents(old: (&Value, &Value), new: (&Value, &Value), side: Side, at: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (media_type, before) in members(&old.1["content"]) {
        let at = format!("{at}/content/{}", media_type.replace('/', "~1"));
        match new.1["content"].get(media_type) {
            Some(now) => {
                let schemas = ((old.0, &before["schema"]), (new.0, &now["schema"]));
                found.extend(compare_in(schemas.0, schemas.1, side, &format!("{at}/schema")));
            }
            None => found.push(refused(&at, "the media type is gone", KEEP)),
        }
    }
    found
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
