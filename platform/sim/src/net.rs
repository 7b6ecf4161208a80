//! Which doors are open, who can reach whom, and how bad the network is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tradewind_chassis::Scope;
use tradewind_client::NearDoor;
use tradewind_kernel::{Clock, Entropy};

use crate::journal::Journal;
use crate::trouble::Trouble;

/// A door of one life of a process.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(crate) node: String,
    pub(crate) life: u32,
    pub(crate) door: NearDoor,
}

/// The network between all processes. Clones are one network.
#[derive(Clone)]
pub(crate) struct Net {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    /// Asked in the order in which things happen.
    dice: Entropy,
    journal: Journal,
    /// Tasks that belong to no process.
    scope: Scope,
    /// Every name that a door of the fleet has, open or not.
    names: BTreeSet<String>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    open: BTreeMap<String, Open>,
    /// The life in which each process is; none when it is down.
    lives: BTreeMap<String, u32>,
    /// From whom to whom nothing passes.
    parted: BTreeSet<(String, String)>,
    trouble: Trouble,
}

impl Net {
    pub(crate) fn new(clock: Clock, dice: Entropy, journal: Journal, names: BTreeSet<String>) -> Self {
        let (open, lives, parted) = Default::default();
        let state = Mutex::new(State { open, lives, parted, trouble: Trouble::calm() });
        let scope = Scope::new("world");
        Self { inner: Arc::new(Inner { clock, dice, journal, scope, names, state }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.inner.journal
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.inner.scope
    }

    /// A number below `bound`, drawn when something happens on the network.
    pub(crate) fn draw(&self, bound: u64) -> u64 {
        self.inner.dice.below(bound)
    }

    /// A door is open under these names.
    pub(crate) fn open(&self, names: &[String], open: &Open) {
        let mut state = self.state();
        for name in names {
            state.open.insert(name.clone(), open.clone());
        }
    }

    /// A life of a process begins.
    pub(crate) fn begin(&self, node: &str, life: u32) {
        self.state().lives.insert(node.to_owned(), life);
    }

    /// It is over: nothing that it says from now on is heard.
    pub(crate) fn end(&self, node: &str) {
        self.state().lives.remove(node);
    }

    pub(crate) fn is_alive(&self, node: &str, life: u32) -> bool {
        self.state().lives.get(node) == Some(&life)
    }

    /// The door that is open under this name, and whose process is alive.
    pub(crate) fn door(&self, name: &str) -> Option<Open> {
        let state = self.state();
        state.open.get(name).filter(|open| state.lives.get(&open.node) == Some(&open.life)).cloned()
    }

    pub(crate) fn part(&self, from: &str, to: &str) {
        self.state().parted.insert((from.to_owned(), to.to_owned()));
    }

    pub(crate) fn join(&self, from: &str, to: &str) {
        self.state().parted.remove(&(from.to_owned(), to.to_owned()));
    }

    pub(crate) fn is_parted(&self, from: &str, to: &str) -> bool {
        self.state().parted.contains(&(from.to_owned(), to.to_owned()))
    }

    pub(crate) fn set_trouble(&self, trouble: Trouble) {
        self.state().trouble = trouble;
    }

    pub(crate) fn trouble(&self) -> Trouble {
        self.state().trouble
    }

    /// Everybody reaches everybody, and nothing is lost.
    pub(crate) fn heal(&self) {
        let mut state = self.state();
        state.parted.clear();
        state.trouble = Trouble::calm();
    }

    pub(crate) fn names(&self) -> &BTreeSet<String> {
        &self.inner.names
    }
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state().fmt(f)
    }
}
