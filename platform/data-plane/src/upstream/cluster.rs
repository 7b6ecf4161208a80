//! The endpoints of one backend.

use std::cell::RefCell;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tradewind_edge::balance::{Picked, Places};

use crate::request::Request;
use crate::settings::BackendProtocol;
use crate::timer::{Moment, now};
use crate::tls::BackendTls;
use crate::upstream::affinity::{self, Affinity, BalanceBy, Persistence};
use crate::upstream::busy::Busy;
use crate::upstream::endpoint::Endpoint;
use crate::upstream::room::{Reached, Room, Share};
use crate::upstream::standing::{Belongs, Report, Standing};

/// How connections to a backend are made and kept.
#[derive(Debug, Clone)]
pub struct ClusterSettings {
    /// The version of HTTP that the endpoints speak. Default HTTP/1.1.
    pub protocol: BackendProtocol,
    /// How long a connection may take to be there. Default 2 s.
    pub connect: Duration,
    /// How long a connection is kept unused. Default 30 s, which is less than what servers keep one for.
    pub idle: Duration,
    /// Connections of HTTP/1 that each thread keeps unused for each endpoint. Default 512.
    pub most_idle: usize,
    /// Requests under way to one endpoint from each thread; further ones go to others, or are refused. Default 1,024.
    pub most_requests: u32,
    /// What there may be towards all endpoints from all threads, which share it. Default as much as comes.
    pub room: Option<Arc<Room>>,
    /// Failures in a row after which an endpoint is left alone for a while. Default 5.
    pub failures: u32,
    /// How long it is left alone the first time; each further time twice as long. Default 5 s.
    pub ejection: Duration,
    /// The longest time that it is left alone. Default 50 s.
    pub longest_ejection: Duration,
    /// At most so many of a hundred endpoints are left alone at a time; one always may, and one always stays. Default
    /// 50: where most fail the fault is elsewhere, and the rest would not bear it.
    pub most_ejected_percent: u32,
    /// For so long an endpoint that joins others gets less than its share. Default 10 s.
    pub slow_start: Duration,
    /// Threads that send to the backend, which share its attempts again. Default 1.
    pub threads: u32,
    /// Where the draws of this thread begin.
    pub seed: u64,
    /// What decides which endpoint gets a request. Default the load.
    pub balance: BalanceBy,
    /// Whether a client is kept at one endpoint. Default no.
    pub persistence: Option<Persistence>,
    /// TLS, where connections have it.
    pub tls: Option<BackendTls>,
}

impl Default for ClusterSettings {
    fn default() -> Self {
        Self {
            protocol: BackendProtocol::default(),
            connect: Duration::from_secs(2),
            idle: Duration::from_secs(30),
            most_idle: 512,
            most_requests: 1_024,
            room: None,
            failures: 5,
            ejection: Duration::from_secs(5),
            longest_ejection: Duration::from_secs(50),
            most_ejected_percent: 50,
            slow_start: Duration::from_secs(10),
            threads: 1,
            seed: 0x9e37_79b9_7f4a_7c15,
            balance: BalanceBy::default(),
            persistence: None,
            tls: None,
        }
    }
}

impl ClusterSettings {
    /// Whether requests of one client or key belong together.
    pub(crate) fn keeps_clients(&self) -> bool {
        self.balance != BalanceBy::Load || self.persistence.is_some()
    }
}

/// The endpoints of one backend, and one thread's connections to them.
pub struct Cluster {
    name: Arc<str>,
    pub(crate) settings: ClusterSettings,
    pub(super) share: Option<Rc<Share>>,
    standing: Rc<Standing>,
    /// As they were told last.
    addresses: RefCell<Vec<SocketAddr>>,
    /// By their places.
    pub(super) endpoints: RefCell<Vec<Option<Rc<Endpoint>>>>,
}

/// Why there is no endpoint for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nobody {
    /// The backend has no endpoints.
    Empty,
    /// All have as many requests as they may have.
    Busy,
    /// There is as much as there may be over all of them.
    Full(Reached),
}

