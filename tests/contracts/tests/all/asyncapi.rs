//! The documents follow AsyncAPI 3.0.0, say what services say of themselves, and agree with each other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tradewind_chassis::DoorKind;
use tradewind_fleet::services;
use tradewind_journeys::Fleet;
use tradewind_testkit::Request;

use crate::files::{current, parse};

async fn documents() -> BTreeMap<String, Value> {
    let files = current().await.iter().filter(|(path, _)| path.contains("/asyncapi/"));
    files.map(|(path, text)| (path.clone(), parse(text))).collect()
}

fn text() -> Value {
    json!({"type": "string", "minLength": 1})
}

/// An object whose members all fit a schema, and whose names are those that the specification takes.
fn map(of: &Value) -> Value {
    json!({"type": "object", "propertyNames": {"pattern": "^[\\w.\\-]+$"}, "additionalProperties": of})
}

fn object(required: &[&str], properties: &Value) -> Value {
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// What AsyncAPI 3.0.0 asks of the objects that are used here.
fn specification() -> Value {
    let reference = object(&["$ref"], &json!({"$ref": {"type": "string", "pattern": "^#/"}}));
    let references = json!({"type": "array", "items": reference, "uniqueItems": true});
    let server = json!({
        "host": text(), "protocol": {"enum": ["http", "amqp"]}, "protocolVersion": text(), "pathname": text(),
        "description": text(), "security": {"type": "array", "minItems": 1},
        "variables": map(&object(&[], &json!({"description": text(), "default": text()}))),
    });
    let parameter = json!({"description": text(), "enum": {"type": "array", "items": text(), "minItems": 1}});
    let channel = json!({
        "address": text(), "description": text(), "servers": references, "messages": map(&reference),
        "parameters": map(&object(&[], &parameter)), "bindings": {"type": "object"},
    });
    let operation = json!({
        "action": {"enum": ["send", "receive"]}, "channel": reference, "messages": references,
        "bindings": {"type": "object"},
    });
    let message = json!({
        "name": text(), "title": text(), "contentType": text(), "payload": {"type": "object"},
        "headers": {"type": "object", "properties": {"type": {"const": "object"}}}, "bindings": {"type": "object"},
        "correlationId": object(&["location"], &json!({
            "location": {"type": "string", "pattern": "^\\$message\\.(header|payload)#(/[^~]*)*$"},
        })),
    });
    let components = json!({
        "messages": map(&object(&["name", "payload"], &message)), "schemas": map(&json!({"type": ["object", "boolean"]})),
        "securitySchemes": {"type": "object"},
    });
    let info = json!({"title": text(), "version": text(), "description": text()});
    let document = json!({
        "asyncapi": {"const": "3.0.0"}, "id": {"type": "string", "format": "uri"},
        "info": object(&["title", "version"], &info), "defaultContentType": text(),
        "servers": map(&object(&["host", "protocol"], &server)), "channels": map(&object(&["address"], &channel)),
        "operations": map(&object(&["action", "channel"], &operation)), "components": object(&[], &components),
    });
    object(&["asyncapi", "info"], &document)
}

#[tokio::test]
async fn the_documents_say_what_asyncapi_asks_for() {
    let options = jsonschema::options().should_validate_formats(true);
    let validator = options.build(&specification()).unwrap();
    let documents = documents().await;
    for (file, document) in &documents {
        let wrong: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{file}: {wrong:#?}");
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            assert!(jsonschema::draft7::meta::is_valid(schema), "{file}: {name}");
        }
    }
    assert_eq!(documents.keys().filter(|path| path.ends_with("/internal.json")).count(), services().len());
    assert!(documents.len() > services().len(), "nothing is public");
    let mut broken = documents.into_values().next().unwrap();
    broken["asyncapi"] = "2.6.0".into();
    assert!(!validator.is_valid(&broken));
}

#[tokio::test]
async fn every_reference_leads_to_what_it_means() {
    for (file, document) in documents().await {
        let mut open = vec![&document];
        while let Some(value) = open.pop() {
            if let Some(path) = value.get("$ref").and_then(Value::as_str) {
                assert!(document.pointer(path.strip_prefix('#').unwrap()).is_some(), "{file}: {path}");
            }
            open.extend(value.as_object().into_iter().flatten().map(|(_, value)| value));
            open.extend(value.as_array().into_iter().flatten());
        }
        // The messages of an operation are those of its channel, and not of the components (AsyncAPI 3.0.0).
        for operation in document["operations"].as_object().unwrap().values() {
            let channel = operation["channel"]["$ref"].as_str().unwrap();
            let messages = operation["messages"].as_array().unwrap();
            assert!(!messages.is_empty(), "{file}");
            let start = format!("{channel}/messages/");
            assert!(messages.iter().all(|message| message["$ref"].as_str().unwrap().starts_with(&start)));
        }
        for channel in document["channels"].as_object().unwrap().values() {
            let address = channel["address"].as_str().unwrap();
            let named: BTreeSet<&str> =
                address.split('{').skip(1).map(|rest| rest.split_once('}').unwrap().0).collect();
            let described = channel["parameters"].as_object().into_iter().flatten();
            assert_eq!(named, described.map(|(name, _)| name.as_str()).collect(), "{file}: {address}");
        }
    }
}

/// The types of messages that are sent, or received.
fn kinds(document: &Value, action: &str) -> BTreeSet<String> {
    let operations = document["operations"].as_object().unwrap().values();
    let operations = operations.filter(|operation| operation["action"] == action);
    let messages = operations.flat_map(|operation| operation["messages"].as_array().unwrap());
    messages.map(|message| message["$ref"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()).collect()
}

#[test]
fn what_is_sent_is_what_is_promised_and_what_is_received_is_what_is_listened_to() {
    let services = services();
    let mut public = BTreeSet::new();
    for service in &services {
        let description = service.description();
        let document = parse(&service.asyncapi(DoorKind::Internal).unwrap());
        assert_eq!(kinds(&document, "send"), description.promises.iter().cloned().collect());
        let heard = description.listens.iter().flat_map(|each| each.types.clone());
        assert_eq!(kinds(&document, "receive"), heard.collect(), "{}", description.name);
        let offered: BTreeSet<String> = description.publishes.iter().cloned().collect();
        match service.asyncapi(DoorKind::Public) {
            Some(document) => assert_eq!(kinds(&parse(&document), "send"), offered),
            None => assert!(offered.is_empty()),
        }
        public.extend(offered);
    }
    let webhooks = services.iter().find(|each| each.description().name == "webhooks").unwrap();
    let sent: BTreeSet<String> =
        webhooks.description().listens.iter().flat_map(|each| each.types.clone()).collect();
    assert_eq!(sent, public, "webhooks sends what its owners publish, and nothing else");
}

#[tokio::test]
async fn a_door_shows_the_document_of_its_service_to_those_whom_it_takes() {
    let fleet = Fleet::start().await;
    for service in services() {
        let name = &service.description().name;
        let door = fleet.door(&format!("{name}/internal"));
        let request = Request::new("GET", "/asyncapi.json");
        assert_eq!(request.clone().send(door).await.status, 401, "{name}");
        let shown = request.bearer(fleet.secret().expose()).send(door).await.json();
        if std::env::var_os("TRADEWIND_TEST_BROKER").is_none() {
            assert_eq!(shown, parse(&service.asyncapi(DoorKind::Internal).unwrap()), "{name}");
        }
        let path = format!("/api/{name}/v1/asyncapi.json");
        let public = fleet.send(Request::new("GET", &path)).await;
        match service.asyncapi(DoorKind::Public) {
            Some(document) => assert_eq!(public.json(), parse(&document), "{name}"),
            None => assert_eq!(public.status, 404, "{name}"),
        }
    }
    fleet.shutdown().await;
}
