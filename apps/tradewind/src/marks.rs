//! Files by which a data folder tells what was done to it.

/// Written once the shop was filled, so that no later start fills it again.
pub(crate) const SEEDED: &str = "seeded.json";
