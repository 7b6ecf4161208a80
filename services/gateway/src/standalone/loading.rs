//! From a folder to routes.

use std::collections::BTreeMap;
use std::sync::Arc;

use tradewind_data_plane::Check;
use tradewind_routing::{BackendId, Builder, Documents};

use crate::edge::{Fetches, Keys, Routes, Secured, Shared, checks};
use crate::routes::{Gathered, build, collect};
use crate::source::Source;
use crate::standalone::addresses::Addresses;
use crate::standalone::arguments::{Arguments, Given};
use crate::standalone::certificates::{self, OfPort, Unusable};
use crate::standalone::status::Statuses;

/// What says where services are.
const OF_ADDRESSES: [&str; 2] = ["Service", "EndpointSlice"];

/// What says how services are reached over TLS.
const OF_BACKENDS: [&str; 4] = ["BackendTLSPolicy", "Service", "ConfigMap", "Secret"];

/// What says which certificates listeners show, and which ones they ask for.
const OF_LISTENERS: [&str; 6] =
    ["Gateway", "GatewayClass", "ListenerPolicy", "ReferenceGrant", "ConfigMap", "Secret"];

/// What a folder comes to.
pub(crate) struct Loaded {
    pub(crate) routes: Routes,
    /// Certificates of the ports that have TLS; none where they are those from before.
    pub(crate) secured: Option<BTreeMap<u16, OfPort>>,
    /// What came of each document.
    pub(crate) statuses: Statuses,
    /// How many routes there are, and how many mistakes.
    pub(crate) count: (usize, usize),
}

/// What was found when a folder was looked at again.
pub(crate) struct Look {
    /// None where nothing has changed.
    pub(crate) loaded: Result<Option<Loaded>, String>,
    /// What is checked from now on.
    pub(crate) checks: Vec<Check>,
}

/// Loads a folder, and then what has changed in it. What documents come to is made once, and again only when they change.
pub(crate) struct Loader {
    source: Source,
    given: Vec<Given>,
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
    keys: Keys,
}

impl Loader {
    /// Opens the folder.
    ///
    /// # Errors
    ///
    /// There is none, or it holds nothing that can be used.
    pub(crate) fn open(arguments: &Arguments, fetches: &Fetches) -> Result<(Self, Loaded), String> {
        let mut loader = Self {
            source: Source::new(Some(&arguments.routes), None, &[])?,
            given: arguments.backends.clone(),
            port: arguments.port,
            fetches: fetches.clone(),
            builder: Builder::taking_turns(std::thread::yield_now),
            documents: Documents::default(),
            certified: Documents::default(),
            unusable: Vec::new(),
            addresses: Addresses::of(&Documents::default(), &arguments.backends),
            secured: Arc::default(),
            keys: Keys::default(),
        };
        let loaded = loader.again()?;
        let loaded =
            loaded.ok_or_else(|| format!("--routes {}: nothing was read", arguments.routes.display()))?;
        Ok((loader, loaded))
    }

    /// Looks at the folder. For a thread that gives way to those that serve: it gives back what they use no more, too.
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
        let (files, has_changed) = self.source.read().map_err(told)?;
        if !has_changed {
            return Ok(None);
        }
        let (documents, errors) = collect(&files);
        if !documents.agree(&self.documents, &OF_ADDRESSES) {
            self.addresses = Addresses::of(&documents, &self.given);
        }
        if !documents.agree(&self.documents, &OF_BACKENDS) {
            self.secured = Arc::new(certificates::of_backends(&documents));
        }
        self.documents = documents;
        let known = |backend: &BackendId| self.addresses.has(backend);
        let mut gathered = build(&mut self.builder, &self.documents, errors, (self.port, &known))?;
        gathered.tell();
        let is_certified = self.documents.agree(&self.certified, &OF_LISTENERS);
        let secured = (!is_certified).then(|| {
            let (secured, unusable) = certificates::of_listeners(&self.documents, &gathered.built);
            self.unusable = unusable;
            secured
        });
        self.certified = self.documents.clone();
        Ok(Some(self.loaded(&mut gathered, secured)))
    }

    fn loaded(&mut self, gathered: &mut Gathered, secured: Option<BTreeMap<u16, OfPort>>) -> Loaded {
        let statuses = Statuses::new(&self.documents, &gathered.built, &self.unusable);
        statuses.tell();
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

/// The folder is named by an option here, and by a setting in a fleet.
fn told(reason: String) -> String {
    match reason.strip_prefix("gateway.routes: ") {
        Some(rest) => format!("--routes {rest}"),
        None => reason,
    }
}
