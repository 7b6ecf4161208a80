//! Objects as an API server gives them, as trees of values. They stand in no file, so that none of them has a place.

use serde_json::Value as Json;

use crate::yaml::{Entry, Flaw, MAX_DEPTH, Node, Place, Value};

/// The place of what stands in no file.
const NOWHERE: Place = Place { line: 0, column: 0 };

/// What programs write about an object, and which says nothing of what it asks for.
const ABOUT: &str = "managedFields";

/// The tree of an object, without its status.
///
/// # Errors
///
/// Values are nested deeper than in any document.
pub(crate) fn tree(object: &Json) -> Result<Node, Flaw> {
    let Json::Object(fields) = object else { return node(object, 0) };
    let asked = fields.iter().filter(|(key, value)| *key != "status" && !value.is_null());
    let entry = |(key, value): (&String, &Json)| {
        let node = match value {
            Json::Object(own) if key == "metadata" => {
                let own = own.iter().filter(|(key, _)| *key != ABOUT);
                mapping(own, 2)?
            }
            other => node(other, 1)?,
        };
        Ok(Entry { key: key.clone(), place: NOWHERE, node })
    };
    let entries = asked.map(entry).collect::<Result<_, Flaw>>()?;
    Ok(Node { place: NOWHERE, value: Value::Mapping(entries) })
}

fn node(value: &Json, depth: usize) -> Result<Node, Flaw> {
    if depth > MAX_DEPTH {
        let reason = format!("values are nested more than {MAX_DEPTH} deep");
        return Err(Flaw { place: NOWHERE, reason });
    }
    let value = match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => Value::Number(number.to_string()),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => {
            Value::List(items.iter().map(|item| node(item, depth + 1)).collect::<Result<_, _>>()?)
        }
        Json::Object(fields) => return mapping(fields.iter(), depth + 1),
    };
    Ok(Node { place: NOWHERE, value })
}

/// Fields that are null are left out, as an API server reads them: it writes an empty list of some kinds so.
fn mapping<'json>(
    fields: impl Iterator<Item = (&'json String, &'json Json)>,
    depth: usize,
) -> Result<Node, Flaw> {
    let there = fields.filter(|(_, value)| !value.is_null());
    let entry = |(key, value): (&String, &Json)| {
        node(value, depth).map(|node| Entry { key: key.clone(), place: NOWHERE, node })
    };
    let entries = there.map(entry).collect::<Result<_, _>>()?;
    Ok(Node { place: NOWHERE, value: Value::Mapping(entries) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Body, Definitions};

    #[test]
    fn an_object_is_read_as_the_document_that_it_was_made_of() {
        let text = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a, namespace: shop, generation: 3}\n\
                    spec: {hostnames: [a.example], rules: [{backendRefs: [{name: a, port: 1}]}]}\n";
        let object = json!({
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {
                "name": "a", "namespace": "shop", "generation": 3, "uid": "u", "resourceVersion": "7",
                "managedFields": [{"manager": "helm"}],
            },
            "spec": {"hostnames": ["a.example"], "rules": [{"backendRefs": [{"name": "a", "port": 1}]}]},
            "status": {"parents": "whatever"},
        });
        let definitions = Definitions::standard().unwrap();
        let (of_text, of_object) = (definitions.read("a", text), definitions.read_object("a", &object));
        assert_eq!(of_object.errors, []);
        assert_eq!(of_object.documents[0].body, of_text.documents[0].body);
        assert_eq!(of_object.documents[0].metadata, of_text.documents[0].metadata);
    }

    #[test]
    fn what_an_api_server_leaves_empty_is_not_there() {
        let object = json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "a", "namespace": "b"},
            "addressType": "IPv4", "endpoints": null, "ports": null,
        });
        let reading = Definitions::standard().unwrap().read_object("EndpointSlice b/a", &object);
        assert_eq!(reading.errors, []);
        assert!(
            matches!(&reading.documents[0].body, Body::EndpointSlice(slice) if slice.endpoints.is_empty())
        );
    }

    #[test]
    fn a_mistake_is_named_with_the_object_and_without_a_line() {
        let object = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "b"},
            "spec": {"ports": [{"port": 0}]},
        });
        let reading = Definitions::standard().unwrap().read_object("Service b/a", &object);
        let error = reading.errors[0].to_string();
        assert!(error.starts_with("Service b/a: `spec.ports[0].port`"), "{error}");
        assert!(reading.documents.is_empty());
        let mut deep = json!(1);
        (0..40).for_each(|_| deep = json!([deep]));
        let reading = Definitions::standard().unwrap().read_object("a", &json!({"kind": deep}));
        assert!(reading.errors[0].reason.contains("nested"));
    }
}
