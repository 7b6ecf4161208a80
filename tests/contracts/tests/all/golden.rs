//! What is described is what is committed, and it keeps what the last release promised.

use std::fs;

use tradewind_contracts::{Finding, compare_documents, compare_events};

use crate::files::{BLESS, RELEASE, committed, current, described, parse, root, write};

fn differences(files: &crate::files::Files, kept: &crate::files::Files) -> Vec<String> {
    let changed = files.iter().filter(|(path, text)| kept.get(*path) != Some(text));
    let changed = changed.map(|(path, _)| {
        if kept.contains_key(path) { format!("{path} is out of date") } else { format!("{path} is missing") }
    });
    let stale = kept.keys().filter(|path| !files.contains_key(*path));
    changed.chain(stale.map(|path| format!("{path} describes nothing any more"))).collect()
}

#[tokio::test]
async fn what_is_committed_is_what_is_described() {
    let files = current().await;
    let differences = differences(files, &described());
    assert!(
        differences.is_empty(),
        "{}\nRun `{BLESS}`, read the changes and commit them.",
        differences.join("\n")
    );
    assert!(files.len() >= 20, "only {} files", files.len());
}

#[test]
fn a_changed_a_missing_and_a_stale_file_are_noticed() {
    let files =
        |list: &[(&str, &str)]| list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let found = differences(&files(&[("a", "1"), ("b", "1")]), &files(&[("a", "2"), ("c", "1")]));
    assert_eq!(found, ["a is out of date", "b is missing", "c describes nothing any more"]);
}

/// What breaks a file of the last release.
fn broken(path: &str, old: &str, new: Option<&String>) -> Vec<Finding> {
    let Some(new) = new else {
        let what = "the last release promised it, and now it is gone".to_owned();
        let instead = "go on promising it; a new version lives beside the old one".to_owned();
        return vec![Finding { pointer: String::new(), what, instead }];
    };
    let compare = if path.contains("/events/") { compare_events } else { compare_documents };
    compare(&parse(old), &parse(new))
}

/// What was changed on purpose although the files of the last release say otherwise, and where that is argued: the
/// states of an order have one more, docs/adr/0037.
const AGREED: [(&str, &str); 1] = [("/orders/", "\"COMPLETED\" is new")];

#[tokio::test]
async fn what_the_last_release_promised_is_kept() {
    let files = current().await;
    let mut released = committed("released/events");
    released.extend(committed("released/http"));
    let is_release = std::env::var_os("TRADEWIND_RELEASE").is_some();
    let is_there = released.len() >= 20 || is_release;
    assert!(is_there, "the files of the last release are missing: `{RELEASE}` writes them");
    let mut found = Vec::new();
    for (path, old) in &released {
        let findings = broken(path, old, files.get(&path.replace("/released/", "/schemas/")));
        found.extend(findings.into_iter().map(|finding| format!("{path}#{finding}")));
    }
    let is_agreed = |finding: &String| {
        let path = finding.split('#').next().unwrap();
        AGREED.iter().any(|(whose, what)| path.contains(whose) && finding.contains(what))
    };
    found.retain(|finding| !is_agreed(finding));
    assert!(found.is_empty(), "the last release promised otherwise:\n{}", found.join("\n"));
    if is_release {
        release();
    }
}

/// Makes the files of today those of the last release.
fn release() {
    for part in ["events", "examples", "http"] {
        for (path, text) in committed(&format!("schemas/{part}")) {
            write(&path.replace("/schemas/", "/released/"), &text);
        }
    }
}

#[test]
fn a_promise_that_is_gone_is_noticed() {
    assert_eq!(broken("contracts/x/released/events/a.json", "{}", None).len(), 1);
    let path = "contracts/x/released/http/public.json";
    let (old, new) = (r#"{"paths":{"/a":{"get":{}}}}"#, r#"{"paths":{}}"#.to_owned());
    assert_eq!(broken(path, old, Some(&new))[0].pointer, "/paths/~1a/get");
}

#[test]
fn every_route_is_described() {
    let services = tradewind_fleet::services();
    let lacks: Vec<&String> = services.iter().flat_map(|service| service.undescribed()).collect();
    assert!(lacks.is_empty(), "in services/<service>/src/http.rs: {lacks:#?}");
    assert!(fs::exists(root().join("services")).unwrap());
}
