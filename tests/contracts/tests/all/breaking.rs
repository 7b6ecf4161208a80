//! What the checks refuse, and what they let through.

use serde_json::{Value, json};
use tradewind_contracts::{Side, compare, compare_documents, compare_events};

fn lamp() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 64, "pattern": "^[a-z]+$"},
            "watts": {"type": "integer", "format": "uint8", "minimum": 0, "maximum": 255},
            "colour": {"$ref": "#/$defs/Colour"},
            "bulbs": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            "note": {"type": ["string", "null"]},
        },
        "required": ["name", "colour", "bulbs"],
        "$defs": {"Colour": {"oneOf": [{"const": "red", "description": "Warm."}, {"enum": ["blue"]}]}},
    })
}

/// The lamp with the member at `pointer` set, or taken away.
fn changed(pointer: &str, value: &Value) -> Value {
    let mut lamp = lamp();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = lamp.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(name).unwrap();
    } else {
        parent.insert(name.to_owned(), value.clone());
    }
    lamp
}

fn pointers(new: &Value, side: Side) -> Vec<String> {
    compare(&lamp(), new, side).into_iter().map(|finding| finding.pointer).collect()
}

/// A change, and where it is refused when the lamp is read and when it is written.
type Case = (&'static str, Value, &'static [&'static str], &'static [&'static str]);

#[test]
fn each_change_is_refused_on_the_side_that_it_breaks() {
    let text = || json!({"type": "string"});
    let cases: Vec<Case> = vec![
        ("/properties/name", Value::Null, &["/properties/name"], &["/properties/name"]),
        ("/properties/new", text(), &[], &[]),
        ("/properties/watts/type", json!("string"), &["/properties/watts"], &["/properties/watts"]),
        ("/properties/watts/type", json!("number"), &[], &["/properties/watts"]),
        ("/required", json!(["name", "colour", "bulbs", "watts"]), &[""], &[]),
        ("/required", json!(["name", "colour", "bulbs", "new"]), &[""], &[]),
        ("/required", json!(["colour", "bulbs"]), &[], &[""]),
        ("/additionalProperties", json!(false), &[""], &[]),
        ("/$defs/Colour", json!({"enum": ["red"]}), &["/properties/colour"], &[]),
        ("/$defs/Colour", json!({"enum": ["red", "blue", "green"]}), &[], &["/properties/colour"]),
        ("/$defs/Colour", text(), &[], &["/properties/colour"]),
        ("/$defs/Colour", json!({"enum": ["blue", "red"]}), &[], &[]),
        ("/properties/name/maxLength", json!(63), &["/properties/name"], &[]),
        ("/properties/name/maxLength", json!(65), &[], &["/properties/name"]),
        ("/properties/name/minLength", json!(1), &["/properties/name"], &[]),
        ("/properties/name/pattern", Value::Null, &[], &["/properties/name"]),
        ("/properties/name/pattern", json!("^a$"), &["/properties/name"], &["/properties/name"]),
        ("/properties/watts/maximum", json!(9), &["/properties/watts"], &[]),
        (
            "/properties/bulbs/items",
            json!({"type": "integer"}),
            &["/properties/bulbs/items"],
            &["/properties/bulbs/items"],
        ),
        ("/properties/bulbs/minItems", json!(0), &[], &["/properties/bulbs"]),
        ("/properties/note", text(), &["/properties/note"], &[]),
        ("/properties/name/type", json!(["string", "null"]), &[], &["/properties/name"]),
        (
            "/properties/note",
            json!({"anyOf": [text(), {"type": "integer"}, {"type": "null"}]}),
            &[],
            &["/properties/note"],
        ),
        ("/properties/bulbs", json!(true), &[], &["/properties/bulbs"]),
        ("/properties/name/description", json!("What it is called."), &[], &[]),
    ];
    for (pointer, value, read, written) in cases {
        let new = changed(pointer, &value);
        assert_eq!(pointers(&new, Side::Read), read, "read, {pointer}: {value}");
        assert_eq!(pointers(&new, Side::Written), written, "written, {pointer}: {value}");
    }
}

#[test]
fn a_field_that_is_renamed_is_refused_with_its_place_and_what_to_do() {
    let mut new = lamp();
    let name = new["properties"].as_object_mut().unwrap().remove("name").unwrap();
    new["properties"]["title"] = name;
    new["required"] = json!(["title", "colour", "bulbs"]);
    let event = |schema: Value| json!({"type": "lamp-lit.v1", "schema": schema});
    let found = compare_events(&event(lamp()), &event(new));
    let said = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for part in ["/properties/name: the field is gone or renamed", "field title is required", ".v2"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn an_enum_grows_where_readers_have_a_variant_for_the_unknown() {
    let open = |values: Value| json!({"enum": values, "x-open": true});
    let (old, new) = (open(json!(["a", "b"])), open(json!(["a", "b", "c"])));
    assert_eq!(compare(&old, &new, Side::Written), []);
    assert_eq!(compare(&new, &old, Side::Read).len(), 1);
    let closed = json!({"enum": ["a", "b"]});
    let found = compare(&closed, &new, Side::Written);
    assert!(found[0].instead.contains("#[serde(other)]"), "{found:?}");
}

#[test]
fn a_value_that_readers_take_as_a_whole_gets_no_field_more() {
    let closed = |names: &[&str]| {
        let fields: Value =
            names.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
        json!({"type": "object", "properties": fields, "additionalProperties": false})
    };
    assert_eq!(compare(&closed(&["a"]), &closed(&["a", "b"]), Side::Written).len(), 1);
    assert_eq!(compare(&closed(&["a"]), &closed(&["a", "b"]), Side::Read), []);
}

#[test]
fn schemas_that_contain_themselves_are_compared_once() {
    let node = |kind: &str| {
        let fields = json!({"next": {"$ref": "#/$defs/Node"}, "value": {"type": kind}});
        json!({"$ref": "#/$defs/Node", "$defs": {"Node": {"type": "object", "properties": fields}}})
    };
    assert_eq!(compare(&node("string"), &node("string"), Side::Read), []);
    assert_eq!(compare(&node("string"), &node("integer"), Side::Read)[0].pointer, "/properties/value");
}

fn document() -> Value {
    let json = |schema: Value| json!({"application/json": {"schema": schema}});
    let id = json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string"}});
    let answer = json(json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}));
    let location = json!({"Location": {}});
    json!({"paths": {"/lamps/{id}": {"put": {
        "parameters": [id],
        "security": [],
        "requestBody": {"content": json(json!({"type": "object", "properties": {"a": {"type": "string"}}}))},
        "responses": {"200": {"content": answer, "headers": location}, "404": {}},
    }}}})
}

const PUT: &str = "/paths/~1lamps~1{id}/put";

#[test]
fn what_callers_rely_on_is_kept() {
    let schema = "content/application~1json/schema";
    let name = json!({"name": "x", "in": "query", "required": true, "schema": true});
    let optional = json!({"name": "x", "in": "query", "required": false, "schema": true});
    let id = document().pointer(&format!("{PUT}/parameters/0")).unwrap().clone();
    let cases = [
        (PUT.to_owned(), None, 1),
        (format!("{PUT}/requestBody"), None, 1),
        (format!("{PUT}/requestBody/{schema}/required"), Some(json!(["a"])), 1),
        (format!("{PUT}/requestBody/{schema}/properties/b"), Some(json!({"type": "string"})), 0),
        (format!("{PUT}/responses/200"), None, 1),
        (format!("{PUT}/responses/404"), None, 0),
        (format!("{PUT}/responses/200/{schema}/required"), None, 1),
        (format!("{PUT}/responses/200/{schema}/properties/a/type"), Some(json!("integer")), 1),
        (format!("{PUT}/responses/200/{schema}/properties/b"), Some(json!({"type": "string"})), 0),
        (format!("{PUT}/responses/200/headers/Location"), None, 1),
        (format!("{PUT}/responses/409"), Some(json!({})), 0),
        (format!("{PUT}/security"), Some(json!([{"bearer": []}])), 1),
        (format!("{PUT}/parameters"), Some(json!([id, name])), 1),
        (format!("{PUT}/parameters"), Some(json!([id, optional])), 0),
        (format!("{PUT}/parameters"), Some(json!([])), 1),
        (format!("{PUT}/parameters/0/schema/maxLength"), Some(json!(3)), 1),
    ];
    for (pointer, value, findings) in cases {
        let mut new = document();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = new.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match &value {
            Some(value) => drop(parent.insert(name.to_owned(), value.clone())),
            None => drop(parent.remove(name).unwrap()),
        }
        let found = compare_documents(&document(), &new);
        assert_eq!(found.len(), findings, "{pointer}: {found:?}");
    }
}
