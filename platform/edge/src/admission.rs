//! How much may be under way at once: a limit that follows what the backend shows of itself.
//!
//! The rule is of the gradient family (Netflix concurrency-limits, Envoy's adaptive concurrency), in windows:
//!
//! - The *baseline* is the latency without a queue, the *latency* the median of a window, which a few slow
//!   requests do not move. While the latency stays within `tolerance` of the baseline, the limit grows by its square
//!   root each window; beyond that it is multiplied by `tolerance × baseline ÷ latency`, but not by less than a half.
//!   The root keeps a small queue, so that a backend that got faster is noticed. Until the latency was beyond for the
//!   first time the limit doubles instead, for a start must not refuse what there is room for.
//! - What was not answered in time, or with word of overload, shrinks the limit by half of its share of the requests.
//! - A window in which nobody was refused, and most requests found less than half of the limit in use, says nothing
//!   about the limit. It stays, and the baseline follows the latency: at low load a backend that is slower is not one
//!   that is overloaded.
//! - Under load only a lower latency would change the baseline, and a backend that got slower for good would be held
//!   for overloaded ever after. To take the latency as it is would take the queue for normal, and the limit would drift
//!   upwards. So after `baseline_age` there is a third of the limit for two windows, one to drain and one to measure
//!   (Envoy goes down to a minimum for that; a third empties the queue that the rule lets stand, and costs less).
//! - Under the least limit there is, the latency is the baseline: there is nothing left to take away. So a change to
//!   requests that take longer costs a few windows, and not `baseline_age`.
//!
//! A part of the limit is for the critical only, and sheddable requests get a smaller part than the usual ones. There is
//! no queue: whoever is refused knows it at once.
//!
//! What counts as under way is what waits for its answer to begin: who asks this says so by ending a request then. How
//! long an answer goes on depends on its length and its client, and says nothing about the backend.

mod controller;
mod histogram;
mod settings;

pub use controller::{Admission, Refused};
pub use settings::{AdmissionSettings, Finished, Priority};
