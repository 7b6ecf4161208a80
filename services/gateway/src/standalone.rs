//! The gateway on its own: routes from a folder or a cluster, backends wherever its documents say, no fleet.

mod addresses;
mod admin;
mod arguments;
mod backends;
mod bounds;
mod certificates;
mod loading;
mod origin;
mod ports;
mod program;
mod status;
mod zones;

pub(crate) use arguments::asked_for;
pub(crate) use program::run;
