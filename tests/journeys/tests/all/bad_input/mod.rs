//! What people do wrong, on every route: each is told what to change, and nothing is left half-done.

mod access;
mod addresses;
mod bodies;
mod coverage;
mod edge;
mod grpc;
mod keys;
mod objects;
mod platform;
mod routes;
mod sizes;
mod values;
mod world;
