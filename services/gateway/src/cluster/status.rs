//! What the status of each object has to say.

mod ancestors;
mod backend_tls;
mod class;
mod conditions;
mod entries;
mod gateway;
mod parents;

use serde_json::{Map, Value};
use tradewind_kubernetes::Object;

use crate::cluster::judged::Judged;
use crate::cluster::options::Class;
use crate::cluster::versions::Versions;
use crate::cluster::view::{Name, View};

/// What statuses are made of.
pub(super) struct Scene<'scene> {
    pub(super) class: &'scene Class,
    /// The objects as they are now, which may be other ones than those that were judged.
    pub(super) view: &'scene View,
    pub(super) judged: &'scene Judged,
    /// Of which version the definitions of the cluster are.
    pub(super) versions: &'scene Versions,
    /// The time, as RFC 3339 has it.
    pub(super) now: &'scene str,
}

impl Scene<'_> {
    /// The whole status that an object has to have, if it is another one than it has. Of an object that has changed since
    /// it was judged nothing is said: what comes of it is about to be known.
    pub(super) fn status(&self, kind: &'static str, object: &Object) -> Option<Value> {
        let name: Name = (kind, object.namespace().to_owned(), object.name().to_owned());
        if self.judged.generation(&name).is_some_and(|judged| judged != object.generation()) {
            return None;
        }
        let current = object.value().get("status").and_then(Value::as_object);
        let mut status = current.cloned().unwrap_or_default();
        match kind {
            "GatewayClass" => self.of_class(object, &mut status),
            "Gateway" => self.of_gateway(object, &mut status),
            "HTTPRoute" | "GRPCRoute" | "TLSRoute" => self.of_route(&name, object, &mut status),
            "BackendTLSPolicy" => self.of_backend_tls(&name, object, &mut status),
            "RoutePolicy" | "BackendPolicy" | "ListenerPolicy" => self.of_policy(&name, object, &mut status),
            _ => return None,
        }
        let is_same = current.map_or(status.is_empty(), |current| *current == status);
        (!is_same).then_some(Value::Object(status))
    }
}

/// A status while it is put together: what others wrote stays.
type Status = Map<String, Value>;

#[cfg(test)]
mod tests;
