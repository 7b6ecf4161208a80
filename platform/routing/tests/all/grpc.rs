//! Calls of gRPC.

use http::Method;

use crate::support::{Request, get, leads, rule, table};

fn route(rules: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: GRPCRoute\nmetadata: {{name: calls}}\nspec:\n  rules:\n{}",
        rules.replace("- ", "  - ")
    )
}

fn call(path: &str) -> Request {
    get(path).method(Method::POST).header("content-type", "application/grpc+proto")
}

#[test]
fn calls_are_found_by_service_method_and_headers() {
    let rules = [
        rule("{method: {service: a.B}}", "service"),
        rule("{method: {service: a.B, method: C}}", "method"),
        rule("{method: {service: a.B, method: C}, headers: [{name: v, value: '2'}]}", "second"),
        rule("{method: {method: Ping}}", "ping"),
        rule("{method: {type: RegularExpression, service: 'x\\.[YZ]'}}", "expression"),
    ];
    let table = table(&route(&rules.concat()));
    for (path, service) in [
        ("/a.B/C", "method"),
        ("/a.B/D", "service"),
        ("/a.BC/D", ""),
        ("/q/Ping", "ping"),
        ("/q/Pong", ""),
        ("/x.Y/Any", "expression"),
        ("/x.YY/Any", ""),
    ] {
        leads(&table, &call(path), service);
    }
    leads(&table, &call("/a.B/C").header("v", "2"), "second");
}

#[test]
fn what_is_no_call_finds_no_rule_for_calls() {
    let table = table(&route(&rule("{method: {service: a.B}}", "service")));
    leads(&table, &call("/a.B/C"), "service");
    leads(&table, &get("/a.B/C").header("content-type", "application/grpc"), "");
    leads(&table, &get("/a.B/C").method(Method::POST).header("content-type", "application/json"), "");
}

#[test]
fn no_rule_and_no_match_take_every_call() {
    leads(&table(&route("- backendRefs: [{name: all, port: 1}]\n")), &call("/a.B/C"), "all");
}
