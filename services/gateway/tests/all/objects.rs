//! What the gateway as a controller serves, whatever becomes of the API server.

use serde_json::json;
use tradewind_testkit::kubernetes::FakeCluster;
use tradewind_testkit::{Folder, Request, until};

use crate::backend::{Backend, Does};
use crate::controller::{Controller, cluster, gateway, http, route, service, shows};
use crate::gateway::run;

fn orders() -> serde_json::Value {
    json!({"name": "orders", "port": 80})
}

#[tokio::test]
async fn a_route_is_served_changed_and_removed() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    let controller = Controller::start(&cluster, &[]).await;
    controller.answers("/one", 404).await;
    cluster.apply(route("orders", "/one", &orders()));
    assert_eq!(controller.answers("/one", 200).await.text(), "shop");
    cluster.apply(route("orders", "/two", &orders()));
    controller.answers("/two", 200).await;
    controller.answers("/one", 404).await;
    let other = Backend::start("other", Does::Answers).await;
    cluster.apply(service("shop", other.address)[1].clone());
    until("the other endpoint is asked", async || {
        (controller.answers("/two", 200).await.text() == "other").then_some(())
    })
    .await;
    cluster.delete("HTTPRoute", "shop", "orders");
    controller.answers("/two", 404).await;
    cluster.apply(gateway(&json!([http("http", 81)])));
    controller.is_closed(80).await;
    cluster.delete("Gateway", "edge", "door");
    controller.is_closed(81).await;
    assert_eq!(controller.ask("/readyz").await.status, 200, "nothing to serve is no mistake");
}

#[tokio::test]
async fn only_namespaces_that_were_named_are_looked_at() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    cluster.apply(route("orders", "/shop", &orders()));
    let mut hidden = route("hidden", "/hidden", &orders());
    hidden["metadata"]["namespace"] = json!("hidden");
    cluster.apply(hidden);
    let controller = Controller::start(&cluster, &["--namespaces=edge,shop", "--secret-namespaces="]).await;
    controller.answers("/shop", 200).await;
    controller.answers("/hidden", 404).await;
    assert!(cluster.asked().iter().all(|asked| !asked.path.ends_with("/secrets")), "nobody reads secrets");
}

#[tokio::test]
async fn kinds_that_the_cluster_does_not_know_are_no_reason_to_wait() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    cluster.apply(route("orders", "/shop", &orders()));
    cluster.know_nothing_of(&[
        "tlsroutes",
        "backendtlspolicies",
        "routepolicies",
        "backendpolicies",
        "listenerpolicies",
    ]);
    let controller = Controller::start(&cluster, &[]).await;
    controller.answers("/shop", 200).await;
}

/// Whether each kind was listed since so many requests had come.
fn are_listed(cluster: &FakeCluster, from: usize) -> bool {
    let kinds = [
        "gatewayclasses",
        "gateways",
        "httproutes",
        "grpcroutes",
        "tlsroutes",
        "referencegrants",
        "backendtlspolicies",
        "routepolicies",
        "backendpolicies",
        "listenerpolicies",
        "namespaces",
        "services",
        "endpointslices",
        "secrets",
        "configmaps",
    ];
    let asked = cluster.asked().split_off(from);
    let is_list = |kind: &str| {
        asked.iter().any(|one| one.code == 200 && !one.is_watch() && one.path.ends_with(&format!("/{kind}")))
    };
    kinds.into_iter().all(is_list)
}

#[tokio::test]
async fn a_list_anew_changes_nothing_that_serves() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    cluster.apply(route("orders", "/one", &orders()));
    let controller = Controller::start(&cluster, &[]).await;
    controller.answers("/one", 200).await;
    let (swaps, from) = (controller.swaps(), cluster.asked().len());
    // A change that nobody follows, so that what everybody has seen is too long ago.
    cluster.apply(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "one"}}));
    cluster.forget_history();
    cluster.disconnect_all();
    until("all kinds were listed anew", async || are_listed(&cluster, from).then_some(())).await;
    assert_eq!(controller.answers("/one", 200).await.text(), "shop");
    // What comes after it is put to use, and is the only thing that was.
    cluster.apply(route("orders", "/two", &orders()));
    controller.answers("/two", 200).await;
    until("the change is told of", async || (controller.swaps() > swaps).then_some(())).await;
    assert_eq!(controller.swaps(), swaps + 1);
}

