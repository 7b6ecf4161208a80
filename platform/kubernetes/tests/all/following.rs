//! Lists in pages, watches, selectors, bookmarks, bounds.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tradewind_kubernetes::{FollowOptions, FollowState, Kind, Scope};
use tradewind_testkit::{FakeCluster, until, within};

use super::{caught_up, cluster, cluster_with, quick, seen, service, service_account, services};

#[tokio::test]
async fn a_list_in_pages_and_every_change_after_it() {
    let fake = FakeCluster::start().await;
    for number in 0..20 {
        fake.apply(service("lamps", &format!("s{number:02}"), 80));
    }
    let mut followed = services(&fake);
    assert!(followed.latest().is_none(), "nothing is known before the first whole list");
    let first = seen(&mut followed, "the list", |snapshot| !snapshot.is_empty()).await;
    assert_eq!(first.len(), 20, "a list comes as a whole");
    let lists = fake.asked().iter().filter(|asked| !asked.is_watch()).count();
    assert_eq!(lists, 3, "in pages of seven");
    let object = first.object("lamps", "s03").unwrap();
    let text = |name: &str| object.value()[name].as_str().unwrap().to_owned();
    assert_eq!([text("kind"), text("apiVersion")], ["Service", "v1"], "what lists leave out is added");

    fake.apply(service("lamps", "s03", 81));
    fake.delete("Service", "lamps", "s04");
    fake.apply(service("chairs", "new", 80));
    let next = caught_up(&mut followed, &fake, "Service").await;
    assert_eq!(next.object("lamps", "s03").unwrap().value()["spec"]["ports"][0]["port"], 81);
    assert!(next.object("lamps", "s04").is_none() && next.object("chairs", "new").is_some());
    let very = |name| Arc::ptr_eq(first.object("lamps", name).unwrap(), next.object("lamps", name).unwrap());
    assert!(very("s05") && !very("s03"), "what did not change is the very same");
    assert_eq!(followed.state(), FollowState::Following);
}

#[tokio::test]
async fn a_namespace_and_labels_are_all_that_is_asked_for() {
    let fake = FakeCluster::start().await;
    fake.apply(service("lamps", "a", 80));
    fake.apply(service("lamps", "b", 80));
    fake.apply(service("chairs", "a", 80));
    let scope = Scope::Namespace("lamps".to_owned());
    let mut followed = cluster(&fake).follow_labelled(&Kind::SERVICES, scope, "app=a");
    let snapshot = seen(&mut followed, "the list", |_| true).await;
    assert_eq!(snapshot.len(), 1);
    let mut other = service("lamps", "a", 80);
    other["metadata"]["labels"]["app"] = json!("other");
    fake.apply(other);
    seen(&mut followed, "one that has the label no more", |snapshot| snapshot.is_empty()).await;
    let asked = fake.asked();
    assert!(asked.iter().all(|asked| asked.path == "/api/v1/namespaces/lamps/services"), "{asked:?}");
    assert!(asked.iter().all(|asked| asked.query.contains("labelSelector=app%3Da")), "{asked:?}");
}

#[tokio::test]
async fn a_bookmark_keeps_a_quiet_watch_young() {
    let fake = FakeCluster::start().await;
    fake.apply(service("lamps", "a", 80));
    let options = FollowOptions { watch_for: Duration::from_secs(1), ..quick() };
    let mut followed = cluster_with(&fake, options).follow(&Kind::SERVICES, Scope::Everywhere);
    let first = seen(&mut followed, "the list", |_| true).await;
    // Much happens elsewhere, and all of it is forgotten.
    for number in 0..10 {
        fake.apply(service_account(number));
    }
    let version = format!("resourceVersion={}", fake.version());
    let is_young = || fake.asked().iter().any(|asked| asked.is_watch() && asked.query.contains(&version));
    until("a watch that goes on from a bookmark", async || is_young().then_some(())).await;
    fake.forget_history();
    fake.disconnect_all();
    fake.apply(service("lamps", "c", 80));
    let next = caught_up(&mut followed, &fake, "Service").await;
    let lists = fake.asked().iter().filter(|asked| !asked.is_watch()).count();
    assert_eq!(lists, 1, "nothing had to be listed again");
    assert!(Arc::ptr_eq(first.object("lamps", "a").unwrap(), next.object("lamps", "a").unwrap()));
}

#[tokio::test]
async fn too_many_and_too_large_objects_are_left_out_and_named() {
    let fake = FakeCluster::start().await;
    let config = |name: &str, bytes: usize| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": "x".repeat(bytes)}});
    for name in ["a", "b", "c", "d"] {
        fake.apply(config(name, 10));
    }
    let options = FollowOptions { objects: 3, object_bytes: 4096, ..quick() };
    let mut followed = cluster_with(&fake, options).follow(&Kind::CONFIG_MAPS, Scope::Everywhere);
    let snapshot = seen(&mut followed, "the list", |_| true).await;
    assert_eq!(snapshot.left_out().collect::<Vec<_>>(), [("default", "d")]);
    fake.apply(config("a", 5000));
    let snapshot = seen(&mut followed, "a large one", |snapshot| snapshot.left_out().count() == 2).await;
    assert!(snapshot.object("default", "a").is_none());
    fake.apply(config("a", 20));
    let snapshot =
        seen(&mut followed, "a small one", |snapshot| snapshot.object("default", "a").is_some()).await;
    assert_eq!((snapshot.len(), snapshot.left_out().count()), (3, 1));
}

#[tokio::test]
async fn nobody_follows_for_nobody() {
    let fake = FakeCluster::start().await;
    let mut followed = services(&fake);
    seen(&mut followed, "the list", |_| true).await;
    let clone = followed.clone();
    drop(followed);
    fake.apply(service("lamps", "a", 80));
    let mut clone = clone;
    seen(&mut clone, "a change, for the other clone", |snapshot| snapshot.len() == 1).await;
    drop(clone);
    // The watch ends with the connection that it is on: nobody begins another one.
    fake.disconnect_all();
    let watches = || fake.asked().iter().filter(|asked| asked.is_watch()).count();
    let before = watches();
    let mut another = services(&fake);
    within("another one", async { seen(&mut another, "the list", |_| true).await }).await;
    until("its watch", async || (watches() == before + 1).then_some(())).await;
    fake.apply(service("lamps", "b", 80));
    seen(&mut another, "a change", |snapshot| snapshot.len() == 2).await;
    assert_eq!(watches(), before + 1);
}

/// Lists of custom resources end with a token that is empty, and a kind without a definition is refused in plain text.
#[tokio::test]
async fn what_a_definition_makes_is_followed_as_what_is_built_in() {
    let fake = FakeCluster::start().await;
    fake.know_nothing_of(&["httproutes"]);
    let mut followed = cluster(&fake).follow(&Kind::HTTP_ROUTES, Scope::Everywhere);
    assert!(seen(&mut followed, "that there are none", |_| true).await.is_empty());
    for number in 0..10 {
        let metadata = json!({"namespace": "lamps", "name": format!("r{number}")});
        let version = "gateway.networking.k8s.io/v1";
        fake.apply(json!({"apiVersion": version, "kind": "HTTPRoute", "metadata": metadata}));
    }
    fake.know_nothing_of(&[]);
    seen(&mut followed, "all in two pages", |snapshot| snapshot.len() == 10).await;
    fake.delete("HTTPRoute", "lamps", "r3");
    seen(&mut followed, "a change", |snapshot| snapshot.len() == 9).await;
    let asked = fake.asked();
    assert!(!asked.iter().any(|asked| asked.query.ends_with("continue=")), "an empty token leads nowhere");
}
