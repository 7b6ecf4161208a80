//! What the gateway as a controller writes into statuses, as the specification has it.

use serde_json::{Value, json};
use tradewind_testkit::kubernetes::FakeCluster;
use tradewind_testkit::until;

use crate::backend::{Backend, Does};
use crate::controller::{Controller, GROUP, OURS, class, cluster, gateway, http, route, says, service};

const ROUTE: (&str, &str, &str) = ("HTTPRoute", "shop", "orders");
const CLASS: (&str, &str, &str) = ("GatewayClass", "", "tradewind");
const DOOR: (&str, &str, &str) = ("Gateway", "edge", "door");
const PARENT: &str = "/parents/0";
const GOOD: [(&str, &str, &str); 2] =
    [("Accepted", "True", "Accepted"), ("ResolvedRefs", "True", "ResolvedRefs")];

fn orders() -> Value {
    json!({"name": "orders", "port": 80})
}

/// How often a status was written.
fn writes(cluster: &FakeCluster, name: &str) -> usize {
    cluster.status_writes().iter().filter(|write| write.name == name).count()
}

#[tokio::test]
async fn a_good_route_is_accepted_and_its_references_are_resolved() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    cluster.apply(route("orders", "/", &orders()));
    let controller = Controller::start(&cluster, &["--address=shop.example", "--address=192.0.2.1"]).await;
    says(&cluster, CLASS, "", &[("Accepted", "True", "Accepted")]).await;
    says(&cluster, DOOR, "", &[("Accepted", "True", "Accepted"), ("Programmed", "True", "Programmed")]).await;
    let listener =
        [GOOD[0], GOOD[1], ("Programmed", "True", "Programmed"), ("Conflicted", "False", "NoConflicts")];
    says(&cluster, DOOR, "/listeners/0", &listener).await;
    says(&cluster, ROUTE, PARENT, &GOOD).await;
    let door = cluster.object(DOOR.0, DOOR.1, DOOR.2).unwrap();
    assert_eq!(door["status"]["listeners"][0]["attachedRoutes"], 1);
    let kinds = &door["status"]["listeners"][0]["supportedKinds"];
    assert_eq!(kinds[0], json!({"group": "gateway.networking.k8s.io", "kind": "HTTPRoute"}));
    let addresses =
        json!([{"type": "Hostname", "value": "shop.example"}, {"type": "IPAddress", "value": "192.0.2.1"}]);
    assert_eq!(door["status"]["addresses"], addresses);
    let parent = &cluster.object(ROUTE.0, ROUTE.1, ROUTE.2).unwrap()["status"]["parents"][0];
    let named =
        json!({"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "edge", "name": "door"});
    assert_eq!((&parent["parentRef"], &parent["controllerName"]), (&named, &json!(OURS)));
    let since = parent["conditions"][0]["lastTransitionTime"].clone();
    assert!(since.as_str().is_some_and(|text| text.ends_with('Z') && text.len() == 20), "{since}");
    // Another generation is told of, and the time stays as long as the status does.
    cluster.apply(route("orders", "/other", &orders()));
    says(&cluster, ROUTE, PARENT, &GOOD).await;
    let parent = &cluster.object(ROUTE.0, ROUTE.1, ROUTE.2).unwrap()["status"]["parents"][0];
    assert_eq!(parent["conditions"][0]["lastTransitionTime"], since);
    assert_eq!(controller.answers("/other", 200).await.text(), "shop");
}

#[tokio::test]
async fn an_unknown_backend_is_told_until_it_is_there() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    cluster.delete("Service", "shop", "orders");
    cluster.apply(route("orders", "/", &orders()));
    let controller = Controller::start(&cluster, &[]).await;
    says(
        &cluster,
        ROUTE,
        PARENT,
        &[("Accepted", "True", "Accepted"), ("ResolvedRefs", "False", "BackendNotFound")],
    )
    .await;
    controller.answers("/", 500).await;
    for object in service("shop", backend.address) {
        cluster.apply(object);
    }
    says(&cluster, ROUTE, PARENT, &GOOD).await;
    controller.answers("/", 200).await;
    let other = json!({"group": "example.com", "kind": "Bucket", "name": "orders"});
    cluster.apply(route("orders", "/", &other));
    says(&cluster, ROUTE, PARENT, &[("ResolvedRefs", "False", "InvalidKind")]).await;
}

