//! What every internal door offers besides the service's own routes: health and metrics.

use std::collections::BTreeSet;
use std::sync::Arc;

use http::{Method, StatusCode};
use tradewind_client::{Handler, handler};
use tradewind_grpc::health::{CHECK, HealthCheckRequest, HealthCheckResponse, NOT_SERVING, SERVING};
use tradewind_problem::{NOT_FOUND, Problem, UNAVAILABLE};

use crate::health::{Health, Stage};
use crate::http::{Operation, Reply, Routes, operation};
use crate::metrics::{self, Metrics};

const PLAIN: &str = "text/plain; charset=utf-8";

/// Where a door says whether requests may be sent.
const READY: &str = "/readyz";

/// Health and metrics of a service.
pub(crate) struct Internals {
    pub(crate) health: Health,
    pub(crate) metrics: Metrics,
}

impl Internals {
    /// Lets a door tell balancers whether requests may be sent, besides what it is for. That is not recorded: nobody
    /// asks for anything.
    pub(crate) fn with_readiness(&self, inner: Handler) -> Handler {
        let health = self.health.clone();
        handler(move |request| {
            let asks = request.method() == Method::GET && request.uri().path() == READY;
            let answer = asks.then(|| readiness(health.stage()));
            let inner = inner.clone();
            async move {
                match answer {
                    None => inner(request).await,
                    Some(Ok(reply)) => reply.into_response(),
                    Some(Err(problem)) => problem.to_response().map(Into::into),
                }
            }
        })
    }

    pub(crate) fn add_to<S: Send + Sync + 'static>(&self, routes: Routes<S>) -> Routes<S> {
        let (ready, started, metrics) = (self.health.clone(), self.health.clone(), self.metrics.clone());
        routes
            .get("/livez", |_, _| async { Ok(status("alive")) })
            .describe(probe("Say whether the process is alive"))
            .get(READY, move |_, _| {
                let stage = ready.stage();
                async move { readiness(stage) }
            })
            .describe(probe("Say whether requests may be sent"))
            .get("/startupz", move |_, _| {
                let stage = started.stage();
                async move {
                    if stage == Stage::Starting {
                        Err(not_ready(stage))
                    } else {
                        Ok(status("started"))
                    }
                }
            })
            .describe(probe("Say whether the service has started"))
            .get("/metrics", move |_, _| {
                let text = metrics.render();
                async move { Ok(Reply::bytes(StatusCode::OK, metrics::MEDIA_TYPE, text)) }
            })
            .describe(operation("Show the metrics").answers_text(metrics::MEDIA_TYPE).open())
    }

    /// The health service of gRPC, beside gRPC methods.
    pub(crate) fn add_grpc_health_to<S: Send + Sync + 'static>(
        &self,
        routes: Routes<S>,
        service: &'static str,
    ) -> Routes<S> {
        let rpcs = routes.rpcs();
        if rpcs.is_empty() {
            return routes;
        }
        // `/package.Service/Method` is known by `package.Service`.
        let known =
            rpcs.iter().filter_map(|path| Some(path.strip_prefix('/')?.split_once('/')?.0.to_owned()));
        let known: Arc<BTreeSet<String>> =
            Arc::new(known.chain([String::new(), service.to_owned()]).collect());
        let health = self.health.clone();
        routes.rpc(CHECK, move |_, _, HealthCheckRequest { service }| {
            let is_known = known.contains(&service);
            let status = if health.is_ready() { SERVING } else { NOT_SERVING };
            async move {
                if is_known {
                    Ok(HealthCheckResponse { status })
                } else {
                    Err(Problem::new(&NOT_FOUND).detail("No service of this name answers at this door."))
                }
            }
        })
    }
}

fn readiness(stage: Stage) -> Result<Reply, Problem> {
    if stage == Stage::Ready { Ok(status("ready")) } else { Err(not_ready(stage)) }
}

fn probe(summary: &'static str) -> Operation {
    operation(summary).answers_text(PLAIN).open()
}

fn status(text: &'static str) -> Reply {
    Reply::bytes(StatusCode::OK, PLAIN, text)
}

fn not_ready(stage: Stage) -> Problem {
    let text = if stage == Stage::Starting { "The service is starting." } else { "The service is stopping." };
    Problem::new(&UNAVAILABLE).detail(text)
}
