//! What is refused, and what to use instead.

use crate::mention::{Import, Mention};

/// How a refused name is recognised.
pub(super) enum Name {
    /// A path that, with imports resolved, begins like this.
    Begins(&'static [&'static str]),
    /// A path that, with imports resolved, ends like this.
    Ends(&'static [&'static str]),
    /// This word anywhere, as a method too.
    Word(&'static str),
    /// This word as a method.
    Method(&'static str),
}

const CLOCK: &str = "ask kernel's Clock";
const ENTROPY: &str = "ask kernel's Entropy";
const TASKS: &str = "spawn it through the chassis, into the instance's scope";
const BLOCKING: &str = "use chassis::blocking, which runs inline under sim";
const THREADS: &str = "a service has no thread of its own: be a future in the instance's scope";
const ORDER: &str = "its sequence is another in every process: use BTreeMap or BTreeSet";
const ADDRESS: &str = "an address is another in every process: give the thing a number or a name";
const ENVIRONMENT: &str = "make it a field of the service's settings";
const MACHINE: &str = "what the machine is like must not decide anything: make it a setting";
const STATE: &str = "state belongs to the instance, not to the process: keep it in a value";
const WAKES: &str = "it wakes its receivers in random sequence; use Notify, as db::Signal does";

/// What is refused, and what to use instead.
pub(super) const REFUSED: &[(Name, &str)] = &[
    (Name::Ends(&["SystemTime", "now"]), CLOCK),
    (Name::Ends(&["Instant", "now"]), CLOCK),
    (Name::Begins(&["jiff", "Timestamp", "now"]), CLOCK),
    (Name::Begins(&["jiff", "Zoned", "now"]), CLOCK),
    (Name::Ends(&["Utc", "now"]), CLOCK),
    (Name::Ends(&["OffsetDateTime", "now_utc"]), CLOCK),
    (Name::Method("elapsed"), CLOCK),
    (Name::Begins(&["tokio", "time", "sleep"]), CLOCK),
    (Name::Begins(&["tokio", "time", "sleep_until"]), CLOCK),
    (Name::Begins(&["tokio", "time", "timeout"]), CLOCK),
    (Name::Begins(&["tokio", "time", "timeout_at"]), CLOCK),
    (Name::Begins(&["tokio", "time", "interval"]), CLOCK),
    (Name::Begins(&["tokio", "time", "interval_at"]), CLOCK),
    (Name::Begins(&["std", "thread", "sleep"]), CLOCK),
    (Name::Word("park_timeout"), CLOCK),
    (Name::Word("recv_timeout"), CLOCK),
    (Name::Word("wait_timeout"), CLOCK),
    (Name::Word("wait_timeout_while"), CLOCK),
    (Name::Word("thread_rng"), ENTROPY),
    (Name::Begins(&["rand"]), ENTROPY),
    (Name::Begins(&["rand_core"]), ENTROPY),
    (Name::Begins(&["rand_chacha"]), ENTROPY),
    (Name::Begins(&["fastrand"]), ENTROPY),
    (Name::Begins(&["getrandom"]), ENTROPY),
    (Name::Ends(&["Uuid", "new_v4"]), ENTROPY),
    (Name::Ends(&["Uuid", "now_v7"]), ENTROPY),
    (Name::Ends(&["Uuid", "now_v1"]), ENTROPY),
    (Name::Ends(&["Uuid", "now_v6"]), ENTROPY),
    (Name::Begins(&["tokio", "spawn"]), TASKS),
    (Name::Begins(&["tokio", "task", "spawn"]), TASKS),
    (Name::Begins(&["tokio", "task", "spawn_local"]), TASKS),
    (Name::Begins(&["tokio", "task", "JoinSet"]), TASKS),
    (Name::Begins(&["tokio", "task", "LocalSet"]), TASKS),
    (Name::Begins(&["tokio", "task", "Builder"]), TASKS),
    (Name::Begins(&["tokio", "runtime"]), TASKS),
    (Name::Begins(&["tokio", "sync", "watch"]), WAKES),
    (Name::Begins(&["std", "thread", "spawn"]), BLOCKING),
    (Name::Begins(&["std", "thread", "scope"]), BLOCKING),
    (Name::Begins(&["std", "thread", "Builder"]), BLOCKING),
    (Name::Word("spawn_blocking"), BLOCKING),
    (Name::Word("block_in_place"), BLOCKING),
    (Name::Begins(&["tokio", "fs"]), BLOCKING),
    (Name::Begins(&["rayon"]), THREADS),
    (Name::Begins(&["crossbeam"]), THREADS),
    (Name::Begins(&["std", "thread", "current"]), THREADS),
    (Name::Begins(&["std", "thread", "park"]), THREADS),
    (Name::Begins(&["std", "collections", "HashMap"]), ORDER),
    (Name::Begins(&["std", "collections", "HashSet"]), ORDER),
    (Name::Begins(&["std", "collections", "hash_map"]), ORDER),
    (Name::Begins(&["std", "collections", "hash_set"]), ORDER),
    (Name::Begins(&["hashbrown"]), ORDER),
    (Name::Begins(&["ahash"]), ORDER),
    (Name::Begins(&["dashmap"]), ORDER),
    (Name::Word("RandomState"), ORDER),
    (Name::Word("as_ptr"), ADDRESS),
    (Name::Word("expose_provenance"), ADDRESS),
    (Name::Begins(&["std", "env"]), ENVIRONMENT),
    (Name::Begins(&["std", "process", "id"]), MACHINE),
    (Name::Word("available_parallelism"), MACHINE),
    (Name::Word("thread_local"), STATE),
];

impl Name {
    pub(super) fn is(&self, mention: &Mention, full: &[String]) -> bool {
        match self {
            Self::Begins(name) if mention.import == Some(Import::Glob) => {
                begins(full, name) || hides(full, name)
            }
            Self::Begins(name) => (full.len() > 1 || mention.import.is_some()) && begins(full, name),
            Self::Ends(name) => full.len() >= name.len() && begins(&full[full.len() - name.len()..], name),
            Self::Word(_) | Self::Method(_) => false,
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