#[tokio::test]
async fn another_namespace_has_to_agree_to_a_reference() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    for object in service("goods", backend.address) {
        cluster.apply(object);
    }
    cluster.apply(route("orders", "/", &json!({"name": "orders", "namespace": "goods", "port": 80})));
    let controller = Controller::start(&cluster, &[]).await;
    says(
        &cluster,
        ROUTE,
        PARENT,
        &[("Accepted", "True", "Accepted"), ("ResolvedRefs", "False", "RefNotPermitted")],
    )
    .await;
    controller.answers("/", 500).await;
    let from = json!([{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "shop"}]);
    cluster.apply(json!({
        "apiVersion": "gateway.networking.k8s.io/v1beta1", "kind": "ReferenceGrant",
        "metadata": {"name": "from-shop", "namespace": "goods"},
        "spec": {"from": from, "to": [{"group": "", "kind": "Service"}]},
    }));
    says(&cluster, ROUTE, PARENT, &GOOD).await;
    controller.answers("/", 200).await;
    cluster.delete("ReferenceGrant", "goods", "from-shop");
    says(&cluster, ROUTE, PARENT, &[("ResolvedRefs", "False", "RefNotPermitted")]).await;
}

#[tokio::test]
async fn listeners_in_conflict_say_so_and_the_others_serve() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    let pass = json!({"name": "clash", "port": 81, "protocol": "TLS", "tls": {"mode": "Passthrough"}});
    cluster.apply(gateway(&json!([http("http", 80), http("more", 81), pass])));
    cluster.apply(route("orders", "/", &orders()));
    let controller = Controller::start(&cluster, &[]).await;
    says(
        &cluster,
        DOOR,
        "",
        &[("Accepted", "True", "ListenersNotValid"), ("Programmed", "True", "Programmed")],
    )
    .await;
    for listener in ["/listeners/1", "/listeners/2"] {
        let expected = [("Conflicted", "True", "ProtocolConflict"), ("Programmed", "False", "Invalid")];
        says(&cluster, DOOR, listener, &expected).await;
    }
    controller.answers("/", 200).await;
    controller.is_closed(81).await;
}

#[tokio::test]
async fn routes_that_nobody_takes_say_why() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    let listener = json!({"name": "http", "port": 80, "protocol": "HTTP", "hostname": "shop.example"});
    cluster.apply(gateway(&json!([listener])));
    let mut elsewhere = route("elsewhere", "/", &orders());
    elsewhere["spec"]["hostnames"] = json!(["other.example"]);
    let mut nowhere = route("nowhere", "/", &orders());
    nowhere["spec"]["parentRefs"][0]["sectionName"] = json!("https");
    cluster.apply(elsewhere);
    cluster.apply(nowhere);
    let mut wrong = route("wrong", "/", &orders());
    wrong["spec"]["rules"][0]["matches"][0]["path"] = json!({"type": "RegularExpression", "value": "("});
    cluster.apply(wrong);
    let _controller = Controller::start(&cluster, &[]).await;
    for (name, reason) in [
        ("elsewhere", "NoMatchingListenerHostname"),
        ("nowhere", "NoMatchingParent"),
        ("wrong", "UnsupportedValue"),
    ] {
        says(&cluster, ("HTTPRoute", "shop", name), PARENT, &[("Accepted", "False", reason)]).await;
    }
}

