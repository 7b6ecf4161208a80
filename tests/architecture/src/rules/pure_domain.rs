//! A service's `domain` decides and applies; it knows no broker, no database, no transport, and waits for
//! nothing.

use proc_macro2::TokenTree;

use crate::mention::{each_level, is_word, line};
use crate::violation::tidy;
use crate::{Ring, Source, Violation, Workspace};

/// Crates that a domain never names.
const REFUSED: [&str; 16] = [
    "rusqlite",
    "sqlx",
    "lapin",
    "hyper",
    "hyper_util",
    "http",
    "http_body",
    "http_body_util",
    "tokio",
    "tokio_util",
    "tonic",
    "tower",
    "tradewind_chassis",
    "tradewind_client",
    "tradewind_db",
    "tradewind_events",
];

/// Uses of a refused crate, and `async` or `.await`, in a service's domain; its tests included.
pub fn check(workspace: &Workspace) -> Vec<Violation> {
    tidy(workspace.sources.iter().filter(|source| is_domain(source)).flat_map(in_domain).collect())
}

fn is_domain(source: &Source) -> bool {
    let inside = source.inside_src().unwrap_or_default();
    Ring::of(&source.path) == Some(Ring::Services) && (inside == "domain.rs" || inside.starts_with("domain/"))
}

fn in_domain(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    for mention in
        source.mentions.iter().filter(|mention| mention.segments.len() > 1 || mention.import.is_some())
    {
        if let Some(name) = mention.segments.first().filter(|name| REFUSED.contains(&name.as_str())) {
            let instead = "pass the value in, and do this in actions, store or a door";
            found.push(Violation::new(
                &source.path,
                mention.line,
                format!("the domain names {name}"),
                instead,
            ));
        }
    }
    each_level(&source.tokens, &mut |level| found.extend(waits(source, level)));
    found
}

fn waits(source: &Source, level: &[TokenTree]) -> Vec<Violation> {
    let waiting = |token: &&TokenTree| is_word(Some(token), "async") || is_word(Some(token), "await");
    let report = |token: &TokenTree| {
        let instead = "return the decision and let an action wait";
        Violation::new(&source.path, line(token), "the domain is asynchronous", instead)
    };
    level.iter().filter(waiting).map(report).collect()
}
