//! Documents that are refused, and the places of their errors.

use super::super::{RouteError, RouteTable};
use super::{HEAD, errors, parse, refused, rule, table, with_rules};
use proptest::prelude::*;

#[test]
fn tells_where_yaml_is_not_well_formed() {
    refused(&format!("{HEAD}spec: [\n"), "6:1", "not well-formed YAML");
    refused("a: b\n c: d\n", "2:3", "not well-formed YAML");
    refused("a:\n\t- b\n", "2:2", "not well-formed YAML");
    refused("a: 1\nb: 2\na: 3\n", "3:1", "`a` stands here a second time; the first is in line 1");
    refused("a: &x 1\nb: *x\n", "2:4", "aliases");
    refused("a:\n  b: !!str 1\n", "2:6", "tags");
    refused("[a]: b\n", "1:1", "a key must be plain text");
    refused(&"[".repeat(100), "1:34", "nested more than 32 deep");
    refused(&" ".repeat(1024 * 1024 + 1), "1:1", "must not exceed");
}

#[test]
fn checks_the_documents_in_front_of_a_syntax_error() {
    let text = format!("{}---\n}}\n", with_rules("- backendRefs: []\n"));
    let errors = errors(&text);
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].starts_with("7:20 `spec.rules[0].backendRefs` must have 1 to 16 items"), "{errors:?}");
    assert!(errors[1].starts_with("9:1 this is not well-formed YAML"), "{errors:?}");
}

#[test]
fn refuses_documents_of_another_kind() {
    refused("a\n", "1:1", "the document must be a mapping, but is text");
    refused("---\n# a\nkind: HTTPRoute\n", "3:1", "the document lacks the field `apiVersion`");
    refused("apiVersion: gateway.networking.k8s.io/v1\n", "1:1", "lacks the field `kind`");
    refused(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nspec: {a: b}\n",
        "2:7",
        "`kind` is `Gateway`",
    );
    refused("kind: HTTPRoute\napiVersion: gateway.networking.k8s.io/v1beta1\n", "2:13", "v1beta1`, but only");
    let both = errors("apiVersion: v1\nkind: Service\n");
    assert_eq!(both.len(), 2, "{both:?}");
}

#[test]
fn refuses_fields_that_it_does_not_follow() {
    let with = |place: &str, what: &str| with_rules(&rule("Exact", "/a", "a")).replace(place, what);
    refused(
        &with("spec:\n", "spec:\n  hostnames: [a.example]\n"),
        "6:3",
        "`spec.hostnames` is not supported by this version",
    );
    refused(&with("spec:\n", "spec:\n  hostname: a\n"), "6:3", "`spec.hostname` is not a known field");
    refused(&with("spec:\n", "status: {}\nspec:\n"), "5:1", "`status` is not supported by this version");
    refused(&with("spec:\n", "Spec: {}\nspec:\n"), "5:1", "known here: apiVersion, kind, metadata, spec");
    refused(
        &with("  name: shop\n", "  name: shop\n  uid: a\n"),
        "5:3",
        "`metadata.uid` is not a known field",
    );
    refused(
        &with("spec:\n", "spec:\n  parentRefs:\n  - name: a\n    weight: 1\n"),
        "8:5",
        "`spec.parentRefs[0].weight`",
    );
    for field in ["name: a", "filters: []", "timeouts: {}", "retry: {}", "sessionPersistence: {}"] {
        let text = with_rules(&format!("- {field}\n  backendRefs: [{{name: a, port: 1}}]\n"));
        refused(&text, "7:7", "is not supported by this version");
    }
    for field in ["headers: []", "queryParams: []", "method: GET"] {
        let text = with_rules(&format!("- matches:\n  - {field}\n  backendRefs: [{{name: a, port: 1}}]\n"));
        refused(&text, "8:9", "is not supported by this version");
    }
    for field in ["filters: []", "namespace: a"] {
        let text = with_rules(&format!("- backendRefs:\n  - name: a\n    port: 1\n    {field}\n"));
        refused(&text, "10:9", "is not supported by this version");
    }
}

