//! The only public door.

mod config;
pub mod domain;
mod error;
mod forward;
mod guard;
mod http;
mod mutants;
mod routes;
mod state;

use tradewind_chassis::http::Routes;
use tradewind_chassis::{Definition, Init, Service};

use crate::config::Settings;
use crate::state::Gateway;

/// The name of the service.
pub const SERVICE: &str = "gateway";

pub use mutants::MUTANTS;

/// The service as a value.
#[must_use]
pub fn service() -> Service {
    let definition = Definition::new(SERVICE, "The only public door: routes requests to services.", start);
    let calling =
        routes::built_in_backends().iter().fold(definition, |definition, peer| definition.calls(peer));
    calling
        .data_plane(8080, http::edge(), guard::factory())
        .internal(8180, Routes::new())
        .problems(error::KINDS)
        .build()
}

fn start(init: &mut Init<Settings>) -> Result<Gateway, String> {
    let table = routes::load(init.settings.routes.as_deref(), init.settings.more_routes.as_deref())?;
    let names = table.routes().map(|route| route.backend.name());
    let peers = names.map(|name| (name.clone(), init.peer(&name))).collect();
    Ok(Gateway { table, peers })
}