#[tokio::test]
async fn statuses_and_objects_that_nobody_names_change_nothing_that_serves() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    cluster.apply(route("orders", "/one", &orders()));
    let controller = Controller::start(&cluster, &[]).await;
    let parents = async || {
        let route = cluster.object("HTTPRoute", "shop", "orders").unwrap();
        route["status"]["parents"][0]["conditions"]
            .as_array()
            .is_some_and(|all| !all.is_empty())
            .then_some(())
    };
    until("the status is written", parents).await;
    let swaps = controller.swaps();
    for object in service("elsewhere", backend.address) {
        cluster.apply(object);
    }
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "password", "namespace": "shop"},
        "stringData": {"password": "moon"},
    });
    cluster.apply(secret);
    cluster.apply(route("orders", "/two", &orders()));
    controller.answers("/two", 200).await;
    until("the change is told of", async || (controller.swaps() > swaps).then_some(())).await;
    assert_eq!(controller.swaps(), swaps + 1);
}

#[tokio::test]
async fn connections_that_break_all_the_time_lose_no_change() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    let controller = Controller::start(&cluster, &[]).await;
    cluster.disconnect_at_random(7, 4);
    for number in 0..100 {
        cluster.apply(route("orders", &format!("/{number}"), &orders()));
        if number % 10 == 0 {
            cluster.apply(route(&format!("more-{number}"), &format!("/more/{number}"), &orders()));
            tokio::task::yield_now().await;
        }
    }
    cluster.disconnect_at_random(7, 0);
    controller.answers("/99", 200).await;
    controller.answers("/98", 404).await;
    for number in (0..100).step_by(10) {
        controller.answers(&format!("/more/{number}"), 200).await;
    }
}

#[tokio::test]
async fn everything_serves_on_while_the_api_server_is_away() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    cluster.apply(route("orders", "/one", &orders()));
    let controller = Controller::start(&cluster, &[]).await;
    controller.answers("/one", 200).await;
    let swaps = controller.swaps();
    cluster.outage(true);
    cluster.apply(route("orders", "/two", &orders()));
    for _ in 0..20 {
        let answer = Request::new("GET", "/one").send(controller.at(80)).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "shop"));
    }
    assert_eq!((controller.ask("/readyz").await.status, controller.swaps()), (200, swaps));
    cluster.outage(false);
    controller.answers("/two", 200).await;
}

#[tokio::test]
async fn it_is_ready_once_all_lists_are_there_and_ends_when_they_do_not_come() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    cluster.apply(route("orders", "/one", &orders()));
    cluster.forbid(&["secrets"]);
    let controller = Controller::begin(&cluster, &[]).await;
    let answer = until("the reason is told", async || {
        let answer = controller.ask("/readyz").await;
        let text = answer.text();
        (text.starts_with("waiting: Secret: ") && text.contains("403")).then_some(answer)
    })
    .await;
    assert_eq!(answer.status, 503);
    controller.is_closed(80).await;
    cluster.forbid(&[]);
    controller.answers("/one", 200).await;
    assert_eq!(controller.ask("/readyz").await.status, 200);
    cluster.forbid(&["secrets"]);
    let ended = Controller::begin(&cluster, &["--first-lists=1"]).await.ended().await;
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.errors.contains("were not there after 1 s: Secret: the API server refused with 403"),
        "{}",
        ended.errors
    );
}

#[tokio::test]
async fn a_reason_that_all_lists_share_is_named_once() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = Folder::new("controller");
    let server = format!("--api-server=http://{nobody}");
    let ended = run(folder.path(), &["--kubernetes", &server, "--first-lists=1"]).ended().await;
    assert_eq!(ended.code, Some(1));
    let said =
        ended.errors.lines().find(|line| line.contains("were not there after 1 s")).unwrap().to_owned();
    assert!(said.contains(": GatewayClass, Gateway and 13 more: the API server did not answer: "), "{said}");
    assert_eq!(said.matches("Connection refused").count(), 1, "{said}");
}

#[tokio::test]
async fn trouble_with_the_api_server_is_told_once_for_all_and_when_it_ends() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    let controller = Controller::start(&cluster, &[]).await;
    cluster.refuse(usize::MAX);
    cluster.disconnect_all();
    let attempts = || cluster.asked().iter().filter(|asked| asked.code == 503).count();
    until("three attempts of each watch", async || (attempts() >= 45).then_some(())).await;
    let told = |text: &str| controller.errors().matches(text).count();
    until("it is told", async || (told("objects are not followed") > 0).then_some(())).await;
    cluster.refuse(0);
    until("its end is told", async || (told("objects are followed again") > 0).then_some(())).await;
    let errors = controller.errors();
    assert_eq!(told("objects are not followed"), 1, "{errors}");
    assert!(
        errors.contains("GatewayClass, Gateway and 13 more: the API server refused with 503"),
        "{errors}"
    );
    assert_eq!(told("kube_client"), 0, "{errors}");
}

