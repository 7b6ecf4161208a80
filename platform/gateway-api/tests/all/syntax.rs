//! What every document has in common: well-formed text, a kind, a name.

use tradewind_gateway_api::{Body, Definitions};

use crate::support::{accepted, document, read, refused, refused_for, rule};

#[test]
fn tells_where_text_is_not_well_formed() {
    refused("a: b\n c: d\n", "2:3", "not well-formed YAML");
    refused("a: 1\nb: 2\na: 3\n", "3:1", "`a` stands here a second time; the first is in line 1");
    refused("a: &x 1\nb: *x\n", "2:4", "aliases");
    refused("a:\n  b: !!str 1\n", "2:6", "tags");
    refused(&"[".repeat(100), "1:34", "nested more than 32 deep");
    refused(&" ".repeat(1024 * 1024 + 1), "1:1", "must not exceed");
}

#[test]
fn a_bad_document_leaves_the_others_serving() {
    let good = document("HTTPRoute", "rules:\n- backendRefs: [{name: a, port: 1}]");
    let bad = document("HTTPRoute", "rules:\n- backendRefs: [{name: a}]").replace("name: shop", "name: bad");
    let reading = read(&format!("{bad}---\n{good}---\n---\n}}\n"));
    let names: Vec<&str> = reading.documents.iter().map(|d| d.metadata.name.as_str()).collect();
    assert_eq!(names, ["shop"]);
    let errors: Vec<String> = reading.errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(
        errors[0].starts_with("a.yaml:7:19: `spec.rules[0].backendRefs[0]` breaks a rule: Must have port"),
        "{errors:?}"
    );
    assert!(errors[1].contains("not well-formed"), "{errors:?}");
}

#[test]
fn names_the_kinds_that_are_read() {
    refused("a\n", "1:1", "the document must be a mapping, but is text");
    refused("---\n# a\nkind: HTTPRoute\n", "3:1", "the document lacks the field `apiVersion`");
    refused("apiVersion: gateway.networking.k8s.io/v1\n", "1:1", "lacks the field `kind`");
    refused(
        "apiVersion: gateway.networking.k8s.io/v2\nkind: HTTPRoute\n",
        "1:13",
        "`apiVersion` names version v2 of HTTPRoute; known here: v1, v1beta1",
    );
    refused(
        "apiVersion: v1\nkind: HTTPRoute\n",
        "2:7",
        "is HTTPRoute of the group \"\"; known here is that of \"gateway.networking.k8s.io\"",
    );
    refused("apiVersion: v1\nkind: Pod\n", "2:7", "`kind` is Pod, which is not read here; known here: ");
    refused("apiVersion: 1\nkind: Pod\n", "1:13", "must be text (put it in quotes), but is a number");
}

#[test]
fn fields_are_known_and_of_their_type() {
    let with = |from: &str, to: &str| rule("backendRefs: [{name: a, port: 1}]").replace(from, to);
    refused(&with("name: shop", "name: 7"), "4:9", "`metadata.name` must be text (put it in quotes)");
    refused(&with("name: shop", "name: off"), "4:9", "some programs read as true or false");
    refused(&with("name: shop", "name: Shop"), "4:9", "must match the pattern");
    refused(&with("name: shop", "labels: {a: b}"), "4:3", "`metadata` lacks the field `name`");
    refused(&with("  rules:", "  Rules:"), "6:3", "`spec.Rules` is not a known field; `rules` is");
    refused(&with("  rules:", "  routes:"), "6:3", "known here: hostnames, parentRefs, rules");
    refused(&with("port: 1", "port: \"1\""), "8:35", "must be a whole number, but is text");
    refused(&with("port: 1", "port: 08"), "8:35", "must be a whole number in decimal digits, not 08");
    refused(&with("port: 1", "port: 65536"), "8:35", "must be a whole number from 1 to 65535, not 65536");
    refused(&with("port: 1", "port: 1e3"), "8:35", "decimal digits, not 1e3");
    refused(&with("[{name: a, port: 1}]", "{}"), "8:18", "must be a list, but is a mapping");
    refused(&with("[{name: a, port: 1}]", "[a]"), "8:19", "`spec.rules[0].backendRefs[0]` must be a mapping");
    refused_for(&with("spec:", "Spec:"), "`Spec` is not a known field; `spec` is");
}

#[test]
fn what_a_cluster_prints_is_read_as_it_is() {
    let text = rule("backendRefs: [{name: a, port: 1}]").replace(
        "metadata:\n",
        "status: {parents: []}\nmetadata:\n  namespace: shop\n  uid: 1-2\n  resourceVersion: \"7\"\n  \
         generation: 3\n  creationTimestamp: \"2026-11-01T00:00:00Z\"\n  managedFields: [{manager: kubectl}]\n",
    );
    let document = accepted(&text);
    assert_eq!(document.metadata.namespace, "shop");
    assert_eq!(document.metadata.generation, 3);
    assert_eq!(document.metadata.creation_timestamp, "2026-11-01T00:00:00Z");
}

#[test]
fn errors_stand_at_the_field_they_are_about() {
    let document = accepted(&rule("backendRefs:\n- name: a\n  port: 1"));
    let place = |way: &str| {
        let error = document.error(way, "leads nowhere");
        (error.line, error.column)
    };
    assert_eq!(place("spec.rules[0].backendRefs[0].name"), (9, 13));
    // A default stands at the mapping that it is missing in.
    assert_eq!(place("spec.rules[0].backendRefs[0].weight"), (9, 7));
    assert_eq!(document.error("spec.rules", "is odd").to_string(), "a.yaml:6:3: `spec.rules` is odd");
    assert_eq!(document.position(), (4, 9));
    assert_eq!((document.file(), document.body.kind()), ("a.yaml", "HTTPRoute"));
}

#[test]
fn documents_of_a_namespace_have_one() {
    let document = accepted(&document("HTTPRoute", "hostnames: [a.example]"));
    assert_eq!(document.metadata.namespace, "default");
    let class = document_of_a_class();
    assert_eq!(class.metadata.namespace, "");
    let Body::GatewayClass(class) = class.body else { panic!("{class:?}") };
    assert_eq!(class.controller_name, "tradewind.dev/gateway");
}

fn document_of_a_class() -> tradewind_gateway_api::Document {
    accepted(&document("GatewayClass", "controllerName: tradewind.dev/gateway"))
}

#[test]
fn an_empty_text_holds_nothing() {
    for text in ["", "---\n", "# a comment\n", "---\n---\nnull\n"] {
        let reading = Definitions::standard().unwrap().read("a.yaml", text);
        assert!(reading.documents.is_empty() && reading.errors.is_empty(), "{text:?}");
    }
}