impl Cluster {
    /// A cluster for the thread that calls, without endpoints.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, settings: ClusterSettings) -> Self {
        let standing = Rc::new(Standing::new(&settings, now()));
        let share = settings.room.clone().map(Share::new);
        let (addresses, endpoints) = (RefCell::default(), RefCell::default());
        Self { name: name.into(), settings, share, standing, addresses, endpoints }
    }

    /// The name, for logs.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Says which endpoints there are. Connections to those that stay are kept; requests under way to others go on.
    pub fn set_endpoints(&self, addresses: &[SocketAddr]) {
        if *self.addresses.borrow() == addresses {
            return;
        }
        self.addresses.replace(addresses.to_vec());
        let names: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let places = self.standing.set(&names, now());
        let before = self.endpoints.take();
        let kept = |address: &SocketAddr| {
            let found = before.iter().flatten().find(|endpoint| endpoint.address == *address);
            found.cloned().unwrap_or_else(|| Rc::new(self.endpoint(*address)))
        };
        let count = places.iter().flatten().max().map_or(0, |last| last + 1);
        let mut endpoints = vec![None; count];
        for (address, place) in addresses.iter().zip(places) {
            if let Some(free) = place.and_then(|place| endpoints.get_mut(place)) {
                *free = Some(kept(address));
            }
        }
        self.endpoints.replace(endpoints);
    }

    /// The endpoints that this thread leaves alone for a while, since they have failed.
    #[must_use]
    pub fn left_alone(&self) -> Vec<SocketAddr> {
        let out = self.standing.left_alone(now());
        let endpoints = self.endpoints.borrow();
        let endpoints = out.iter().filter_map(|place| endpoints.get(place)?.as_ref());
        endpoints.map(|endpoint| endpoint.address).collect()
    }

    fn endpoint(&self, address: SocketAddr) -> Endpoint {
        let persistence = self.settings.persistence.as_ref();
        Endpoint::new(address, persistence.map(|it| it.key.name(&self.name, &address.to_string())))
    }

    /// Where a request belongs.
    pub(crate) fn affinity(&self, request: &Request<'_>, client: IpAddr) -> Affinity {
        let settings = &self.settings;
        let named = settings.persistence.as_ref().and_then(|it| affinity::cookie(request, &it.cookie.name));
        let named = named.unwrap_or_default();
        let endpoints = self.endpoints.borrow();
        let ranked = endpoints.iter().flatten().filter_map(|endpoint| {
            let rank = endpoint.name.as_ref()?.rank(named)?;
            Some((rank, endpoint.address))
        });
        // The newest one: a client that had to move stays where it is, also when its old endpoint comes back.
        let kept_at = if named.is_empty() { None } else { ranked.min().map(|(_, address)| address) };
        Affinity { kept_at, key: settings.balance.key(request, client), named: named.to_vec() }
    }

    /// Where a connection belongs of which nothing is known but its client.
    pub(crate) fn affinity_of_client(&self, client: IpAddr) -> Option<Affinity> {
        let key = self.settings.balance.key_of_client(client)?;
        Some(Affinity { key: Some(key), ..Affinity::default() })
    }

    /// Chooses an endpoint that is none of `tried`, unless there is no other, and counts a request of it.
    pub(crate) fn pick(
        &self,
        tried: Places,
        affinity: Option<&Affinity>,
        now: Moment,
    ) -> Result<Busy, Nobody> {
        let endpoints = self.endpoints.borrow();
        let belongs = affinity.map_or_else(Belongs::default, |affinity| {
            let is_kept_at = |endpoint: &Option<Rc<Endpoint>>| {
                endpoint.as_ref().is_some_and(|endpoint| Some(endpoint.address) == affinity.kept_at)
            };
            let place = affinity.kept_at.and_then(|_| endpoints.iter().position(is_kept_at));
            Belongs { place, key: affinity.key }
        });
        let request = self.share.as_ref().map(Share::request).transpose().map_err(Nobody::Full)?;
        let picked = self.standing.pick(tried, belongs, now)?;
        match endpoints.get(picked.place()) {
            Some(Some(endpoint)) => Ok(Busy::new(endpoint.clone(), (self.standing.clone(), picked), request)),
            _ => {
                self.standing.left(picked);
                Err(Nobody::Empty)
            }
        }
    }

    /// A live request: it pays a part of an attempt again.
    pub(crate) fn deposit(&self, now: Moment) {
        self.standing.deposit(now);
    }

    /// Takes an attempt again out of the budget.
    pub(crate) fn withdraw(&self) -> bool {
        self.standing.withdraw(now())
    }

    /// Says of which endpoints checks have found that they do not work. They get nothing, unless that is so of all: then
    /// it is the checks that are wrong, or nobody can help anyway. One that works again begins like a new one.
    pub fn set_down(&self, is_down: &dyn Fn(SocketAddr) -> bool) {
        let endpoints = self.endpoints.borrow();
        let down = endpoints.iter().enumerate().filter_map(|(place, endpoint)| {
            let endpoint = endpoint.as_ref().filter(|endpoint| is_down(endpoint.address))?;
            Some((place, endpoint))
        });
        let down = down.inspect(|(_, endpoint)| endpoint.clear()).map(|(place, _)| place);
        self.standing.set_down(down.fold(Places::NONE, Places::with), now());
    }

    /// Says which endpoints help out: they get requests when so many others do not work that the rest is not enough. To be
    /// said again when there are other endpoints.
    pub fn set_spare(&self, is_spare: &dyn Fn(SocketAddr) -> bool) {
        let endpoints = self.endpoints.borrow();
        let spare = endpoints.iter().enumerate().filter_map(|(place, endpoint)| {
            endpoint.as_ref().filter(|endpoint| is_spare(endpoint.address)).map(|_| place)
        });
        self.standing.set_spare(spare.fold(Places::NONE, Places::with));
    }

    /// Drops connections that were unused for too long.
    pub fn sweep(&self) {
        let now = now();
        self.endpoints.borrow().iter().flatten().for_each(|endpoint| endpoint.sweep(now, self.settings.idle));
    }

    /// An endpoint has answered well, or has not. One that is left alone from now on keeps no connections.
    pub(crate) fn report(&self, picked: Picked, report: Report, now: Moment) {
        if let Some(place) = self.standing.report(picked, report, now)
            && let Some(Some(endpoint)) = self.endpoints.borrow().get(place)
        {
            endpoint.clear();
        }
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Cluster").field("name", &self.name).finish_non_exhaustive()
    }
}
