//! `tradewind describe`.

use std::process::ExitCode;

use serde::Serialize;
use tradewind_chassis::{Description, DoorKind};
use tradewind_fleet::Topology;

use crate::arguments::Describe;
use crate::table;

pub(crate) fn run(options: &Describe) -> Result<ExitCode, String> {
    let services = tradewind_fleet::assembly().descriptions();
    if options.chart {
        println!("{}", json(&Topology::of_fleet())?);
    } else if options.json {
        println!("{}", json(&services)?);
    } else {
        for service in &services {
            println!("{}", text(service));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn json(value: &impl Serialize) -> Result<String, String> {
    serde_json::to_string_pretty(value).map_err(|error| error.to_string())
}

fn text(service: &Description) -> String {
    let mut rows = Vec::new();
    for door in &service.doors {
        let mut name = format!("{} door, port {}", door.kind.name(), door.port);
        for (method, path) in &door.routes {
            rows.push(vec![std::mem::take(&mut name), format!("{method} {path}")]);
        }
        for path in &door.rpcs {
            rows.push(vec![std::mem::take(&mut name), format!("gRPC {path}")]);
        }
        if !name.is_empty() {
            let behind =
                if door.kind == DoorKind::DataPlane { "what the routes say" } else { "health and metrics" };
            rows.push(vec![name, behind.to_owned()]);
        }
    }
    let mut list = |title: &str, items: Vec<String>| {
        let mut title = title.to_owned();
        rows.extend(items.into_iter().map(|item| vec![std::mem::take(&mut title), item]));
    };
    list("promises", service.promises.clone());
    list("publishes", service.publishes.clone());
    let listens = service.listens.iter();
    list("listens to", listens.flat_map(|from| from.types.clone()).collect());
    list("calls", service.calls.clone());
    format!("{}: {}\n{}", service.name, service.about, table::columns(&rows))
}
