//! What a process that is no service of ours is told, in its environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tradewind_chassis::{DoorKind, ForeignProcess, INTERNAL_SECRET};

use crate::processes::certificates::Certificates;
use crate::processes::places::{Place, address};

/// The variables for the process called `name`. Paths are whole: it may run in another folder.
pub(crate) fn environment(
    name: &str,
    process: &ForeignProcess,
    places: &[Place],
    (data, certificates): (&Path, Option<&Certificates>),
) -> Result<BTreeMap<String, String>, String> {
    let data = std::path::absolute(data).map_err(|error| format!("{}: {error}", data.display()))?;
    let secret: PathBuf = data.join("secrets").join(INTERNAL_SECRET);
    let mut variables = BTreeMap::from([
        ("TRADEWIND_NAME".to_owned(), name.to_owned()),
        ("TRADEWIND_DATA".to_owned(), data.display().to_string()),
        ("TRADEWIND_SECRET_FILE".to_owned(), secret.display().to_string()),
    ]);
    if let Some(public) = process.public {
        variables.insert("TRADEWIND_LISTEN".to_owned(), public.to_string());
    }
    for producer in &process.follows {
        let internal = places.iter().find(|place| place.service == *producer);
        let internal = internal.and_then(|place| address(place, DoorKind::Internal));
        let internal = internal
            .ok_or_else(|| format!("processes.{name}.follows: no service called {producer} runs here"))?;
        let variable = format!("TRADEWIND_FEED_{}", producer.to_uppercase().replace('-', "_"));
        let scheme = if certificates.is_some() { "https" } else { "http" };
        variables.insert(variable, format!("{scheme}://{internal}"));
    }
    if let Some(certificates) = certificates {
        let files = certificates.files(name)?;
        for (variable, path) in [
            ("TRADEWIND_CERTIFICATE", files.certificate),
            ("TRADEWIND_KEY", files.key),
            ("TRADEWIND_AUTHORITY", files.authority),
        ] {
            let path = std::path::absolute(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            variables.insert(variable.to_owned(), path.display().to_string());
        }
    }
    Ok(variables)
}
