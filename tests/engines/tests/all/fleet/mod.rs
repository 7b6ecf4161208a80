//! Whole fleets on real servers: mistakes at the start, troubles at runtime, replicas, provisioning.

mod absent;
mod provisioned;
mod replicas;
mod runtime;
mod shop;
mod tls;
