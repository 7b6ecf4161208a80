//! What may go wrong with an API server, and that none of it takes away what is known.

use std::sync::Arc;
use std::time::Duration;

use tradewind_kernel::{Clock, Entropy};
use tradewind_kubernetes::{Cluster, ClusterError, FollowOptions, FollowState, Kind, Scope, Snapshot};
use tradewind_testkit::{FakeCluster, until};

use super::{caught_up, cluster, cluster_with, is_in, quick, seen, service, services};

fn behind(state: &FollowState) -> bool {
    matches!(state, FollowState::Behind { .. })
}

fn same(one: &Snapshot, other: &Snapshot) -> bool {
    one.len() == other.len() && one.objects().zip(other.objects()).all(|(one, other)| Arc::ptr_eq(one, other))
}

#[tokio::test]
async fn an_outage_leaves_what_is_known_and_what_changed_meanwhile_comes_after_it() {
    let fake = FakeCluster::start().await;
    fake.apply(service("lamps", "a", 80));
    let mut followed = services(&fake);
    let first = seen(&mut followed, "the list", |_| true).await;
    fake.outage(true);
    is_in(&followed, "that it is behind", behind).await;
    fake.apply(service("lamps", "b", 80));
    is_in(
        &followed,
        "several tries",
        |state| matches!(state, FollowState::Behind { tries, .. } if *tries > 3),
    )
    .await;
    assert!(same(&followed.latest().unwrap(), &first));
    fake.outage(false);
    let next = caught_up(&mut followed, &fake, "Service").await;
    assert!(Arc::ptr_eq(first.object("lamps", "a").unwrap(), next.object("lamps", "a").unwrap()));
    is_in(&followed, "that it follows", |state| *state == FollowState::Following).await;
}

#[tokio::test]
async fn a_resync_changes_nothing_and_brings_what_was_missed_as_one() {
    for by_status in [false, true] {
        let fake = FakeCluster::start().await;
        fake.answer_gone(by_status);
        for number in 0..30 {
            fake.apply(service("lamps", &format!("s{number:02}"), 80));
        }
        let mut followed = services(&fake);
        let first = seen(&mut followed, "the list", |_| true).await;
        let lists = || {
            fake.asked().iter().filter(|asked| !asked.is_watch() && asked.query.contains("continue")).count()
        };
        let before = lists();
        // Something elsewhere moves the version on, and all of it is forgotten while nobody is connected.
        fake.outage(true);
        is_in(&followed, "that it is behind", behind).await;
        fake.apply(service("lamps", "other", 80));
        fake.delete("Service", "lamps", "other");
        fake.forget_history();
        fake.outage(false);
        is_in(&followed, "that it follows", |state| *state == FollowState::Following).await;
        until("a list", async || (lists() > before).then_some(())).await;
        fake.apply(service("lamps", "s00", 81));
        let news = {
            followed.changed().await.unwrap();
            followed.latest().unwrap()
        };
        // The first thing that is told after the list is the change: the list itself told nothing.
        assert_eq!(
            news.object("lamps", "s00").unwrap().value()["spec"]["ports"][0]["port"],
            81,
            "{by_status}"
        );
        let is_kept = |name: &str| {
            Arc::ptr_eq(news.object("lamps", name).unwrap(), first.object("lamps", name).unwrap())
        };
        assert!((1..30).all(|number| is_kept(&format!("s{number:02}"))));
    }
}

#[tokio::test]
async fn a_watch_that_says_nothing_is_begun_again() {
    let fake = FakeCluster::start().await;
    let options = FollowOptions { watch_for: Duration::from_secs(1), grace: Duration::ZERO, ..quick() };
    let mut followed = cluster_with(&fake, options).follow(&Kind::SERVICES, Scope::Everywhere);
    seen(&mut followed, "the list", |_| true).await;
    fake.mute(true);
    fake.apply(service("lamps", "a", 80));
    is_in(&followed, "that it is behind", behind).await;
    fake.mute(false);
    caught_up(&mut followed, &fake, "Service").await;
}

#[tokio::test]
async fn a_watch_that_ends_in_order_goes_on_where_it_was() {
    let fake = FakeCluster::start().await;
    let options = FollowOptions { watch_for: Duration::from_secs(1), ..quick() };
    let mut followed = cluster_with(&fake, options).follow(&Kind::SERVICES, Scope::Everywhere);
    seen(&mut followed, "the list", |_| true).await;
    let watches = || fake.asked().iter().filter(|asked| asked.is_watch()).count();
    until("a third watch", async || (watches() > 2).then_some(())).await;
    fake.apply(service("lamps", "a", 80));
    caught_up(&mut followed, &fake, "Service").await;
    assert_eq!(fake.asked().len() - watches(), 1, "there was one list");
    assert_eq!(followed.state(), FollowState::Following, "an end in order is no trouble");
}

#[tokio::test]
async fn a_refusal_says_why_and_ends_with_its_reason() {
    let fake = FakeCluster::start().await;
    fake.forbid(&["secrets"]);
    let mut followed = cluster(&fake).follow(&Kind::SECRETS, Scope::Namespace("lamps".to_owned()));
    let says =
        |state: &FollowState| matches!(state, FollowState::Behind { trouble, .. } if trouble.contains("403"));
    is_in(&followed, "that it is refused", says).await;
    assert!(followed.latest().is_none());
    fake.forbid(&[]);
    seen(&mut followed, "the list", |_| true).await;
    fake.refuse(5);
    fake.disconnect_all();
    let says =
        |state: &FollowState| matches!(state, FollowState::Behind { trouble, .. } if trouble.contains("503"));
    is_in(&followed, "that it is refused", says).await;
    is_in(&followed, "that it follows", |state| *state == FollowState::Following).await;
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    for wrong in ["https://127.0.0.1:1", "127.0.0.1:1", "/"] {
        let cluster = Cluster::at(&wrong.parse().unwrap(), Clock::system(), Entropy::seeded(1));
        assert!(matches!(cluster, Err(ClusterError::Configuration(_))), "{wrong}");
    }
}
