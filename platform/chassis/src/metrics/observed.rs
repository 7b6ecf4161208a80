//! Values that are kept elsewhere and read at each scrape.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::naming;
use super::table::{Pairs, Sample, Source};

/// A value read at scrape time: a number, or nothing, which leaves the sample out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading(Option<Number>);

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

impl Reading {
    pub(super) fn number(self) -> Option<Number> {
        self.0
    }
}

impl From<u64> for Reading {
    fn from(value: u64) -> Self {
        Self(Some(Number::Unsigned(value)))
    }
}

impl From<usize> for Reading {
    fn from(value: usize) -> Self {
        Self::from(u64::try_from(value).unwrap_or(u64::MAX))
    }
}

impl From<i64> for Reading {
    fn from(value: i64) -> Self {
        Self(Some(Number::Signed(value)))
    }
}

impl From<f64> for Reading {
    fn from(value: f64) -> Self {
        Self(Some(Number::Float(value)))
    }
}

/// In seconds.
impl From<Duration> for Reading {
    fn from(value: Duration) -> Self {
        Self::from(value.as_secs_f64())
    }
}

/// `None` leaves the sample out.
impl<T: Into<Self>> From<Option<T>> for Reading {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self(None), Into::into)
    }
}

/// Reads one value.
pub(super) type Reader = Arc<dyn Fn() -> Reading + Send + Sync>;

/// The readers of one family.
#[derive(Default)]
pub(super) struct Observed {
    readers: Mutex<BTreeMap<Pairs, Reader>>,
}

impl Observed {
    pub(super) fn add(&self, name: &'static str, labels: Pairs, limit: usize, reader: Reader) {
        naming::insist(naming::check_labels(name, &labels));
        let full = {
            let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
            let full = readers.len() >= limit && !readers.contains_key(&labels);
            if !full {
                readers.insert(labels, reader);
            }
            full
        };
        // Readings cannot be added up as "other": what a sum of them means is not known here.
        if full {
            tracing::warn!(metric = name, limit, "too many label sets: this one is left out");
        }
    }
}

impl Source for Observed {
    fn samples(&self) -> Vec<(Pairs, Sample)> {
        // Copied, because a reader may itself observe something.
        let readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let samples = readers.into_iter();
        samples.map(|(labels, read)| (labels, Sample::Reading(read()))).collect()
    }
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed").finish_non_exhaustive()
    }
}
