//! The internal door: health, metrics, and what is in use.

use std::any::Any;
use std::fmt::Write;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{HeaderValue, header};
use tradewind_data_plane::{Answer, Decision, Edge, EdgeThread, Outcome, Request};
use tradewind_edge::health::Health;
use tradewind_routing::Target;

use crate::cluster::Link;
use crate::edge::{Routes, Shared};
use crate::error::NO_ROUTE;
use tradewind_problem::METHOD_NOT_ALLOWED;

/// Answers on the internal door.
#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) shared: Arc<Shared>,
    pub(crate) is_draining: Arc<AtomicBool>,
    /// The cluster whose objects are followed.
    pub(crate) link: Option<Arc<Link>>,
}

impl Admin {
    /// Whether requests are taken; why not.
    fn ready(&self) -> Answer {
        let waiting = || self.link.as_ref().and_then(|link| link.waiting());
        let (status, said) = match self.is_draining.load(Ordering::Acquire) {
            true => (503, "draining\n".to_owned()),
            false => {
                waiting().map_or((200, "ok\n".to_owned()), |reason| (503, format!("waiting: {reason}\n")))
            }
        };
        text(status, "text/plain; charset=utf-8", said)
    }
}

impl Edge for Admin {
    fn thread(&self) -> Box<dyn EdgeThread> {
        Box::new(self.clone())
    }
}

impl EdgeThread for Admin {
    fn decide(&self, request: &Request<'_>) -> Decision {
        let is_read = matches!(request.method(), "GET" | "HEAD");
        let answer = match request.path() {
            _ if !is_read => Answer::problem(&METHOD_NOT_ALLOWED, "Only GET is answered here."),
            "/livez" | "/startupz" => text(200, "text/plain; charset=utf-8", "ok\n".to_owned()),
            "/readyz" => self.ready(),
            "/metrics" => {
                let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
                text(200, kind, self.shared.counts.text())
            }
            "/routes" => text(200, "text/plain; charset=utf-8", routes(&self.shared.routes())),
            "/status" => text(200, "application/json", self.shared.status()),
            "/backends" => text(200, "text/plain; charset=utf-8", backends(&self.shared)),
            "/" => text(200, "text/plain; charset=utf-8", INDEX.to_owned()),
            _ => Answer::problem(
                &NO_ROUTE,
                "There is /livez, /readyz, /metrics, /routes, /status and /backends.",
            ),
        };
        Decision::Answer(answer, None)
    }

    fn finished(&self, _: &Request<'_>, _: &Outcome, _: Option<&Rc<dyn Any>>) {}
}

const INDEX: &str = "/livez     whether the process runs\n\
                     /readyz    whether it takes requests\n\
                     /metrics   for Prometheus\n\
                     /routes    the rules in use\n\
                     /status    what came of each document, in JSON\n\
                     /backends  services, their endpoints and limits\n";

fn text(status: u16, kind: &'static str, body: String) -> Answer {
    Answer::new(status, "").header(header::CONTENT_TYPE, HeaderValue::from_static(kind)).body(body)
}

fn routes(routes: &Routes) -> String {
    let mut text = String::new();
    for rule in routes.table.rules() {
        let name = rule.name.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
        writeln!(text, "{} rule {}{name}", rule.route, rule.number).unwrap_or_default();
        for backend in &rule.backends {
            let target = match &backend.target {
                Target::Service(id) => id.to_string(),
                Target::Broken { reason } => format!("nowhere: {reason}"),
            };
            writeln!(text, "  to {target} weight {}", backend.weight).unwrap_or_default();
        }
    }
    text
}

fn backends(shared: &Shared) -> String {
    let mut text = String::new();
    for (backend, endpoints) in shared.routes().endpoints.iter() {
        let name = backend.to_string();
        let (found, alone) = (shared.verdicts.of(&name), shared.alone.of(&name));
        let shown = |address: &SocketAddr| {
            let health = found.get(address).map(|health| match health {
                Health::Unknown => "not checked yet".to_owned(),
                Health::Healthy => "healthy".to_owned(),
                Health::Unhealthy => "unhealthy".to_owned(),
            });
            let threads = shared.threads;
            let alone = alone.get(address).map(|count| format!("left alone by {count} of {threads} threads"));
            let spare = endpoints.helps_out(address).then(|| "helps out".to_owned());
            let state: Vec<String> = health.into_iter().chain(alone).chain(spare).collect();
            if state.is_empty() { address.to_string() } else { format!("{address} ({})", state.join(", ")) }
        };
        let shown: Vec<String> = endpoints.all().iter().map(shown).collect();
        let shown = if shown.is_empty() { "no endpoint".to_owned() } else { shown.join(" ") };
        writeln!(text, "{name} {shown}").unwrap_or_default();
        if let Some(line) = shared.counts.gates.line(backend) {
            writeln!(text, "  {line}").unwrap_or_default();
        }
    }
    text
}
