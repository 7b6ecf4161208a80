//! `GET /openapi.json`: what a door offers, generated from its routes when it is built.

use bytes::Bytes;
use http::StatusCode;
use tradewind_schema::{Door, operation};

use crate::description::DoorKind;
use crate::http::{Reply, Routes};

const PATH: &str = "/openapi.json";

/// The media type of OpenAPI documents (OpenAPI 3.1.0 §4.1, JSON).
const MEDIA_TYPE: &str = "application/json";

/// Adds the document of a door to its routes.
///
/// It is found at `/openapi.json`, and beside the routes that the gateway leads to, because that is where callers
/// outside can read it.
pub(crate) fn add_to<S: Send + Sync + 'static>(
    routes: Routes<S>,
    service: &str,
    about: &str,
    kind: DoorKind,
) -> Routes<S> {
    let routed = format!("/api/{service}/v1");
    let is_routed = routes.listed().iter().any(|(_, path)| path.starts_with(&format!("{routed}/")));
    let mut paths = vec![PATH.to_owned()];
    if kind == DoorKind::Public && is_routed {
        paths.push(format!("{routed}{PATH}"));
    }
    let described = paths.iter().fold(routes, |routes, path| add(routes, path, &Bytes::new()));
    let (kind, secret) = (kind.name(), kind == DoorKind::Internal);
    let version = env!("CARGO_PKG_VERSION");
    let document = Bytes::from(described.document(&Door { service, about, kind, version, secret }));
    paths.iter().fold(described, |routes, path| add(routes, path, &document))
}

fn add<S: Send + Sync + 'static>(routes: Routes<S>, path: &str, document: &Bytes) -> Routes<S> {
    let document = document.clone();
    routes
        .get(path, move |_, call| {
            let document = document.clone();
            async move {
                call.no_query()?;
                Ok(Reply::bytes(StatusCode::OK, MEDIA_TYPE, document))
            }
        })
        .describe(operation("Show this document").answers::<serde_json::Value>(200))
}
