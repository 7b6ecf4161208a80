//! How objects are followed: times and bounds.

use std::time::Duration;

/// How objects are followed. The defaults are good for clusters; tests make the times shorter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowOptions {
    /// How long the server is asked to keep one watch, up to a quarter more by chance, so that not all end at once.
    pub watch_for: Duration,
    /// How much longer than that a watch may say nothing, before it is taken for lost.
    pub grace: Duration,
    /// How long an answer may take to begin, and a page to come.
    pub answer_within: Duration,
    /// The pause before the first further try; each one is twice as long as that before, a random part less.
    pub first_pause: Duration,
    /// The longest pause between two tries.
    pub longest_pause: Duration,
    /// How many objects a page of a list has.
    pub page: u32,
    /// How many objects are kept; further ones are left out, and told of by [`Snapshot::left_out`](crate::Snapshot).
    pub objects: usize,
    /// How many bytes an object may have as JSON; a larger one is left out. API servers refuse those over 1.5 MiB.
    pub object_bytes: usize,
}

impl Default for FollowOptions {
    fn default() -> Self {
        Self {
            watch_for: Duration::from_secs(240),
            grace: Duration::from_secs(10),
            answer_within: Duration::from_secs(30),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
            page: 250,
            objects: 50_000,
            object_bytes: 2 << 20,
        }
    }
}

impl FollowOptions {
    /// The most bytes of one page. Objects are small as a rule: a page of nothing but large ones is too much.
    pub(crate) fn page_bytes(&self) -> usize {
        self.object_bytes.saturating_mul(32)
    }

    /// The most bytes of one line of a watch: an object, and what stands around it.
    pub(crate) fn line_bytes(&self) -> usize {
        self.object_bytes.saturating_mul(2).saturating_add(1024)
    }
}
