//! What the running supervisor can be asked for.
