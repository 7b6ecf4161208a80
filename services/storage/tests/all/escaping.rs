//! Whatever an object is called, nothing outside of the folder is touched, and nothing in it is called like that.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::Value;
use tradewind_storage_contract::ObjectName;
use tradewind_testkit::Folder;

use crate::world::{BYTES, World, files};

/// Names that people who try to get out have thought of, each with what a name may not lead to.
const TRIED: [&str; 24] = [
    "..",
    "../x",
    "../../etc/passwd",
    "a/../../x",
    "/etc/passwd",
    "//x",
    "a//b",
    "./x",
    "a/.",
    "..\\x",
    "\\x",
    "C:\\x",
    "C:x",
    "x\0.svg",
    "\0",
    "%2e%2e/x",
    "%252e%252e/x",
    "．．/x",
    "․․/x",
    "a／b",
    "∕x",
    "~/x",
    "x#1",
    "storage.db",
];

fn outside(folder: &Path) -> Vec<PathBuf> {
    let of_objects = folder.join("data/storage-objects");
    let is_database = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("storage.db"))
    };
    files(folder).into_iter().filter(|path| !path.starts_with(&of_objects) && !is_database(path)).collect()
}

#[tokio::test]
async fn no_name_leads_out_of_the_folder() {
    let folder = Folder::new("storage");
    std::fs::write(folder.path().join("x"), "not an object").unwrap();
    let world = World::in_folder(&folder.path().join("data"), &[]).await;
    let before = outside(folder.path());
    let mut runner = TestRunner::deterministic();
    let made =
        "([a-c./_-]{1,5}|[./\\\\%a-c~:#\u{0}\u{ff0e}\u{2024}\u{2215}\u{ff0f} -]{1,16})".prop_map(|text| text);
    let names: Vec<String> = (0..200).map(|_| made.new_tree(&mut runner).unwrap().current()).collect();
    let (mut kept, mut refused) = (0, 0);
    for name in TRIED.iter().map(|&name| name.to_owned()).chain(names) {
        // As a whole, and with the slashes that are those of a path.
        let whole = percent_encode(name.as_bytes(), NON_ALPHANUMERIC).to_string();
        let parts: Vec<String> = name
            .split('/')
            .map(|part| percent_encode(part.as_bytes(), NON_ALPHANUMERIC).to_string())
            .collect();
        for target in [whole, parts.join("/")] {
            let path = format!("/admin/objects/things/{target}");
            let bytes = Bytes::from_static(b"taken");
            let put: Result<Value, _> =
                world.caller().send_bytes(http::Method::PUT, &path, BYTES, bytes).await;
            match put {
                Ok(object) => {
                    // Taken as it is, or not at all.
                    assert_eq!(object["name"], name.as_str());
                    name.parse::<ObjectName>().unwrap();
                    kept += 1;
                }
                Err(problem) => {
                    assert_eq!(problem.status(), 404, "{name:?}: {problem}");
                    refused += 1;
                }
            }
            let deleted: Result<(), _> = world.caller().delete(&path).await;
            assert!(deleted.is_ok() || name.parse::<ObjectName>().is_err(), "{name:?}: {deleted:?}");
        }
    }
    assert!(kept > 10 && refused > 100, "{kept} {refused}");
    assert_eq!(outside(folder.path()), before);
    assert_eq!(std::fs::read(folder.path().join("x")).unwrap(), b"not an object");
    for file in files(&folder.path().join("data/storage-objects")) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(name.parse::<tradewind_kernel::Id>().is_ok(), "{name}");
    }
    world.end().await;
}
