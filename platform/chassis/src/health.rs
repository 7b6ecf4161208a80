//! Health: is the process alive, has it started, may it be sent requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// The stages of a service instance, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It is being built.
    Starting,
    /// It takes requests.
    Ready,
    /// It finishes what it has and takes nothing new.
    Draining,
}

/// The health of one service instance; clones share it.
///
/// Readiness speaks of this instance only. A peer that fails must not take its callers out of rotation.
#[derive(Debug, Clone, Default)]
pub struct Health {
    stage: Arc<AtomicU8>,
}

impl Health {
    /// The present stage.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::Starting,
            1 => Stage::Ready,
            _ => Stage::Draining,
        }
    }

    /// Moves on to `stage`; never back.
    pub(crate) fn advance(&self, stage: Stage) {
        self.stage.fetch_max(stage as u8, Ordering::AcqRel);
    }

    /// Whether requests may be sent.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.stage() == Stage::Ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draining_instance_never_becomes_ready_again() {
        let health = Health::default();
        assert_eq!(health.stage(), Stage::Starting);
        health.advance(Stage::Ready);
        assert!(health.is_ready());
        health.advance(Stage::Draining);
        health.advance(Stage::Ready);
        assert_eq!(health.stage(), Stage::Draining);
    }
}
