//! Policies with a mistake: what they are about is known all the same.

use tradewind_gateway_api::RefusedPolicy;

use crate::support::{document, policy, read};

fn refused(text: &str) -> Vec<RefusedPolicy> {
    let reading = read(text);
    assert!(!reading.errors.is_empty(), "{text}");
    reading.refused
}

#[test]
fn names_and_targets_of_a_policy_with_a_mistake() {
    let text =
        policy("RoutePolicy", "prioriti: a").replace("name: shop\nspec", "name: shop\n  namespace: b\nspec");
    let found = refused(&text);
    assert_eq!(found.len(), 1);
    let RefusedPolicy { kind, metadata, target_refs } = &found[0];
    assert_eq!((*kind, metadata.namespace.as_str(), metadata.name.as_str()), ("RoutePolicy", "b", "shop"));
    assert_eq!((target_refs[0].kind.as_str(), target_refs[0].name.as_str()), ("HTTPRoute", "shop"));
    assert_eq!(refused(&policy("ListenerPolicy", "limit: {}"))[0].metadata.namespace, "default");
}

#[test]
fn as_much_as_can_be_read_is_known() {
    let targets = "targetRefs:\n- {kind: HTTPRoute, name: a, sectionName: [b]}\n- {kind: Gateway}\n- c\n\
                   - {kind: Gateway, name: d, sectionName: e}";
    let found = refused(&policy("RoutePolicy", targets));
    let targets: Vec<(&str, Option<&str>)> = found[0]
        .target_refs
        .iter()
        .map(|target| (target.name.as_str(), target.section_name.as_deref()))
        .collect();
    assert_eq!(
        targets,
        [("a", None), ("d", Some("e"))],
        "where the section cannot be read, all of it is meant"
    );
    assert!(refused(&policy("RoutePolicy", "targetRefs: a"))[0].target_refs.is_empty());
    let version = policy("RoutePolicy", "priority: Critical").replace("dev/v1\n", "dev/v9\n");
    assert_eq!(refused(&version).len(), 1, "a version that is not known");
}

#[test]
fn what_is_no_policy_of_ours_or_has_no_mistake_is_not_among_them() {
    assert!(refused(&document("HTTPRoute", "prioriti: a")).is_empty());
    let other = policy("RoutePolicy", "a: b").replace("policy.tradewind.dev", "policy.example");
    assert!(refused(&other).is_empty());
    assert!(read(&policy("RoutePolicy", "priority: Critical")).refused.is_empty());
}
