//! From a folder to routes.

use std::collections::BTreeMap;
use std::sync::Arc;

use tradewind_routing::BackendId;

use crate::edge::{Fetches, Keys, Routes};
use crate::routes::{Gathered, build, collect};
use crate::source::{Read, Source};
use crate::standalone::addresses::Addresses;
use crate::standalone::arguments::Arguments;
use crate::standalone::certificates::{self, OfPort};
use crate::standalone::status::Statuses;

/// What a folder comes to.
pub(crate) struct Loaded {
    pub(crate) routes: Routes,
    pub(crate) gathered: Gathered,
    /// Certificates of the ports that have TLS.
    pub(crate) secured: BTreeMap<u16, OfPort>,
    /// What came of each document.
    pub(crate) statuses: Statuses,
}

/// Opens the folder.
///
/// # Errors
///
/// There is none, or it holds nothing that can be used.
pub(crate) fn open(arguments: &Arguments, fetches: &Fetches) -> Result<(Source, Loaded), String> {
    let source = Source::new(Some(&arguments.routes), None, &[])?;
    let (files, _) = source.read().map_err(told)?;
    let loaded = load(&files, arguments, fetches)?;
    Ok((source, loaded))
}

/// Reads again what has changed; none where nothing has.
///
/// # Errors
///
/// What keeps the routes in use where they are.
pub(crate) fn again(
    source: &Source,
    arguments: &Arguments,
    fetches: &Fetches,
) -> Result<Option<Loaded>, String> {
    let (files, has_changed) = source.read().map_err(told)?;
    if has_changed { load(&files, arguments, fetches).map(Some) } else { Ok(None) }
}

/// The folder is named by an option here, and by a setting in a fleet.
fn told(reason: String) -> String {
    match reason.strip_prefix("gateway.routes: ") {
        Some(rest) => format!("--routes {rest}"),
        None => reason,
    }
}

fn load(files: &[Arc<Read>], arguments: &Arguments, fetches: &Fetches) -> Result<Loaded, String> {
    let (documents, errors) = collect(files);
    let addresses = Addresses::of(&documents, &arguments.backends);
    let known = |backend: &BackendId| addresses.has(backend);
    let gathered = build(&documents, errors, arguments.port, &known)?;
    let (secured, unusable) = certificates::of_listeners(&documents, &gathered.built);
    let statuses = Statuses::new(&documents, &gathered.built, &unusable);
    let table = gathered.built.table.clone();
    let routes = Routes {
        keys: Keys::of(&table, fetches),
        table,
        endpoints: addresses.into_map(),
        secured: certificates::of_backends(&documents),
    };
    Ok(Loaded { routes, gathered, secured, statuses })
}
