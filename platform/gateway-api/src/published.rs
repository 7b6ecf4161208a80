//! That the definitions of our own group, by which files are judged, are those that clusters get.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use crate::document;
use crate::yaml;

const PUBLISHED: [(&str, &str); 3] = [
    (
        include_str!("../../../deploy/definitions/routepolicy.yaml"),
        include_str!("../definitions/routepolicy.json"),
    ),
    (
        include_str!("../../../deploy/definitions/backendpolicy.yaml"),
        include_str!("../definitions/backendpolicy.json"),
    ),
    (
        include_str!("../../../deploy/definitions/listenerpolicy.yaml"),
        include_str!("../definitions/listenerpolicy.json"),
    ),
];

/// What `definitions/reduce.py` does.
fn reduced(schema: &Json) -> Json {
    let Json::Object(fields) = schema else { return schema.clone() };
    let kept = fields.iter().filter(|(key, _)| *key != "description");
    let below = |(key, value): (&String, &Json)| {
        let value = match (key.as_str(), value) {
            ("properties", Json::Object(below)) => {
                Json::Object(below.iter().map(|(name, schema)| (name.clone(), reduced(schema))).collect())
            }
            ("items" | "not" | "additionalProperties", below) => reduced(below),
            _ => value.clone(),
        };
        (key.clone(), value)
    };
    Json::Object(kept.map(below).collect())
}

fn resource(text: &str) -> Json {
    let (documents, flaw) = yaml::read(text);
    assert!(flaw.is_none(), "{flaw:?}");
    document::json(&documents[0])
}

fn without_own(schema: &Json) -> Json {
    let mut schema = reduced(schema);
    let properties = schema["properties"].as_object_mut().unwrap();
    properties.retain(|name, _| !["apiVersion", "kind", "metadata", "status"].contains(&name.as_str()));
    schema
}

#[test]
fn what_clusters_get_is_what_files_are_judged_by() {
    for (published, used) in PUBLISHED {
        let resource = resource(published);
        let spec = &resource["spec"];
        let version = &spec["versions"][0];
        let expected = json!({
            "group": spec["group"],
            "kind": spec["names"]["kind"],
            "namespaced": true,
            "schemas": [{"versions": [version["name"]], "schema": without_own(&version["schema"]["openAPIV3Schema"])}],
        });
        let used: Json = serde_json::from_str(used).unwrap();
        assert_eq!(used, expected, "run reduce.py on {}", resource["metadata"]["name"]);
    }
}

/// Calls `see` with each schema of a field, and the way to it.
fn walk(schema: &Json, way: &str, see: &mut impl FnMut(&str, &Map<String, Json>)) {
    let fields = schema.as_object().unwrap();
    see(way, fields);
    for (name, below) in fields.get("properties").and_then(Json::as_object).into_iter().flatten() {
        walk(below, &format!("{way}.{name}"), see);
    }
    if let Some(items) = fields.get("items") {
        walk(items, &format!("{way}[]"), see);
    }
}

/// What an API server asks of a definition before it takes it, as far as ours could break it.
#[test]
fn every_field_has_a_type_and_bounds() {
    for (published, _) in PUBLISHED {
        let resource = resource(published);
        let schema = &resource["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        walk(schema, "spec", &mut |way, fields| {
            let has = |keyword: &str| fields.contains_key(keyword);
            match fields["type"].as_str().unwrap() {
                "string" => assert!(has("maxLength") || has("enum"), "{way} has no bound"),
                "integer" => assert!((has("minimum") && has("maximum")) || has("enum"), "{way} has no bound"),
                "array" => {
                    assert!(has("maxItems") && has("x-kubernetes-list-type"), "{way} has no bound");
                    keys_are_there(way, fields);
                }
                "object" => assert!(has("properties"), "{way} says nothing of its fields"),
                "boolean" => {}
                other => panic!("{way} is {other}"),
            }
        });
    }
}

/// Keys of a list are required fields of its items, or have a default.
fn keys_are_there(way: &str, fields: &Map<String, Json>) {
    let items = &fields["items"];
    let required: BTreeSet<&str> =
        items["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    for key in fields.get("x-kubernetes-list-map-keys").and_then(Json::as_array).into_iter().flatten() {
        let key = key.as_str().unwrap();
        assert!(required.contains(key) || items["properties"][key].get("default").is_some(), "{way}: {key}");
    }
}

