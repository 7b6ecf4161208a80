//! Time, randomness, tasks and threads come from the crates that own them, so that `sim` can replace them.

use proc_macro2::{Delimiter, TokenTree};

use crate::mention::{Import, Mention, each_level, is_sign, is_word, line};
use crate::violation::tidy;
use crate::{Ring, Source, Violation, Workspace};

/// Files that may do what others may not, each with its reason. A path that ends in `/` covers all below it.
const OWNERS: &[(&str, &str)] = &[
    ("platform/kernel/src/clock.rs", "the real clock reads the machine's clock"),
    ("platform/kernel/src/entropy.rs", "the real entropy seeds itself from the machine"),
    ("platform/chassis/src/tasks.rs", "the chassis spawns every task, into a scope"),
    ("platform/chassis/src/serve/listener.rs", "a data-plane door has a thread of its own, started here"),
    ("platform/db/src/sqlite/writer.rs", "the one writer thread of a SQLite database; inline under sim"),
    ("platform/db/src/sqlite/readers.rs", "an export reads on a thread of its own; inline under sim"),
    (
        "platform/db/src/postgres/engine.rs",
        "a transaction of a server ends whole, whoever waits; none under sim",
    ),
    ("platform/process/src/stop.rs", "the end of standard input is waited for on a thread; none under sim"),
    ("platform/testkit/", "drives other code's clocks and tasks, and ships in no binary"),
];

/// How a refused name is recognised.
enum Name {
    /// A path that, with imports resolved, begins like this.
    Begins(&'static [&'static str]),
    /// A path that, with imports resolved, ends like this.
    Ends(&'static [&'static str]),
    /// This word anywhere, as a method too.
    Word(&'static str),
}

const CLOCK: &str = "ask kernel's Clock";
const ENTROPY: &str = "ask kernel's Entropy";
const TASKS: &str = "spawn it through the chassis, into the instance's scope";
const BLOCKING: &str = "use chassis::blocking, which runs inline under sim";
const WAKES: &str = "it wakes its receivers in random sequence; use Notify, as db::Signal does";

/// What is refused, and what to use instead.
const REFUSED: &[(Name, &str)] = &[
    (Name::Ends(&["SystemTime", "now"]), CLOCK),
    (Name::Ends(&["Instant", "now"]), CLOCK),
    (Name::Begins(&["jiff", "Timestamp", "now"]), CLOCK),
    (Name::Begins(&["jiff", "Zoned", "now"]), CLOCK),
    (Name::Begins(&["tokio", "time", "sleep"]), CLOCK),
    (Name::Begins(&["tokio", "time", "sleep_until"]), CLOCK),
    (Name::Begins(&["tokio", "time", "timeout"]), CLOCK),
    (Name::Begins(&["tokio", "time", "timeout_at"]), CLOCK),
    (Name::Begins(&["tokio", "time", "interval"]), CLOCK),
    (Name::Begins(&["tokio", "time", "interval_at"]), CLOCK),
    (Name::Begins(&["std", "thread", "sleep"]), CLOCK),
    (Name::Word("thread_rng"), ENTROPY),
    (Name::Begins(&["rand"]), ENTROPY),
    (Name::Begins(&["getrandom"]), ENTROPY),
    (Name::Ends(&["Uuid", "new_v4"]), ENTROPY),
    (Name::Ends(&["Uuid", "now_v7"]), ENTROPY),
    (Name::Begins(&["tokio", "spawn"]), TASKS),
    (Name::Begins(&["tokio", "task", "spawn"]), TASKS),
    (Name::Begins(&["tokio", "task", "spawn_local"]), TASKS),
    (Name::Begins(&["tokio", "sync", "watch"]), WAKES),
    (Name::Begins(&["std", "thread", "spawn"]), BLOCKING),
    (Name::Begins(&["std", "thread", "scope"]), BLOCKING),
    (Name::Begins(&["std", "thread", "Builder"]), BLOCKING),
    (Name::Word("spawn_blocking"), BLOCKING),
];

/// Entries of the owners' table that excuse nothing, and can go.
pub fn idle_owners(workspace: &Workspace) -> Vec<&'static str> {
    let needs = |owner: &str| {
        workspace.shipped().any(|source| covers(owner, &source.path) && !in_source(source).is_empty())
    };
    OWNERS.iter().map(|(owner, _)| *owner).filter(|owner| !needs(owner)).collect()
}

/// Refused names and unbiased `select!` in the sources of platform, contracts and services, and of examples, which are
/// copied.
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
    each_level(&source.tokens, &mut |level| found.extend(in_level(source, level)));
    found
}

fn refuse(source: &Source, line: usize, name: &str, instead: &str) -> Violation {
    Violation::new(&source.path, line, format!("{name} makes a simulated run differ from the next"), instead)
}

impl Name {
    fn is(&self, mention: &Mention, full: &[String]) -> bool {
        match self {
            Self::Begins(name) if mention.import == Some(Import::Glob) => {
                begins(full, name) || hides(full, name)
            }
            Self::Begins(name) => (full.len() > 1 || mention.import.is_some()) && begins(full, name),
            Self::Ends(name) => full.len() >= name.len() && begins(&full[full.len() - name.len()..], name),
            Self::Word(_) => false,
        }
    }
}

fn begins(full: &[String], name: &[&str]) -> bool {
    full.len() >= name.len() && full.iter().zip(name).all(|(is, should)| is == should)
}

/// Whether a glob import of `full` brings `name` into scope unseen.
fn hides(full: &[String], name: &[&str]) -> bool {
    full.len() + 1 == name.len() && full.iter().zip(name).all(|(is, should)| is == should)
}

/// What only the tokens show: a word that may be a method's, and the start of a `select!`.
fn in_level(source: &Source, level: &[TokenTree]) -> Vec<Violation> {
    let mut found = Vec::new();
    for (at, token) in level.iter().enumerate().filter(|(_, token)| !source.is_test_line(line(token))) {
        for (name, instead) in REFUSED {
            if let Name::Word(word) = name
                && is_word(Some(token), word)
            {
                found.push(refuse(source, line(token), word, instead));
            }
        }
        if is_word(Some(token), "select") && is_sign(level.get(at + 1), '!') && !is_biased(level.get(at + 2))
        {
            let name = "a select! without `biased;`";
            found.push(refuse(source, line(token), name, "begin it with `biased;` and say the order"));
        }
    }
    found
}

fn is_biased(body: Option<&TokenTree>) -> bool {
    let Some(TokenTree::Group(group)) = body else {
        return true;
    };
    let inner: Vec<TokenTree> = group.stream().into_iter().take(2).collect();
    group.delimiter() != Delimiter::None && is_word(inner.first(), "biased") && is_sign(inner.get(1), ';')
}
