//! Which rule a request belongs to: the order of precedence of the Gateway API.

use http::Method;
use proptest::prelude::*;
use tradewind_http_validation::path::canonical;
use tradewind_routing::{Asked, Table};

use crate::support::{PORT, Request, built, get, leads, route, rule, table};

#[test]
fn exact_before_expression_before_the_longest_prefix() {
    let rules = [
        rule("{path: {value: /a}}", "prefix"),
        rule("{path: {type: RegularExpression, value: '/a/[0-9]+'}}", "expression"),
        rule("{path: {value: /a/b/}}", "longer"),
        rule("{path: {type: Exact, value: /a/1}}", "exact"),
        rule("{path: {value: /}}", "rest"),
    ];
    let table = table(&route("shop", &format!("rules:\n{}", rules.concat())));
    for (path, service) in [
        ("/a", "prefix"),
        ("/a/", "prefix"),
        ("/ab", "rest"),
        ("/a/1", "exact"),
        ("/a/2", "expression"),
        ("/a/2/", "prefix"),
        ("/x/a/2", "rest"),
        ("/a/b", "longer"),
        ("/a/b/c/d", "longer"),
        ("/a/bc", "prefix"),
        ("/", "rest"),
        ("/A", "rest"),
    ] {
        leads(&table, &get(path), service);
    }
}

#[test]
fn a_path_is_found_however_it_is_spelled() {
    let rules =
        [rule("{path: {value: /a%20b}}", "space"), rule("{path: {type: Exact, value: /%61}}", "letter")];
    let table = table(&route("shop", &format!("rules:\n{}", rules.concat())));
    for (path, service) in
        [("/a%20b/c", "space"), ("/a", "letter"), ("/%61", "letter"), ("/x/../a", "letter")]
    {
        leads(&table, &get(path), service);
    }
}

#[test]
fn what_asks_for_more_goes_first() {
    let rules = [
        rule("{path: {value: /a}}", "path"),
        rule("{path: {value: /a}, queryParams: [{name: p, value: x}]}", "query"),
        rule("{path: {value: /a}, headers: [{name: h, value: x}]}", "header"),
        rule("{path: {value: /a}, headers: [{name: h, value: x}, {name: i, value: x}]}", "two-headers"),
        rule("{path: {value: /a}, method: PUT}", "method"),
        rule("{method: DELETE}", "delete-anywhere"),
    ];
    let table = table(&route("shop", &format!("rules:\n{}", rules.concat())));
    let both = |request: Request| request.header("h", "x").header("i", "x");
    leads(&table, &get("/a"), "path");
    leads(&table, &get("/a?p=x"), "query");
    leads(&table, &get("/a?p=x").header("h", "x"), "header");
    leads(&table, &both(get("/a?p=x")), "two-headers");
    leads(&table, &both(get("/a?p=x")).method(Method::PUT), "method");
    // A longer path goes before a method.
    leads(&table, &get("/a").method(Method::DELETE), "path");
    leads(&table, &get("/b").method(Method::DELETE), "delete-anywhere");
    leads(&table, &get("/b"), "");
}

#[test]
fn a_prefix_whose_conditions_fail_leaves_the_request_to_a_shorter_one() {
    let rules = [
        rule("{path: {value: /}}", "rest"),
        rule("{path: {value: /a/b}, method: POST}", "long"),
        rule("{path: {type: Exact, value: /a/b}, headers: [{name: h, value: x}]}", "exact"),
    ];
    let table = table(&route("shop", &format!("rules:\n{}", rules.concat())));
    leads(&table, &get("/a/b").header("h", "x"), "exact");
    leads(&table, &get("/a/b").method(Method::POST), "long");
    leads(&table, &get("/a/b"), "rest");
}

