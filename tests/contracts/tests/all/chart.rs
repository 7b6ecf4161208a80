//! What the chart is driven by: the fleet as it is described, and the route documents, which a chart cannot read outside
//! of its own folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tradewind_fleet::Topology;

use crate::files::{BLESS, root, write};

const FILES: &str = "deploy/chart/tradewind/files";

fn documents(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap());
    entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect()
}

#[test]
fn the_chart_knows_the_fleet_as_it_is() {
    let mut files = BTreeMap::from([(
        "fleet.json".to_owned(),
        serde_json::to_string_pretty(&Topology::of_fleet()).unwrap() + "\n",
    )]);
    let routes = documents(&root().join("deploy/routes"));
    assert!(!routes.is_empty());
    files.extend(routes.iter().map(|(name, text)| (format!("routes/{name}"), text.clone())));
    for (name, text) in &files {
        let path = format!("{FILES}/{name}");
        if std::env::var_os("TRADEWIND_BLESS").is_some() {
            write(&path, text);
        }
        let kept = fs::read_to_string(root().join(&path)).unwrap_or_default();
        assert_eq!(kept, *text, "{path} is out of date. Run `{BLESS}`, read the changes and commit them.");
    }
    let kept = documents(&root().join(FILES).join("routes"));
    assert_eq!(kept, routes, "{FILES}/routes holds documents that deploy/routes does not; remove them");
}