#[tokio::test]
async fn what_belongs_to_another_controller_is_left_alone() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    cluster.apply(class("other", "example.com/other"));
    let mut theirs = gateway(&json!([http("http", 82)]));
    theirs["metadata"]["name"] = json!("theirs");
    theirs["spec"]["gatewayClassName"] = json!("other");
    cluster.apply(theirs);
    let mut both = route("orders", "/", &orders());
    let mut parent = both["spec"]["parentRefs"][0].clone();
    parent["name"] = json!("theirs");
    both["spec"]["parentRefs"].as_array_mut().unwrap().push(parent.clone());
    let entry = json!({"parentRef": parent, "controllerName": "example.com/other", "conditions": []});
    both["status"] = json!({"parents": [entry]});
    cluster.apply(both);
    let controller = Controller::start(&cluster, &[]).await;
    says(&cluster, ROUTE, "/parents/1", &GOOD).await;
    let status = cluster.object(ROUTE.0, ROUTE.1, ROUTE.2).unwrap()["status"].clone();
    assert_eq!(status["parents"].as_array().unwrap().len(), 2);
    assert_eq!(status["parents"][0], entry);
    controller.is_closed(82).await;
    says(&cluster, DOOR, "", &[("Programmed", "True", "Programmed")]).await;
    assert_eq!((writes(&cluster, "other"), writes(&cluster, "theirs")), (0, 0));
    // A class of our name, of another controller, is another's as well.
    cluster.apply(class("tradewind", "example.com/other"));
    controller.is_closed(80).await;
}

#[tokio::test]
async fn a_class_with_parameters_is_not_accepted() {
    let cluster = FakeCluster::start().await;
    let mut class = class("tradewind", OURS);
    class["spec"]["parametersRef"] =
        json!({"group": "", "kind": "ConfigMap", "namespace": "edge", "name": "nowhere"});
    cluster.apply(class);
    let _controller = Controller::start(&cluster, &[]).await;
    says(&cluster, CLASS, "", &[("Accepted", "False", "InvalidParameters")]).await;
    let said = cluster.object(CLASS.0, CLASS.1, CLASS.2).unwrap()["status"]["conditions"][0].clone();
    let message = said["message"].as_str().unwrap();
    assert!(
        message.contains("ConfigMap nowhere") && message.contains("remove spec.parametersRef"),
        "{message}"
    );
}

/// A definition of the Gateway API, of this version.
fn definition(plural: &str, version: &str) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {
            "name": format!("{plural}.gateway.networking.k8s.io"),
            "annotations": {"gateway.networking.k8s.io/bundle-version": version},
        },
    })
}

#[tokio::test]
async fn a_class_says_whether_the_definitions_are_of_a_version_that_is_known() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    cluster.apply(route("orders", "/", &orders()));
    cluster.apply(definition("gateways", "v1.6.0"));
    let class = || cluster.object(CLASS.0, CLASS.1, CLASS.2).unwrap()["status"]["conditions"].to_string();
    for (version, status, reason) in
        [("v1.6.0", "True", "SupportedVersion"), ("v3.0.0", "False", "UnsupportedVersion")]
    {
        cluster.apply(definition("httproutes", version));
        let controller = Controller::start(&cluster, &[]).await;
        let expected = [("Accepted", "True", "Accepted"), ("SupportedVersion", status, reason)];
        says(&cluster, CLASS, "", &expected).await;
        controller.answers("/", 200).await;
        if status == "False" {
            assert!(class().contains("httproutes.gateway.networking.k8s.io is of v3.0.0"), "{}", class());
        }
    }
    // Who may not ask says nothing, also not what was said when it could, and serves all the same.
    cluster.forbid(&["customresourcedefinitions"]);
    let controller = Controller::start(&cluster, &[]).await;
    controller.answers("/", 200).await;
    until("nothing is said", async || (!class().contains("SupportedVersion")).then_some(())).await;
    says(&cluster, CLASS, "", &[("Accepted", "True", "Accepted")]).await;
    assert!(controller.errors().contains("the version of the definitions is not known"));
}

