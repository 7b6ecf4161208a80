//! What is accepted, and each thing that is not.

mod cached;
mod keys;
mod refreshing;
mod support;
mod verified;
