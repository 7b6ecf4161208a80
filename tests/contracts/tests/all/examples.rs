//! Documents of events as they were written once: today's types read them, and lose nothing.

use serde_json::Value;
use tradewind_contracts::side;
use tradewind_fleet::services;

use crate::files::{BLESS, Files, committed, current, parse};

/// Values that readers refuse more of: an amount of money is one value in two fields.
const CLOSED: [&str; 1] = ["Money"];

/// Every promised type with its description and its examples, those of the last release included.
async fn each(mut check: impl FnMut(&tradewind_events::EventType, &Value, &str, &str)) {
    let files = current().await;
    let mut examples = committed("schemas/examples");
    assert!(!examples.is_empty(), "run `{BLESS}`");
    examples.extend(committed("released/examples"));
    for service in services() {
        for event in service.promises() {
            let file =
                files.iter().find(|(path, _)| path.ends_with(&format!("/{}.json", event.kind))).unwrap();
            let description = parse(file.1);
            let shown: Vec<_> = of_type(&examples, event.kind).collect();
            let today = shown.iter().filter(|(path, _)| path.contains("/schemas/")).count();
            assert!(today > 0, "there is no example of {}: run `{BLESS}`", event.kind);
            for (path, text) in shown {
                check(event, &description, path, text);
            }
        }
    }
}

/// `<type>.json`, and what is added by hand: `<type>.<word>.json`.
fn of_type<'a>(examples: &'a Files, kind: &'a str) -> impl Iterator<Item = (&'a String, &'a String)> {
    let name = |path: &'a str| path.rsplit('/').next().unwrap();
    examples.iter().filter(move |(path, _)| {
        name(path).strip_prefix(kind).is_some_and(|rest| rest.starts_with('.') && rest.ends_with("json"))
    })
}

fn contains(all: &Value, part: &Value) -> bool {
    match (all, part) {
        (Value::Object(all), Value::Object(part)) => {
            part.iter().all(|(name, value)| all.get(name).is_some_and(|of_all| contains(of_all, value)))
        }
        (Value::Array(all), Value::Array(part)) => {
            all.len() == part.len() && all.iter().zip(part).all(|(all, part)| contains(all, part))
        }
        _ => all == part,
    }
}

#[tokio::test]
async fn what_was_written_once_is_read_today_and_nothing_of_it_is_lost() {
    each(|event, _, path, text| {
        let rewritten =
            event.rewrite(text).unwrap_or_else(|error| panic!("{path} is no longer read: {error}"));
        let (was, is) = (parse(text), parse(&rewritten));
        assert!(contains(&is, &was), "{path}: something was lost, {is} is left");
    })
    .await;
}

#[tokio::test]
async fn examples_fit_their_schemas() {
    each(|_, description, path, text| {
        let schema = side(description, "read");
        let validator = jsonschema::validator_for(schema).unwrap();
        let example = parse(text);
        let wrong: Vec<String> = validator.iter_errors(&example).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{path}: {wrong:?}");
    })
    .await;
}

/// The example with a field more in every object, and a value more in every open enum.
fn surprising(value: &Value, schema: &Value, root: &Value) -> Value {
    let target = schema["$ref"].as_str().map(|path| (path, root.pointer(&path[1..]).unwrap()));
    if let Some((path, target)) = target {
        let is_closed = target["additionalProperties"] == false;
        assert!(!is_closed || CLOSED.iter().any(|name| path.ends_with(name)), "{path} refuses more fields");
        return surprising(value, target, root);
    }
    // What may be absent is described as what it is, or null.
    if let Some(known) =
        schema["anyOf"].as_array().and_then(|any| any.iter().find(|one| one["type"] != "null"))
    {
        return surprising(value, known, root);
    }
    if schema["x-open"] == true {
        return match value {
            // Told apart by a member: another way that this version does not know.
            Value::Object(members) => {
                members.iter().map(|(name, _)| (name.clone(), Value::from("a-surprise"))).collect()
            }
            _ => "a-surprise".into(),
        };
    }
    match value {
        Value::Object(members) => {
            let of = |name: &String| &schema["properties"][name];
            let each = members.iter().map(|(name, value)| (name.clone(), surprising(value, of(name), root)));
            let more = (schema["additionalProperties"] != false).then(|| ("surprise".to_owned(), 1.into()));
            Value::Object(each.chain(more).collect())
        }
        Value::Array(items) => items.iter().map(|item| surprising(item, &schema["items"], root)).collect(),
        plain => plain.clone(),
    }
}

#[tokio::test]
async fn readers_take_fields_and_values_that_they_do_not_know() {
    each(|event, description, path, text| {
        let schema = side(description, "read");
        let surprising = surprising(&parse(text), schema, schema);
        assert_ne!(surprising, parse(text), "{path}");
        let read = event.rewrite(&surprising.to_string());
        assert!(read.is_ok(), "{path}: {read:?} of {surprising}");
    })
    .await;
}