#[tokio::test]
async fn a_gateway_is_programmed_once_its_service_has_an_address() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    cluster.apply(route("orders", "/", &orders()));
    let balancer = |ingress: Value| {
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "gateway", "namespace": "edge"},
            "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
            "status": {"loadBalancer": {"ingress": ingress}},
        })
    };
    cluster.apply(balancer(json!([])));
    let controller = Controller::start(&cluster, &["--service=edge/gateway"]).await;
    says(&cluster, DOOR, "", &[("Programmed", "False", "AddressNotAssigned")]).await;
    controller.answers("/", 200).await;
    cluster.apply(balancer(json!([{"ip": "192.0.2.7"}])));
    says(&cluster, DOOR, "", &[("Programmed", "True", "Programmed")]).await;
    let door = cluster.object(DOOR.0, DOOR.1, DOOR.2).unwrap();
    assert_eq!(door["status"]["addresses"], json!([{"type": "IPAddress", "value": "192.0.2.7"}]));
}

#[tokio::test]
async fn a_policy_for_tls_to_backends_says_at_which_gateways_it_holds() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    cluster.apply(route("orders", "/", &orders()));
    cluster.apply(json!({
        "apiVersion": GROUP, "kind": "BackendTLSPolicy", "metadata": {"name": "orders", "namespace": "shop"},
        "spec": {
            "targetRefs": [{"group": "", "kind": "Service", "name": "orders"}],
            "validation": {"hostname": "orders.example", "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "ca"}]},
        },
    }));
    let _controller = Controller::start(&cluster, &[]).await;
    let policy = ("BackendTLSPolicy", "shop", "orders");
    let missing =
        [("Accepted", "False", "NoValidCACertificate"), ("ResolvedRefs", "False", "InvalidCACertificateRef")];
    says(&cluster, policy, "/ancestors/0", &missing).await;
    let made = rcgen::generate_simple_self_signed(vec!["orders.example".to_owned()]).unwrap();
    cluster.apply(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca", "namespace": "shop"},
        "data": {"ca.crt": made.cert.pem()},
    }));
    says(&cluster, policy, "/ancestors/0", &GOOD).await;
    let ancestor = &cluster.object("BackendTLSPolicy", "shop", "orders").unwrap()["status"]["ancestors"][0]["ancestorRef"];
    assert_eq!(
        (&ancestor["kind"], &ancestor["namespace"], &ancestor["name"]),
        (&json!("Gateway"), &json!("edge"), &json!("door"))
    );
}

#[tokio::test]
async fn a_policy_for_tls_says_nothing_of_gateways_that_lead_elsewhere() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    // A route that its gateway does not take, and one to a service of the same name in another namespace.
    let mut nowhere = route("nowhere", "/nowhere", &orders());
    nowhere["spec"]["parentRefs"][0]["sectionName"] = json!("https");
    cluster.apply(nowhere);
    let mut foreign = route("foreign", "/foreign", &orders());
    foreign["metadata"]["namespace"] = json!("goods");
    cluster.apply(foreign);
    for mut object in service("shop", backend.address) {
        object["metadata"]["name"] = json!("stock");
        object["metadata"]["labels"] = json!({"kubernetes.io/service-name": "stock"});
        cluster.apply(object);
    }
    cluster.apply(route("stock", "/", &json!({"name": "stock", "port": 80})));
    cluster.apply(secures("first", 10, &[("orders", None)]));
    cluster.apply(secures("second", 20, &[("stock", None)]));
    let _controller = Controller::start(&cluster, &[]).await;
    // They are written in the order of their names.
    says(&cluster, ("BackendTLSPolicy", "shop", "second"), "/ancestors/0", &GOOD).await;
    let first = cluster.object("BackendTLSPolicy", "shop", "first").unwrap();
    assert_eq!(first.get("status"), None, "no gateway leads to it");
}

