//! What happened in a run: a digest of all of it, and the lines if somebody wants to read them.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use tradewind_kernel::Clock;

/// How many of the newest lines are kept when nobody asked for all of them.
const NEWEST: usize = 64;

/// Records what happens, in order. Clones are one journal.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    clock: Clock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    digest: Sha256,
    entries: u64,
    lines: Vec<String>,
    keeps_all: bool,
}

impl Journal {
    pub(crate) fn new(clock: Clock, keeps_all: bool) -> Self {
        let state = State { digest: Sha256::new(), entries: 0, lines: Vec::new(), keeps_all };
        Self { clock, state: Arc::new(Mutex::new(state)) }
    }

    /// Writes down that this happened now.
    pub(crate) fn note(&self, what: &str) {
        let micros = self.clock.monotonic().as_micros();
        let line = format!("{:>4}.{:06} {what}", micros / 1_000_000, micros % 1_000_000);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.digest.update(line.as_bytes());
        state.digest.update(b"\n");
        state.entries += 1;
        if !state.keeps_all && state.lines.len() >= 2 * NEWEST {
            state.lines.drain(..NEWEST);
        }
        state.lines.push(line);
    }

    /// The digest of everything so far, and of how many entries.
    pub(crate) fn digest(&self) -> (String, u64) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for byte in state.digest.clone().finalize().iter().take(16) {
            write!(text, "{byte:02x}").unwrap_or_default();
        }
        (text, state.entries)
    }

    /// The lines: all, or the newest.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).lines.clone()
    }
}
