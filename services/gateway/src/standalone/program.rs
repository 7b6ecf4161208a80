//! Start, serve, follow changes, drain.

use std::cell::RefCell;
use std::io::Write;
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::{FutureExt, OptionFuture, join3};
use tradewind_chassis::telemetry::{self, LogSettings};
use tradewind_data_plane::{Bound, Check, Checks, Edge, Listener, Server, Settings, Timers};
use tradewind_edge::session::SessionKey;
use tradewind_kernel::{Clock, Entropy};
use tradewind_process::{
    Occasion, Results, WRONG_SETTINGS, background, hand_on, inherit, tell_serving, until_stopped,
};

use crate::cluster::Link;
use crate::edge::{Fetches, GatewayEdge, Shared, Sink, Status};
use crate::standalone::admin::Admin;
use crate::standalone::arguments::Arguments;
use crate::standalone::loading::{Loaded, Loader, Look};
use crate::standalone::ports::Ports;
use crate::standalone::status::Statuses;

/// The name of the internal door's sockets, which no port has.
const ADMIN: u32 = 1 << 16;

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
    ports: Ports,
    statuses: Arc<Statuses>,
    /// Why the routes in use stayed the last time; said once, however long it is so.
    refused: Option<String>,
    /// Checks of endpoints, which end with the program.
    checks: Checks,
    /// The cluster whose objects the documents are.
    link: Option<Arc<Link>>,
}

fn serve(arguments: &Arguments) -> Result<ExitCode, String> {
    telemetry::init(&LogSettings::default()).map_err(|error| error.to_string())?;
    let fetches = Fetches::default();
    let link = arguments.cluster.kubernetes.then(|| Link::new(arguments.cluster.clone()));
    let (mut loader, loaded) = Loader::begin(arguments, &fetches, link.as_ref())?;
    let settings = settings(arguments);
    let mut ports = Ports::new(arguments, &settings);
    let listeners = ports.begin(&loaded.routes.table, loaded.secured.unwrap_or_default())?;
    if listeners.is_empty() && link.is_none() {
        return Err("no listener can be opened; the log says why".to_owned());
    }
    let sink = Sink::open(&arguments.access_log)?;
    let threads = u32::try_from(settings.threads).unwrap_or(1);
    let checks = Checks::new(seed());
    let kept = (session_key(arguments)?, checks.verdicts());
    let statuses = Arc::new(loaded.statuses);
    let shared = Shared::new(loaded.routes, sink, kept, (seed(), threads));
    let mut following =
        Following { shared: shared.clone(), ports, statuses, refused: None, checks, link: link.clone() };
    following.show();
    following.check(crate::edge::checks(&shared.routes(), &shared));
    let is_draining = Arc::new(AtomicBool::new(false));
    let (handed, of_admin) = handed(arguments)?;
    let admin = Admin { shared: shared.clone(), is_draining: is_draining.clone(), link: link.clone() };
    let admin = open_admin(arguments, of_admin, admin)?;
    let schemes: Vec<&str> = listeners.iter().map(|listener| scheme(listener, &shared)).collect();
    let bound = Bound::adopt(listeners, handed, settings).map_err(|error| error.to_string())?;
    let edge: Arc<dyn Edge> = Arc::new(GatewayEdge(shared.clone()));
    let server = bound.serve(&edge, seed()).map_err(|error| error.to_string())?;
    tell_where(&server, admin.as_ref(), &schemes, link.is_none());
    // Ports are opened and closed by what is found, between two occasions.
    let server = RefCell::new(server);
    if arguments.inherit {
        tell_serving()?;
    }
    let in_use = shared.clone();
    let (asking, looks) = background("documents", move || loader.look(&shared))?;
    let keys = fetches.follow(Clock::system(), Entropy::system());
    let ask = || asking.ask();
    let objects =
        OptionFuture::from(link.as_ref().map(|link| link.run(Clock::system(), Entropy::system(), ask)));
    let beside = join3(keys, following.follow(looks, &server), objects).map(drop);
    let leave = Duration::from_secs(arguments.leave_wait);
    until_stopped(LOOK, leave, beside, |occasion| {
        if occasion == Occasion::Upgrade && may_upgrade(&is_draining, link.is_some()) {
            return upgrade(&server.borrow(), admin.as_ref());
        }
        hear(occasion, &is_draining, leave);
        if matches!(occasion, Occasion::Reopen | Occasion::Hangup) {
            reopen(&in_use);
        }
        if occasion != Occasion::Reopen {
            asking.ask();
        }
        link.as_ref().is_some_and(|link| link.failed().is_some())
    })?;
    let failed = link.and_then(|link| link.failed());
    // Who was asked to end has not failed, whatever became of the cluster meanwhile.
    if let Some(reason) = failed.filter(|_| !is_draining.load(Ordering::Acquire)) {
        writeln!(std::io::stderr(), "tradewind-gateway: {reason}").unwrap_or_default();
        return Ok(ExitCode::FAILURE);
    }
    is_draining.store(true, Ordering::Release);
    // Nobody new is sent anywhere, and endpoints are spared questions.
    following.checks.stop();
    Ok(end(server.into_inner(), admin))
}

