//! Services that routes name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::refer::Known;
use crate::rule::BackendId;

/// Services that routes name, and those of them that rules lead to.
#[derive(Debug, Default)]
pub(super) struct Services {
    /// How many routes name it, and whether it was there when they were read.
    named: BTreeMap<BackendId, (usize, bool)>,
    /// How many rules lead to it.
    led_to: BTreeMap<BackendId, usize>,
    /// Those that rules lead to, sorted.
    all: Arc<[BackendId]>,
    has_changed: bool,
}

impl Services {
    /// Those that are there and were not, and the other way round.
    pub(super) fn changed(&self, known: &dyn Known) -> BTreeSet<BackendId> {
        let is_other = |(id, (_, was_there)): &(&BackendId, &(usize, bool))| known.has(id) != *was_there;
        self.named.iter().filter(is_other).map(|(id, _)| id.clone()).collect()
    }

    pub(super) fn name(&mut self, id: &BackendId, known: &dyn Known) {
        let (count, was_there) = self.named.entry(id.clone()).or_default();
        if *count == 0 {
            *was_there = known.has(id);
        }
        *count += 1;
    }

    pub(super) fn name_no_more(&mut self, id: &BackendId) {
        let Some((count, _)) = self.named.get_mut(id) else { return };
        *count -= 1;
        if *count == 0 {
            self.named.remove(id);
        }
    }

    pub(super) fn lead_to(&mut self, id: &BackendId) {
        match self.led_to.get_mut(id) {
            Some(count) => *count += 1,
            None => {
                self.led_to.insert(id.clone(), 1);
                self.has_changed = true;
            }
        }
    }

    pub(super) fn lead_to_no_more(&mut self, id: &BackendId) {
        let Some(count) = self.led_to.get_mut(id) else { return };
        *count -= 1;
        if *count == 0 {
            self.led_to.remove(id);
            self.has_changed = true;
        }
    }

    /// Those that rules lead to, sorted.
    pub(super) fn all(&mut self) -> Arc<[BackendId]> {
        if std::mem::take(&mut self.has_changed) {
            let all: Arc<[BackendId]> = self.led_to.keys().cloned().collect();
            if all != self.all {
                self.all = all;
            }
        }
        self.all.clone()
    }
}