/// An API server judges a default by the rules before it fills in the defaults of the fields in it, and refuses the
/// definition where a rule asks for a field that is not there.
#[test]
fn a_default_has_what_rules_about_it_ask_for() {
    let mut asked = 0;
    for (published, _) in PUBLISHED {
        let resource = resource(published);
        let schema = &resource["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        walk(schema, "spec", &mut |way, fields| {
            let Some(default) = fields.get("default").and_then(Json::as_object) else { return };
            let rules = fields.get("x-kubernetes-validations").and_then(Json::as_array);
            for rule in rules.into_iter().flatten().map(|rule| rule["rule"].as_str().unwrap()) {
                // What is asked for by `has` may be missing.
                let rest = fields["properties"]
                    .as_object()
                    .unwrap()
                    .keys()
                    .fold(rule.to_owned(), |rule, name| rule.replace(&format!("has(self.{name})"), ""));
                let words = rest.split(|letter: char| !letter.is_alphanumeric() && letter != '.');
                for name in words.filter_map(|word| word.strip_prefix("self.")) {
                    assert!(
                        default.contains_key(name),
                        "{way}: the default has no {name}, which {rule} asks for"
                    );
                    asked += 1;
                }
            }
        });
    }
    assert_eq!(asked, 3, "rules about defaults");
}

/// A default at the first level would hide what a less specific policy says.
#[test]
fn no_field_of_the_first_level_has_a_default() {
    for (published, _) in PUBLISHED {
        let resource = resource(published);
        let schema = &resource["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        for (name, field) in schema["properties"].as_object().unwrap() {
            assert!(field.get("default").is_none(), "{name}");
        }
    }
}

const GUIDE: &str = include_str!("../../../docs/guides/gateway-policies.md");

/// The guide has a line for each field, with its default and its bounds.
#[test]
fn the_guide_tells_each_field_as_it_is() {
    let parts = ["## RoutePolicy", "## BackendPolicy", "## ListenerPolicy"];
    for (part, (published, _)) in parts.into_iter().zip(PUBLISHED) {
        let text = GUIDE.split(part).nth(1).unwrap().split("\n## ").next().unwrap();
        let resource = resource(published);
        let schema = &resource["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        walk(schema, "spec", &mut |way, fields| {
            let Some(field) = way.strip_prefix("spec.").filter(|field| !field.ends_with("[]")) else {
                return;
            };
            let row = text.lines().find(|line| line.starts_with(&format!("| `{field}` |")));
            let row = row.unwrap_or_else(|| panic!("{part} has no line for {field}"));
            for said in said(fields) {
                assert!(row.contains(&said), "{field}: the guide should say {said}, but says {row}");
            }
        });
    }
}

fn shown(value: &Json) -> String {
    match value {
        Json::String(text) if text.is_empty() => "''".to_owned(),
        Json::String(text) => text.clone(),
        Json::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// What a line must hold: the default, the bounds, the words.
fn said(fields: &Map<String, Json>) -> Vec<String> {
    let mut all: Vec<String> =
        fields.get("default").map(|default| format!("`{}`", shown(default))).into_iter().collect();
    if let (Some(least), Some(most)) = (fields.get("minimum"), fields.get("maximum")) {
        all.push(format!("{least} to {most}"));
    }
    if let Some(most) = fields.get("maxItems") {
        all.push(format!(
            "{} to {most} items",
            fields.get("minItems").map_or("0".to_owned(), Json::to_string)
        ));
    }
    let words = fields.get("enum").or(fields.get("items").and_then(|items| items.get("enum")));
    all.extend(words.and_then(Json::as_array).into_iter().flatten().map(|word| format!("`{}`", shown(word))));
    for rule in fields.get("x-kubernetes-validations").and_then(Json::as_array).into_iter().flatten() {
        all.extend(
            rule["message"].as_str().and_then(|text| text.strip_prefix("must be from ")).map(str::to_owned),
        );
    }
    all
}
