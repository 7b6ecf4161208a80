//! Writes statuses: one at a time, only where another one is there, and no object too often.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Notify;
use tradewind_kernel::Clock;
use tradewind_kubernetes::{Cluster, ClusterError, Kind, Object, StatusWritten};

use crate::cluster::follow::Follower;
use crate::cluster::judged::Judged;
use crate::cluster::kinds::FOLLOWED;
use crate::cluster::options::Class;
use crate::cluster::status::Scene;
use crate::cluster::versions::Versions;
use crate::cluster::view::{Name, View};

/// The pause between two writes: no more than a hundred a second, however many objects there are.
const PACE: Duration = Duration::from_millis(10);

/// An object is written so many times at once, and then once in each interval: whoever writes something else there all
/// the time, such as a replica of another version, is not fought with.
const BURST: u32 = 5;
const INTERVAL: Duration = Duration::from_secs(5);

/// How soon what was not written is looked at again.
const SOON: Duration = Duration::from_secs(1);
const LATER: Duration = Duration::from_secs(30);

/// What came of objects, for who writes it.
#[derive(Default)]
pub(crate) struct Board {
    judged: Mutex<Option<Arc<Judged>>>,
    versions: Mutex<Versions>,
    news: Notify,
}

impl Board {
    /// Other objects were judged, or otherwise.
    pub(crate) fn put(&self, judged: Judged) {
        *self.judged.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(judged));
        self.look();
    }

    /// It was found of which version the definitions are.
    pub(super) fn put_versions(&self, versions: Versions) {
        let mut known = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        if *known != versions {
            *known = versions;
            drop(known);
            self.look();
        }
    }

    fn versions(&self) -> Versions {
        self.versions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Objects have changed, and their statuses may have.
    pub(crate) fn look(&self) {
        self.news.notify_one();
    }

    fn judged(&self) -> Option<Arc<Judged>> {
        self.judged.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Writes for as long as it is polled.
pub(crate) async fn write(
    (cluster, mut follower): (&Cluster, Follower),
    board: &Board,
    class: Class,
    clock: &Clock,
) {
    let mut writer = Writer { cluster, class, clock, paces: BTreeMap::new(), refused: BTreeSet::new() };
    let mut pause = LATER;
    loop {
        tokio::select! {
            biased;
            () = board.news.notified() => {}
            () = clock.sleep(pause) => {}
        }
        let (Some(judged), Ok(view)) = (board.judged(), follower.view()) else { continue };
        pause = writer.round(&view, &judged, &board.versions()).await;
    }
}

struct Writer<'run> {
    cluster: &'run Cluster,
    class: Class,
    clock: &'run Clock,
    paces: BTreeMap<Name, Pace>,
    /// Objects whose status was refused, which is told once.
    refused: BTreeSet<Name>,
}

/// When an object was written.
#[derive(Debug, Default)]
struct Pace {
    /// The state that it was in then.
    version: String,
    /// When it would be due if it were written once in each interval.
    due: Duration,
}

impl Pace {
    /// Whether an object in this state may be written now; else how long not.
    fn begin(&mut self, version: &str, now: Duration) -> Result<(), Duration> {
        // What was written shows a moment later.
        let is_old = self.version == version;
        let ahead = self.due.saturating_sub(now);
        if ahead > INTERVAL * (BURST - 1) || is_old && !ahead.is_zero() {
            return Err(if is_old { ahead } else { ahead.saturating_sub(INTERVAL * (BURST - 1)) });
        }
        version.clone_into(&mut self.version);
        self.due = self.due.max(now) + INTERVAL;
        Ok(())
    }
}

impl Writer<'_> {
    /// Writes what has to be written; how soon to look again.
    async fn round(&mut self, view: &View, judged: &Judged, versions: &Versions) -> Duration {
        let now = self.clock.now().to_string();
        let now = seconds(&now);
        let class = self.class.clone();
        let scene = Scene { class: &class, view, judged, versions, now: &now };
        let mut pause = LATER;
        for kind in &FOLLOWED {
            for object in view.of_kind(kind.kind()) {
                let Some(status) = scene.status(kind.kind(), object) else { continue };
                match self.one(kind, object, &status).await {
                    Ok(again) => pause = pause.min(again),
                    Err(error) => {
                        tracing::warn!(%error, "statuses are not written; it is tried again");
                        return SOON * 5;
                    }
                }
            }
        }
        self.paces.retain(|(kind, namespace, name), _| view.get(kind, namespace, name).is_some());
        pause
    }

    /// Writes one status; how soon to look again.
    ///
    /// # Errors
    ///
    /// The API server is away, so that there is no use in trying others.
    async fn one(&mut self, kind: &Kind, object: &Object, status: &Value) -> Result<Duration, ClusterError> {
        let name: Name = (kind.kind(), object.namespace().to_owned(), object.name().to_owned());
        let pace = self.paces.entry(name.clone()).or_default();
        if let Err(later) = pace.begin(object.resource_version(), self.clock.monotonic()) {
            return Ok(later.max(SOON));
        }
        let version = object.resource_version();
        let written = self.cluster.set_status(kind, object.namespace(), object.name(), version, status).await;
        self.clock.sleep(PACE).await;
        match written {
            Ok(StatusWritten::Written { .. }) => {
                self.refused.remove(&name);
                Ok(LATER)
            }
            // Another state of it is about to be seen.
            Ok(StatusWritten::Conflict | StatusWritten::Gone) => Ok(SOON),
            Err(error @ ClusterError::Unreachable(_)) => Err(error),
            Err(error) => {
                if self.refused.insert(name) {
                    let (namespace, name) = (object.namespace(), object.name());
                    tracing::error!(%kind, namespace, name, %error, "a status cannot be written");
                }
                Ok(LATER)
            }
        }
    }
}

