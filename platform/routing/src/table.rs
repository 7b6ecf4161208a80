//! The table, and looking things up in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::asked::Asked;
use crate::by_name::{self, FoundByName, Names};
use crate::effective::{EffectiveBackendPolicy, EffectiveListenerPolicy, EffectiveRoutePolicy};
use crate::host::HostMap;
use crate::index::{Entry, Index, Path};
use crate::rule::{BackendId, Rule, Step, Target};
use tradewind_http_validation::path::CanonicalPath;

/// All rules of a gateway. Immutable: a change of the documents is a new table.
#[derive(Debug, Clone, Default)]
pub struct Table {
    pub(crate) ports: BTreeMap<u16, HostMap<Listening>>,
    /// In the order of precedence of their routes; those of connections come last.
    pub(crate) rules: Vec<Arc<Rule>>,
    /// Of the ports on which connections are told apart by names before TLS ends.
    pub(crate) names: BTreeMap<u16, Names>,
    /// The ports whose connections have TLS.
    pub(crate) secured: BTreeSet<u16>,
    /// By number; none where there was one once.
    pub(crate) entries: Vec<Option<Arc<Entry>>>,
    pub(crate) backends: Arc<[BackendId]>,
    /// What holds for rules, each once.
    pub(crate) policies: Vec<Arc<EffectiveRoutePolicy>>,
    /// Where it is not what holds anyway.
    pub(crate) backend_policies: Arc<BTreeMap<BackendId, Arc<EffectiveBackendPolicy>>>,
    pub(crate) listener_policies: BTreeMap<u16, Arc<EffectiveListenerPolicy>>,
    /// What holds anyway.
    pub(crate) defaults: (Arc<EffectiveBackendPolicy>, Arc<EffectiveListenerPolicy>),
}

/// What one listener, or several of one port and host, are for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listening {
    pub(crate) hosts: HostMap<Arc<Index>>,
}

/// The rule that a request belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Found<'table> {
    /// The number of the match, below that of [`Table::entries`]. As long as a table has the same rule there it is the
    /// same match.
    pub entry: usize,
    /// The rule.
    pub rule: &'table Arc<Rule>,
    /// The path as a metrics label: `/a` for an exact match, `/a/*` for a prefix, `~expression` for an expression.
    /// There are as many as there are matches, whatever clients send.
    pub template: &'table Arc<str>,
    /// The prefix that matched, where one did; what a rewrite may replace.
    pub prefix: Option<&'table CanonicalPath>,
}

impl Table {
    /// The rule of a request that came in by a port; none when there is none, or no listener.
    #[must_use]
    pub fn find(&self, port: u16, asked: &Asked<'_>) -> Option<Found<'_>> {
        // Listeners are apart from each other: what the most specific one has no rule for, no other one answers.
        let listening = self.ports.get(&port)?.fitting(asked.host).next()?;
        let entry = listening.hosts.fitting(asked.host).find_map(|index| index.find(asked))?;
        let prefix = match &entry.path {
            Path::Prefix(prefix) => Some(prefix),
            Path::Exact(_) | Path::Expression(_) => None,
        };
        Some(Found { entry: entry.number, rule: &entry.rule, template: &entry.template, prefix })
    }

    /// What a connection finds by the name that its client asks for, in lower case; an empty one where it names none.
    /// Only of ports that are [told apart by names](Self::is_by_name).
    #[must_use]
    pub fn find_by_name(&self, port: u16, name: &str) -> Option<FoundByName<'_>> {
        by_name::find(self.names.get(&port)?, name)
    }

    /// Whether connections to a port have to be told apart by the names that their clients ask for, since not all of
    /// them are HTTP within TLS that ends here.
    #[must_use]
    pub fn is_by_name(&self, port: u16) -> bool {
        self.names.contains_key(&port)
    }

    /// Whether connections to a port have TLS.
    #[must_use]
    pub fn is_secured(&self, port: u16) -> bool {
        self.secured.contains(&port)
    }

    /// How many numbers of matches there are.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.entries.len()
    }

    /// The rule of the match of a number.
    #[must_use]
    pub fn rule_of(&self, entry: usize) -> Option<&Arc<Rule>> {
        self.entries.get(entry)?.as_ref().map(|entry| &entry.rule)
    }

    /// What holds for the rules: what several share is there once.
    pub fn policies(&self) -> impl Iterator<Item = &Arc<EffectiveRoutePolicy>> {
        self.policies.iter()
    }

    /// All rules, in the order of precedence of their routes; those of connections come last.
    pub fn rules(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.rules.iter()
    }

    /// The services that rules name, mirrors included, each once and sorted.
    #[must_use]
    pub fn backends(&self) -> &[BackendId] {
        &self.backends
    }

    /// What holds for requests to a port of a service, all policies taken together.
    #[must_use]
    pub fn backend_policy(&self, backend: &BackendId) -> &Arc<EffectiveBackendPolicy> {
        self.backend_policies.get(backend).unwrap_or(&self.defaults.0)
    }

    /// What holds for connections to a port, all policies taken together.
    #[must_use]
    pub fn listener_policy(&self, port: u16) -> &Arc<EffectiveListenerPolicy> {
        self.listener_policies.get(&port).unwrap_or(&self.defaults.1)
    }

    /// The ports that listeners ask for.
    pub fn ports(&self) -> impl Iterator<Item = u16> {
        self.ports.keys().copied()
    }
}

/// The services that a rule names.
pub(crate) fn services(rule: &Rule) -> impl Iterator<Item = &BackendId> {
    let own = rule.steps.iter();
    let steps = own.chain(rule.backends.iter().flat_map(|backend| &backend.steps));
    let mirrors = steps.filter_map(|step| match step {
        Step::Mirror { target, .. } => Some(target),
        _ => None,
    });
    rule.backends.iter().map(|backend| &backend.target).chain(mirrors).filter_map(|target| match target {
        Target::Service(id) => Some(id),
        Target::Broken { .. } => None,
    })
}