/// Says what an occasion means.
fn hear(occasion: Occasion, is_draining: &AtomicBool, leave: Duration) {
    match occasion {
        // Documents are followed until the end: an endpoint that goes meanwhile must not be asked.
        Occasion::Leave => {
            is_draining.store(true, Ordering::Release);
            let seconds = leave.as_secs();
            tracing::info!(seconds, "stopping: requests are taken for a while, until nobody sends any");
        }
        Occasion::Hangup => tracing::info!("the documents are read again"),
        Occasion::Time | Occasion::Reopen | Occasion::Upgrade => {}
    }
}

/// Whether another process of the program may take over.
fn may_upgrade(is_draining: &AtomicBool, is_in_cluster: bool) -> bool {
    if is_draining.load(Ordering::Acquire) {
        tracing::warn!("the program is about to end, and is not started anew");
        return false;
    }
    if is_in_cluster {
        tracing::warn!("in a cluster another pod takes the place of this one; the program goes on");
    }
    !is_in_cluster
}

/// Finishes requests under way; the internal door is there until then.
fn end(server: Server, admin: Option<Server>) -> ExitCode {
    tracing::info!("stopping: requests under way are finished first");
    let dropped = server.drain();
    drop(admin);
    if dropped > 0 {
        tracing::warn!(dropped, "connections were dropped at the deadline");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
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
    /// Puts to use what is found, in the order in which it is found, for as long as it is polled.
    async fn follow(&mut self, mut looks: Results<Look>, server: &RefCell<Server>) {
        while let Some(look) = looks.next().await {
            self.put_to_use(look, &mut server.borrow_mut());
        }
        tracing::error!("documents are not followed any more");
    }

    fn put_to_use(&mut self, look: Look, server: &mut Server) {
        match look.loaded {
            Ok(None) => {
                self.refused = None;
                if self.open(server) {
                    self.show();
                }
            }
            Ok(Some(Loaded { routes, secured, statuses, count: (routes_count, mistakes) })) => {
                self.ports.close(server, &routes.table, secured);
                self.statuses = Arc::new(statuses);
                self.shared.swap(routes);
                self.open(server);
                self.show();
                self.check(look.checks);
                self.refused = None;
                tracing::info!(routes = routes_count, mistakes, "other routes are in use");
                if self.link.as_ref().is_some_and(|link| link.serves()) {
                    tell_ready();
                }
            }
            Err(reason) if self.refused.as_ref() != Some(&reason) => {
                tracing::error!(reason, "the routes in use stay, since others cannot take their place");
                self.refused = Some(reason);
            }
            Err(_) => {}
        }
    }

    /// Opens what documents ask for and is not open; says whether anything is otherwise than before.
    fn open(&mut self, server: &mut Server) -> bool {
        self.ports.open(server, &self.shared.routes().table)
    }

    /// Shows what came of the documents: at the internal door, and in the cluster.
    fn show(&self) {
        let (statuses, closed) = (self.statuses.clone(), self.ports.closed().clone());
        if let (Some(link), Some(judged)) = (&self.link, statuses.judged(&closed)) {
            link.tell(judged);
        }
        self.shared.show(Status::new(move || statuses.json(&closed)));
    }

    /// Has the endpoints checked that policies ask it for.
    fn check(&mut self, checks: Vec<Check>) {
        if let Err(error) = self.checks.set(checks) {
            tracing::error!(%error, "endpoints are not checked");
        }
    }
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

/// Sockets by the port that a document gives them.
type Handed = Vec<(u16, TcpListener)>;

/// The sockets that the process before this one hands on: those of ports, and those of the internal door.
fn handed(arguments: &Arguments) -> Result<(Handed, Handed), String> {
    let (mut of_ports, mut of_admin) = (Vec::new(), Vec::new());
    for (name, socket) in if arguments.inherit { inherit()? } else { Vec::new() } {
        match u16::try_from(name) {
            Ok(port) => of_ports.push((port, socket)),
            Err(_) => of_admin.push((0, socket)),
        }
    }
    Ok((of_ports, of_admin))
}

/// Lets another process of the program take over; true once it serves.
fn upgrade(server: &Server, admin: Option<&Server>) -> bool {
    tracing::info!("the program is started anew, and gets the sockets");
    let of_ports = server.sockets().into_iter().map(|(port, socket)| (u32::from(port), socket));
    let of_admin = admin.into_iter().flat_map(Server::sockets).map(|(_, socket)| (ADMIN, socket));
    match hand_on(&of_ports.chain(of_admin).collect::<Vec<_>>()) {
        Ok(()) => true,
        Err(reason) => {
            tracing::error!(reason, "the program goes on as it is");
            false
        }
    }
}

fn open_admin(arguments: &Arguments, handed: Handed, edge: Admin) -> Result<Option<Server>, String> {
    let Some(address) = arguments.admin else { return Ok(None) };
    let settings = Settings { threads: 1, ..Settings::default() };
    let listener = Listener { port: Some(0), ..Listener::plain(address) };
    let bound = Bound::adopt(vec![listener], handed, settings).map_err(|error| error.to_string())?;
    bound.serve(&(Arc::new(edge) as Arc<dyn Edge>), seed()).map(Some).map_err(|error| error.to_string())
}

fn seed() -> u64 {
    let mut bytes = [0; 8];
    Entropy::system().fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

/// What is spoken at a listener.
fn scheme(listener: &Listener, shared: &Shared) -> &'static str {
    let is_secured = |port: u16| shared.routes().table.is_secured(port);
    match listener.tls {
        Some(_) => "https",
        None if listener.port.is_some_and(is_secured) => "tls",
        None => "http",
    }
}

/// One line for each door, for people and scripts that started the process.
fn tell_where(server: &Server, admin: Option<&Server>, schemes: &[&str], is_ready: bool) {
    let mut out = std::io::stdout().lock();
    for (address, scheme) in server.addresses().iter().zip(schemes) {
        writeln!(out, "gateway: listening at {scheme}://{address}").unwrap_or_default();
    }
    for address in admin.into_iter().flat_map(Server::addresses) {
        writeln!(out, "gateway: internal door at http://{address}").unwrap_or_default();
    }
    out.flush().unwrap_or_default();
    drop(out);
    if is_ready {
        tell_ready();
    }
}

/// That requests are taken.
fn tell_ready() {
    let mut out = std::io::stdout().lock();
    writeln!(out, "gateway: ready").unwrap_or_default();
    out.flush().unwrap_or_default();
}
