use std::collections::BTreeMap;

use serde_json::json;
use tradewind_routing::{Condition, Documents, GatewayStatus, PolicyId, PolicyStatus};

use super::*;
use crate::cluster::judged::Basis;
use crate::cluster::kinds::CONTROLLER;
use crate::cluster::view::tests::{object_of, view};

/// What is said of the first object in a view of all of them.
fn said(class: &Class, judged: &Judged, versions: &Versions, objects: &[Value]) -> Option<Value> {
    let now = "2026-01-01T00:00:00Z";
    let view = view(objects);
    let kind = objects[0]["kind"].as_str().unwrap();
    let kind = crate::cluster::kinds::FOLLOWED.iter().find(|known| known.kind() == kind).unwrap();
    Scene { class, view: &view, judged, versions, now }.status(kind.kind(), &object_of(&objects[0]))
}

fn class() -> Class {
    Class { name: "tradewind".to_owned(), ..Class::default() }
}

/// What came of the gateway `edge/door` in its first generation, and of these policies.
fn judged(conditions: Vec<Condition>, policies: &[PolicyStatus]) -> Judged {
    let (namespace, name) = ("edge".to_owned(), "door".to_owned());
    let gateway = GatewayStatus { namespace, name, generation: 1, conditions, listeners: Vec::new() };
    let mut basis = Basis::default();
    basis.add(("Gateway", "edge".to_owned(), "door".to_owned()), 1);
    Judged::new(&basis, &Documents::default(), (vec![gateway], &[], policies), (&[], &[]))
}

fn condition(kind: &'static str, message: &str) -> Condition {
    Condition { kind, holds: true, reason: kind, message: message.to_owned() }
}

fn door(generation: i64) -> Value {
    json!({
        "kind": "Gateway", "metadata": {"namespace": "edge", "name": "door", "generation": generation},
        "spec": {"gatewayClassName": "tradewind"},
    })
}

#[test]
fn of_classes_only_that_of_our_name_and_controller_is_ours() {
    let object = |name: &str, controller: &str| json!({"kind": "GatewayClass", "metadata": {"name": name}, "spec": {"controllerName": controller}});
    let is_ours = |name: &str, controller: &str| {
        said(&class(), &Judged::default(), &Versions::NotAsked, &[object(name, controller)]).is_some()
    };
    assert!(is_ours("tradewind", CONTROLLER));
    assert!(!is_ours("other", CONTROLLER) && !is_ours("tradewind", "example.com/other"));
}

