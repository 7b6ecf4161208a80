//! What the policies of a listener and of a rule together say of a request. Both doors ask here: that of the data plane
//! and that of the fleet.

use std::net::IpAddr;
use std::sync::Arc;

use tradewind_data_plane::{Answer, Request};
use tradewind_edge::address::CidrSet;
use tradewind_edge::limit::Table;
use tradewind_problem::INTERNAL;
use tradewind_routing::{self as routing, EffectiveListenerPolicy, Rule, Step};

use crate::edge::guarding::{Guarding, Passed};
use crate::edge::visitor::{Visitor, set};

/// What holds for the connections of a port.
pub(crate) struct Port {
    pub(crate) trusted: CidrSet,
    pub(crate) policy: Arc<EffectiveListenerPolicy>,
    /// Whether requests come by TLS; one that does not is on a connection from before it was so.
    pub(crate) is_secured: bool,
}

impl Port {
    /// What a table says of a port.
    pub(crate) fn of(table: &routing::Table, port: u16) -> Self {
        let policy = table.listener_policy(port).clone();
        Self { trusted: set(&policy.trusted_proxies), policy, is_secured: table.is_secured(port) }
    }
}

/// What the policies have to say of a request that may go on.
pub(crate) struct Guarded {
    pub(crate) passed: Passed,
    /// Whether it comes from a proxy that is believed.
    pub(crate) trusts: bool,
    /// The address of the client, behind proxies that are believed.
    pub(crate) client: Option<IpAddr>,
}

/// Asks the policies of a port and of a rule.
pub(crate) fn judge(
    port: Option<&Port>,
    (guarding, rule): (&Guarding, &Rule),
    request: &Request<'_>,
    table: &Table,
) -> Result<Guarded, Box<Answer>> {
    match strictly(port, guarding, request, table) {
        // What a browser asks before a request carries no token; the step that answers it is the next to come.
        Err(answer) if answer.status() == 401 && shares(rule) && is_preflight(request) => {
            Ok(Guarded { passed: Passed::default(), trusts: false, client: None })
        }
        judged => judged,
    }
}

fn strictly(
    port: Option<&Port>,
    guarding: &Guarding,
    request: &Request<'_>,
    table: &Table,
) -> Result<Guarded, Box<Answer>> {
    if let Some(reason) = port.and_then(|port| port.policy.broken.as_ref()) {
        tracing::debug!(reason, "the policy of a listener cannot be read, so nothing is served there");
        let detail = "A rule about this request cannot be read. It is the gateway's fault.";
        return Err(Box::new(Answer::problem(&INTERNAL, detail).because("broken-policy")));
    }
    let nobody = CidrSet::default();
    let trusted = port.map_or(&nobody, |port| &port.trusted);
    let mut visitor = Visitor::new(request, trusted);
    let passed = guarding.judge(request, &mut visitor, table)?;
    let client = Some(visitor.address);
    Ok(Guarded { passed, trusts: trusted.contains(request.peer().ip()), client })
}

/// Whether a rule has a step that answers what browsers ask beforehand.
fn shares(rule: &Rule) -> bool {
    rule.steps.iter().any(|step| matches!(step, Step::Cors(_)))
}

fn is_preflight(request: &Request<'_>) -> bool {
    request.method() == "OPTIONS"
        && request.header("origin").is_some()
        && request.header("access-control-request-method").is_some()
}
