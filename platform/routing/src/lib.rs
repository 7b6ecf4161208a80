//! Which rule of which Gateway API document a request belongs to.
//!
//! [`Table::build`] takes the documents of a gateway together: which routes attach to which listeners, by name, kind,
//! namespace and host; which references lead somewhere, and which of them another namespace agrees to. What comes
//! out is a [`Table`] that never changes, so that a change of the documents is a new table put in the place of the old
//! one, and what an operator wants to know of each document ([`GatewayStatus`], [`RouteStatus`],
//! [`PolicyStatus`]).
//!
//! A [`Builder`] makes one table after the other, and takes over what has not changed.
//!
//! [`Table::find`] decides on a request: the most specific listener, then the most specific host, then path, method,
//! headers and query in the order that the Gateway API gives them. It takes a step for each segment of the path,
//! each of them the logarithm of the names below it; rules of the same host and path are looked at one after the other,
//! and so are regular expressions on the paths of one host.
//!
//! - `host` knows patterns of hosts,
//! - `index` finds by path, `conditions` looks at the rest of a request,
//! - `by_name` is what is told apart by the names that clients of TLS ask for,
//! - `attach` finds the listeners of a route, `refer` follows references, `compile` reads one route, and `build` puts
//!   a table together; `status` says what came of each document,
//! - `policy` finds out which policies hold for each rule, service and port, `effective` is what comes of them.

#![warn(missing_docs)]

mod asked;
mod attach;
mod build;
mod by_name;
mod change;
mod compile;
mod conditions;
mod documents;
mod effective;
mod host;
mod index;
mod named;
mod pace;
mod policy;
mod refer;
mod rule;
mod status;
mod table;

pub use asked::{Asked, Headers};
pub use build::{Builder, Built, Served};
pub use by_name::FoundByName;
pub use change::{HeaderChanges, PathChange};
pub use documents::Documents;
pub use effective::{
    EffectiveBackendPolicy, EffectiveClientCertificate, EffectiveListenerPolicy, EffectiveRateLimit,
    EffectiveRoutePolicy, PolicyId,
};
pub use refer::Known;
pub use rule::{Backend, BackendId, Redirect, Rewrite, RouteId, Rule, Step, Target};
pub use status::{
    AncestorStatus, Condition, GatewayStatus, ListenerStatus, ParentStatus, PolicyStatus, RouteStatus,
};
pub use table::{Found, Table};
