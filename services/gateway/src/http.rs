//! Door: canonical path, route, forward.

use std::sync::Arc;

use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_problem::Problem;

use crate::domain::path;
use crate::error::{AMBIGUOUS_PATH, NO_ROUTE};
use crate::forward;
use crate::state::Gateway;

pub(crate) fn edge() -> Routes<Gateway> {
    Routes::new().otherwise(route)
}

async fn route(gateway: Arc<Gateway>, call: Call) -> Result<Reply, Problem> {
    let canonical = path::canonical(call.uri().path())
        .map_err(|error| Problem::new(&AMBIGUOUS_PATH).detail(format!("The path is not taken: {error}.")))?;
    let no_route =
        || Problem::new(&NO_ROUTE).detail(format!("No route leads to {canonical}. Check its spelling."));
    let route = gateway.table.find(&canonical).ok_or_else(no_route)?;
    let peer = gateway.peers.get(&route.backend.name()).ok_or_else(no_route)?;
    let label = route.template.clone();
    let response = peer.send(forward::request(call, &canonical)?).await?;
    Ok(Reply::forward(forward::response(response)).label(label))
}
