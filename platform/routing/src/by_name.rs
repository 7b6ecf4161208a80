//! Connections that are told apart by the name that a client asks for, before anything else of them is read.

use std::sync::Arc;

use crate::host::HostMap;
use crate::rule::Rule;

/// What a connection finds by the name that its client asks for.
#[derive(Debug, Clone, Copy)]
pub enum FoundByName<'table> {
    /// TLS ends here, and HTTP is spoken within.
    Http,
    /// The connection is passed on as it is.
    Passthrough(&'table Arc<Rule>),
    /// TLS ends here, and what is within is passed on as it is.
    Terminate(&'table Arc<Rule>),
}

/// The listeners of a port that are told apart by names.
pub(crate) type Names = HostMap<Listening>;

/// What one listener does with a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    #[default]
    Http,
    Passthrough,
    Terminate,
}

/// What one listener is for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listening {
    pub(crate) mode: Mode,
    /// The rules by the hosts of their routes.
    pub(crate) rules: HostMap<Option<Arc<Rule>>>,
}

/// Looks a name up; an empty one is that of a client which names none.
pub(crate) fn find<'table>(names: &'table Names, name: &str) -> Option<FoundByName<'table>> {
    // Listeners are apart from each other: what the most specific one has no rule for, no other one takes.
    let listening = names.fitting(name).next()?;
    let rule = || listening.rules.fitting(name).find_map(Option::as_ref);
    Some(match listening.mode {
        Mode::Http => FoundByName::Http,
        Mode::Passthrough => FoundByName::Passthrough(rule()?),
        Mode::Terminate => FoundByName::Terminate(rule()?),
    })
}
