//! Which doors are open, who can reach whom, and how bad the network is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tradewind_broker_model::{BROKER, Surroundings, Task};
use tradewind_chassis::Scope;
use tradewind_client::NearDoor;
use tradewind_kernel::{Clock, Entropy};

use crate::journal::Journal;
use crate::script::EVERYBODY;
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
    /// Forked for whoever sends, and never asked itself.
    dice: Entropy,
    journal: Journal,
    /// Tasks that belong to no process.
    scope: Scope,
    /// Every name that a door of the fleet has, open or not.
    names: BTreeSet<String>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By the names of doors, those of all processes that have one.
    open: BTreeMap<String, Vec<Open>>,
    /// The life in which each process is; none when it is down.
    lives: BTreeMap<String, u32>,
    /// From whom to whom nothing passes, and by which fault.
    parted: Vec<(String, String, u32)>,
    /// The faults by which the network is bad.
    bad: BTreeSet<u32>,
    /// Those that had an effect since they were asked for.
    felt: BTreeSet<u32>,
    /// Processes that are of the other version.
    other_version: BTreeSet<String>,
}

impl Net {
    pub(crate) fn new(clock: Clock, dice: Entropy, journal: Journal, names: BTreeSet<String>) -> Self {
        let state = Mutex::new(State::default());
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

    /// What decides how requests travel that are sent under this label.
    pub(crate) fn dice(&self, label: &str) -> Entropy {
        self.inner.dice.fork(label)
    }

    /// A door is open under these names.
    pub(crate) fn open(&self, names: &[String], open: &Open) {
        let mut state = self.state();
        for name in names {
            let doors = state.open.entry(name.clone()).or_default();
            doors.retain(|other| other.node != open.node);
            doors.push(open.clone());
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

    /// A door that is open under this name, and whose process is alive: any of them.
    pub(crate) fn door(&self, name: &str, dice: &Entropy) -> Option<Open> {
        let state = self.state();
        let doors = state.open.get(name)?;
        let mut alive = doors.iter().filter(|open| state.lives.get(&open.node) == Some(&open.life));
        let count = alive.clone().count();
        let chosen = if count > 1 { dice.below(count as u64) } else { 0 };
        alive.nth(usize::try_from(chosen).unwrap_or_default()).cloned()
    }

    /// Lets nothing pass, until the fault is over.
    pub(crate) fn part(&self, from: &str, to: &str, fault: u32) {
        self.state().parted.push((from.to_owned(), to.to_owned(), fault));
    }

    /// Whether nothing passes; whoever asks has something to send.
    pub(crate) fn is_parted(&self, from: &str, to: &str) -> bool {
        let mut state = self.state();
        let State { parted, felt, .. } = &mut *state;
        let is = |end: &str, named: &str| end == named || named == EVERYBODY;
        let by = parted.iter().filter(|part| is(from, &part.0) && is(to, &part.1)).map(|part| part.2);
        let faults: Vec<u32> = by.collect();
        felt.extend(&faults);
        !faults.is_empty()
    }

    /// The network is bad until the fault is over.
    pub(crate) fn disturb(&self, fault: u32) {
        self.state().bad.insert(fault);
    }

    /// A fault of the network is over; gives whether anybody noticed.
    pub(crate) fn is_over(&self, fault: u32) -> bool {
        let mut state = self.state();
        state.parted.retain(|part| part.2 != fault);
        state.bad.remove(&fault);
        state.felt.remove(&fault)
    }

    /// How bad the network is; whoever asks has something to send.
    pub(crate) fn trouble(&self) -> Trouble {
        let mut state = self.state();
        let State { bad, felt, .. } = &mut *state;
        felt.extend(bad.iter().copied());
        if bad.is_empty() { Trouble::calm() } else { Trouble::bad() }
    }

    /// Which version a process is of.
    pub(crate) fn set_version(&self, node: &str, is_other: bool) {
        let mut state = self.state();
        if is_other {
            state.other_version.insert(node.to_owned());
        } else {
            state.other_version.remove(node);
        }
    }

    pub(crate) fn is_other_version(&self, node: &str) -> bool {
        self.state().other_version.contains(node)
    }

    /// Everybody reaches everybody, and nothing is lost.
    pub(crate) fn heal(&self) {
        let mut state = self.state();
        state.parted.clear();
        state.bad.clear();
    }

    pub(crate) fn names(&self) -> &BTreeSet<String> {
        &self.inner.names
    }
}

impl Surroundings for Net {
    fn clock(&self) -> &Clock {
        self.clock()
    }

    fn spawn(&self, task: Task) {
        self.scope().spawn("broker", task);
    }

    fn is_alive(&self, node: &str, life: u32) -> bool {
        self.is_alive(node, life)
    }

    fn is_parted(&self, from: &str, to: &str) -> bool {
        self.is_parted(from, to)
    }

    fn note(&self, what: &str) {
        self.journal().note(what);
    }

    fn does(&self, what: String) {
        self.journal().does(BROKER, what);
    }
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state().fmt(f)
    }
}
