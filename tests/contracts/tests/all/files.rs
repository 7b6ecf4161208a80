//! What the fleet describes today, and the files that hold what it described before.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tradewind_chassis::DoorKind;
use tradewind_fleet::services;
use tradewind_journeys::Fleet;
use tradewind_schema::{Side, sample};
use tradewind_testkit::Request;

/// Writes the files anew.
pub const BLESS: &str = "TRADEWIND_BLESS=1 cargo test -p tradewind-contracts";

/// Makes the files of today those of the last release.
pub const RELEASE: &str = "TRADEWIND_RELEASE=1 cargo test -p tradewind-contracts";

/// Path from the root of the repository to text.
pub type Files = BTreeMap<String, String>;

/// What is described today, in the files in which it lies. With the variable of [`BLESS`], those are written first.
pub async fn current() -> &'static Files {
    static CURRENT: OnceCell<Files> = OnceCell::const_new();
    let made = async {
        let files = Box::pin(generate()).await;
        if std::env::var_os("TRADEWIND_BLESS").is_some() {
            bless(&files);
        }
        files
    };
    CURRENT.get_or_init(|| Box::pin(made)).await
}

async fn generate() -> Files {
    let fleet = Fleet::start().await;
    let mut files = Files::new();
    for service in services() {
        let name = service.description().name.clone();
        for event in service.promises() {
            let (read, written) = (event.schema(Side::Read), event.schema(Side::Written));
            let text = if read == written {
                json!({"type": event.kind, "schema": written})
            } else {
                json!({"type": event.kind, "read": read, "written": written})
            };
            files
                .insert(format!("{}/schemas/events/{}.json", home(&name), event.kind), format!("{text:#}\n"));
        }
        for door in service.description().doors.iter().filter(|door| door.kind.is_documented()) {
            let address = fleet.door(&format!("{name}/{}", door.kind.name()));
            let request = Request::new("GET", "/openapi.json").bearer(fleet.secret().expose());
            let plain = Request::new("GET", "/openapi.json");
            let request = if door.kind.name() == "internal" { request } else { plain };
            let mut document = request.send(address).await.json();
            // Else every release would change every file.
            document["info"]["version"] = "any".into();
            let path = format!("{}/schemas/http/{}.json", home(&name), door.kind.name());
            files.insert(path, format!("{document:#}\n"));
        }
        for door in DoorKind::ALL {
            let Some(document) = service.asyncapi(door) else { continue };
            let mut document = parse(&document);
            document["info"]["version"] = "any".into();
            let path = format!("{}/schemas/asyncapi/{}.json", home(&name), door.name());
            files.insert(path, format!("{document:#}\n"));
        }
    }
    fleet.shutdown().await;
    files
}

/// The folder of what a service promises; its own when it has no contract.
fn home(service: &str) -> String {
    let contract = format!("contracts/{service}");
    if root().join(&contract).is_dir() { contract } else { format!("services/{service}") }
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files that hold what was described before.
pub fn described() -> Files {
    let parts = ["schemas/events", "schemas/http", "schemas/asyncapi"];
    parts.iter().flat_map(|part| committed(part)).collect()
}

/// The JSON files of all services in folders such as `schemas/events` or `released/http`.
pub fn committed(folder: &str) -> Files {
    let mut files = Files::new();
    for ring in ["contracts", "services"] {
        for service in entries(&root().join(ring)) {
            for file in entries(&service.join(folder)) {
                let path = file.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
                files.insert(path, fs::read_to_string(&file).unwrap());
            }
        }
    }
    files
}

fn entries(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn bless(files: &Files) {
    for stale in described().keys().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(root().join(stale)).unwrap();
    }
    for (path, text) in files {
        write(path, text);
        let example = path.replace("schemas/events", "schemas/examples");
        // An example that is there stays: it shows what was written once.
        if example != *path && !root().join(&example).exists() {
            let event = parse(text);
            let schema = tradewind_contracts::side(&event, "written");
            write(&example, &format!("{:#}\n", sample(schema, schema)));
        }
    }
}

pub fn write(path: &str, text: &str) {
    let path = root().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
