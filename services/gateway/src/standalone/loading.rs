//! From documents to routes.

use std::collections::BTreeMap;
use std::sync::Arc;

use tradewind_data_plane::Check;
use tradewind_routing::{BackendId, Builder, Documents};

use crate::cluster::{Basis, Link, Unheld, served};
use crate::edge::{Fetches, Keys, Routes, Secured, Shared, checks};
use crate::routes::{Gathered, build, collect};
use crate::standalone::addresses::Addresses;
use crate::standalone::arguments::{Arguments, Given};
use crate::standalone::backends::of_backends;
use crate::standalone::certificates::{self, OfPort, Unusable};
use crate::standalone::origin::{Found, Origin};
use crate::standalone::status::Statuses;
use crate::standalone::zones::Standpoint;

/// What says where services are.
const OF_ADDRESSES: [&str; 2] = ["Service", "EndpointSlice"];

/// What says how services are reached over TLS.
const OF_BACKENDS: [&str; 4] = ["BackendTLSPolicy", "Service", "ConfigMap", "Secret"];

/// What says which certificates listeners show, and which ones they ask for.
const OF_LISTENERS: [&str; 6] =
    ["Gateway", "GatewayClass", "ListenerPolicy", "ReferenceGrant", "ConfigMap", "Secret"];

/// What documents come to.
#[derive(Default)]
pub(crate) struct Loaded {
    pub(crate) routes: Routes,
    /// Certificates of the ports that have TLS; none where they are those from before.
    pub(crate) secured: Option<BTreeMap<u16, OfPort>>,
    /// What came of each document.
    pub(crate) statuses: Statuses,
    /// How many routes there are, and how many mistakes.
    pub(crate) count: (usize, usize),
}

/// What was found when documents were looked at again.
pub(crate) struct Look {
    /// None where nothing has changed.
    pub(crate) loaded: Result<Option<Loaded>, String>,
    /// What is checked from now on.
    pub(crate) checks: Vec<Check>,
}

/// Loads documents, and then what has changed of them. What documents come to is made once, and again only when they change.
pub(crate) struct Loader {
    origin: Origin,
    given: Vec<Given>,
    standpoint: Standpoint,
    port: u16,
    fetches: Fetches,
    builder: Builder,
    documents: Documents,
    /// Those whose certificates are in use.
    certified: Documents,
    /// Listeners whose certificates cannot be used.
    unusable: Vec<Unusable>,
    addresses: Addresses,
    secured: Arc<BTreeMap<BackendId, Secured>>,
    /// Policies that ask for TLS and do not hold as they are.
    unheld: Vec<Unheld>,
    keys: Keys,
}

impl Loader {
    /// Opens the folder, or follows the cluster that there is a link to.
    ///
    /// # Errors
    ///
    /// There is none, or it holds nothing that can be used.
    pub(crate) fn begin(
        arguments: &Arguments,
        fetches: &Fetches,
        link: Option<&Arc<Link>>,
    ) -> Result<(Self, Loaded), String> {
        match link {
            Some(link) => Self::follow(arguments, fetches, link),
            None => Self::open(arguments, fetches),
        }
    }

    fn open(arguments: &Arguments, fetches: &Fetches) -> Result<(Self, Loaded), String> {
        let origin = Origin::folder(arguments.routes.as_deref())?;
        let mut loader = Self::new(arguments, fetches, origin);
        let loaded = loader.again()?.ok_or("--routes: nothing was read")?;
        Ok((loader, loaded))
    }

    /// Follows a cluster, of which nothing is known yet.
    fn follow(arguments: &Arguments, fetches: &Fetches, link: &Arc<Link>) -> Result<(Self, Loaded), String> {
        let mut loader = Self::new(arguments, fetches, Origin::cluster(link)?);
        loader.builder = loader.builder.serving(served(&arguments.cluster.class));
        Ok((loader, Loaded { secured: Some(BTreeMap::new()), ..Loaded::default() }))
    }

    fn new(arguments: &Arguments, fetches: &Fetches, origin: Origin) -> Self {
        let standpoint = Standpoint { zone: arguments.zone.clone(), node: arguments.node.clone() };
        Self {
            origin,
            given: arguments.backends.clone(),
            port: arguments.port,
            fetches: fetches.clone(),
            builder: Builder::taking_turns(std::thread::yield_now),
            documents: Documents::default(),
            certified: Documents::default(),
            unusable: Vec::new(),
            addresses: Addresses::of(&Documents::default(), &arguments.backends, &standpoint),
            standpoint,
            secured: Arc::default(),
            unheld: Vec::new(),
            keys: Keys::default(),
        }
    }

    /// Looks at the documents. For a thread that gives way to those that serve: it gives back what they use no more, too.
    pub(crate) fn look(&mut self, shared: &Shared) -> Look {
        shared.clear();
        let loaded = self.again();
        let checks = match &loaded {
            Ok(Some(loaded)) => checks(&loaded.routes, shared),
            _ => Vec::new(),
        };
        Look { loaded, checks }
    }

    /// Reads again what has changed; none where nothing has.
    ///
    /// # Errors
    ///
    /// What keeps the routes in use where they are.
    fn again(&mut self) -> Result<Option<Loaded>, String> {
        let Some(Found { files, basis }) = self.origin.read()? else { return Ok(None) };
        let (documents, errors) = collect(&files);
        if !documents.agree(&self.documents, &OF_ADDRESSES) {
            self.addresses = Addresses::of(&documents, &self.given, &self.standpoint);
        }
        if !documents.agree(&self.documents, &OF_BACKENDS) {
            let (secured, unheld) = of_backends(&documents);
            (self.secured, self.unheld) = (Arc::new(secured), unheld);
        }
        self.documents = documents;
        let known = |backend: &BackendId| self.addresses.has(backend);
        let mut gathered = build(&mut self.builder, &self.documents, errors, (self.port, &known));
        // In a cluster there may be nothing to serve yet, or nothing any more.
        if basis.is_none() {
            gathered = gathered.of_use()?;
        }
        gathered.tell();
        let is_certified = self.documents.agree(&self.certified, &OF_LISTENERS);
        let secured = (!is_certified).then(|| {
            let (secured, unusable) = certificates::of_listeners(&self.documents, &gathered.built);
            self.unusable = unusable;
            secured
        });
        self.certified = self.documents.clone();
        Ok(Some(self.loaded(&mut gathered, secured, basis)))
    }

    fn loaded(
        &mut self,
        gathered: &mut Gathered,
        secured: Option<BTreeMap<u16, OfPort>>,
        basis: Option<Basis>,
    ) -> Loaded {
        let mut statuses = Statuses::new(&self.documents, &gathered.built, &self.unusable);
        statuses.tell();
        if let Some(basis) = basis {
            statuses = statuses.of_objects((basis, &self.documents), &gathered.errors, &self.unheld);
        }
        let table = std::mem::take(&mut gathered.built.table);
        self.keys = Keys::of(&table, &self.fetches, &self.keys);
        let (keys, endpoints) = (self.keys.clone(), self.addresses.shared());
        Loaded {
            routes: Routes { keys, table, endpoints, secured: self.secured.clone() },
            secured,
            statuses,
            count: (gathered.built.routes.len(), gathered.errors.len()),
        }
    }
}
