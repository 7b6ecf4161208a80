//! A run to look at: as text, and as one page for a browser.

mod page;
mod text;

use tradewind_sim::Outcome;

/// What was to be played, what happened, and what did not hold, as lines of text.
#[must_use]
pub fn text(outcome: &Outcome) -> String {
    text::write(outcome)
}

/// The same as one HTML page that needs nothing besides itself: a lane for each process and client, requests as arrows,
/// faults as bands. `replay` is the command that gives the run again.
#[must_use]
pub fn page(outcome: &Outcome, replay: &str) -> String {
    page::write(outcome, replay)
}

#[cfg(test)]
mod tests;