#[test]
fn what_was_said_of_versions_is_taken_back_when_they_are_not_known_any_more() {
    let known = json!([{"type": "SupportedVersion", "status": "True"}, {"type": "Theirs", "status": "True"}]);
    let object = json!({
        "kind": "GatewayClass", "metadata": {"name": "tradewind"}, "spec": {"controllerName": CONTROLLER},
        "status": {"conditions": known},
    });
    let kinds = |versions: &Versions| {
        let status = said(&class(), &Judged::default(), versions, std::slice::from_ref(&object)).unwrap();
        let all = status["conditions"].as_array().unwrap().clone();
        all.iter().map(|one| one["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&Versions::NotAsked), ["SupportedVersion", "Theirs", "Accepted"]);
    assert_eq!(kinds(&Versions::Unknown), ["Theirs", "Accepted"]);
    let versions = Versions::Known(BTreeMap::from([("gateways".to_owned(), "v9".to_owned())]));
    assert_eq!(kinds(&versions), ["SupportedVersion", "Theirs", "Accepted"]);
}

#[test]
fn a_gateway_is_where_its_service_is() {
    let class = Class { service: Some(("edge".to_owned(), "gateway".to_owned())), ..class() };
    let judged = judged(vec![condition("Programmed", "")], &[]);
    let of = |spec: Value, status: Value| {
        let service = json!({
            "kind": "Service", "metadata": {"namespace": "edge", "name": "gateway"}, "spec": spec, "status": status,
        });
        let status = said(&class, &judged, &Versions::NotAsked, &[door(1), service]).unwrap();
        (status["addresses"].clone(), status["conditions"][0]["reason"].clone())
    };
    let (addresses, reason) = of(json!({"type": "ClusterIP", "clusterIPs": ["None"]}), json!({}));
    assert_eq!((addresses, reason), (json!([]), json!("AddressNotAssigned")), "no address is named None");
    let (addresses, reason) =
        of(json!({"type": "ClusterIP", "clusterIPs": ["10.1.2.3", "fd00::1"]}), json!({}));
    let both = json!([{"type": "IPAddress", "value": "10.1.2.3"}, {"type": "IPAddress", "value": "fd00::1"}]);
    assert_eq!((addresses, reason), (both, json!("Programmed")));
    let balancer = json!({"loadBalancer": {"ingress": [{"hostname": "shop.example"}]}});
    let (addresses, _) = of(json!({"type": "LoadBalancer", "clusterIPs": ["10.1.2.3"]}), balancer);
    assert_eq!(addresses, json!([{"type": "Hostname", "value": "shop.example"}]));
    let named = Class { addresses: vec!["192.0.2.1".to_owned()], ..class.clone() };
    let status = said(&named, &judged, &Versions::NotAsked, &[door(1)]).unwrap();
    assert_eq!(status["addresses"], json!([{"type": "IPAddress", "value": "192.0.2.1"}]));
}

#[test]
fn of_an_object_that_has_changed_since_it_was_judged_nothing_is_said() {
    let judged = judged(vec![condition("Accepted", "")], &[]);
    assert!(said(&class(), &judged, &Versions::NotAsked, &[door(1)]).is_some());
    assert_eq!(said(&class(), &judged, &Versions::NotAsked, &[door(2)]), None);
    // A policy that got a mistake goes on as it was: its own generation is an older one, and says nothing.
    let mut basis = Basis::default();
    basis.add(("BackendPolicy", "shop".to_owned(), "limits".to_owned()), 2);
    let id = PolicyId { kind: "BackendPolicy", namespace: "shop".to_owned(), name: "limits".to_owned() };
    let policies = [PolicyStatus { policy: id, generation: 1, ancestors: Vec::new() }];
    let judged = Judged::new(&basis, &Documents::default(), (Vec::new(), &[], &policies), (&[], &[]));
    let policy = |generation: i64| {
        json!({
            "kind": "BackendPolicy", "metadata": {"namespace": "shop", "name": "limits", "generation": generation},
            "spec": {"targetRefs": []}, "status": {"ancestors": [{"ancestorRef": {}, "controllerName": CONTROLLER}]},
        })
    };
    assert!(said(&class(), &judged, &Versions::NotAsked, &[policy(2)]).is_some());
    assert_eq!(said(&class(), &judged, &Versions::NotAsked, &[policy(3)]), None);
}

#[test]
fn a_long_message_is_cut_between_characters() {
    let judged = judged(vec![condition("Accepted", &"ü".repeat(40_000))], &[]);
    let status = said(&class(), &judged, &Versions::NotAsked, &[door(1)]).unwrap();
    assert_eq!(status["conditions"][0]["message"].as_str().unwrap().chars().count(), 1_024);
}

#[test]
fn what_we_said_of_gateways_that_are_not_ours_to_judge_stays() {
    let entry = |namespace: &str, name: &str| json!({"parentRef": {"namespace": namespace, "name": name}, "controllerName": CONTROLLER, "conditions": []});
    let [ours, gone, theirs, unseen] =
        [entry("edge", "door"), entry("edge", "gone"), entry("edge", "theirs"), entry("hidden", "door")];
    let route = json!({
        "kind": "HTTPRoute", "metadata": {"namespace": "shop", "name": "orders"}, "spec": {"parentRefs": []},
        "status": {"parents": [ours, gone, theirs, unseen]},
    });
    let mut other = door(1);
    other["metadata"]["name"] = json!("theirs");
    other["spec"]["gatewayClassName"] = json!("other");
    let class = Class { namespaces: vec!["edge".to_owned(), "shop".to_owned()], ..class() };
    let status = said(&class, &Judged::default(), &Versions::NotAsked, &[route, door(1), other]).unwrap();
    assert_eq!(status["parents"], json!([theirs, unseen]), "another replica may serve these");
}

#[test]
fn what_we_said_of_targets_that_a_policy_has_no_more_is_taken_back() {
    let target = |name: &str| json!({"group": "", "kind": "Service", "name": name});
    let entry =
        |name: &str| json!({"ancestorRef": target(name), "controllerName": CONTROLLER, "conditions": []});
    let policy = json!({
        "kind": "BackendPolicy", "metadata": {"namespace": "shop", "name": "limits"},
        "spec": {"targetRefs": [target("orders")]}, "status": {"ancestors": [entry("orders"), entry("stock")]},
    });
    let id = PolicyId { kind: "BackendPolicy", namespace: "shop".to_owned(), name: "limits".to_owned() };
    let judged = judged(Vec::new(), &[PolicyStatus { policy: id, generation: 0, ancestors: Vec::new() }]);
    let status = said(&class(), &judged, &Versions::NotAsked, &[policy]).unwrap();
    assert_eq!(status["ancestors"], json!([entry("orders")]), "another replica may have said it of orders");
}
