//! The families of one instance by name, and how they are written.

use std::any::Any;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeCounterValue, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use super::handle::Distribution;
use super::naming;
use super::observed::{Number, Reading};

/// Label names with their values.
pub(super) type Pairs = Vec<(&'static str, Cow<'static, str>)>;

/// The kind of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Counter,
    Gauge,
    Histogram,
}

/// What one label set shows at a scrape.
#[derive(Debug)]
pub(super) enum Sample {
    Reading(Reading),
    Distribution(Distribution),
}

/// Something that can be asked for the samples of one family.
pub(super) trait Source: Any + fmt::Debug + Send + Sync {
    /// The samples, each label set once.
    fn samples(&self) -> Vec<(Pairs, Sample)>;
}

/// A single metric: the source of one sample without labels.
pub(super) trait Measure: fmt::Debug + Send + Sync + 'static {
    fn sample(&self) -> Sample;
}

impl<M: Measure> Source for M {
    fn samples(&self) -> Vec<(Pairs, Sample)> {
        vec![(Pairs::new(), self.sample())]
    }
}

/// The families of one instance, sorted, so that two runs of a simulation show the same text.
#[derive(Debug, Default)]
pub(super) struct Table {
    entries: Mutex<BTreeMap<&'static str, Entry>>,
}

#[derive(Debug, Clone)]
struct Entry {
    help: &'static str,
    shape: Shape,
    source: Arc<dyn Source>,
}

impl Table {
    /// The source registered under `name`, or the one that `make` gives.
    ///
    /// When the name is taken by something of another type, the caller gets a source that is never shown:
    /// a wrong name must not stop a service.
    pub(super) fn register<T: Source>(
        &self,
        name: &'static str,
        help: &'static str,
        shape: Shape,
        make: impl FnOnce() -> T,
    ) -> Arc<T> {
        naming::insist(naming::check(name, help, shape));
        let found = self.find_or_insert(naming::family(name, shape), help, shape, make);
        found.unwrap_or_else(|unused| {
            naming::insist(Err(format!("metric {name} is registered as something else")));
            Arc::new(unused())
        })
    }

    fn find_or_insert<T: Source, F: FnOnce() -> T>(
        &self,
        family: &'static str,
        help: &'static str,
        shape: Shape,
        make: F,
    ) -> Result<Arc<T>, F> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        match entries.entry(family) {
            Place::Occupied(place) => {
                let known = place.get();
                let source: Arc<dyn Any + Send + Sync> = Arc::clone(&known.source) as _;
                match source.downcast() {
                    Ok(source) if known.shape == shape => Ok(source),
                    _ => Err(make),
                }
            }
            Place::Vacant(place) => {
                let source = Arc::new(make());
                place.insert(Entry { help, shape, source: Arc::clone(&source) as _ });
                Ok(source)
            }
        }
    }

    /// A copy, because a reader may register a metric of its own.
    fn entries(&self) -> BTreeMap<&'static str, Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Collector for Table {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for (name, entry) in self.entries() {
            let samples: Vec<(Pairs, Sample)> =
                entry.source.samples().into_iter().filter(|(_, sample)| !sample.is_absent()).collect();
            if samples.is_empty() {
                continue;
            }
            let mut family = encoder.encode_descriptor(name, entry.help, None, entry.shape.into())?;
            for (labels, sample) in samples {
                sample.encode(entry.shape, family.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}

impl From<Shape> for MetricType {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::Counter => Self::Counter,
            Shape::Gauge => Self::Gauge,
            Shape::Histogram => Self::Histogram,
        }
    }
}

impl Sample {
    fn is_absent(&self) -> bool {
        matches!(self, Self::Reading(reading) if reading.number().is_none())
    }

    fn encode(&self, shape: Shape, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let number = match self {
            Self::Distribution(found) => {
                return encoder.encode_histogram::<NoLabelSet>(found.sum, found.count, &found.buckets, None);
            }
            Self::Reading(reading) => reading.number(),
        };
        // A counter below zero is no counter; `max` also turns what is not a number into zero.
        match (shape, number) {
            (_, None) => Ok(()),
            (Shape::Counter, Some(Number::Unsigned(value))) => encode_counter(&mut encoder, &value),
            (Shape::Counter, Some(Number::Signed(value))) => {
                encode_counter(&mut encoder, &u64::try_from(value).unwrap_or(0))
            }
            (Shape::Counter, Some(Number::Float(value))) => encode_counter(&mut encoder, &value.max(0.0)),
            (_, Some(Number::Unsigned(value))) => encoder.encode_gauge(&value),
            (_, Some(Number::Signed(value))) => encoder.encode_gauge(&value),
            (_, Some(Number::Float(value))) => encoder.encode_gauge(&value),
        }
    }
}

fn encode_counter<V>(encoder: &mut MetricEncoder<'_>, value: &V) -> fmt::Result
where
    V: EncodeCounterValue,
{
    encoder.encode_counter::<NoLabelSet, V, u64>(value, None)
}
