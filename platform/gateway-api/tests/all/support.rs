//! Documents for tests, and what came of them.

use tradewind_gateway_api::{Body, Definitions, Document, Reading};

pub(crate) fn read(text: &str) -> Reading {
    Definitions::standard().expect("the definitions").read("a.yaml", text)
}

/// The one document of a text without mistakes.
pub(crate) fn accepted(text: &str) -> Document {
    let mut reading = read(text);
    let errors: Vec<String> = reading.errors.iter().map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{text}");
    assert_eq!(reading.documents.len(), 1, "{text}");
    reading.documents.remove(0)
}

/// A text whose one document has this mistake, and only this one, at `line:column`.
#[track_caller]
pub(crate) fn refused(text: &str, place: &str, reason: &str) {
    let reading = read(text);
    let errors: Vec<String> = reading.errors.iter().map(ToString::to_string).collect();
    assert!(reading.documents.is_empty(), "{text}");
    assert_eq!(errors.len(), 1, "{errors:#?}\n{text}");
    assert!(errors[0].starts_with(&format!("a.yaml:{place}: ")), "{errors:?} should be at {place}\n{text}");
    assert!(errors[0].contains(reason), "{errors:?} should say {reason}\n{text}");
}

/// A text whose one document has mistakes, of which one says this.
#[track_caller]
pub(crate) fn refused_for(text: &str, reason: &str) {
    let reading = read(text);
    let errors: Vec<String> = reading.errors.iter().map(ToString::to_string).collect();
    assert!(reading.documents.is_empty(), "{text}");
    assert!(errors.iter().any(|error| error.contains(reason)), "{errors:#?} should say {reason}\n{text}");
}

/// A document of the Gateway API, with the lines of its `spec` as given, indented by two.
pub(crate) fn document(kind: &str, spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!("apiVersion: gateway.networking.k8s.io/v1\nkind: {kind}\nmetadata:\n  name: shop\nspec:\n{spec}")
}

/// An `HTTPRoute` with one rule whose lines are given.
pub(crate) fn rule(lines: &str) -> String {
    let lines: String = lines.lines().map(|line| format!("  {line}\n")).collect();
    document("HTTPRoute", &format!("rules:\n-\n{lines}"))
}

/// An `HTTPRoute` with one rule that has one filter.
pub(crate) fn filter(lines: &str) -> String {
    let lines: String = lines.lines().map(|line| format!("  {line}\n")).collect();
    rule(&format!("filters:\n-\n{lines}"))
}

/// The one rule of an accepted `HTTPRoute`.
pub(crate) fn accepted_rule(text: &str) -> tradewind_gateway_api::http_route::HttpRule {
    match accepted(text).body {
        Body::HttpRoute(mut route) => route.rules.remove(0),
        other => panic!("{other:?}"),
    }
}

/// A policy of our own group with a target and with the lines of its `spec` as given, indented by two.
pub(crate) fn policy(kind: &str, spec: &str) -> String {
    let (group, target) = match kind {
        "RoutePolicy" => ("gateway.networking.k8s.io", "HTTPRoute"),
        "ListenerPolicy" => ("gateway.networking.k8s.io", "Gateway"),
        _ => ("''", "Service"),
    };
    let targets = match spec.contains("targetRefs") {
        true => String::new(),
        false => format!("  targetRefs: [{{group: {group}, kind: {target}, name: shop}}]\n"),
    };
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "apiVersion: policy.tradewind.dev/v1\nkind: {kind}\nmetadata:\n  name: shop\nspec:\n{targets}{spec}"
    )
}

/// A policy with one mistake, at the place that is marked `«` in its `spec`.
#[track_caller]
pub(crate) fn refused_policy(kind: &str, spec: &str, reason: &str) {
    let marked = policy(kind, spec);
    let before = marked.split('«').next().expect("a text");
    assert!(before.len() < marked.len(), "no place is marked in {spec}");
    let line = before.matches('\n').count() + 1;
    let column = before.lines().last().map_or(0, |line| line.chars().count()) + 1;
    refused(&marked.replace('«', ""), &format!("{line}:{column}"), reason);
}
