//! Each rule twice: on this repository, where it finds nothing, and on planted lines, where it must find
//! them.

mod determinism;
mod direction;
mod fault_points;
mod home_paths;
mod layers;
mod manifests;
mod mutants;
mod owned;
mod public_api;
mod pure_domain;
mod readmes;
mod size;
mod support;
mod test_targets;
mod vocabulary;
mod workspace;
