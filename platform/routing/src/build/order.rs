//! The order of precedence of routes.

use tradewind_gateway_api::Document;

use crate::documents::precedence;

/// Where a route stands among all: the older goes first, then the name. (The Gateway API says nothing of two kinds
/// beyond that.)
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Order {
    is_of_no_age: bool,
    age: String,
    namespace: String,
    name: String,
    kind: &'static str,
}

impl Order {
    pub(super) fn of(document: &Document) -> Self {
        let (is_of_no_age, age, namespace, name) = precedence(&document.metadata);
        let kind = document.body.kind();
        Self {
            is_of_no_age,
            age: age.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            kind,
        }
    }
}
