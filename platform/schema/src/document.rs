//! The OpenAPI document of a door.

use serde_json::{Map, Value, json};

use crate::described::{Parts, Side};
use crate::merge::{merge, prune};
use crate::operation::Operation;
use crate::responses::{BYTES, problem, responses};
use crate::sample::sample;

/// The version of the specification that documents follow.
const OPENAPI: &str = "3.1.0";

/// A door, as its document names it.
#[derive(Debug, Clone, Copy)]
pub struct Door<'a> {
    /// The service.
    pub service: &'a str,
    /// What the service is for, in one sentence.
    pub about: &'a str,
    /// Which of its doors.
    pub kind: &'a str,
    /// The version of the service.
    pub version: &'a str,
    /// Whether whoever comes in has to show the secret of the fleet.
    pub secret: bool,
}

/// A route with what is said of it.
#[derive(Debug, Clone, Copy)]
pub struct Route<'a> {
    /// The method; `*` for any.
    pub method: &'a str,
    /// The path template.
    pub path: &'a str,
    /// What is said of it; a route without shows as one without a summary.
    pub operation: Option<&'a Operation>,
}

/// The document of a door with these routes: OpenAPI 3.1.0, JSON, indented, with sorted keys.
///
/// A route that answers any method is written as `get` with `x-any-method`.
#[must_use]
pub fn document(door: &Door<'_>, routes: &[Route<'_>]) -> String {
    let mut parts = Parts::new();
    let mut read = Vec::new();
    let mut paths = Map::new();
    for route in routes {
        let described = described(door, route, &mut parts, &mut read);
        let method = if route.method == "*" { "get".to_owned() } else { route.method.to_ascii_lowercase() };
        // All that is left of a path is a parameter like any other; OpenAPI has no word for that it may hold slashes.
        let path = route.path.replace("{*", "{");
        paths.entry(path).or_insert_with(|| json!({}))[method] = described;
    }
    let (read_parts, written_parts) = parts.finish();
    let mut shared = merge(read_parts, written_parts, &mut read);
    shared.insert("Problem".to_owned(), problem());
    let mut paths = Value::Object(paths);
    fill(&mut paths, &read);
    prune(&mut shared, &paths);
    let scheme = json!({"type": "http", "scheme": "bearer", "description": scheme(door)});
    let mut document = json!({
        "openapi": OPENAPI,
        "info": {
            "title": format!("{}: the {} door", door.service, door.kind),
            "description": door.about,
            "version": door.version,
        },
        "components": {"schemas": shared, "securitySchemes": {"bearer": scheme}},
    });
    exemplify(&mut paths, &document);
    document["paths"] = paths;
    format!("{document:#}\n")
}

/// The media type of forms.
const FORM: &str = "application/x-www-form-urlencoded";

fn scheme(door: &Door<'_>) -> &'static str {
    if door.secret { "The secret of the fleet." } else { "A token that says who asks." }
}

fn described(door: &Door<'_>, route: &Route<'_>, parts: &mut Parts, read: &mut Vec<Value>) -> Value {
    let id = format!("{} {}", route.method, route.path);
    let Some(operation) = route.operation else {
        return json!({"operationId": id, "responses": {}, "summary": ""});
    };
    let mut described = json!({
        "operationId": id,
        "summary": operation.summary,
        "parameters": parameters(operation, parts, read),
        "responses": responses(operation, parts),
        "security": security(door, operation),
    });
    if route.method == "*" {
        described["x-any-method"] = true.into();
    }
    if let Some(describe) = operation.body {
        let schema = describe(parts);
        let media_type = if operation.is_form { FORM } else { "application/json" };
        let content = json!({media_type: {"schema": later(schema, read)}});
        described["requestBody"] = json!({"required": true, "content": content});
    }
    if operation.is_bytes {
        let content = json!({BYTES: {"schema": {"type": "string", "format": "binary"}}});
        described["requestBody"] = json!({"required": true, "content": content});
    }
    described
}

/// A place for a schema that is read: it may be renamed when all of the document is known.
pub(crate) fn later(schema: Value, read: &mut Vec<Value>) -> Value {
    read.push(schema);
    json!({"x-later": read.len() - 1})
}

pub(crate) fn fill(value: &mut Value, read: &[Value]) {
    if let Some(schema) = value["x-later"].as_u64().and_then(|at| read.get(usize::try_from(at).ok()?)) {
        *value = schema.clone();
        return;
    }
    match value {
        Value::Object(object) => object.values_mut().for_each(|value| fill(value, read)),
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, read)),
        _ => {}
    }
}

/// Without a token, nobody is named; a public operation takes both where it asks for none.
fn security(door: &Door<'_>, operation: &Operation) -> Value {
    match (door.secret, operation.open, operation.bearer) {
        (true, false, _) | (false, _, true) => json!([{"bearer": []}]),
        (true, true, _) | (false, _, false) => json!([]),
    }
}

fn parameters(operation: &Operation, parts: &mut Parts, read: &mut Vec<Value>) -> Value {
    let mut parameters = Vec::new();
    for (name, describe) in &operation.parameters {
        let schema = later(describe(parts), read);
        parameters.push(json!({"name": name, "in": "path", "required": true, "schema": schema}));
    }
    if let Some(describe) = operation.query {
        let schema = describe(parts);
        let (properties, required) = parts.properties(&schema, Side::Read);
        for (name, schema) in properties {
            let required = required.contains(&name);
            let schema = later(schema, read);
            parameters.push(json!({"name": name, "in": "query", "required": required, "schema": schema}));
        }
    }
    if operation.command {
        let schema = json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"});
        let description = "A new one, such as a UUID, for each new command; the same one to repeat it.";
        let name = "Idempotency-Key";
        parameters.push(json!({
            "name": name, "in": "header", "required": true, "description": description, "schema": schema,
        }));
    }
    if operation.waits {
        let schema = json!({"type": "string", "examples": ["wait=2"]});
        let description =
            "`wait=<seconds>`: hold the answer back until the outcome is known (RFC 7240 §4.3).";
        parameters.push(json!({
            "name": "Prefer", "in": "header", "required": false, "description": description, "schema": schema,
        }));
    }
    if operation.conditional {
        let description = "The tags of what the caller has (RFC 9110 §13.1.2).";
        parameters.push(json!({
            "name": "If-None-Match", "in": "header", "required": false, "description": description,
            "schema": {"type": "string"},
        }));
    }
    Value::Array(parameters)
}

