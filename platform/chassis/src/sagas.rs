//! The sagas of a service, on their way from its definition to their runners.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tradewind_client::BoxFuture;
use tradewind_saga::{Interference, Outline, RunnerOptions, Saga, Tally, WrongDefinition};

use crate::metrics::{Kind, Metrics};

/// Carries the instances of a saga on.
type Runs<S> = Box<dyn Fn(Arc<S>, RunnerOptions) -> BoxFuture<'static, ()> + Send + Sync>;

/// A saga whose data are hidden.
pub(crate) struct SagaPlan<S> {
    /// It and the older versions that it carries.
    pub(crate) outlines: Vec<Outline>,
    /// Why it cannot be run.
    pub(crate) wrong: Option<WrongDefinition>,
    pub(crate) run: Runs<S>,
}

impl<S: Send + Sync + 'static> SagaPlan<S> {
    pub(crate) fn new<D>(saga: Saga<S, D>) -> Self
    where
        D: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        let (outlines, wrong) = (saga.outlines(), saga.check().err());
        let saga = Arc::new(saga);
        let run = move |state: Arc<S>, options: RunnerOptions| -> BoxFuture<'static, ()> {
            Box::pin(tradewind_saga::run(saga.clone(), state, options))
        };
        Self { outlines, wrong, run: Box::new(run) }
    }

    /// Carries its instances on, over as many lives as there are.
    pub(crate) fn carry_on(self, state: Arc<S>, options: RunnerOptions) -> BoxFuture<'static, ()> {
        let Some(interference) = options.interference.clone() else { return (self.run)(state, options) };
        Box::pin(async move {
            for life in 0_u64.. {
                let holder = format!("{}/{life}", options.holder);
                let run = (self.run)(state.clone(), RunnerOptions { holder, ..options.clone() });
                tokio::select! {
                    biased;
                    () = interference.reborn() => {}
                    () = run => return,
                }
            }
        })
    }

    pub(crate) fn name(&self) -> &'static str {
        self.outlines.first().map_or("", |outline| outline.saga)
    }
}

/// What a test does to a saga of a service.
#[derive(Debug, Clone)]
pub(crate) struct Meddled {
    pub(crate) service: String,
    pub(crate) saga: String,
    pub(crate) interference: Arc<dyn Interference>,
}

/// Why the sagas of a service cannot be run, if they cannot.
pub(crate) fn refusal<S: Send + Sync + 'static>(sagas: &[SagaPlan<S>]) -> Option<String> {
    if let Some(wrong) = sagas.iter().find_map(|saga| saga.wrong.as_ref()) {
        return Some(wrong.to_string());
    }
    let twice =
        |(at, saga): (usize, &SagaPlan<S>)| sagas[..at].iter().any(|before| before.name() == saga.name());
    let name = sagas.iter().enumerate().find(|each| twice(*each)).map(|(_, saga)| saga.name())?;
    Some(format!("it has two sagas called {name}: carry an older version with `still`"))
}

/// Shows where the instances of a saga are.
pub(crate) fn observe(metrics: &Metrics, saga: &'static str, tally: &Arc<Tally>) {
    type Level = fn(&Tally) -> i64;
    let levels: [(&'static str, &'static str, Level); 4] = [
        ("saga_running", "Instances that go forward", Tally::running),
        ("saga_undoing", "Instances that are being undone", Tally::undoing),
        ("saga_stuck", "Instances whose attempts have failed for a while", Tally::stuck),
        ("saga_stranded", "Instances whose definition is not here", Tally::stranded),
    ];
    type Count = fn(&Tally) -> u64;
    let counts: [(&'static str, &'static str, Count); 3] = [
        ("saga_done_total", "Instances that ended with all steps done", Tally::done),
        ("saga_undone_total", "Instances that ended undone", Tally::undone),
        ("saga_setbacks_total", "Attempts that failed or were refused", Tally::failures),
    ];
    let labels = [("saga", saga.to_owned())];
    for (name, help, read) in levels {
        let tally = tally.clone();
        metrics.observe_with(name, help, Kind::Gauge, &labels, move || read(&tally));
    }
    for (name, help, read) in counts {
        let tally = tally.clone();
        metrics.observe_with(name, help, Kind::Counter, &labels, move || read(&tally));
    }
}