/// A policy for TLS to services, or to their ports of that name, made at a second of the day.
fn secures(name: &str, second: u32, services: &[(&str, Option<&str>)]) -> Value {
    let target = |(service, port): &(&str, Option<&str>)| match port {
        Some(port) => json!({"group": "", "kind": "Service", "name": service, "sectionName": port}),
        None => json!({"group": "", "kind": "Service", "name": service}),
    };
    let targets: Vec<Value> = services.iter().map(target).collect();
    let created = format!("2026-01-01T00:00:{second:02}Z");
    json!({
        "apiVersion": GROUP, "kind": "BackendTLSPolicy",
        "metadata": {"name": name, "namespace": "shop", "creationTimestamp": created},
        "spec": {
            "targetRefs": targets,
            "validation": {"hostname": format!("{name}.example"), "wellKnownCACertificates": "System"},
        },
    })
}

#[tokio::test]
async fn of_two_policies_for_tls_to_the_same_service_the_older_one_holds() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    cluster.apply(route("orders", "/", &orders()));
    cluster.apply(secures("a-new", 30, &[("orders", None)]));
    cluster.apply(secures("old", 10, &[("orders", None)]));
    cluster.apply(secures("port", 40, &[("orders", Some("public"))]));
    cluster.apply(secures("both", 50, &[("orders", None), ("stock", None)]));
    cluster.apply(secures("b-new", 30, &[("stock", None)]));
    let _controller = Controller::start(&cluster, &[]).await;
    let said = async |name: &str, status: &str, reason: &str| {
        let expected = [("Accepted", status, reason), GOOD[1]];
        says(&cluster, ("BackendTLSPolicy", "shop", name), "/ancestors/0", &expected).await;
        let object = cluster.object("BackendTLSPolicy", "shop", name).unwrap();
        let accepted = &object["status"]["ancestors"][0]["conditions"][0]["message"];
        accepted.as_str().unwrap().to_owned()
    };
    said("old", "True", "Accepted").await;
    said("port", "True", "Accepted").await;
    let message = said("a-new", "False", "Conflicted").await;
    assert!(message.contains("BackendTLSPolicy shop/old is older and goes first"), "{message}");
    let message = said("both", "False", "Conflicted").await;
    assert!(message.contains("Service stock: BackendTLSPolicy shop/b-new"), "{message}");
    // When the older one goes, the next one holds, and of one that holds in part that is said.
    cluster.delete("BackendTLSPolicy", "shop", "old");
    cluster.delete("BackendTLSPolicy", "shop", "b-new");
    said("a-new", "True", "Accepted").await;
    until("what is left of it is told", async || {
        (said("both", "True", "Accepted").await.contains("but not everywhere: Service orders: "))
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_said_already_is_not_written_again_by_any_replica() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    cluster.apply(route("orders", "/", &orders()));
    let one = Controller::start(&cluster, &[]).await;
    let other = Controller::start(&cluster, &[]).await;
    says(&cluster, ROUTE, PARENT, &GOOD).await;
    says(&cluster, DOOR, "", &[("Programmed", "True", "Programmed")]).await;
    let settled = writes(&cluster, "orders");
    assert!(settled <= 4, "{settled} writes of two replicas");
    for number in 0..5 {
        let path = format!("/{number}");
        cluster.apply(route("second", &path, &orders()));
        one.answers(&path, 200).await;
        other.answers(&path, 200).await;
        says(&cluster, ("HTTPRoute", "shop", "second"), PARENT, &GOOD).await;
    }
    assert_eq!(writes(&cluster, "orders"), settled);
    // What somebody else takes away is said again.
    let mut bare = route("orders", "/", &orders());
    bare["status"] = json!({"parents": []});
    cluster.apply(bare);
    says(&cluster, ROUTE, PARENT, &GOOD).await;
    // A reference that is gone is said nothing of any more.
    let mut apart = route("orders", "/", &orders());
    apart["spec"]["parentRefs"] = json!([]);
    cluster.apply(apart);
    until("nothing is said", async || {
        let status = cluster.object(ROUTE.0, ROUTE.1, ROUTE.2)?["status"]["parents"].clone();
        (status == json!([])).then_some(())
    })
    .await;
}
