//! Journeys that stay in the process of the test when the others have processes of their own, and why.

use std::io::Write;
use std::process::Command;

use crate::has_processes;

/// What the names of such journeys begin with, and why they stay inside.
pub const INSIDE: &[(&str, &str)] = &[
    ("expiry::", "simulated: hours pass at once, in the paused time of one thread"),
    ("pruning::", "simulated: days pass at once, in the paused time of one thread"),
    ("determinism::", "simulated: compares whole runs, byte by byte"),
    ("backups::a_hold_that_nobody_ends", "simulated: waits until a hold lapses"),
    ("backups::whoever_ends_a_hold", "simulated: waits until a hold lapses"),
    ("stock_by_grpc::in_memory", "simulated: calls by gRPC that cross no socket, in paused time"),
    ("paying::a_carrier_that_pretends", "simulated: minutes pass at once, in the paused time of one thread"),
    ("signing_in::in_time", "simulated: days pass at once, in the paused time of one thread"),
    ("why::what_does_not_get_on", "simulated: minutes pass at once, and sagas are broken from within"),
    ("breaking::", "simulated: days pass at once, and sagas are broken from within"),
    ("guarding::limits_hold_in", "simulated: an hour passes at once, in the paused time of one thread"),
    ("checkout::expiring::", "simulated: hours pass at once, in the paused time of one thread"),
    ("objects::in_a_simulation", "simulated: minutes pass at once, in the paused time of one thread"),
    ("statements::", "looks at statements, not at a shop"),
    ("error_pages::", "looks at documents, not at a shop"),
    ("inside::", "looks at this list"),
];

/// Makes sure that the journey which calls this is among them: nothing stays inside unsaid.
///
/// # Panics
/// When the list lacks it.
pub(crate) fn is_listed() {
    let thread = std::thread::current();
    // Tests that run one by one have no name here.
    let Some(name) = thread.name().filter(|name| name.contains("::")) else { return };
    let listed = INSIDE.iter().any(|(prefix, _)| name.starts_with(prefix));
    assert!(listed, "{name} runs in one process in every case: say so, and why, in INSIDE of tests/journeys");
}

/// Tells, past the capture of test output, which journeys stay inside, with their number for each reason. Gives these
/// numbers, and that of all journeys.
///
/// # Panics
/// When the names of the tests cannot be had.
#[must_use]
pub fn tell() -> (Vec<usize>, usize) {
    let listed =
        Command::new(std::env::current_exe().unwrap()).args(["--list", "--format", "terse"]).output();
    let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
    let names: Vec<&str> = listed.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    let count = |prefix: &str| names.iter().filter(|name| name.starts_with(prefix)).count();
    let counts: Vec<usize> = INSIDE.iter().map(|(prefix, _)| count(prefix)).collect();
    let inside: usize = counts.iter().sum();
    if has_processes() {
        let mut errors = std::io::stderr().lock();
        writeln!(errors, "{} of {} journeys run on several processes", names.len() - inside, names.len())
            .unwrap();
        for ((prefix, why), count) in INSIDE.iter().zip(&counts) {
            writeln!(errors, "  not {count} of {prefix} ({why})").unwrap();
        }
    }
    (counts, names.len())
}
