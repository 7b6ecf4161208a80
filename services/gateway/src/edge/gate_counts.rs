//! What gates have refused, and how they stand, over all threads.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tradewind_gateway_api::policy::retry::Priority;
use tradewind_routing::BackendId;

/// What is refused first stands first.
const PRIORITIES: [(Priority, &str); 3] =
    [(Priority::Sheddable, "sheddable"), (Priority::Standard, "standard"), (Priority::Critical, "critical")];

/// Counts of one backend on one thread: nobody else writes to them.
#[derive(Debug, Default)]
pub(crate) struct GateCounts {
    shed: [AtomicU64; 3],
    limit: AtomicU32,
    in_flight: AtomicU32,
}

/// The counts of all threads. There are as many as there are backends in documents, whatever clients send.
#[derive(Debug, Default)]
pub(crate) struct Gates(Mutex<BTreeMap<BackendId, Vec<Arc<GateCounts>>>>);

/// The sums over all threads.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Sums {
    shed: [u64; 3],
    limit: u64,
    in_flight: u64,
}

impl GateCounts {
    /// A request of this priority was refused.
    pub(crate) fn shed(&self, priority: Priority) {
        let counts = PRIORITIES.iter().zip(&self.shed);
        if let Some((_, count)) = counts.into_iter().find(|((known, _), _)| *known == priority) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The limit, and what is under way.
    pub(crate) fn show(&self, limit: u32, in_flight: u32) {
        self.limit.store(limit, Ordering::Relaxed);
        self.in_flight.store(in_flight, Ordering::Relaxed);
    }
}

impl Gates {
    /// Counts for one thread. They stay when documents change: what was counted has happened.
    pub(crate) fn counts(&self, backend: &BackendId) -> Arc<GateCounts> {
        let counts = Arc::new(GateCounts::default());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(backend.clone()).or_default().push(counts.clone());
        counts
    }

    fn sums(&self) -> Vec<(BackendId, Sums)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|(backend, threads)| (backend.clone(), Sums::of(threads))).collect()
    }

    /// Appends the counts as families of OpenMetrics.
    pub(crate) fn write(&self, text: &mut String) {
        let all = self.sums();
        let mut line = |line: std::fmt::Arguments<'_>| {
            // Writing into memory does not fail.
            text.write_fmt(line).unwrap_or_default();
            text.push('\n');
        };
        line(format_args!("# HELP gateway_shed Requests refused since their backend had enough to do."));
        line(format_args!("# TYPE gateway_shed counter"));
        for (backend, sums) in &all {
            for ((_, priority), count) in PRIORITIES.iter().zip(sums.shed) {
                let labels = format_args!("backend=\"{backend}\",priority=\"{priority}\"");
                line(format_args!("gateway_shed_total{{{labels}}} {count}"));
            }
        }
        line(format_args!("# HELP gateway_concurrency_limit Requests that may wait for a backend."));
        line(format_args!("# TYPE gateway_concurrency_limit gauge"));
        for (backend, sums) in &all {
            line(format_args!("gateway_concurrency_limit{{backend=\"{backend}\"}} {}", sums.limit));
        }
        line(format_args!("# HELP gateway_concurrency Requests that wait for a backend."));
        line(format_args!("# TYPE gateway_concurrency gauge"));
        for (backend, sums) in &all {
            line(format_args!("gateway_concurrency{{backend=\"{backend}\"}} {}", sums.in_flight));
        }
    }

    /// One line about a backend, for people; none where nobody has asked for it, or no limit holds.
    pub(crate) fn line(&self, backend: &BackendId) -> Option<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Sums { shed, limit, in_flight } = Sums::of(all.get(backend)?);
        let [sheddable, standard, critical] = shed;
        let any = limit > 0 || shed.iter().any(|count| *count > 0);
        any.then(|| {
            format!(
                "limit {limit}, {in_flight} under way; refused: {sheddable} sheddable, {standard} standard, \
                 {critical} critical"
            )
        })
    }
}

impl Sums {
    fn of(threads: &[Arc<GateCounts>]) -> Self {
        let mut sums = Self::default();
        for counts in threads {
            for (sum, count) in sums.shed.iter_mut().zip(&counts.shed) {
                *sum += count.load(Ordering::Relaxed);
            }
            sums.limit += u64::from(counts.limit.load(Ordering::Relaxed));
            sums.in_flight += u64::from(counts.in_flight.load(Ordering::Relaxed));
        }
        sums
    }
}
