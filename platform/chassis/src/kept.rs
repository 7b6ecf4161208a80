//! What a service keeps in memory of its own work, and who is told of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tradewind_kernel::{Span, SpanRecorder};

use crate::instance::Environment;
use crate::metrics::{Kind, Metrics};
use crate::otlp::{Counts, Exporter};
use crate::telemetry::records::{LogRecord, SPAN_BOUNDS};
use crate::telemetry::ring::{Ring, Weigh};

/// The newest log lines and spans of a service.
pub(crate) struct Kept {
    pub(crate) logs: Arc<Ring<LogRecord>>,
    pub(crate) spans: Arc<Ring<Span>>,
}

impl Kept {
    pub(crate) fn new(service: &'static str, environment: &Environment) -> Self {
        let logs = environment.logs.ring(service, environment.tells_of_process);
        Self { logs, spans: Arc::new(Ring::new(SPAN_BOUNDS)) }
    }

    pub(crate) fn recorder(&self, service: &'static str) -> SpanRecorder {
        SpanRecorder::new(service, self.spans.clone())
    }

    /// Registers the metrics of what is kept, and makes the exporter if there is a collector.
    pub(crate) fn exporter(
        &self,
        service: &'static str,
        environment: &Environment,
        metrics: &Metrics,
    ) -> Result<Option<Exporter>, String> {
        observe_ring(metrics, "logs", &self.logs);
        observe_ring(metrics, "spans", &self.spans);
        let platform = &environment.platform;
        // The end of the service has other things to do with its time as well.
        let flush = platform.shutdown.deadline / 4;
        let source = (&environment.clock, &environment.entropy);
        let exporter = Exporter::new(service, &platform.telemetry, self.spans.clone(), flush, source)?;
        if let Some(exporter) = &exporter {
            observe_export(metrics, exporter.counts());
        }
        Ok(exporter)
    }
}

fn observe_ring<T: Weigh + Send + Sync + 'static>(metrics: &Metrics, kind: &str, ring: &Arc<Ring<T>>) {
    let labels = [("kind", kind.to_owned())];
    let unsigned = |number: i64| u64::try_from(number).unwrap_or(0);
    let (all, dropped) = (ring.clone(), ring.clone());
    metrics.observe_with(
        "telemetry_records_total",
        "Log lines and spans that were kept for those who look on",
        Kind::Counter,
        &labels,
        move || unsigned(all.head()),
    );
    metrics.observe_with(
        "telemetry_records_dropped_total",
        "Of these, the ones that made room for newer ones",
        Kind::Counter,
        &labels,
        move || unsigned(dropped.dropped()),
    );
}

fn observe_export(metrics: &Metrics, counts: &Arc<Counts>) {
    type Count = fn(&Counts) -> &AtomicU64;
    let outcomes: [(&str, Count); 4] = [
        ("exported", |counts| &counts.exported),
        ("rejected", |counts| &counts.rejected),
        ("failed", |counts| &counts.failed),
        ("dropped", |counts| &counts.dropped),
    ];
    for (outcome, count) in outcomes {
        let counts = counts.clone();
        metrics.observe_with(
            "otlp_spans_total",
            "Spans for the collector, by what became of them",
            Kind::Counter,
            &[("outcome", outcome.to_owned())],
            move || count(&counts).load(Ordering::Relaxed),
        );
    }
}