#[test]
fn headers_are_compared_as_the_specification_says() {
    let rules = [
        rule("{headers: [{name: X-Version, value: Two}]}", "exact"),
        rule("{headers: [{name: x-version, type: RegularExpression, value: 'v[0-9]'}]}", "expression"),
        rule("{headers: [{name: list, value: 'a,b'}]}", "list"),
        // Of names that differ in case only the first counts.
        rule("{headers: [{name: once, value: a}, {name: Once, value: b}]}", "once"),
    ];
    let table = table(&route("shop", &format!("rules:\n{}", rules.concat())));
    leads(&table, &get("/").header("x-version", "Two"), "exact");
    leads(&table, &get("/").header("x-version", "two"), "");
    leads(&table, &get("/").header("x-version", "v1"), "expression");
    leads(&table, &get("/").header("x-version", "v12"), "");
    leads(&table, &get("/").header("list", "a").header("list", "b"), "list");
    leads(&table, &get("/").header("list", "a"), "");
    leads(&table, &get("/").header("once", "a"), "once");
}

#[test]
fn query_parameters_are_compared_decoded_and_the_first_counts() {
    let text = rule("{queryParams: [{name: q, value: 'a b'}]}", "found");
    let table = table(&route("shop", &format!("rules:\n{text}")));
    for query in ["/?q=a+b", "/?q=a%20b", "/?x=1&q=a%20b&q=c", "/?%71=a+b"] {
        leads(&table, &get(query), "found");
    }
    for query in ["/", "/?", "/?q", "/?q=", "/?q=a", "/?q=c&q=a+b", "/?Q=a+b", "/?q=a%2Bb"] {
        leads(&table, &get(query), "");
    }
}

#[test]
fn several_matches_of_a_rule_are_alternatives() {
    let text = rule("{path: {value: /a}}, {path: {value: /b}, method: POST}", "one");
    let table = table(&route("shop", &format!("rules:\n{text}")));
    leads(&table, &get("/a"), "one");
    leads(&table, &get("/b"), "");
    leads(&table, &get("/b").method(Method::POST), "one");
}

#[test]
fn of_equals_the_older_route_goes_first_then_the_name_then_the_place() {
    let aged = |name: &str, age: &str, service: &str| {
        route(name, &format!("rules:\n{}", rule("", service)))
            .replace(&format!("{{name: {name}}}"), &format!("{{name: {name}, creationTimestamp: '{age}'}}"))
            .replace("matches: [], ", "")
    };
    let (young, old) = (aged("a", "2026-02-01T00:00:00Z", "young"), aged("b", "2026-01-01T00:00:00Z", "old"));
    leads(&table(&format!("{young}{old}")), &get("/"), "old");
    let (one, two) = (aged("b", "", "one"), aged("a", "", "two"));
    leads(&table(&format!("{one}{two}")), &get("/"), "two");
    let place = [rule("{path: {value: /a}}", "first"), rule("{path: {value: /a}}", "second")].concat();
    leads(&table(&route("shop", &format!("rules:\n{place}"))), &get("/a"), "first");
}

#[test]
fn the_most_specific_host_goes_first_and_falls_through_where_it_has_no_rule() {
    let host = |name: &str, hosts: &str, path: &str| {
        let rules = rule(&format!("{{path: {{value: {path}}}}}"), name);
        route(name, &format!("hostnames: [{hosts}]\nrules:\n{rules}"))
    };
    let text = [
        host("exact", "a.b.example", "/exact"),
        host("below", "'*.b.example'", "/below"),
        host("wide", "'*.example'", "/"),
        route("any", &format!("rules:\n{}", rule("{path: {value: /any}}", "any"))),
    ];
    let table = table(&text.concat());
    for (name, path, service) in [
        ("a.b.example", "/exact", "exact"),
        ("a.b.example", "/below", "below"),
        ("a.b.example", "/x", "wide"),
        ("a.b.example", "/any", "wide"),
        ("c.b.example", "/exact", "wide"),
        ("b.example", "/below", "wide"),
        ("example", "/any", "any"),
        ("example", "/x", ""),
        ("a.other", "/any", "any"),
    ] {
        leads(&table, &get(path).host(name), service);
    }
}

