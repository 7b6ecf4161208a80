//! A rule of the table, made ready for one thread.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use tradewind_data_plane::{Cluster, CopyCounts, HeaderEdits};
use tradewind_routing::{Backend, BackendId, Rule, Step, Target};

use crate::domain::share;
use crate::edge::connection_counts::ConnectionCounts;
use crate::edge::counts::{Counts, Labels};
use crate::edge::gate::{Gate, Place};
use crate::edge::guarding::Guarding;
use crate::edge::headers::edits;

/// A match of the table.
pub(crate) struct Entry {
    pub(crate) rule: Rc<Compiled>,
    pub(crate) counts: Arc<Counts>,
    pub(crate) labels: Labels,
}

/// What a decision leaves behind until all is done.
pub(crate) struct Mark {
    pub(crate) entry: Rc<Entry>,
    /// Below the limit of the backend, where there is one.
    pub(crate) place: Option<Place>,
}

impl Mark {
    /// Of a request that no backend answers.
    pub(crate) fn of(entry: &Rc<Entry>) -> Rc<dyn Any> {
        Rc::new(Self { entry: entry.clone(), place: None })
    }

    pub(crate) fn in_any(mark: &Rc<dyn Any>) -> Option<&Self> {
        mark.downcast_ref()
    }
}

/// A way to a backend.
#[derive(Clone)]
pub(crate) struct Leads {
    pub(crate) cluster: Rc<Cluster>,
    /// None where a policy wants no limit.
    pub(crate) gate: Option<Rc<Gate>>,
    /// What became of copies that it got.
    pub(crate) copies: Arc<CopyCounts>,
}

/// A rule with what it leads to.
pub(crate) struct Compiled {
    pub(crate) rule: Arc<Rule>,
    pub(crate) backends: Vec<Leading>,
    pub(crate) weights: u64,
    pub(crate) steps: Vec<Taken>,
    pub(crate) guarding: Rc<Guarding>,
}

/// A rule for connections, and what is counted of it.
pub(crate) struct Named {
    pub(crate) rule: Rc<Compiled>,
    pub(crate) route: String,
    pub(crate) name: String,
    pub(crate) counts: Arc<ConnectionCounts>,
}

/// One of the backends.
pub(crate) struct Leading {
    pub(crate) weight: u64,
    /// None where the reference is broken.
    pub(crate) leads: Option<Leads>,
    /// Why it is, for the operator.
    pub(crate) broken: String,
    pub(crate) steps: Vec<Taken>,
}

/// A step, made ready. Those that need the request are looked up in the rule.
pub(crate) enum Taken {
    Request(Arc<HeaderEdits>),
    Response(Arc<HeaderEdits>),
    Other(Step),
}

/// Finds the way to a backend.
pub(crate) type Find<'a> = &'a mut dyn FnMut(&BackendId) -> Leads;

impl Compiled {
    pub(crate) fn new(rule: &Arc<Rule>, guarding: Rc<Guarding>, find: Find<'_>) -> Self {
        let backends: Vec<Leading> =
            rule.backends.iter().map(|backend| Leading::new(backend, find)).collect();
        Self {
            rule: rule.clone(),
            weights: backends.iter().map(|backend| backend.weight).sum(),
            backends,
            steps: rule.steps.iter().map(taken).collect(),
            guarding,
        }
    }
}

impl Compiled {
    /// One of the backends, by its weight; none where all weights are zero.
    /// `below` draws a number below another one.
    pub(crate) fn chosen(&self, below: impl FnOnce(u64) -> u64) -> Option<&Leading> {
        let weights = || self.backends.iter().map(|backend| backend.weight as u32);
        let index = match self.weights {
            0 => None,
            sum if self.backends.len() == 1 => share::fallen_on(weights(), sum - 1),
            sum => share::fallen_on(weights(), below(sum)),
        };
        self.backends.get(index?)
    }
}

impl Named {
    pub(crate) fn new(
        rule: Rc<Compiled>,
        counts: impl FnOnce(&str, &str) -> Arc<ConnectionCounts>,
    ) -> Rc<Self> {
        let of: &Rule = &rule.rule;
        let (route, name) = (of.route.to_string(), of.name.clone().unwrap_or_else(|| of.number.to_string()));
        let counts = counts(&route, &name);
        Rc::new(Self { rule, route, name, counts })
    }
}

impl Leading {
    fn new(backend: &Backend, find: Find<'_>) -> Self {
        let (leads, broken) = match &backend.target {
            Target::Service(id) => (Some(find(id)), String::new()),
            Target::Broken { reason } => (None, reason.clone()),
        };
        Self {
            weight: u64::from(backend.weight),
            leads,
            broken,
            steps: backend.steps.iter().map(taken).collect(),
        }
    }
}

fn taken(step: &Step) -> Taken {
    match step {
        Step::RequestHeaders(changes) => Taken::Request(edits(changes)),
        Step::ResponseHeaders(changes) => Taken::Response(edits(changes)),
        other => Taken::Other(other.clone()),
    }
}
