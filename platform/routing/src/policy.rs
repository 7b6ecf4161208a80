//! Policies: which ones are about what, and what comes of several of them.
//!
//! A policy is about documents of its own namespace (GEP-713, direct attachment). Of two of one kind about the same
//! target and section the older goes first, then the name, and the other one is told so. Of several levels the more
//! specific replaces whole fields of `spec`: rule before route, route before listener, listener before gateway, port
//! before service. What no policy says has a default that needs no policy.
//!
//! - `attach` finds the targets and writes the statuses, `target` knows what there is,
//! - `merge` puts levels together, `rules`, `ports` and `services` do so for what the table holds.

mod attach;
mod merge;
mod ports;
mod rules;
mod services;
mod target;

pub(crate) use attach::{AtTargets, Attached};
pub(crate) use ports::listeners;
pub(crate) use rules::{Chain, Outer, RulePolicies};
pub(crate) use services::services;
pub(crate) use target::Targets;
