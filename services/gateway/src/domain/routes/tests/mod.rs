//! Documents that are read and documents that are not, with the places of their errors.

mod finding;
mod refusing;

use super::{RouteError, RouteTable};
use crate::domain::path::canonical;

const HEAD: &str = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: shop\n";

/// Parses one file called `a.yaml`.
fn parse(text: &str) -> Result<RouteTable, Vec<RouteError>> {
    RouteTable::parse(&[("a.yaml".to_owned(), text.to_owned())])
}

/// A document with this as its rules, which begin in line 7 and column 5.
fn with_rules(rules: &str) -> String {
    let indented: String = rules.lines().map(|line| format!("    {line}\n")).collect();
    format!("{HEAD}spec:\n  rules:\n{indented}")
}

fn table(text: &str) -> RouteTable {
    parse(text).unwrap_or_else(|errors| panic!("{errors:?} in\n{text}"))
}

/// The errors as `line:column reason`.
fn errors(text: &str) -> Vec<String> {
    let errors = parse(text).expect_err(text);
    errors.iter().map(|error| format!("{}:{} {}", error.line, error.column, error.reason)).collect()
}

/// Asserts that the text has exactly one error: at this place, with this in its reason.
fn refused(text: &str, place: &str, reason: &str) {
    let errors = errors(text);
    let [error] = errors.as_slice() else { panic!("{errors:#?} in\n{text}") };
    assert!(error.starts_with(&format!("{place} ")), "{error} is not at {place} of\n{text}");
    assert!(error.contains(reason), "{error} does not say {reason}");
}

/// The name of the backend that a path goes to, `-` without one.
fn service<'table>(table: &'table RouteTable, path: &str) -> &'table str {
    let path = canonical(path).expect(path);
    table.find(&path).map_or("-", |route| route.backend.service.as_str())
}

/// A rule with one match in flow style.
fn rule(kind: &str, path: &str, service: &str) -> String {
    let path = format!("{{path: {{type: {kind}, value: \"{path}\"}}}}");
    format!("- matches: [{path}]\n  backendRefs: [{{name: {service}, port: 1}}]\n")
}
