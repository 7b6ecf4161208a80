//! The rules, one module each.

pub mod determinism;
pub mod direction;
pub mod fault_points;
pub mod home_paths;
pub mod layers;
pub mod manifests;
pub mod mutants;
pub mod owned;
pub mod public_api;
pub mod pure_domain;
pub mod readmes;
pub mod size;
pub mod test_targets;
pub mod vocabulary;
