//! What came of each document, in the words of the Gateway API.

use tradewind_gateway_api::reference::{ParentRef, TargetRef};

use crate::effective::PolicyId;
use crate::rule::RouteId;

/// One thing that is so or not so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// `Accepted`, `ResolvedRefs`, `Programmed`, `Conflicted`.
    pub kind: &'static str,
    /// Whether it is so.
    pub holds: bool,
    /// Why, in one word that the specification has for it.
    pub reason: &'static str,
    /// Why, for a person.
    pub message: String,
}

impl Condition {
    /// Whether it is as it should be: `Conflicted` is the one that should not hold.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.holds != (self.kind == "Conflicted")
    }

    pub(crate) fn new(
        kind: &'static str,
        holds: bool,
        reason: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self { kind, holds, reason, message: message.into() }
    }
}

/// What came of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayStatus {
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The generation that it is about.
    pub generation: i64,
    /// `Accepted` and `Programmed`.
    pub conditions: Vec<Condition>,
    /// Of each listener.
    pub listeners: Vec<ListenerStatus>,
}

impl GatewayStatus {
    /// Says of the gateway what its listeners come to: it is in use if any of them is.
    pub(crate) fn sum_up(&mut self) {
        let is_in_use = self.listeners.iter().any(ListenerStatus::is_in_use);
        let others: Vec<&str> =
            self.listeners.iter().filter(|it| !it.is_good()).map(|it| it.name.as_str()).collect();
        let accepted = if others.is_empty() {
            Condition::new("Accepted", true, "Accepted", "the gateway is served")
        } else {
            let message = format!("not served, or not as they ask for: {}", others.join(", "));
            Condition::new("Accepted", is_in_use, "ListenersNotValid", message)
        };
        let programmed = if is_in_use {
            Condition::new("Programmed", true, "Programmed", "routes are in use")
        } else {
            Condition::new("Programmed", false, "Invalid", "none of its listeners is served")
        };
        self.conditions = vec![accepted, programmed];
    }

    /// Says of a listener what others have found out, such as that its port is taken: why it is not in use. Nothing
    /// changes where there is no such listener, or it was not in use anyway.
    pub fn close(&mut self, listener: &str, kind: &'static str, reason: &'static str, message: &str) {
        let found = self.listeners.iter_mut().find(|found| found.name == listener);
        let Some(found) = found.filter(|found| found.is_in_use()) else { return };
        for condition in &mut found.conditions {
            if condition.kind == kind {
                *condition = Condition::new(kind, false, reason, message);
            } else if condition.kind == "Programmed" {
                *condition = Condition::new("Programmed", false, "Invalid", "the listener is not served");
            }
        }
        self.sum_up();
    }
}

impl ListenerStatus {
    /// Whether it is in use.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        self.conditions.iter().any(|condition| condition.kind == "Programmed" && condition.holds)
    }

    /// Whether all is as it should be.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.conditions.iter().all(Condition::is_good)
    }
}

/// What came of a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerStatus {
    /// Its name.
    pub name: String,
    /// Kinds of routes that may attach.
    pub supported_kinds: Vec<&'static str>,
    /// How many routes did.
    pub attached_routes: usize,
    /// `Accepted`, `ResolvedRefs`, `Programmed`, `Conflicted`.
    pub conditions: Vec<Condition>,
}

/// What came of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteStatus {
    /// The route.
    pub route: RouteId,
    /// The generation that it is about.
    pub generation: i64,
    /// At each gateway of ours that it refers to.
    pub parents: Vec<ParentStatus>,
}

/// What came of a route at one gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParentStatus {
    /// The reference, as the route has it.
    pub parent: ParentRef,
    /// `Accepted` and `ResolvedRefs`.
    pub conditions: Vec<Condition>,
}

/// What came of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyStatus {
    /// The policy.
    pub policy: PolicyId,
    /// The generation that it is about.
    pub generation: i64,
    /// At each of its targets that is ours or is not there.
    pub ancestors: Vec<AncestorStatus>,
}

/// What came of a policy at one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AncestorStatus {
    /// The target, as the policy has it.
    pub ancestor: TargetRef,
    /// `Accepted`, and `ResolvedRefs` of a policy that names other documents.
    pub conditions: Vec<Condition>,
}
