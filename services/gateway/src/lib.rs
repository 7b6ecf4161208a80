//! The only public door.

mod admit;
mod cluster;
mod config;
mod cors;
pub mod domain;
mod edge;
mod error;
mod forward;
mod guard;
mod http;
mod mirror;
mod mutants;
mod policies;
mod routes;
mod source;
mod standalone;
mod state;
mod steps;

use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use tradewind_chassis::http::Routes;
use tradewind_chassis::{Definition, Init, Service};
use tradewind_routing::BackendId;

use crate::config::Settings;
use crate::domain::places::Places;
use crate::policies::{Lasting, Policies};
use crate::routes::{Live, PORT, gather, peer_name};
use crate::source::{Read, Source};
use crate::state::Gateway;

/// Copies of requests under way at a time; what comes beyond is not copied.
const MOST_COPIES: usize = 100;

/// Answers that are compressed at a time: each takes up to 1 MiB. Further ones go on as they are.
const MOST_COMPRESSED: usize = 64;

/// The name of the service.
pub const SERVICE: &str = "gateway";

pub use mutants::MUTANTS;

/// The process: the service in a fleet, or with `--routes` or `--kubernetes` the gateway on its own, before any HTTP
/// services.
#[must_use]
pub fn run() -> std::process::ExitCode {
    match standalone::asked_for() {
        Some(arguments) => standalone::run(&arguments),
        None => tradewind_process::run(service()),
    }
}

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    let built_in = source::built_in();
    let named = built_in.as_ref().map(|files| routes::backends(files)).unwrap_or_default();
    let start = move |init: &mut Init<Settings>| start(init, &built_in?);
    let definition = Definition::new(SERVICE, "The only public door: routes requests to services.", start);
    let calling = named.iter().fold(definition, |definition, peer| definition.calls(peer));
    calling
        .data_plane(PORT, http::edge(), guard::factory())
        .internal(8180, Routes::new())
        .self_paced_job("routes", Duration::from_secs(1), |gateway: Arc<Gateway>| async move {
            gateway.look().await
        })
        .problems(error::KINDS)
        .build()
}

fn start(init: &mut Init<Settings>, built_in: &[Arc<Read>]) -> Result<Gateway, String> {
    let source =
        Source::new(init.settings.routes.as_deref(), init.settings.more_routes.as_deref(), built_in)?;
    let (files, _) = source.read()?;
    // Whether there is such a service is for the phone book to say: the start stops without it, so that a fleet that is
    // put together wrongly is noticed at once.
    let gathered = gather(&files, &|_: &BackendId| true)?;
    gathered.tell();
    let peers = gathered.reached().into_iter().map(|backend| {
        let peer = init.peer(&peer_name(&backend));
        (backend, peer)
    });
    let peers = peers.collect();
    let table = gathered.built.table;
    let lasting = Arc::new(Lasting::new(init.clock.clone(), &init.entropy.fork("policies")));
    let policies = Policies::new(&lasting, (&table, PORT), None);
    if source.has_folders() {
        init.consume(lasting.fetches.clone().follow(init.clock.clone(), init.entropy.fork("keys")));
    }
    let counter = |name, help| init.metrics.counter(name, help);
    Ok(Gateway {
        swapped: counter("gateway_route_changes_total", "Changes of route documents that were put to use"),
        kept: counter(
            "gateway_route_changes_refused_total",
            "Changes of route documents that were not put to use",
        ),
        refused: Mutex::default(),
        refusals: init
            .metrics
            .counter_family("gateway_policy_refusals_total", "Requests that a policy refused, by the reason"),
        live: RwLock::new(Arc::new(Live { table, peers, policies })),
        copies: Places::new(MOST_COPIES),
        compressed: Places::new(MOST_COMPRESSED),
        lasting,
        source: Arc::new(source),
        directory: init.directory(),
        blocking: init.blocking(1, 1),
    })
}
