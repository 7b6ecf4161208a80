//! Ten thousand changes while connections break: nothing is missed, and nothing that did not change is touched.

use std::collections::BTreeMap;
use std::sync::Arc;

use tradewind_kernel::Entropy;
use tradewind_kubernetes::{Followed, Kind, Scope};
use tradewind_testkit::{FakeCluster, until};

use super::{caught_up, cluster, service, services};

const CHANGES: u64 = 10_000;

/// Looks at every snapshot: versions of an object never go back, and one in the same version is the very same object.
async fn look_on(mut followed: Followed) -> u64 {
    let mut known = BTreeMap::new();
    let mut snapshots = 0;
    while followed.changed().await.is_ok() {
        let snapshot = followed.latest().unwrap();
        snapshots += 1;
        for object in snapshot.objects() {
            let key = (object.namespace().to_owned(), object.name().to_owned());
            let version: u64 = object.resource_version().parse().unwrap();
            if let Some((former_version, former)) = known.insert(key, (version, object.clone())) {
                assert!(former_version <= version, "{object:?} went back from {former_version}");
                assert_eq!(former_version == version, Arc::ptr_eq(&former, object), "{object:?}");
            }
        }
        // The last one says that it was the last.
        if snapshot.object("lamps", "end").is_some() {
            break;
        }
    }
    snapshots
}

#[tokio::test]
async fn no_update_is_missed_over_ten_thousand_changes_with_random_disconnects() {
    for (seed, history) in [(1, 20_000), (2, 40)] {
        let fake = FakeCluster::start().await;
        fake.remember(history);
        fake.answer_gone(seed % 2 == 0);
        fake.disconnect_at_random(seed, 50);
        let entropy = Entropy::seeded(seed);
        let mut followed = services(&fake);
        let looking = tokio::spawn(look_on(followed.clone()));
        for change in 0..CHANGES {
            let (namespace, name) = (["lamps", "chairs"][usize::from(change % 2 == 0)], entropy.below(50));
            if entropy.below(5) == 0 {
                fake.delete("Service", namespace, &format!("s{name}"));
            } else {
                fake.apply(service(namespace, &format!("s{name}"), u32::try_from(change).unwrap()));
            }
            if change % 16 == 0 {
                tokio::task::yield_now().await;
            }
            if change % 2_000 == 1_999 {
                caught_up(&mut followed, &fake, "Service").await;
            }
        }
        fake.apply(service("lamps", "end", 1));
        caught_up(&mut followed, &fake, "Service").await;
        assert!(looking.await.unwrap() > 10, "changes come while others happen");
        let watches = fake.asked().iter().filter(|asked| asked.is_watch()).count();
        assert!(watches > 20, "connections broke: {watches} watches");
        let lists = fake
            .asked()
            .iter()
            .filter(|asked| !asked.is_watch() && !asked.query.contains("continue="))
            .count();
        assert_eq!(
            lists > 1,
            history < 1_000,
            "{lists} lists: only who forgets has to be asked for everything"
        );
    }
}

#[tokio::test]
async fn a_hundred_resyncs_tell_nothing() {
    let fake = FakeCluster::start().await;
    for number in 0..100 {
        fake.apply(service("lamps", &format!("s{number:02}"), 80));
    }
    let mut followed = cluster(&fake).follow(&Kind::SERVICES, Scope::Everywhere);
    let first = caught_up(&mut followed, &fake, "Service").await;
    let lists = || {
        let is_first = |query: &str| query.contains("limit=") && !query.contains("continue=");
        fake.asked().iter().filter(|asked| is_first(&asked.query)).count()
    };
    for _ in 0..100 {
        let before = lists();
        // A change elsewhere, so that the version that is known is too old.
        fake.apply(super::service_account(before));
        fake.forget_history();
        fake.disconnect_all();
        until("a list", async || (lists() > before).then_some(())).await;
    }
    assert!(Arc::ptr_eq(&followed.latest().unwrap(), &first), "the very same snapshot");
}