#[test]
fn refuses_wrong_types() {
    let text = |from: &str, to: &str| with_rules(&rule("Exact", "/a", "a")).replace(from, to);
    refused(
        &text("name: shop", "name: 7"),
        "4:9",
        "`metadata.name` must be text (put it in quotes), but is a number",
    );
    refused(&text("name: shop", "name: off"), "4:9", "must be text (put it in quotes), but is a boolean");
    refused(&text("name: shop", "name:"), "4:3", "`metadata.name` must be text, but is nothing");
    refused(&text("  name: shop", "  - name"), "4:3", "`metadata` must be a mapping, but is a list");
    refused(
        &text("name: shop\n", "name: shop\n  labels:\n    a: 1.5\n"),
        "6:8",
        "`metadata.labels.a` must be text",
    );
    refused(
        &text("name: shop\n", "name: shop\n  annotations: a\n"),
        "5:16",
        "`metadata.annotations` must be a mapping",
    );
    refused(
        &text("port: 1}", "port: \"1\"}"),
        "8:37",
        "`spec.rules[0].backendRefs[0].port` must be a whole number, but is text",
    );
    refused(
        &format!("{HEAD}spec:\n  rules: {{}}\n"),
        "6:10",
        "`spec.rules` must be a list, but is a mapping",
    );
    refused(&format!("{HEAD}spec:\n"), "5:1", "`spec` must be a mapping, but is nothing");
    refused(&format!("{HEAD}spec:\n  rules: []\n"), "6:10", "`spec.rules` must have 1 to 16 items");
    refused(&format!("{HEAD}spec:\n  rules:\n  - a\n"), "7:5", "`spec.rules[0]` must be a mapping");
}

#[test]
fn refuses_missing_fields() {
    refused(
        &with_rules("- backendRefs: [{name: a, port: 1}]\n").replace("metadata:\n  name: shop\n", ""),
        "1:1",
        "lacks the field `metadata`",
    );
    refused(HEAD, "1:1", "the document lacks the field `spec`");
    refused(&format!("{HEAD}spec:\n  parentRefs: []\n"), "6:3", "`spec` lacks the field `rules`");
    refused(&with_rules("- matches: []\n"), "7:7", "`spec.rules[0]` lacks the field `backendRefs`");
    refused(
        &with_rules("- backendRefs:\n  - port: 80\n"),
        "8:9",
        "`spec.rules[0].backendRefs[0]` lacks the field `name`",
    );
    refused(
        &with_rules("- backendRefs:\n  - name: a\n"),
        "8:9",
        "`spec.rules[0].backendRefs[0]` lacks the field `port`",
    );
    let parent =
        with_rules(&rule("Exact", "/a", "a")).replace("spec:\n", "spec:\n  parentRefs:\n  - kind: Gateway\n");
    refused(&parent, "7:5", "`spec.parentRefs[0]` lacks the field `name`");
}

#[test]
fn refuses_backends_that_it_cannot_call() {
    let backend = |fields: &str| with_rules(&format!("- backendRefs:\n  - {{{fields}}}\n"));
    refused(&backend("name: a, port: 0"), "8:25", "must be a whole number from 1 to 65535, not 0");
    for port in ["65536", "-1", "1.5", "080", "0x50", "99999999999"] {
        refused(
            &backend(&format!("name: a, port: {port}")),
            "8:25",
            "must be a whole number from 1 to 65535",
        );
    }
    refused(&backend("name: a, port: 1, weight: 2"), "8:36", "does not split by weight");
    refused(&backend("name: a, port: 1, weight: 0"), "8:36", "does not split by weight");
    refused(&backend("name: a, port: 1, kind: Bucket"), "8:34", "only services are supported");
    refused(&backend("name: a, port: 1, group: b"), "8:35", "only services are supported");
    for name in ["A", "-a", "a-", "a.b", "a_b", "''"] {
        refused(
            &backend(&format!("name: {name}, port: 1")),
            "8:16",
            "lower-case letters, digits and inner `-`",
        );
    }
    refused(
        &with_rules("- backendRefs: [{name: a, port: 1}, {name: b, port: 1}]\n"),
        "7:20",
        "must have exactly one item",
    );
    let name = with_rules(&rule("Exact", "/a", "a")).replace("name: shop", "name: Shop");
    refused(&name, "4:9", "must be a DNS name");
}

#[test]
fn refuses_paths_that_no_request_has() {
    let path = |kind: &str, value: &str| with_rules(&rule(kind, value, "a"));
    refused(&path("Regular", "/a"), "7:31", "must be Exact or PathPrefix, not `Regular`");
    refused(&path("RegularExpression", "/a"), "7:31", "not supported by this version");
    for value in [
        "",
        "a",
        "/a//b",
        "/a//",
        "//",
        "/a%2fb",
        "/a?b",
        "/a#",
        "/a b",
        "/%zz",
        "/é",
        "/a/./b",
        "/a/..",
        "/a/%2E%2e/b",
        "/.",
    ] {
        let errors = errors(&path("PathPrefix", value));
        assert_eq!(errors.len(), 1, "{value} {errors:?}");
        assert!(errors[0].starts_with("7:50 `spec.rules[0].matches[0].path.value`"), "{errors:?}");
    }
    refused(&path("Exact", &format!("/{}", "a".repeat(1024))), "7:45", "must not exceed 1024 bytes");
}

