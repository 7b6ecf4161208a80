//! The rules about this workspace, as code.
//!
//! A [`Workspace`] is the repository in memory: paths and texts, with the manifests and the Rust sources
//! parsed. Each module below [`rules`] holds one rule: a pure function from the workspace to the places that
//! break it. The tests run every rule twice: on the repository itself, where it must find nothing, and on a
//! few planted lines, where it must.
//!
//! Exceptions live in a table at the top of the rule they soften (`OWNERS`, `EXCEPTIONS`), each with its
//! reason.

#![warn(missing_docs)]

pub mod manifest;
pub mod mention;
pub mod rules;
pub mod source;
pub mod violation;
pub mod workspace;

pub use manifest::Manifest;
pub use source::Source;
pub use violation::Violation;
pub use workspace::{Member, Ring, Workspace};
