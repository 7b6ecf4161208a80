//! What a match of a rule says.

use super::reader::{Fields, Item, Object, Report};
use super::route::PathMatch;
use super::tree::Place;
use crate::domain::path::{self, CanonicalPath};

const MAX_MATCHES: usize = 64;
/// In bytes, as the other lengths.
const MAX_PATH_BYTES: usize = 1024;
const MATCH: Fields = Fields { read: &["path"], later: &["headers", "queryParams", "method"] };
const PATH: Fields = Fields { read: &["type", "value"], later: &[] };

/// The matches of a rule with their places. A rule without any matches every path.
pub(super) fn matches(rule: &Object<'_>, report: &mut Report) -> Vec<(PathMatch, Place)> {
    let items = match rule.field("matches") {
        Some(item) => item.list(report, 0, MAX_MATCHES),
        None => Some(Vec::new()),
    };
    if items.as_ref().is_some_and(Vec::is_empty) {
        return vec![(every_path(), rule.item().place())];
    }
    let read = |item| one_match(item, report);
    items.into_iter().flatten().filter_map(read).collect()
}

fn one_match(item: Item<'_>, report: &mut Report) -> Option<(PathMatch, Place)> {
    let condition = item.object(report)?;
    condition.allow(&MATCH, report);
    match condition.field("path") {
        Some(item) => path_match(&item.object(report)?, report),
        None => Some((every_path(), condition.item().place())),
    }
}

/// `type` defaults to PathPrefix and `value` to `/`.
fn path_match(path: &Object<'_>, report: &mut Report) -> Option<(PathMatch, Place)> {
    path.allow(&PATH, report);
    let is_exact = match path.field("type") {
        Some(item) => is_exact(&item, report),
        None => Some(false),
    };
    let (value, place) = match path.field("value") {
        Some(item) => (route_path(&item, report), item.place()),
        None => (Some(CanonicalPath::root()), path.item().place()),
    };
    let matching =
        if is_exact? { PathMatch::Exact(value?) } else { PathMatch::Prefix(without_trailing_slash(value?)) };
    Some((matching, place))
}

fn is_exact(item: &Item<'_>, report: &mut Report) -> Option<bool> {
    match item.text(report)? {
        "Exact" => Some(true),
        "PathPrefix" => Some(false),
        "RegularExpression" => {
            item.refuse(report, "RegularExpression is not supported by this version of the gateway");
            None
        }
        other => {
            item.refuse(report, format!("must be Exact or PathPrefix, not `{other}`"));
            None
        }
    }
}

/// A path in the form that requests have when they are matched.
///
/// The Gateway API forbids dot segments in a match; a request path never has any when it comes here.
fn route_path(item: &Item<'_>, report: &mut Report) -> Option<CanonicalPath> {
    let value = item.text(report)?;
    let is_dots =
        |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    if value.len() > MAX_PATH_BYTES {
        item.refuse(report, format!("must not exceed {MAX_PATH_BYTES} bytes"));
        return None;
    }
    if value.split('/').any(is_dots) {
        item.refuse(report, "must not have `.` or `..` segments");
        return None;
    }
    path::canonical(value).map_err(|error| item.refuse(report, format!("is not a valid path: {error}"))).ok()
}

/// The Gateway API ignores the trailing slash of a prefix.
fn without_trailing_slash(path: CanonicalPath) -> CanonicalPath {
    match path.as_str().strip_suffix('/') {
        Some(bare) => path::canonical(bare).unwrap_or(path),
        None => path,
    }
}

fn every_path() -> PathMatch {
    PathMatch::Prefix(CanonicalPath::root())
}

/// A label for metrics that tells exact matches from prefixes.
pub(super) fn template(matching: &PathMatch) -> String {
    match matching {
        PathMatch::Exact(path) => path.to_string(),
        PathMatch::Prefix(path) => format!("{}/*", path.as_str().trim_end_matches('/')),
    }
}