#[test]
fn labels_do_not_depend_on_what_clients_send() {
    let rules = [
        rule("{path: {value: /a/}}", "a"),
        rule("{path: {type: Exact, value: /b}}", "b"),
        rule("{path: {type: RegularExpression, value: '/c.*'}}", "c"),
        rule("{path: {value: /}}", "rest"),
    ];
    let table = table(&route("shop", &format!("rules:\n{}", rules.concat())));
    for (path, label, prefix) in [
        ("/a/x", "/a/*", Some("/a")),
        ("/b", "/b", None),
        ("/cd", "~^(?:/c.*)$", None),
        ("/x", "/*", Some("/")),
    ] {
        let path = canonical(path).unwrap();
        let headers = http::HeaderMap::new();
        let asked = Asked { host: "a", path: &path, query: None, method: "GET", headers: &headers };
        let found = table.find(PORT, &asked).unwrap();
        assert_eq!((&**found.template, found.prefix.map(|p| p.as_str())), (label, prefix));
    }
}

#[test]
fn what_no_request_could_mean_is_refused_with_its_place() {
    let text = [rule("{path: {value: /a}}", "a"), rule("{path: {type: Exact, value: /%00}}", "b")].concat();
    let good = route("good", &format!("rules:\n{}", rule("{path: {value: /good}}", "good")));
    let found = built(&format!("{}{good}", route("shop", &format!("rules:\n{text}"))));
    let errors: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(
        errors[0].starts_with(
            "a.yaml:8:44: `spec.rules[1].matches[0].path.value` is a path that no request can have"
        ),
        "{errors:?}"
    );
    leads(&found.table, &get("/a"), "");
    leads(&found.table, &get("/good"), "good");
    for (matching, reason) in [
        ("{path: {type: RegularExpression, value: '/('}}", "is no regular expression"),
        (
            "{headers: [{name: a, type: RegularExpression, value: '['}]}",
            "`spec.rules[0].matches[0].headers[0].value`",
        ),
        ("{queryParams: [{name: a, type: RegularExpression, value: '('}]}", "queryParams[0].value"),
    ] {
        let found = built(&route("shop", &format!("rules:\n{}", rule(matching, "a"))));
        assert!(found.errors[0].to_string().contains(reason), "{:?}", found.errors);
    }
}

/// The order of precedence once more, by looking at all rules.
fn by_looking_at_all<'rules>(rules: &'rules [(String, bool)], path: &str) -> Option<&'rules str> {
    let fits = |(value, is_exact): &&(String, bool)| {
        let bare = value.trim_end_matches('/');
        match is_exact {
            true => path == value,
            false => path == bare || path.starts_with(&format!("{bare}/")),
        }
    };
    let rank = |(value, is_exact): &&(String, bool)| (*is_exact, value.trim_end_matches('/').len());
    // Of equals the first: `max_by_key` takes the last.
    rules.iter().rev().filter(fits).max_by_key(rank).map(|(value, _)| value.as_str())
}

proptest! {
    #[test]
    fn agrees_with_looking_at_all_rules(
        rules in prop::collection::vec(("(/[ab]{1,2}){1,3}/?", any::<bool>()), 1..12),
        paths in prop::collection::vec("(/[ab]{1,2}){1,4}/?", 1..20),
    ) {
        let lines: String = rules
            .iter()
            .enumerate()
            .map(|(number, (value, is_exact))| {
                let kind = if *is_exact { "Exact" } else { "PathPrefix" };
                rule(&format!("{{path: {{type: {kind}, value: '{value}'}}}}"), &format!("s{number}"))
            })
            .collect();
        let table: Table = table(&route("shop", &format!("rules:\n{lines}")));
        for path in &paths {
            let found = get(path).to(&table);
            let found = found.map(|name| rules[name[1..].parse::<usize>().unwrap()].clone());
            let expected = by_looking_at_all(&rules, path);
            prop_assert_eq!(found.map(|(value, _)| value.trim_end_matches('/').to_owned()), expected.map(|v| v.trim_end_matches('/').to_owned()), "{}", path);
        }
    }
}
