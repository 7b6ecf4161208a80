//! Time, randomness, tasks and threads come from the crates that own them, so that `sim` can replace them; and nothing
//! that only one process knows (the sequence of a hash map, an address, the environment) decides what happens.

mod refused;
mod signs;

use refused::REFUSED;

use crate::mention::each_level;
use crate::violation::tidy;
use crate::{Ring, Source, Violation, Workspace};

/// Files that may do what others may not, each with its reason. A path that ends in `/` covers all below it.
const OWNERS: &[(&str, &str)] = &[
    ("platform/kernel/src/clock.rs", "the real clock reads the machine's clock"),
    ("platform/kernel/src/entropy.rs", "the real entropy seeds itself from the machine"),
    ("platform/kernel/src/fault.rs", "what a build with fault points does at one is set once, at its start"),
    (
        "platform/kernel/src/mutant.rs",
        "which mistake a build with mutants makes is chosen for a whole run, on its thread",
    ),
    ("platform/chassis/src/settings/environment.rs", "the settings that the environment gives are read here"),
    ("platform/chassis/src/telemetry.rs", "NO_COLOR decides how a log looks, and nothing else"),
    (
        "platform/chassis/src/data_folder.rs",
        "the lock on a folder names the process that has it; none under sim",
    ),
    (
        "platform/chassis/src/assembly/announcing.rs",
        "the registry is told which process an instance is in, for who looks on; nothing is decided by it",
    ),
    (
        "platform/chassis/src/metrics/family.rs",
        "a map for finding a metric; what is shown comes from a sorted one",
    ),
    (
        "platform/chassis/src/blocking.rs",
        "work that blocks has threads of its own, made here; inline under sim",
    ),
    ("platform/chassis/src/tasks.rs", "the chassis spawns every task, into a scope"),
    ("platform/chassis/src/serve/listener.rs", "a data-plane door has a thread of its own, started here"),
    (
        "platform/data-plane/src/server.rs",
        "the data plane has a thread for each core, started here; none under sim",
    ),
    (
        "platform/data-plane/src/settings.rs",
        "as many threads as there are cores, unless a setting says otherwise",
    ),
    ("platform/data-plane/src/task.rs", "the event loop of such a thread, and its tasks; none under sim"),
    ("platform/data-plane/src/timer.rs", "the data plane is on the machine's clock; none under sim"),
    (
        "services/gateway/src/standalone/arguments.rs",
        "a gateway on its own is a program that reads its command line",
    ),
    ("platform/db/src/sqlite/writer.rs", "the one writer thread of a SQLite database; inline under sim"),
    ("platform/db/src/sqlite/readers.rs", "an export reads on a thread of its own; inline under sim"),
    (
        "platform/db/src/postgres/engine.rs",
        "a transaction of a server ends whole, whoever waits; none under sim",
    ),
    (
        "platform/db/src/driver/postgres/statement.rs",
        "a map for finding a statement by its address, never walked; none under sim",
    ),
    ("platform/db/src/volume.rs", "an address tells the volumes of one process apart; nobody is shown it"),
    (
        "platform/kubernetes/src/task.rs",
        "what follows a cluster is a task for as long as somebody looks; none under sim",
    ),
    ("platform/amqp/src/disturb.rs", "a test tells a process by a variable how bad its broker is"),
    ("platform/process/src/fault.rs", "a test tells a process by a variable where its fault points are"),
    ("platform/process/src/part.rs", "a process is told apart from those beside it by its number"),
    ("platform/process/src/serve.rs", "the runtime of a process begins here"),
    (
        "platform/process/src/background.rs",
        "work that gives way to all other has a thread, made here; none under sim",
    ),
    ("platform/process/src/occasions.rs", "a program that is no service waits for signals and for time here"),
    (
        "platform/sim/src/life.rs",
        "a run has a thread of its own, and a fault point tells nobody who passes it",
    ),
    (
        "platform/campaign/src/",
        "a program reads its command line; its runs are each whole on a thread, and none knows of another",
    ),
    ("platform/sim/src/run.rs", "the runtime of a simulated run begins here: one thread, paused time"),
    ("platform/process/src/succession.rs", "a program starts itself anew with what it was given"),
    ("platform/process/src/stop.rs", "the end of standard input is waited for on a thread; none under sim"),
    ("platform/testkit/", "drives other code's clocks and tasks, and ships in no binary"),
];

/// Entries of the owners' table that excuse nothing, and can go.
pub fn idle_owners(workspace: &Workspace) -> Vec<&'static str> {
    let needs = |owner: &str| {
        workspace.shipped().any(|source| covers(owner, &source.path) && !in_source(source).is_empty())
    };
    OWNERS.iter().map(|(owner, _)| *owner).filter(|owner| !needs(owner)).collect()
}

/// What makes one run differ from the next in the sources of platform, contracts and services, and of examples, which
/// are copied.
pub fn check(workspace: &Workspace) -> Vec<Violation> {
    let ruled = |source: &&Source| {
        Ring::of(&source.path).is_some_and(|ring| ring <= Ring::Services || ring == Ring::Examples)
    };
    let sources = workspace.shipped().filter(ruled).filter(|source| !owns(&source.path));
    tidy(sources.flat_map(in_source).collect())
}

fn owns(path: &str) -> bool {
    OWNERS.iter().any(|(owner, _)| covers(owner, path))
}

fn covers(owner: &str, path: &str) -> bool {
    path == owner || (owner.ends_with('/') && path.starts_with(owner))
}

fn in_source(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    for mention in source.mentions.iter().filter(|mention| !source.is_test_line(mention.line)) {
        let full = source.resolve(&mention.segments);
        if let Some((_, instead)) = REFUSED.iter().find(|(name, _)| name.is(mention, &full)) {
            found.push(refuse(source, mention.line, &full.join("::"), instead));
        }
    }
    each_level(&source.tokens, &mut |level| found.extend(signs::in_level(source, level)));
    found
}

/// A place that breaks the rule.
fn refuse(source: &Source, line: usize, name: &str, instead: &str) -> Violation {
    Violation::new(&source.path, line, format!("{name} makes a simulated run differ from the next"), instead)
}
