//! What cart knows of its neighbours.

pub(crate) mod products;
