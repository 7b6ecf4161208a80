//! The ports that are open, and how they follow the documents while the gateway serves.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use tradewind_data_plane::{Listener, ListenerBounds, Server, ServerTls, Settings};
use tradewind_routing::Table;

use crate::standalone::arguments::Arguments;
use crate::standalone::bounds::bounds;
use crate::standalone::certificates::OfPort;

/// The ports that are open, by the numbers that documents have for them.
pub(crate) struct Ports {
    bind: IpAddr,
    offset: i32,
    settings: Settings,
    open: BTreeMap<u16, Open>,
    /// Those that are to be open, and TLS of those on which it ends.
    wanted: BTreeMap<u16, Option<ServerTls>>,
    /// Why ports that documents ask for are not open.
    closed: BTreeMap<u16, Closed>,
}

/// A port that is open.
struct Open {
    tls: Option<ServerTls>,
    bounds: ListenerBounds,
}

/// Why a port is not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Closed {
    /// Its certificates cannot be used.
    Certificates(String),
    /// The system does not give it.
    Unavailable(String),
}

impl Ports {
    pub(crate) fn new(arguments: &Arguments, settings: &Settings) -> Self {
        Self {
            bind: arguments.bind,
            offset: arguments.port_offset,
            settings: settings.clone(),
            open: BTreeMap::new(),
            wanted: BTreeMap::new(),
            closed: BTreeMap::new(),
        }
    }

    /// The listeners that are open from the start on.
    ///
    /// # Errors
    ///
    /// The offset leads to no port.
    pub(crate) fn begin(
        &mut self,
        table: &Table,
        secured: BTreeMap<u16, OfPort>,
    ) -> Result<Vec<Listener>, String> {
        self.want(table, secured);
        let mut listeners = Vec::new();
        for (port, tls) in self.wanted.clone() {
            let listener = self.listener(port, tls, table)?;
            self.note(port, &listener);
            listeners.push(listener);
        }
        Ok(listeners)
    }

    /// Closes what other documents ask for no longer, or in another way, and shows other certificates. Before their
    /// routes are in use, so that nobody finds them by a door that is not theirs.
    /// Without certificates, what is to be open is what was.
    pub(crate) fn close(
        &mut self,
        server: &mut Server,
        table: &Table,
        secured: Option<BTreeMap<u16, OfPort>>,
    ) {
        if let Some(secured) = secured {
            self.want(table, secured);
        }
        let Self { open, wanted, settings, .. } = self;
        open.retain(|port, open| {
            // One that has TLS and one in clear are two.
            let stays = wanted.get(port).is_some_and(|tls| tls.is_some() == open.tls.is_some());
            if stays {
                open.bounds.replace(bounds(table.listener_policy(*port), settings));
            } else {
                tracing::info!(port, "a listener is closed; requests under way are finished");
                server.close(*port);
            }
            stays
        });
    }

    /// Opens what is to be open and is not; says whether anything is otherwise than before. What cannot be opened is told
    /// once, and tried again the next time.
    pub(crate) fn open(&mut self, server: &mut Server, table: &Table) -> bool {
        let is_missing = |(port, _): &(u16, Option<ServerTls>)| !self.open.contains_key(port);
        let missing: Vec<_> = self.wanted.clone().into_iter().filter(is_missing).collect();
        let mut is_other = false;
        for (port, tls) in missing {
            let opened = self.listener(port, tls, table).and_then(|listener| {
                let address = server.open(listener.clone()).map_err(|error| error.to_string())?;
                Ok((listener, address))
            });
            match opened {
                Ok((listener, address)) => {
                    tracing::info!(port, %address, "a listener is opened");
                    self.note(port, &listener);
                    self.closed.remove(&port);
                    is_other = true;
                }
                Err(reason) => {
                    let closed = Closed::Unavailable(reason);
                    if self.closed.get(&port) != Some(&closed) {
                        tracing::error!(port, ?closed, "a listener cannot be opened; it is tried again");
                        self.closed.insert(port, closed);
                        is_other = true;
                    }
                }
            }
        }
        is_other
    }

    /// Why ports that documents ask for are not open.
    pub(crate) fn closed(&self) -> &BTreeMap<u16, Closed> {
        &self.closed
    }

    fn note(&mut self, port: u16, listener: &Listener) {
        if let Some(bounds) = listener.bounds.clone() {
            self.open.insert(port, Open { tls: listener.tls.clone(), bounds });
        }
    }

    fn listener(&self, port: u16, tls: Option<ServerTls>, table: &Table) -> Result<Listener, String> {
        let shifted = u16::try_from(i32::from(port) + self.offset);
        let shifted = shifted.map_err(|_| format!("--port-offset: {port} cannot be moved so far"))?;
        let mut listener = Listener::plain(SocketAddr::new(self.bind, shifted));
        listener.port = Some(port);
        listener.tls = tls;
        listener.bounds = Some(ListenerBounds::new(bounds(table.listener_policy(port), &self.settings)));
        Ok(listener)
    }

    /// Finds out what is to be open.
    fn want(&mut self, table: &Table, mut secured: BTreeMap<u16, OfPort>) {
        self.wanted.clear();
        let unavailable = |closed: &Closed| matches!(closed, Closed::Unavailable(_));
        self.closed.retain(|port, closed| unavailable(closed) && table.ports().any(|asked| asked == *port));
        for port in table.ports() {
            let current = self.open.get(&port).and_then(|open| open.tls.clone());
            match tls(port, current, secured.remove(&port)) {
                Ok(tls) => {
                    self.wanted.insert(port, tls);
                }
                // In clear it must not be; but what only passes through needs no certificate.
                Err(reason) if table.is_by_name(port) => {
                    tracing::error!(port, reason, "of a port only what passes through is served");
                    self.wanted.insert(port, None);
                }
                Err(reason) => {
                    tracing::error!(port, reason, "a port with TLS is not opened");
                    self.closed.insert(port, Closed::Certificates(reason));
                }
            }
        }
    }
}

/// TLS of a port: other certificates where it is there already, which connections that are there do not notice.
fn tls(port: u16, current: Option<ServerTls>, of_port: Option<OfPort>) -> Result<Option<ServerTls>, String> {
    let Some(of_port) = of_port else { return Ok(None) };
    let Some(tls) = current else { return of_port.tls().map(Some) };
    if let Err(reason) = tls.replace(of_port.certificates, of_port.clients.as_ref()) {
        tracing::error!(port, reason, "the certificates in use stay");
    }
    Ok(Some(tls))
}
