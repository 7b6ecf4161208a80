//! References to services: those that lead somewhere, and those that do not.

use tradewind_routing::{BackendId, Step, Table, Target};

use crate::support::{PORT, built, documents, get, leads, route};

fn grant(namespace: &str, from: &str, to: &str) -> String {
    format!(
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: ReferenceGrant\nmetadata: {{name: g, namespace: {namespace}}}\n\
         spec:\n  from: [{{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: {from}}}]\n  to: [{{group: '', kind: Service{to}}}]\n"
    )
}

fn to(backend: &str) -> String {
    route("shop", &format!("rules:\n- backendRefs: [{backend}]"))
}

fn reason(text: &str) -> &'static str {
    built(text).routes[0].parents[0].conditions[1].reason
}

#[test]
fn another_namespace_has_to_agree() {
    let text = to("{name: a, port: 1, namespace: other}");
    assert_eq!(reason(&text), "RefNotPermitted");
    assert_eq!(reason(&format!("{text}{}", grant("other", "default", ""))), "ResolvedRefs");
    assert_eq!(reason(&format!("{text}{}", grant("other", "default", ", name: a"))), "ResolvedRefs");
    assert_eq!(reason(&format!("{text}{}", grant("other", "default", ", name: b"))), "RefNotPermitted");
    assert_eq!(reason(&format!("{text}{}", grant("other", "else", ""))), "RefNotPermitted");
    assert_eq!(reason(&format!("{text}{}", grant("default", "default", ""))), "RefNotPermitted");
    assert_eq!(reason(&to("{name: a, port: 1, namespace: default}")), "ResolvedRefs");
}

#[test]
fn a_broken_reference_breaks_its_share_and_nothing_else() {
    let text = route(
        "shop",
        "rules:\n- matches: [{path: {value: /a}}]\n  backendRefs: [{name: gone, port: 1}, {name: here, port: 1, weight: 3}]\n\
         - backendRefs: [{name: here, port: 1}]",
    );
    let built = Table::build(&documents(&text), PORT, &|backend: &BackendId| backend.service == "here");
    assert!(built.errors.is_empty());
    let conditions = &built.routes[0].parents[0].conditions;
    assert!(conditions[0].holds, "the route is served all the same");
    assert_eq!((conditions[1].holds, conditions[1].reason), (false, "BackendNotFound"));
    assert!(conditions[1].message.contains("no service gone with port 1 in default"), "{conditions:?}");
    let rule = built.table.rules().next().unwrap();
    assert!(matches!(&rule.backends[0].target, Target::Broken { .. }) && rule.backends[0].weight == 1);
    assert!(matches!(&rule.backends[1].target, Target::Service(id) if id.service == "here"));
    leads(&built.table, &get("/"), "here");
    assert_eq!(built.table.backends().len(), 1);
}

#[test]
fn kinds_that_are_no_backend_here() {
    assert_eq!(reason(&to("{name: a, kind: Bucket, group: storage.example}")), "InvalidKind");
    assert_eq!(reason(&to("{name: a, kind: Service, group: other.example, port: 1}")), "InvalidKind");
}

#[test]
fn mirrors_and_filters_of_others_are_followed_too() {
    let filter = |filter: &str| {
        route("shop", &format!("rules:\n- filters: [{filter}]\n  backendRefs: [{{name: a, port: 1}}]"))
    };
    let mirror = filter("{type: RequestMirror, requestMirror: {backendRef: {name: copy, port: 2}}}");
    let names: Vec<String> = built(&mirror).table.backends().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["default/a:1", "default/copy:2"]);
    let far =
        filter("{type: RequestMirror, requestMirror: {backendRef: {name: copy, port: 2, namespace: other}}}");
    assert_eq!(reason(&far), "RefNotPermitted");
    let extension = filter("{type: ExtensionRef, extensionRef: {group: a.example, kind: Limit, name: b}}");
    let built = built(&extension);
    let rule = built.table.rules().next().unwrap();
    assert!(
        matches!(&rule.steps[0], Step::Broken { reason } if reason.contains("no filter b of the kind Limit"))
    );
    assert!(!built.routes[0].parents[0].conditions[1].holds);
}
