//! Connections that are told apart by names and passed on.

mod ends;
mod hello;
mod support;
mod way;