/// Gives every request body an example.
fn exemplify(paths: &mut Value, document: &Value) {
    let operations = paths.as_object_mut().into_iter().flatten().map(|(_, path)| path);
    for operation in operations.filter_map(Value::as_object_mut).flatten().map(|(_, operation)| operation) {
        let contents = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut);
        for (_, content) in contents.into_iter().flatten().filter(|(media_type, _)| *media_type != BYTES) {
            content["example"] = sample(&content["schema"], document);
        }
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use tradewind_problem::CONFLICT;

    use super::*;
    use crate::operation;

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Bulb {
        /// How strong.
        #[serde(default)]
        watts: u8,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Lamp {
        bulbs: Vec<Bulb>,
    }

    #[derive(Deserialize, JsonSchema)]
    struct Query {
        #[serde(default)]
        #[expect(dead_code, reason = "only described")]
        limit: Option<u16>,
    }

    const DOOR: Door<'_> =
        Door { service: "lamps", about: "Light.", kind: "public", version: "1.0.0", secret: false };

    fn made(routes: &[Route<'_>]) -> Value {
        serde_json::from_str(&document(&DOOR, routes)).unwrap()
    }

    #[test]
    fn a_command_is_described_with_all_it_takes_and_answers() {
        let change = operation("Change a lamp").parameter::<u32>("id").takes::<Lamp>().command().bearer();
        let change = change.answers::<Lamp>(202).located().problems(&[CONFLICT]);
        let made = made(&[Route { method: "PUT", path: "/lamps/{id}", operation: Some(&change) }]);
        let put = &made["paths"]["/lamps/{id}"]["put"];
        let names: Vec<_> = put["parameters"].as_array().unwrap().iter().map(|each| &each["name"]).collect();
        assert_eq!(names, ["id", "Idempotency-Key"]);
        assert_eq!(put["security"], json!([{"bearer": []}]));
        let statuses: Vec<_> = put["responses"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(statuses, ["202", "400", "401", "404", "409", "413", "415", "422", "500", "503", "504"]);
        let body = &put["requestBody"]["content"]["application/json"];
        assert_eq!(body["schema"], json!({"$ref": "#/components/schemas/Lamp.Read"}));
        assert_eq!(body["example"], json!({"bulbs": [{"watts": 1}]}));
        let shared: Vec<_> = made["components"]["schemas"].as_object().unwrap().keys().collect();
        assert_eq!(shared, ["Bulb", "Bulb.Read", "Lamp", "Lamp.Read", "Problem"]);
    }

    #[test]
    fn the_fields_of_a_query_are_parameters_and_leave_no_schema_behind() {
        let list = operation("List lamps").query::<Query>().answers::<Vec<Bulb>>(200);
        let made = made(&[Route { method: "*", path: "/lamps", operation: Some(&list) }]);
        let get = &made["paths"]["/lamps"]["get"];
        let limit = &get["parameters"][0];
        assert_eq!(
            (&limit["name"], &limit["in"], &limit["required"]),
            (&json!("limit"), &json!("query"), &json!(false))
        );
        assert_eq!(get["x-any-method"], true);
        assert!(made["components"]["schemas"].get("Query").is_none());
    }

    #[test]
    fn a_form_has_a_media_type_and_an_example_of_its_own_and_is_never_malformed_json() {
        let fill = operation("Fill in").takes_form::<Bulb>().answers_nothing();
        let made = made(&[Route { method: "POST", path: "/lamps", operation: Some(&fill) }]);
        let post = &made["paths"]["/lamps"]["post"];
        let content = post["requestBody"]["content"].as_object().unwrap();
        let kinds: Vec<&String> = content.keys().collect();
        assert_eq!(kinds, ["application/x-www-form-urlencoded"]);
        assert_eq!(content["application/x-www-form-urlencoded"]["example"], json!({"watts": 1}));
        assert!(!post["responses"].to_string().contains("malformed-json"));
    }

    #[test]
    fn bytes_have_any_media_type_and_the_rest_of_a_path_is_a_parameter() {
        let keep = operation("Keep").parameter::<String>("path").takes_bytes().answers_bytes(200);
        assert_eq!(keep.lacks("/lamps/{*path}"), Vec::<String>::new());
        let made = made(&[Route { method: "PUT", path: "/lamps/{*path}", operation: Some(&keep) }]);
        let put = &made["paths"]["/lamps/{path}"]["put"];
        let schema = json!({"type": "string", "format": "binary"});
        assert_eq!(put["requestBody"]["content"], json!({"*/*": {"schema": schema}}));
        assert_eq!(put["responses"]["200"]["content"], json!({"*/*": {"schema": schema}}));
        assert!(put["responses"].get("413").is_some() && put["responses"].get("415").is_some());
    }

    #[test]
    fn a_route_of_which_nothing_is_said_shows_without_a_summary() {
        let made = made(&[Route { method: "GET", path: "/lamps", operation: None }]);
        assert_eq!(made["paths"]["/lamps"]["get"]["summary"], "");
    }
}