#[test]
fn names_both_places_of_a_duplicate() {
    let first = with_rules(&[rule("PathPrefix", "/a~", "a"), rule("Exact", "/a~", "b")].concat());
    let second = with_rules(&[rule("Exact", "/c", "c"), rule("PathPrefix", "/a%7E/", "d")].concat())
        .replace("shop", "other");
    let files = [("a.yaml".to_owned(), first), ("b.yaml".to_owned(), second)];
    let errors = RouteTable::parse(&files).expect_err("the same prefix twice");
    let texts: Vec<String> = errors.iter().map(RouteError::to_string).collect();
    assert_eq!(
        texts,
        ["b.yaml:9:50: rule 1 of HTTPRoute `other` has the same match (/a~/*) \
             as rule 0 of HTTPRoute `shop` at a.yaml:7:50"]
    );
    let same_rule = with_rules(
        "- matches: [{path: {value: /a}}, {path: {value: /a}}]\n  backendRefs: [{name: a, port: 1}]\n",
    );
    refused(&same_rule, "7:53", "at a.yaml:7:32");
    let default = with_rules(
        "- backendRefs: [{name: a, port: 1}]\n\
         - matches: [{path: {value: /}}]\n  backendRefs: [{name: a, port: 1}]\n",
    );
    refused(&default, "8:32", "(/*) as rule 0 of HTTPRoute `shop` at a.yaml:7:7");
}

#[test]
fn every_duplicate_names_the_first() {
    let rules = ["a", "b", "c"].map(|service| rule("PathPrefix", "/a", service)).concat();
    let text = with_rules(&format!("{rules}{}", rule("Exact", "/d", "d")));
    let errors = errors(&text);
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(
        errors.iter().all(|error| error.ends_with("rule 0 of HTTPRoute `shop` at a.yaml:7:50")),
        "{errors:?}"
    );
}

#[test]
fn refuses_one_name_for_two_documents() {
    let document = |path| with_rules(&rule("Exact", path, "a"));
    let text = format!("{}---\n{}", document("/a"), document("/b"));
    refused(&text, "13:9", "HTTPRoute `shop` is already declared at a.yaml:4:9");
    let elsewhere = document("/b").replace("  name: shop", "  namespace: b\n  name: shop");
    assert_eq!(table(&format!("{}---\n{elsewhere}", document("/a"))).routes().count(), 2);
}

#[test]
fn collects_all_errors_in_order() {
    let text =
        with_rules("- backendRefs: [{name: A, port: 0}]\n  filters: []\n- matches: [{path: {value: a}}]\n");
    let places: Vec<String> =
        errors(&text).iter().map(|error| error.chars().take_while(|&c| c != ' ').collect()).collect();
    assert_eq!(places, ["7:28", "7:37", "8:7", "9:7", "9:32"]);
}

#[test]
fn bounds_the_matches_of_a_document() {
    let path = |number: usize| format!("{{path: {{value: /{number}}}}}");
    let rules = |count: usize| -> String {
        let rule = |numbers: &[usize]| {
            let matches: Vec<String> = numbers.iter().copied().map(path).collect();
            format!("- matches: [{}]\n  backendRefs: [{{name: a, port: 1}}]\n", matches.join(", "))
        };
        (0..count).collect::<Vec<_>>().chunks(64).map(rule).collect()
    };
    assert_eq!(table(&with_rules(&rules(128))).routes().count(), 128);
    refused(&with_rules(&rules(129)), "7:5", "must not have more than 128 matches in all");
}

/// Pieces of documents in any order, the right ones first.
fn nearly_documents() -> impl Strategy<Value = String> {
    let pieces = vec![
        "apiVersion: gateway.networking.k8s.io/v1\n",
        "kind: HTTPRoute\n",
        "metadata:\n",
        "  name: a\n",
        "spec:\n",
        "  rules:\n",
        "  - backendRefs:\n",
        "    - name: b\n",
        "      port: 1\n",
        "%YAML 1.2\n",
    ];
    let marks = ["---\n", "...\n", "- ", "  ", "{", "}", "[", "]", ": ", "\n", "'", "\"", "|\n", "&a ", "*a"];
    let rest = ["!!map ", "#", "\t", "\r\n", "é", "? ", "\0"];
    let all = [pieces, marks.to_vec(), rest.to_vec()].concat();
    prop::collection::vec(prop::sample::select(all), 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn never_panics_and_places_every_error(text in nearly_documents(), whole in any::<bool>()) {
        let text = if whole { format!("{}{text}", with_rules(&rule("Exact", "/a", "a"))) } else { text };
        if let Err(errors) = parse(&text) {
            prop_assert!(!errors.is_empty());
            let lines = text.lines().count() + 1;
            for error in errors {
                prop_assert!((1..=lines).contains(&error.line) && error.column >= 1, "{}", error);
            }
        }
    }
}
