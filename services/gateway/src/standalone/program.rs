//! Start, serve, follow changes, drain.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::{FutureExt, join};
use tradewind_chassis::telemetry::{self, LogSettings};
use tradewind_data_plane::{Bound, Check, Checks, Edge, Listener, Server, ServerTls, Settings, Timers};
use tradewind_edge::session::SessionKey;
use tradewind_kernel::{Clock, Entropy};
use tradewind_process::{
    Occasion, Results, WRONG_SETTINGS, background, hand_on, inherit, tell_serving, until_stopped,
};

use crate::edge::{Fetches, GatewayEdge, Routes, Shared, Sink};
use crate::standalone::admin::Admin;
use crate::standalone::arguments::Arguments;
use crate::standalone::bounds::OfPorts;
use crate::standalone::certificates::OfPort;
use crate::standalone::loading::{Loaded, Loader, Look};

/// The name of the internal door's sockets.
const ADMIN: u16 = 0;

/// How often the folder is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Runs the gateway until it is asked to stop.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match serve(arguments) {
        Ok(code) => code,
        Err(reason) => {
            writeln!(std::io::stderr(), "tradewind-gateway: {reason}").unwrap_or_default();
            ExitCode::from(WRONG_SETTINGS)
        }
    }
}

/// What follows the documents.
struct Following {
    shared: Arc<Shared>,
    /// TLS of the ports that have it.
    secured: BTreeMap<u16, Option<ServerTls>>,
    /// Bounds of the ports that are open.
    bounds: OfPorts,
    settings: Settings,
    /// Why the routes in use stayed the last time; said once, however long it is so.
    refused: Option<String>,
    /// Checks of endpoints, which end with the program.
    checks: Checks,
}