/// A time as Kubernetes writes it: without fractions of a second.
fn seconds(time: &str) -> String {
    match time.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => time.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use tradewind_kernel::Entropy;
    use tradewind_routing::{Documents, GatewayStatus};

    use super::*;
    use crate::cluster::judged::Basis;
    use crate::cluster::view::tests::view;

    #[test]
    fn an_object_is_written_some_times_at_once_and_then_now_and_again() {
        let mut pace = Pace::default();
        let start = Duration::from_secs(100);
        for version in ["1", "2", "3", "4", "5"] {
            assert_eq!(pace.begin(version, start), Ok(()), "{version}");
        }
        assert_eq!(pace.begin("6", start), Err(INTERVAL));
        assert_eq!(pace.begin("6", start + INTERVAL), Ok(()));
        assert!(pace.begin("7", start + INTERVAL).is_err());
        assert_eq!(pace.begin("7", start + INTERVAL * 20), Ok(()));
    }

    #[test]
    fn a_state_that_was_written_is_not_written_again_at_once() {
        let mut pace = Pace::default();
        assert_eq!(pace.begin("1", Duration::from_secs(1)), Ok(()));
        assert!(pace.begin("1", Duration::from_secs(2)).is_err());
        assert_eq!(pace.begin("2", Duration::from_secs(2)), Ok(()));
        assert_eq!(pace.begin("2", Duration::from_secs(60)), Ok(()));
    }

    #[tokio::test]
    async fn an_api_server_that_is_away_is_not_asked_for_each_object() {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let clock = Clock::system();
        let address = format!("http://{nobody}").parse().unwrap();
        let cluster = Cluster::at(&address, clock.clone(), Entropy::seeded(1)).unwrap();
        let class = Class { name: "tradewind".to_owned(), ..Class::default() };
        let door = |name: &str| serde_json::json!({"kind": "Gateway", "metadata": {"namespace": "edge", "name": name}, "spec": {}});
        let status = |name: &str| GatewayStatus {
            namespace: "edge".to_owned(),
            name: name.to_owned(),
            generation: 0,
            conditions: Vec::new(),
            listeners: Vec::new(),
        };
        let gateways = vec![status("a"), status("b")];
        let judged = Judged::new(&Basis::default(), &Documents::default(), (gateways, &[], &[]), (&[], &[]));
        let mut writer = Writer {
            cluster: &cluster,
            class,
            clock: &clock,
            paces: BTreeMap::new(),
            refused: BTreeSet::new(),
        };
        let pause = writer.round(&view(&[door("a"), door("b")]), &judged, &Versions::NotAsked).await;
        assert_eq!((pause, writer.paces.len()), (SOON * 5, 1), "one was tried");
    }

    #[test]
    fn times_have_no_fractions() {
        assert_eq!(seconds("2026-01-01T00:00:00.000001Z"), "2026-01-01T00:00:00Z");
    }
}
