//! Single objects, and their statuses.

use serde_json::{Value, json};
use tradewind_kubernetes::{ClusterError, Kind, StatusWritten};
use tradewind_testkit::FakeCluster;

use super::{cluster, service};

fn gateway(listeners: u32) -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
        "metadata": {"namespace": "edge", "name": "door"}, "spec": {"listeners": listeners},
    })
}

fn version(object: &Value) -> String {
    object["metadata"]["resourceVersion"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_object_is_there_or_not() {
    let fake = FakeCluster::start().await;
    let cluster = cluster(&fake);
    fake.apply(service("lamps", "a", 80));
    let found = cluster.get(&Kind::SERVICES, "lamps", "a").await.unwrap().unwrap();
    assert_eq!(found["spec"]["ports"][0]["port"], 80);
    assert_eq!(cluster.get(&Kind::SERVICES, "lamps", "b").await, Ok(None));
    fake.apply(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "one"}}));
    assert!(cluster.get(&Kind::NODES, "", "one").await.unwrap().is_some());
    let metadata = cluster.metadata(&Kind::SERVICES, "lamps", "a").await.unwrap().unwrap();
    assert_eq!((&metadata["name"], metadata.get("spec")), (&json!("a"), None));
    assert_eq!(cluster.metadata(&Kind::SERVICES, "lamps", "b").await, Ok(None));
    for (namespace, name) in
        [("lamps/../..", "a"), ("lamps", "a/b"), ("lamps", ".."), ("lamps", ""), ("lamps", "a?b")]
    {
        let refused = cluster.get(&Kind::SERVICES, namespace, name).await;
        assert!(matches!(refused, Err(ClusterError::Request(_))), "{namespace} {name}: {refused:?}");
    }
}

#[tokio::test]
async fn a_status_is_replaced_where_the_object_is_as_it_was() {
    let fake = FakeCluster::start().await;
    let cluster = cluster(&fake);
    let applied = version(&fake.apply(gateway(1)));
    let write = async |known: &str, status: Value| {
        cluster.set_status(&Kind::GATEWAYS, "edge", "door", known, &status).await.unwrap()
    };
    let StatusWritten::Written { resource_version } = write(&applied, json!({"a": 1, "b": 2})).await else {
        panic!("it was as it was");
    };
    assert_eq!(write(&applied, json!({"a": 2})).await, StatusWritten::Conflict);
    assert!(matches!(write(&resource_version, json!({"b": 3})).await, StatusWritten::Written { .. }));
    let object = fake.object("Gateway", "edge", "door").unwrap();
    assert_eq!(object["status"], json!({"b": 3}), "what is not there any more is gone");
    assert_eq!((&object["metadata"]["generation"], &object["spec"]), (&json!(1), &json!({"listeners": 1})));
    fake.delete("Gateway", "edge", "door");
    assert_eq!(write(&resource_version, json!({})).await, StatusWritten::Gone);
    let codes: Vec<u16> = fake.status_writes().iter().map(|write| write.code).collect();
    assert_eq!(codes, [200, 200], "a stale version is found before anything is sent");
}

#[tokio::test]
async fn a_status_that_is_none_is_refused() {
    let fake = FakeCluster::start().await;
    let known = version(&fake.apply(gateway(1)));
    let written = cluster(&fake).set_status(&Kind::GATEWAYS, "edge", "door", &known, &json!("good")).await;
    assert!(matches!(written, Err(ClusterError::Refused { code: 422, .. })), "{written:?}");
}

#[tokio::test]
async fn of_two_who_write_at_once_one_is_told_of_a_conflict() {
    let fake = FakeCluster::start().await;
    let cluster = cluster(&fake);
    for round in 0..20 {
        let known = version(&fake.apply(gateway(round)));
        let write = async |who: u32| {
            let status = json!({"round": round, "by": who});
            cluster.set_status(&Kind::GATEWAYS, "edge", "door", &known, &status).await.unwrap()
        };
        let (one, other) = tokio::join!(write(1), write(2));
        let is_written = |written: &StatusWritten| matches!(written, StatusWritten::Written { .. });
        assert_eq!([&one, &other].into_iter().filter(|written| is_written(written)).count(), 1);
        assert!([one, other].contains(&StatusWritten::Conflict));
    }
}
