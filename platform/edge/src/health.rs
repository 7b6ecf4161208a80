//! Which endpoints are fit to be asked: by probes, by what requests find, and for how long they are here.
//!
//! Three views of one endpoint, each without a clock and a lock: [`Probes`] follows checks of its health, [`Ejections`]
//! takes out those at which requests fail, within a bound so that never all are gone, and [`warmth`] is the share of one
//! that is new.

mod ejections;
mod probes;
mod warmth;

pub use ejections::{EjectionSettings, Ejections};
pub use probes::{Health, ProbeSettings, Probes};
pub use warmth::warmth;
