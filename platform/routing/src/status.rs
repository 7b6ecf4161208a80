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
