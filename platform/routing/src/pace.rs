//! Work in small pieces.

/// So many small steps are one piece of work: some ten microseconds.
const STEPS: u32 = 64;

/// Lets others have their turn between pieces of work.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pace {
    turn: Option<fn()>,
    steps: u32,
}

impl Pace {
    pub(crate) fn new(turn: fn()) -> Self {
        Self { turn: Some(turn), steps: 0 }
    }

    /// One small step is done.
    pub(crate) fn step(&mut self) {
        self.steps += 1;
        if self.steps >= STEPS {
            self.turn();
        }
    }

    /// More than a small step is done.
    pub(crate) fn turn(&mut self) {
        self.steps = 0;
        if let Some(turn) = self.turn {
            turn();
        }
    }
}
