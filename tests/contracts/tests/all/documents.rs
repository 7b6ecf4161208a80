//! The documents follow OpenAPI 3.1.0 and describe the routes that there are.

use std::collections::BTreeSet;

use serde_json::Value;
use tradewind_fleet::services;

use crate::files::{Files, current, parse};

fn documents(files: &Files) -> impl Iterator<Item = (&String, Value)> {
    files.iter().filter(|(path, _)| path.contains("/http/")).map(|(path, text)| (path, parse(text)))
}

/// Every value below `value` with the path of keys that leads to it.
fn walk(value: &Value, path: &str, visit: &mut dyn FnMut(&str, &Value)) {
    visit(path, value);
    let members = value.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), value));
    let items = value.as_array().into_iter().flatten().enumerate();
    let items = items.map(|(at, value)| (at.to_string(), value));
    for (key, value) in members.chain(items).collect::<Vec<_>>() {
        walk(value, &format!("{path}/{key}"), visit);
    }
}

pub fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let each = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(|(method, operation)| (method.clone(), path.clone(), operation))
    });
    each.collect()
}

#[tokio::test]
async fn the_documents_say_what_openapi_asks_for() {
    for (file, document) in documents(current().await) {
        assert_eq!(document["openapi"], "3.1.0", "{file}");
        for field in ["title", "version"] {
            assert!(document["info"][field].is_string(), "{file}: {field}");
        }
        let mut ids = BTreeSet::new();
        for (method, path, operation) in operations(&document) {
            let place = format!("{file} {method} {path}");
            assert!(ids.insert(operation["operationId"].to_string()), "{place}: operationId is not unique");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{place} has no description");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{place}: no answer");
            assert!(responses.values().all(|response| response["description"].is_string()), "{place}");
            check_parameters(&place, &path, &operation["parameters"]);
        }
    }
}

fn check_parameters(place: &str, path: &str, parameters: &Value) {
    let parameters = parameters.as_array().unwrap();
    let in_path = parameters.iter().filter(|each| each["in"] == "path");
    let declared: BTreeSet<&str> = in_path.map(|each| each["name"].as_str().unwrap()).collect();
    let names = path.split('{').skip(1).map(|rest| rest.split_once('}').unwrap().0);
    assert_eq!(declared, names.collect(), "{place}");
    for parameter in parameters {
        assert!(parameter["schema"].is_object(), "{place}: {parameter}");
        assert!(parameter["in"] != "path" || parameter["required"] == true, "{place}: {parameter}");
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_every_schema_is_one() {
    for (file, document) in documents(current().await) {
        let mut schemas = 0;
        walk(&document, "", &mut |path, value| {
            if path.ends_with("/$ref") {
                let target = value.as_str().unwrap().strip_prefix('#').unwrap();
                assert!(document.pointer(target).is_some(), "{file}#{path}: {target}");
            }
            let is_shared = path.strip_prefix("/components/schemas/").is_some_and(|name| !name.contains('/'));
            if path.ends_with("/schema") || is_shared {
                schemas += 1;
                assert!(jsonschema::draft202012::meta::is_valid(value), "{file}#{path}: {value}");
            }
        });
        assert!(schemas > 0, "{file}");
        let names = document["components"]["schemas"].as_object().unwrap().keys();
        let plain = |name: &&String| name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        assert_eq!(names.clone().filter(|name| !plain(name)).count(), 0, "{file}: {names:?}");
    }
}

#[tokio::test]
async fn every_route_is_in_the_document_of_its_door() {
    let files = current().await;
    for service in services() {
        let description = service.description();
        for door in description.doors.iter().filter(|door| door.kind.is_documented()) {
            let end = format!("/{}/schemas/http/{}.json", description.name, door.kind.name());
            let (_, document) = documents(files).find(|(path, _)| path.ends_with(&end)).unwrap();
            let method = |operation: &Value, method: String| {
                if operation["x-any-method"] == true { "*".to_owned() } else { method.to_ascii_uppercase() }
            };
            let operations = operations(&document).into_iter();
            let documented: BTreeSet<(String, String)> =
                operations.map(|(name, path, operation)| (method(operation, name), path)).collect();
            // All that is left of a path is written as a parameter like any other.
            let own = door.routes.iter().map(|(method, path)| (method.clone(), path.replace("{*", "{")));
            let own: BTreeSet<(String, String)> = own.collect();
            assert!(own.is_subset(&documented), "{end}: {own:?} in {documented:?}");
            let added: Vec<_> = documented.difference(&own).map(|(_, path)| path.as_str()).collect();
            let platform = |path: &&&str| path.starts_with("/letters") || PLATFORM.contains(*path);
            // Of those who have views or processes, or record who did what.
            let some = ["/views", "/processes", "/audit"];
            let is_of_some =
                |path: &str| some.iter().any(|start| path.starts_with(start)) || path.ends_with("/v1/audit");
            let is_document =
                |path: &str| path.ends_with("/openapi.json") || path.ends_with("/asyncapi.json");
            let is_other = |path: &&&str| !is_document(path) && !is_of_some(path);
            let others: Vec<_> = added.iter().filter(is_other).collect();
            if door.kind.name() == "public" && !description.publishes.is_empty() {
                assert_eq!(others, [&format!("/api/{}/v1/feed", description.name)], "{end}");
                continue;
            }
            let internal = door.kind.name() == "internal";
            assert!(others.iter().all(|path| internal && platform(path)), "{end}: {others:?}");
            assert!(!internal || others.len() == PLATFORM.len() + 6, "{end}: {others:?}");
        }
    }
}

const PLATFORM: [&str; 15] = [
    "/peers",
    "/events/subscribers/{name}",
    "/subscriptions",
    "/backup",
    "/backup/hold",
    "/livez",
    "/readyz",
    "/startupz",
    "/metrics",
    "/events",
    "/events/horizon",
    "/evidence",
    "/evidence/head",
    "/logs",
    "/traces",
];