fn serve(arguments: &Arguments) -> Result<ExitCode, String> {
    telemetry::init(&LogSettings::default()).map_err(|error| error.to_string())?;
    let fetches = Fetches::default();
    let (mut loader, loaded) = Loader::open(arguments, &fetches)?;
    let secured = tls(loaded.secured.unwrap_or_default());
    let settings = settings(arguments);
    let bounds = OfPorts::of(&loaded.routes.table, &settings);
    let listeners = listeners(arguments, &loaded.routes, (&secured, &bounds))?;
    if listeners.is_empty() {
        return Err("no listener can be opened; the log says why".to_owned());
    }
    let sink = Sink::open(&arguments.access_log)?;
    let threads = u32::try_from(settings.threads).unwrap_or(1);
    let checks = Checks::new(seed());
    let kept = (session_key(arguments)?, checks.verdicts());
    let shared = Shared::new(loaded.routes, sink, kept, (seed(), threads));
    let mut following =
        Following { shared: shared.clone(), secured, bounds, settings, refused: None, checks };
    following.check(crate::edge::checks(&shared.routes(), &shared));
    let is_draining = Arc::new(AtomicBool::new(false));
    // The internal door goes by a name that no port has.
    let mut handed = if arguments.inherit { inherit()? } else { Vec::new() };
    let of_admin = handed.extract_if(.., |(name, _)| *name == ADMIN).collect();
    let admin = admin(arguments, of_admin, &shared, &is_draining)?;
    let is_secured: Vec<bool> = listeners.iter().map(|listener| listener.tls.is_some()).collect();
    let settings = following.settings.clone();
    let bound = Bound::adopt(listeners, handed, settings).map_err(|error| error.to_string())?;
    let addresses = bound.addresses().into_iter().zip(is_secured);
    let with_tls: Vec<SocketAddr> =
        addresses.filter(|(_, is_secured)| *is_secured).map(|(address, _)| address).collect();
    let edge: Arc<dyn Edge> = Arc::new(GatewayEdge(shared.clone()));
    let server = bound.serve(&edge, seed()).map_err(|error| error.to_string())?;
    tell_where(&server, admin.as_ref(), &with_tls);
    if arguments.inherit {
        tell_serving()?;
    }
    let in_use = shared.clone();
    let (asking, looks) = background("documents", move || loader.look(&shared))?;
    let keys = fetches.follow(Clock::system(), Entropy::system());
    let beside = join(keys, following.follow(looks)).map(drop);
    until_stopped(LOOK, beside, |occasion| {
        match occasion {
            Occasion::Upgrade => return upgrade(&server, admin.as_ref()),
            Occasion::Hangup => tracing::info!("the documents are read again"),
            Occasion::Time | Occasion::Reopen => {}
        }
        if matches!(occasion, Occasion::Reopen | Occasion::Hangup) {
            reopen(&in_use);
        }
        if occasion != Occasion::Reopen {
            asking.ask();
        }
        false
    })?;
    is_draining.store(true, Ordering::Release);
    // Nobody new is sent anywhere, and endpoints are spared questions.
    following.checks.stop();
    tracing::info!("stopping: requests under way are finished first");
    let dropped = server.drain();
    drop(admin);
    if dropped > 0 {
        tracing::warn!(dropped, "connections were dropped at the deadline");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Goes on in a new file where the one of the access log was renamed or taken away.
fn reopen(shared: &Shared) {
    let Some(sink) = &shared.sink else { return };
    match sink.reopen() {
        Ok(()) => tracing::info!("the access log was opened anew"),
        Err(reason) => tracing::error!(reason, "the access log goes on in the file that is open"),
    }
}

impl Following {
    /// Shows other certificates; connections that are there keep theirs. Other ports need another start.
    fn certify(&self, secured: BTreeMap<u16, OfPort>) {
        for (port, of_port) in secured {
            let Some(Some(tls)) = self.secured.get(&port) else {
                tracing::warn!(port, "a port that was not open at the start is opened at the next one");
                continue;
            };
            if let Err(reason) = tls.replace(of_port.certificates, of_port.clients.as_ref()) {
                tracing::error!(port, reason, "the certificates in use stay");
            }
        }
    }

    /// Puts to use what is found, in the order in which it is found, for as long as it is polled.
    async fn follow(&mut self, mut looks: Results<Look>) {
        while let Some(look) = looks.next().await {
            self.put_to_use(look);
        }
        tracing::error!("documents are not followed any more");
    }

    fn put_to_use(&mut self, look: Look) {
        match look.loaded {
            Ok(None) => self.refused = None,
            Ok(Some(Loaded { routes, secured, count: (routes_count, mistakes) })) => {
                self.certify(secured.unwrap_or_default());
                self.bounds.follow(&routes.table, &self.settings);
                self.shared.swap(routes);
                self.check(look.checks);
                self.refused = None;
                tracing::info!(routes = routes_count, mistakes, "other routes are in use");
            }
            Err(reason) if self.refused.as_ref() != Some(&reason) => {
                tracing::error!(reason, "the routes in use stay, since others cannot take their place");
                self.refused = Some(reason);
            }
            Err(_) => {}
        }
    }

    /// Has the endpoints checked that policies ask it for.
    fn check(&mut self, checks: Vec<Check>) {
        if let Err(error) = self.checks.set(checks) {
            tracing::error!(%error, "endpoints are not checked");
        }
    }
}

/// TLS of each port that asks for it; none of a port whose certificates cannot be used, which is not opened then: in
/// clear it must not be.
fn tls(secured: BTreeMap<u16, OfPort>) -> BTreeMap<u16, Option<ServerTls>> {
    let made = secured.into_iter().map(|(port, of_port)| {
        let tls = of_port.tls();
        if let Err(reason) = &tls {
            tracing::error!(port, reason, "a port with TLS is not opened");
        }
        (port, tls.ok())
    });
    made.collect()
}

/// A listener for each port that documents ask for.
fn listeners(
    arguments: &Arguments,
    routes: &Routes,
    (secured, bounds): (&BTreeMap<u16, Option<ServerTls>>, &OfPorts),
) -> Result<Vec<Listener>, String> {
    let is_open = |port: &u16| !matches!(secured.get(port), Some(None));
    routes
        .table
        .ports()
        .filter(is_open)
        .map(|port| {
            let shifted = u16::try_from(i32::from(port) + arguments.port_offset);
            let shifted = shifted.map_err(|_| format!("--port-offset: {port} cannot be moved so far"))?;
            let mut listener = Listener::plain(SocketAddr::new(arguments.bind, shifted));
            listener.port = Some(port);
            listener.tls = secured.get(&port).cloned().flatten();
            listener.bounds = bounds.get(port);
            Ok(listener)
        })
        .collect()
}

/// The fewest bytes of a secret that nobody guesses.
const SECRET: usize = 16;

fn session_key(arguments: &Arguments) -> Result<SessionKey, String> {
    let Some(path) = &arguments.session_key else { return Ok(SessionKey::new(&[])) };
    let secret = std::fs::read(path).map_err(|error| format!("--session-key {}: {error}", path.display()))?;
    let secret = secret.trim_ascii();
    if secret.len() < SECRET {
        return Err(format!("--session-key {}: a secret has {SECRET} bytes at least", path.display()));
    }
    Ok(SessionKey::new(secret))
}

fn settings(arguments: &Arguments) -> Settings {
    let mut settings = Settings::default();
    if let Some(threads) = arguments.threads {
        settings.threads = usize::from(threads);
    }
    // Each port has bounds of its own, over all threads.
    (settings.limits.connections, settings.limits.connections_of_client) = (usize::MAX, usize::MAX);
    settings.timers = Timers { drain: Duration::from_secs(arguments.drain), ..settings.timers };
    settings
}

/// Lets another process of the program take over; true once it serves.
fn upgrade(server: &Server, admin: Option<&Server>) -> bool {
    tracing::info!("the program is started anew, and gets the sockets");
    let sockets = server.sockets().into_iter().chain(admin.into_iter().flat_map(Server::sockets));
    match hand_on(&sockets.collect::<Vec<_>>()) {
        Ok(()) => true,
        Err(reason) => {
            tracing::error!(reason, "the program goes on as it is");
            false
        }
    }
}

fn admin(
    arguments: &Arguments,
    handed: Vec<(u16, TcpListener)>,
    shared: &Arc<Shared>,
    is_draining: &Arc<AtomicBool>,
) -> Result<Option<Server>, String> {
    let Some(address) = arguments.admin else { return Ok(None) };
    let settings = Settings { threads: 1, ..Settings::default() };
    let listener = Listener { port: Some(ADMIN), ..Listener::plain(address) };
    let bound = Bound::adopt(vec![listener], handed, settings).map_err(|error| error.to_string())?;
    let edge = Admin { shared: shared.clone(), is_draining: is_draining.clone() };
    bound.serve(&(Arc::new(edge) as Arc<dyn Edge>), seed()).map(Some).map_err(|error| error.to_string())
}

fn seed() -> u64 {
    let mut bytes = [0; 8];
    Entropy::system().fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

/// One line for each door, for people and scripts that started the process.
fn tell_where(server: &Server, admin: Option<&Server>, secured: &[SocketAddr]) {
    let mut out = std::io::stdout().lock();
    for address in server.addresses() {
        let scheme = if secured.contains(address) { "https" } else { "http" };
        writeln!(out, "gateway: listening at {scheme}://{address}").unwrap_or_default();
    }
    for address in admin.into_iter().flat_map(Server::addresses) {
        writeln!(out, "gateway: internal door at http://{address}").unwrap_or_default();
    }
    writeln!(out, "gateway: ready").unwrap_or_default();
    out.flush().unwrap_or_default();
}
