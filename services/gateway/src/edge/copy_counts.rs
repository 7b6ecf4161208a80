//! What became of copies, by the backend that they were for.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use tradewind_data_plane::{CopyCounts, CopyLost};
use tradewind_routing::BackendId;

/// The counts of all threads. There are as many as there are backends in documents, whatever clients send.
#[derive(Debug, Default)]
pub(crate) struct Copies(Mutex<BTreeMap<BackendId, Arc<CopyCounts>>>);

impl Copies {
    /// The counts of a backend. They stay when documents change: what was counted has happened.
    pub(crate) fn counts(&self, backend: &BackendId) -> Arc<CopyCounts> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(backend.clone()).or_default().clone()
    }

    /// Appends them as a family of OpenMetrics; backends that get no copies are left out.
    pub(crate) fn write(&self, text: &mut String) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        text.push_str("# HELP gateway_copies Copies of requests, by what became of them.\n");
        text.push_str("# TYPE gateway_copies counter\n");
        for (backend, counts) in &*all {
            let lost = CopyLost::ALL.into_iter().map(|why| (why.name(), counts.count_lost(why)));
            let outcomes = std::iter::once(("carried", counts.count_carried())).chain(lost);
            for (outcome, count) in outcomes.filter(|(_, count)| *count > 0) {
                let labels = format_args!("backend=\"{backend}\",outcome=\"{outcome}\"");
                // Writing into memory does not fail.
                writeln!(text, "gateway_copies_total{{{labels}}} {count}").unwrap_or_default();
            }
        }
    }
}
