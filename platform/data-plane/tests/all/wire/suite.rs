//! The cases, run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::case::{Case, cases};
use super::check::complaints;
use super::client::{Cut, run};
use super::gateway::gateway;
use super::upstream::{Record, Upstream};

/// How many cases run beside each other; most of their time is waiting.
const BESIDE: usize = 12;

/// After so many failures no further case is run.
const ENOUGH: usize = 40;

/// All cases of all files; each file is a class.
pub fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/wire/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let of_file = |file: &PathBuf| {
        let class = file.file_stem().unwrap().to_string_lossy();
        cases(&class, &std::fs::read_to_string(file).unwrap()).unwrap_or_else(|mistake| panic!("{mistake}"))
    };
    files.iter().flat_map(of_file).collect()
}

/// Runs one case on a gateway and an upstream of its own.
pub fn outcome(case: &Case, cut: Cut) -> (Vec<String>, Record) {
    let upstream = Upstream::start(case.scripts.clone());
    let gateway = gateway(upstream.address());
    let seen = run(case, gateway.address, cut);
    // Nothing may come late either: the gateway ends before the record is read.
    drop(gateway);
    let record = upstream.stop();
    (complaints(case, &seen, &record), record)
}

/// Calls `work` for each of `all`, several beside each other, and gathers what it says.
pub fn beside<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..BESIDE {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = work(one);
                    results.lock().unwrap().push(result);
                }
            });
        }
    });
    results.into_inner().unwrap()
}

/// Runs all cases whose name or class holds `TRADEWIND_WIRE`, and panics with all that is not as expected.
fn hold(cut: Cut) {
    let only = std::env::var("TRADEWIND_WIRE").unwrap_or_default();
    let all: Vec<Case> =
        all().into_iter().filter(|case| case.name.contains(&only) || case.class.contains(&only)).collect();
    let failures = AtomicUsize::new(0);
    let mut failed: Vec<String> = beside(&all, |case| {
        // Failures mostly wait for what does not come: with many, the rest says nothing new.
        if failures.load(Ordering::Relaxed) >= ENOUGH {
            return None;
        }
        let complaints = outcome(case, cut).0;
        let lines: String = complaints.iter().map(|what| format!("\n    {what}")).collect();
        failures.fetch_add(usize::from(!complaints.is_empty()), Ordering::Relaxed);
        (!complaints.is_empty()).then(|| format!("{}: {}{lines}", case.class, case.name))
    })
    .into_iter()
    .flatten()
    .collect();
    failed.sort();
    let count = all.len();
    let more = if failed.len() < ENOUGH { "" } else { " at least" };
    let failing = failed.len();
    assert!(failed.is_empty(), "{failing}{more} of {count} cases, sent as {cut:?}:\n{}", failed.join("\n"));
}

#[test]
fn cases_hold_in_one_piece() {
    hold(Cut::Whole);
}

#[test]
fn cases_hold_byte_by_byte() {
    hold(Cut::EachByte);
}

#[test]
fn cases_hold_however_they_are_cut() {
    for seed in 1..=2 {
        hold(Cut::Random(seed));
    }
}

#[test]
fn cases_are_many_and_none_is_there_twice() {
    let all = all();
    let mut classes = BTreeMap::<&str, usize>::new();
    let (mut names, mut contents) = (BTreeSet::new(), BTreeMap::new());
    let mut twice = Vec::new();
    for case in &all {
        *classes.entry(&case.class).or_default() += 1;
        if !names.insert((&case.class, &case.name)) {
            twice.push(format!("{}: two are called {:?}", case.class, case.name));
        }
        if let Some(other) = contents.insert(format!("{:?} {:?}", case.client, case.scripts), &case.name) {
            twice.push(format!("{}: {:?} is {other:?} once more", case.class, case.name));
        }
    }
    assert!(twice.is_empty(), "{}", twice.join("\n"));
    for (class, count) in &classes {
        println!("{count:4} {class}");
    }
    assert!(all.len() >= 300, "{} cases", all.len());
}
