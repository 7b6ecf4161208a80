//! `GET /openapi.json`: what a door offers, generated from its routes when somebody asks for the first time: it takes
//! longer than the rest of a start.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::StatusCode;
use tradewind_schema::{Door, operation};

use crate::description::DoorKind;
use crate::http::{Reply, Routes};

const PATH: &str = "/openapi.json";

/// The media type of OpenAPI documents (OpenAPI 3.1.0 §4.1, JSON).
const MEDIA_TYPE: &str = "application/json";

/// A document that is made when it is first looked at.
type Document = Arc<LazyLock<Bytes, Box<dyn FnOnce() -> Bytes + Send>>>;

fn later(make: impl FnOnce() -> Bytes + Send + 'static) -> Document {
    Arc::new(LazyLock::new(Box::new(make)))
}

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
    let nothing = later(Bytes::new);
    // The document shows itself, and so has to be among the routes before they are written down.
    let described = paths.iter().fold(routes, |routes, path| add(routes, path, &nothing));
    let (documenting, service, about) = (described.documenting(), service.to_owned(), about.to_owned());
    let document = later(move || {
        let (kind, secret) = (kind.name(), kind == DoorKind::Internal);
        let version = env!("CARGO_PKG_VERSION");
        let door = Door { service: &service, about: &about, kind, version, secret };
        Bytes::from(documenting(&door))
    });
    paths.iter().fold(described, |routes, path| add(routes, path, &document))
}

fn add<S: Send + Sync + 'static>(routes: Routes<S>, path: &str, document: &Document) -> Routes<S> {
    let document = document.clone();
    routes
        .get(path, move |_, call| {
            let document = document.clone();
            async move {
                call.no_query()?;
                Ok(Reply::bytes(StatusCode::OK, MEDIA_TYPE, (**document).clone()))
            }
        })
        .describe(operation("Show this document").answers::<serde_json::Value>(200))
}
