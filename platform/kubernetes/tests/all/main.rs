//! A cluster, against an API server that does what a test says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test that cannot go on should stop, and tests own their tasks"
)]

mod changes;
mod following;
mod outages;
mod secured;
mod statuses;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tradewind_kernel::{Clock, Entropy};
use tradewind_kubernetes::{Cluster, FollowOptions, FollowState, Followed, Kind, Scope, Snapshot};
use tradewind_testkit::{FakeCluster, until, within};

/// Short pauses; whatever is waited for comes by itself.
fn quick() -> FollowOptions {
    FollowOptions {
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(20),
        page: 7,
        ..FollowOptions::default()
    }
}

fn cluster(fake: &FakeCluster) -> Cluster {
    cluster_with(fake, quick())
}

fn cluster_with(fake: &FakeCluster, options: FollowOptions) -> Cluster {
    let cluster = Cluster::at(&fake.uri(), Clock::system(), Entropy::seeded(7)).unwrap();
    cluster.with_options(options)
}

fn services(fake: &FakeCluster) -> Followed {
    cluster(fake).follow(&Kind::SERVICES, Scope::Everywhere)
}

fn service(namespace: &str, name: &str, port: u32) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"namespace": namespace, "name": name, "labels": {"app": name}},
        "spec": {"ports": [{"port": port}]},
    })
}

/// Waits for a snapshot like that.
async fn seen(followed: &mut Followed, what: &str, is_so: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    within(what, async {
        loop {
            if let Some(snapshot) = followed.latest().filter(|snapshot| is_so(snapshot)) {
                return snapshot;
            }
            followed.changed().await.unwrap();
        }
    })
    .await
}

/// Waits for a state like that.
async fn is_in(followed: &Followed, what: &str, is_so: impl Fn(&FollowState) -> bool) {
    until(what, async || is_so(&followed.state()).then_some(())).await;
}

/// Waits until the newest change is known.
async fn caught_up(followed: &mut Followed, fake: &FakeCluster, kind: &str) -> Arc<Snapshot> {
    let all = fake.objects(kind);
    seen(followed, "all changes", |snapshot| is_all(snapshot, &all)).await
}

/// Whether a snapshot has these objects in these versions and no others.
fn is_all(snapshot: &Snapshot, all: &[Value]) -> bool {
    let version = |object: &Value| object["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    snapshot.objects().map(|object| object.resource_version().to_owned()).eq(all.iter().map(version))
}

/// Something that nobody follows.
fn service_account(number: usize) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": format!("a{number}")}})
}
