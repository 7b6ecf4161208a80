//! Documents that are read, and the routes that are found.

use super::super::{PathMatch, Route, RouteTable};
use super::{rule, service, table, with_rules};
use crate::domain::path::canonical;
use proptest::prelude::*;

#[test]
fn reads_the_documents_of_this_repository() {
    let files = [
        ("catalogue.yaml", include_str!("../../../../../../deploy/routes/catalogue.yaml")),
        ("stock.yaml", include_str!("../../../../../../deploy/routes/stock.yaml")),
        ("customers.yaml", include_str!("../../../../../../deploy/routes/customers.yaml")),
        ("orders.yaml", include_str!("../../../../../../deploy/routes/orders.yaml")),
    ];
    let files = files.map(|(file, text)| (file.to_owned(), text.to_owned()));
    let table = RouteTable::parse(&files).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let read: Vec<_> = table
        .routes()
        .map(|route| {
            (route.name.as_str(), route.template.as_str(), route.backend.service.as_str(), route.backend.port)
        })
        .collect();
    assert_eq!(
        read,
        [
            ("catalogue", "/api/catalogue/v1/*", "catalogue", 8020),
            ("stock", "/api/stock/v1/*", "stock", 8030),
            ("customers", "/api/customers/v1/*", "customers", 8040),
            ("orders", "/api/orders/v1/*", "orders", 8050),
        ]
    );
    assert_eq!(service(&table, "/api/orders/v1/orders/1"), "orders");
    assert_eq!(service(&table, "/api/orders/v2"), "-");
}

#[test]
fn reads_all_that_is_supported() {
    let text = "\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: shop.front-1
  namespace: shop
  labels: {a: b}
  annotations:
    note: 'yes'
spec:
  parentRefs:
    - name: tradewind
      namespace: edge
      group: gateway.networking.k8s.io
      kind: Gateway
      sectionName: https
      port: 443
  rules:
    - matches:
        - path: {type: Exact, value: /a%7e/}
        - path: {value: /b/}
      backendRefs:
        - {group: '', kind: Service, name: b, port: 8080, weight: 1}
    - matches: []
      backendRefs: [{name: c, port: 65535}]
";
    let table = table(text);
    let routes: Vec<&Route> = table.routes().collect();
    let [exact, prefix, every] = routes.as_slice() else { panic!("{routes:?}") };
    assert_eq!((exact.name.as_str(), exact.rule, exact.template.as_str()), ("shop.front-1", 0, "/a~/"));
    assert_eq!(exact.matching, PathMatch::Exact(canonical("/a~/").expect("a path")));
    assert_eq!((exact.backend.service.as_str(), exact.backend.port), ("b", 8080));
    assert_eq!((prefix.rule, prefix.template.as_str()), (0, "/b/*"));
    assert_eq!(prefix.matching, PathMatch::Prefix(canonical("/b").expect("a path")));
    assert_eq!((every.rule, every.template.as_str(), every.backend.port), (1, "/*", 65535));
}

#[test]
fn matches_the_root_by_default() {
    for matches in [
        "",
        "  matches: []\n",
        "  matches: [{}]\n",
        "  matches: [{path: {}}]\n",
        "  matches: [{path: {type: PathPrefix}}]\n",
    ] {
        let table = table(&with_rules(&format!("- backendRefs: [{{name: a, port: 1}}]\n{matches}")));
        assert_eq!(service(&table, "/"), "a", "{matches}");
        assert_eq!(service(&table, "/b/c"), "a", "{matches}");
    }
    let exact =
        table(&with_rules("- matches: [{path: {type: Exact}}]\n  backendRefs: [{name: a, port: 1}]\n"));
    assert_eq!((service(&exact, "/"), service(&exact, "/b")), ("a", "-"));
}

#[test]
fn allows_files_without_documents() {
    for text in ["", "\n", "# nothing\n", "---\n", "---\n---\n...\n", "~\n", "\u{feff}"] {
        assert_eq!(table(text).routes().count(), 0, "{text:?}");
    }
    assert_eq!(RouteTable::parse(&[]).map(|table| table.routes().count()), Ok(0));
}

#[test]
fn reads_several_documents_of_a_file() {
    let first = with_rules(&rule("Exact", "/a", "a"));
    let second = with_rules(&rule("Exact", "/b", "b")).replace("shop", "other");
    let table = table(&format!("---\n{first}---\n---\n{second}...\n"));
    assert_eq!((service(&table, "/a"), service(&table, "/b")), ("a", "b"));
}

#[test]
fn prefixes_match_whole_segments() {
    for prefix in ["/foo", "/foo/"] {
        let table = table(&with_rules(&rule("PathPrefix", prefix, "a")));
        for (path, expected) in [
            ("/foo", "a"),
            ("/foo/", "a"),
            ("/foo/bar", "a"),
            ("/foobar", "-"),
            ("/fo", "-"),
            ("/", "-"),
            ("/Foo", "-"),
            ("/a/foo", "-"),
        ] {
            assert_eq!(service(&table, path), expected, "{prefix} {path}");
        }
    }
}

#[test]
fn finds_exact_before_prefix_and_the_longest_prefix_first() {
    let rules = [
        rule("PathPrefix", "/", "root"),
        rule("PathPrefix", "/a", "a"),
        rule("PathPrefix", "/a/b/c", "abc"),
        rule("Exact", "/a/b", "exact"),
        rule("Exact", "/a/b/c/", "slash"),
    ];
    let table = table(&with_rules(&rules.concat()));
    for (path, expected) in [
        ("/", "root"),
        ("/x", "root"),
        ("/ab", "root"),
        ("/a", "a"),
        ("/a/", "a"),
        ("/a/b", "exact"),
        ("/a/b/", "a"),
        ("/a/b/d", "a"),
        ("/a/b/c", "abc"),
        ("/a/b/c/", "slash"),
        ("/a/b/c/d/e", "abc"),
        ("/a/b/cd", "a"),
    ] {
        assert_eq!(service(&table, path), expected, "{path}");
    }
}

/// Segments and paths made of few letters, so that prefixes overlap.
fn paths() -> impl Strategy<Value = String> {
    prop::collection::vec("[ab]{1,2}", 0..4).prop_map(|segments| format!("/{}", segments.join("/")))
}

proptest! {
    #[test]
    fn finds_what_a_search_through_all_routes_finds(
        prefixes in prop::collection::btree_set(paths(), 0..8),
        exact in prop::collection::btree_set(paths(), 0..4),
        path in paths(),
        slash in any::<bool>(),
    ) {
        let rules: Vec<String> = prefixes.iter().map(|path| rule("PathPrefix", path, "a"))
            .chain(exact.iter().map(|path| rule("Exact", path, "a")))
            .collect();
        prop_assume!(!rules.is_empty());
        let table = table(&with_rules(&rules.concat()));
        let path = if slash && path != "/" { format!("{path}/") } else { path };
        let is_below = |prefix: &str| prefix == "/" || format!("{path}/").starts_with(&format!("{prefix}/"));
        let expected = if exact.contains(&path) {
            Some(path.clone())
        } else {
            let prefixes = prefixes.iter().filter(|prefix| is_below(prefix));
            prefixes.map(|prefix| format!("{}/*", prefix.trim_end_matches('/'))).max_by_key(String::len)
        };
        let found = table.find(&canonical(&path).expect("a path")).map(|route| route.template.clone());
        prop_assert_eq!(found, expected);
    }
}