#[tokio::test]
async fn certificates_are_those_of_the_secret_as_it_is_now() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    let secret = || {
        let made = rcgen::generate_simple_self_signed(vec!["shop.example".to_owned()]).unwrap();
        let data = json!({"tls.crt": made.cert.pem(), "tls.key": made.signing_key.serialize_pem()});
        let object = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "certificate", "namespace": "edge"},
            "type": "kubernetes.io/tls", "stringData": data,
        });
        (object, made.cert.pem())
    };
    let (first, pem) = secret();
    cluster.apply(first);
    let tls = json!({"mode": "Terminate", "certificateRefs": [{"name": "certificate"}]});
    cluster.apply(gateway(&json!([{"name": "https", "port": 443, "protocol": "HTTPS", "tls": tls}])));
    cluster.apply(route("orders", "/", &orders()));
    let controller = Controller::start(&cluster, &[]).await;
    let shown = async |pem: &str| shows(controller.at(443), "shop.example", pem).await.then_some(());
    until("the first certificate is shown", async || shown(&pem).await).await;
    let (second, newer) = secret();
    cluster.apply(second);
    until("the second certificate is shown", async || shown(&newer).await).await;
    assert!(shown(&pem).await.is_none());
    assert!(!controller.errors().contains("PRIVATE KEY"));
}

#[tokio::test]
async fn who_is_told_to_stop_takes_requests_until_others_have_noticed() {
    let backend = Backend::start("shop", Does::Answers).await;
    let cluster = cluster(backend.address).await;
    cluster.apply(route("orders", "/", &orders()));
    let controller = Controller::start(&cluster, &["--leave-wait=2"]).await;
    controller.answers("/", 200).await;
    controller.signal("TERM").await;
    until("it says so", async || (controller.ask("/readyz").await.text() == "draining\n").then_some(()))
        .await;
    assert_eq!(Request::new("GET", "/").send(controller.at(80)).await.status, 200);
    assert_eq!(controller.ended().await.code, Some(0));
}

/// A slice of `orders` with these endpoints, each in a zone.
fn slice(endpoints: &[(&Backend, &str)]) -> serde_json::Value {
    let one = |(number, (backend, zone)): (usize, &(&Backend, &str))| {
        let [_, mut slice] = service("shop", backend.address);
        slice["metadata"]["name"] = json!(format!("orders-{}", number + 1));
        slice["endpoints"][0]["zone"] = json!(zone);
        slice
    };
    endpoints.iter().enumerate().map(one).collect()
}

#[tokio::test]
async fn what_changes_while_it_leaves_is_followed() {
    let (first, second) =
        (Backend::start("first", Does::Answers).await, Backend::start("second", Does::Answers).await);
    let cluster = cluster(first.address).await;
    cluster.apply(route("orders", "/", &orders()));
    let controller = Controller::start(&cluster, &["--leave-wait=60"]).await;
    assert_eq!(controller.answers("/", 200).await.text(), "first");
    controller.signal("TERM").await;
    until("it leaves", async || (controller.ask("/readyz").await.text() == "draining\n").then_some(())).await;
    cluster.apply(service("shop", second.address)[1].clone());
    until("the other endpoint is asked", async || {
        (controller.answers("/", 200).await.text() == "second").then_some(())
    })
    .await;
    // Who asks twice does not want to wait.
    controller.signal("TERM").await;
    assert_eq!(controller.ended().await.code, Some(0));
}

#[tokio::test]
async fn other_zones_help_out_when_nobody_in_the_own_one_works() {
    let (here, there) =
        (Backend::start("here", Does::Answers).await, Backend::start("there", Does::Answers).await);
    let cluster = cluster(here.address).await;
    for object in slice(&[(&here, "a"), (&there, "b")]).as_array().unwrap() {
        cluster.apply(object.clone());
    }
    cluster.apply(route("orders", "/", &orders()));
    let controller = Controller::start(&cluster, &["--zone=a", "--threads=1"]).await;
    controller.answers("/", 200).await;
    for _ in 0..20 {
        assert_eq!(Request::new("GET", "/").send(controller.at(80)).await.text(), "here");
    }
    let shown = controller.ask("/backends").await.text();
    assert!(shown.contains(&format!("{} (helps out)", there.address)), "{shown}");
    here.now(Does::Says("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"));
    until("the other zone is asked", async || {
        let answer = Request::new("GET", "/").send(controller.at(80)).await;
        (answer.text() == "there").then_some(())
    })
    .await;
    for _ in 0..20 {
        assert_eq!(Request::new("GET", "/").send(controller.at(80)).await.text(), "there");
    }
}
