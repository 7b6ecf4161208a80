//! Follows the objects of a cluster.

use std::time::Duration;

use futures_util::future::{FutureExt, select_all};
use tradewind_kernel::Clock;
use tradewind_kubernetes::{Cluster, FollowState, Followed, Kind, Scope};

use crate::cluster::kinds::FOLLOWED;
use crate::cluster::options::Options;
use crate::cluster::trouble::by_reason;
use crate::cluster::view::View;

/// As long as further changes come within this time, they are taken together.
const QUIET: Duration = Duration::from_millis(50);

/// The longest that changes are taken together: a cluster in which something changes all the time is followed, too.
const LONGEST: Duration = Duration::from_millis(500);

/// All objects that are followed. Clones look at the same ones, and each remembers what it has seen.
#[derive(Clone)]
pub(crate) struct Follower(Vec<Part>);

/// The objects of one kind in one place.
#[derive(Clone)]
struct Part {
    kind: Kind,
    namespace: Option<String>,
    followed: Followed,
    has_ended: bool,
    /// How many objects were too much.
    left_out: usize,
}

/// Follows all kinds, each in the namespaces that options name.
pub(crate) fn follow(cluster: &Cluster, options: &Options) -> Follower {
    let mut parts = Vec::new();
    for kind in FOLLOWED {
        let places = options.places(&kind);
        let places = places.map_or(vec![None], |named| named.into_iter().map(Some).collect());
        for namespace in places {
            let namespace = namespace.map(str::to_owned);
            let scope = namespace.clone().map_or(Scope::Everywhere, Scope::Namespace);
            let followed = cluster.follow(&kind, scope);
            parts.push(Part { kind, namespace, followed, has_ended: false, left_out: 0 });
        }
    }
    Follower(parts)
}

impl Follower {
    /// All objects as they are known now.
    ///
    /// # Errors
    ///
    /// Which of the first lists is not there yet, and why.
    pub(crate) fn view(&mut self) -> Result<View, String> {
        let mut view = View::default();
        let mut missing = Vec::new();
        for part in &mut self.0 {
            match part.followed.latest() {
                Some(snapshot) => view.add(&part.kind, snapshot.objects().cloned()),
                None => missing.push(part.missing()),
            }
        }
        if missing.is_empty() { Ok(view) } else { Err(by_reason(&missing)) }
    }

    /// What is followed, and why it is not; none where it is.
    pub(super) fn troubles(&self) -> Vec<(String, Option<String>)> {
        let trouble = |part: &Part| match part.followed.state() {
            FollowState::Behind { trouble, .. } => Some(trouble),
            FollowState::Starting | FollowState::Following => None,
        };
        self.0.iter().map(|part| (part.called(), trouble(part))).collect()
    }

    /// The same; none where all is as it was when it was looked at last.
    pub(crate) fn other_view(&mut self) -> Option<View> {
        let has_news =
            |part: &mut Part| part.followed.changed().now_or_never().is_some_and(|news| news.is_ok());
        let is_other = self.0.iter_mut().any(has_news);
        is_other.then(|| self.view().ok()).flatten()
    }

    /// Waits until something has changed, and then for a moment without further changes. What has changed counts as
    /// seen.
    pub(crate) async fn changed(&mut self, clock: &Clock) {
        self.news().await;
        let begun = clock.monotonic();
        while clock.monotonic().saturating_sub(begun) < LONGEST {
            if clock.timeout(QUIET, self.news()).await.is_err() {
                return;
            }
        }
    }

    async fn news(&mut self) {
        let waiting: Vec<_> =
            self.0.iter_mut().filter(|part| !part.has_ended).map(|part| Box::pin(part.news())).collect();
        if waiting.is_empty() {
            return std::future::pending().await;
        }
        select_all(waiting).await;
    }
}

impl Part {
    /// Waits until its objects are others. Dropped, it loses nothing.
    async fn news(&mut self) {
        if self.followed.changed().await.is_err() {
            tracing::error!(kind = %self.kind, "objects are not followed any more; what is known stays in use");
            self.has_ended = true;
            return;
        }
        let left_out = self.followed.latest().map_or(0, |snapshot| snapshot.left_out().count());
        if left_out > self.left_out {
            tracing::error!(kind = %self.kind, left_out, "objects are too large or too many, and not served");
        }
        self.left_out = left_out;
    }

    /// What it is, and why there is nothing of it.
    fn missing(&self) -> (String, String) {
        let reason = match self.followed.state() {
            FollowState::Behind { trouble, .. } => trouble,
            FollowState::Starting | FollowState::Following => "no list yet".to_owned(),
        };
        (self.called(), reason)
    }

    fn called(&self) -> String {
        let at = self.namespace.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
        format!("{}{at}", self.kind.kind())
    }
}
