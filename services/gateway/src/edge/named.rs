//! Decides about connections by the names that their clients ask for.

use std::any::Any;
use std::rc::Rc;

use tradewind_data_plane::{Admission, Introduction, Pass, Passed, Refused};
use tradewind_routing::FoundByName;

use crate::edge::connection_counts::OpenConnection;
use crate::edge::ready::Ready;
use crate::edge::rule::{Compiled, Named};
use crate::edge::thread::ThreadEdge;

/// What a decision leaves behind until the connection has ended.
struct Mark {
    named: Rc<Named>,
    _open: OpenConnection,
}

/// What becomes of a connection.
pub(crate) fn admit(thread: &ThreadEdge, introduction: &Introduction<'_>) -> Admission {
    let ready = thread.ready();
    let name = introduction.server_name.unwrap_or_default();
    let (rule, ends_tls) = match ready.routes.table.find_by_name(introduction.port, name) {
        Some(FoundByName::Http) => return Admission::Http,
        Some(FoundByName::Passthrough(rule)) => (rule, false),
        Some(FoundByName::Terminate(rule)) => (rule, true),
        None => return Admission::Refuse(Refused::UnknownName, None),
    };
    let named = thread.named(&ready, rule);
    let mark: Rc<dyn Any> = Rc::new(Mark { named: named.clone(), _open: named.counts.open() });
    match judged(&ready, introduction, &named.rule) {
        Err(refused) => Admission::Refuse(refused, Some(mark)),
        Ok(()) => match named.rule.chosen(|sum| thread.below(sum)).and_then(|leading| leading.leads.as_ref())
        {
            Some(leads) => Admission::Pass(Pass { cluster: leads.cluster.clone(), ends_tls, mark }),
            None => Admission::Refuse(Refused::Broken, Some(mark)),
        },
    }
}

/// Asks the policies. What they ask of requests cannot be asked here; a token that nobody can show is not let off.
fn judged(ready: &Ready, introduction: &Introduction<'_>, rule: &Compiled) -> Result<(), Refused> {
    let of_port = ready.port(introduction.port).and_then(|port| port.policy.broken.as_ref());
    if let Some(reason) = of_port.or(rule.guarding.policy.broken.as_ref()) {
        tracing::debug!(reason, "a policy cannot be read, so nothing that it is about is served");
        return Err(Refused::Broken);
    }
    if !rule.guarding.is_allowed(introduction.peer.ip().to_canonical()) {
        return Err(Refused::NotAllowed);
    }
    if rule.guarding.policy.jwt.is_some() {
        tracing::debug!(route = %rule.rule.route, "a policy wants tokens, which connections cannot show");
        return Err(Refused::NoToken);
    }
    Ok(())
}

/// What came of a connection.
pub(crate) fn passed(
    thread: &ThreadEdge,
    introduction: &Introduction<'_>,
    passed: &Passed,
    mark: Option<&Rc<dyn Any>>,
) {
    let named = mark.and_then(|mark| mark.downcast_ref::<Mark>()).map(|mark| &*mark.named);
    match (named, passed.reason) {
        (Some(named), _) => named.counts.record(passed),
        (None, Some(reason)) => thread.refuse(reason),
        (None, None) => {}
    }
    thread.log_connection(introduction, passed, named);
}
