//! Where route documents come from.

use std::path::Path;

use crate::domain::routes::RouteTable;

/// The documents of `deploy/routes/`, so that a single binary needs no files.
const BUILT_IN: [(&str, &str); 11] = [
    ("deploy/routes/accounts.yaml", include_str!("../../../deploy/routes/accounts.yaml")),
    ("deploy/routes/cart.yaml", include_str!("../../../deploy/routes/cart.yaml")),
    ("deploy/routes/catalogue.yaml", include_str!("../../../deploy/routes/catalogue.yaml")),
    ("deploy/routes/customers.yaml", include_str!("../../../deploy/routes/customers.yaml")),
    ("deploy/routes/orders.yaml", include_str!("../../../deploy/routes/orders.yaml")),
    ("deploy/routes/payments.yaml", include_str!("../../../deploy/routes/payments.yaml")),
    ("deploy/routes/provider.yaml", include_str!("../../../deploy/routes/provider.yaml")),
    ("deploy/routes/shipping.yaml", include_str!("../../../deploy/routes/shipping.yaml")),
    ("deploy/routes/shopfront.yaml", include_str!("../../../deploy/routes/shopfront.yaml")),
    ("deploy/routes/stock.yaml", include_str!("../../../deploy/routes/stock.yaml")),
    ("deploy/routes/webhooks.yaml", include_str!("../../../deploy/routes/webhooks.yaml")),
];

/// Reads the documents of a folder, or the built-in ones, and those of another folder; every mistake is named with its
/// place.
pub(crate) fn load(folder: Option<&Path>, more: Option<&Path>) -> Result<RouteTable, String> {
    let mut documents = match folder {
        Some(folder) => read("routes", folder)?,
        None => BUILT_IN.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec(),
    };
    if let Some(more) = more {
        documents.extend(read("more_routes", more)?);
    }
    RouteTable::parse(&documents).map_err(|errors| {
        let lines = errors.iter().map(ToString::to_string).collect::<Vec<_>>();
        format!("route documents with mistakes:\n  {}", lines.join("\n  "))
    })
}

/// The peers behind the built-in documents, for the description of the service.
pub(crate) fn built_in_backends() -> Vec<String> {
    let table = load(None, None).unwrap_or_default();
    let mut names: Vec<String> = table.routes().map(|route| route.backend.name()).collect();
    names.sort();
    names.dedup();
    names
}

fn read(setting: &str, folder: &Path) -> Result<Vec<(String, String)>, String> {
    let failed = |error: std::io::Error| format!("gateway.{setting}: {}: {error}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(format!("gateway.{setting}: {} holds no .yaml file", folder.display()));
    }
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok((path.display().to_string(), text))
    };
    paths.iter().map(read).collect()
}
