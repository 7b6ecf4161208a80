//! JSON Schemas (draft 2020-12) of values, the OpenAPI document of a door, generated from its routes, and the AsyncAPI
//! document of what a service tells and hears.
//!
//! A type has a schema when it derives `schemars::JsonSchema`; code of the platform asks for [`Described`].
//! Every text made here is the same for the same types: keys are sorted.

#![warn(missing_docs)]

mod asyncapi;
mod described;
mod document;
mod merge;
mod operation;
mod responses;
mod sample;

pub use asyncapi::{Application, Channel, Describe, Message, Role, Server, Way, application};
pub use described::{Described, Parts, Schema, Side};
pub use document::{Door, Route, document};
pub use operation::{Operation, operation};
pub use sample::sample;
