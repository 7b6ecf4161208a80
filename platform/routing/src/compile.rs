//! Reads one route: its rules with their references followed, and its matches ready to be asked.

use std::sync::Arc;

use http::{HeaderName, Method};
use regex::Regex;
use tradewind_gateway_api::filter::{self, Filter};
use tradewind_gateway_api::grpc_route::{GrpcMatch, GrpcRoute, GrpcRule, MethodMatch};
use tradewind_gateway_api::http_route::{
    HttpBackend, HttpMatch, HttpRoute, HttpRule, PathMatch, Timeouts, ValueMatch, ValuePattern,
};
use tradewind_gateway_api::reference::LocalRef;
use tradewind_gateway_api::{Body, Document, DocumentError};

use crate::change::{HeaderChanges, PathChange};
use crate::conditions::{Conditions, Expected};
use crate::index::Path;
use crate::refer::Referrer;
use crate::rule::{Backend, Redirect, Rewrite, Rule, Step};
use tradewind_http_validation::path::{self, CanonicalPath};

/// A rule and its matches.
pub(crate) struct Compiled {
    pub(crate) rule: Rule,
    pub(crate) matches: Vec<Match>,
}

/// One match.
#[derive(Clone)]
pub(crate) struct Match {
    pub(crate) path: Path,
    pub(crate) conditions: Conditions,
    pub(crate) template: String,
}

/// Reads the matches and rules of a route.
///
/// # Errors
///
/// What the definition lets through and no request could mean: a path without a form, an expression that cannot be
/// read.
pub(crate) fn route(
    document: &Document,
    referrer: &mut Referrer<'_>,
) -> Result<Vec<Compiled>, Vec<DocumentError>> {
    let mut reader = Reader { document, referrer, errors: Vec::new() };
    let compiled = match &document.body {
        Body::HttpRoute(route) => reader.http_route(route),
        Body::GrpcRoute(route) => reader.grpc_route(route),
        _ => Vec::new(),
    };
    if reader.errors.is_empty() { Ok(compiled) } else { Err(reader.errors) }
}

struct Reader<'reading, 'build> {
    document: &'reading Document,
    referrer: &'reading mut Referrer<'build>,
    errors: Vec<DocumentError>,
}

impl Reader<'_, '_> {
    fn http_route(&mut self, route: &HttpRoute) -> Vec<Compiled> {
        route.rules.iter().enumerate().map(|(number, rule)| self.http_rule(number, rule)).collect()
    }

    fn http_rule(&mut self, number: usize, rule: &HttpRule) -> Compiled {
        let way = format!("spec.rules[{number}]");
        let mut matches = Vec::new();
        for (index, found) in rule.matches.iter().enumerate() {
            let way = format!("{way}.matches[{index}]");
            matches.extend(self.http_match(found, &way));
        }
        let (steps, backends) = (self.steps(&rule.filters, &way), self.backends(&rule.backend_refs, &way));
        Compiled { rule: self.rule(number, &rule.name, steps, backends, rule.timeouts), matches }
    }

    /// A rule; its place and its policy are for the builder to say.
    fn rule(
        &self,
        number: usize,
        name: &Option<String>,
        steps: Vec<Step>,
        backends: Vec<Backend>,
        timeouts: Timeouts,
    ) -> Rule {
        let (route, name) = (self.referrer.route.clone(), name.clone());
        Rule { index: 0, route, number, name, steps, backends, timeouts, policy: Arc::default() }
    }

    fn http_match(&mut self, found: &HttpMatch, way: &str) -> Option<Match> {
        let path = self.path(&found.path, way);
        let headers = self.headers(&found.headers, way);
        let mut queries = Vec::new();
        for (index, query) in found.query_params.iter().enumerate() {
            let expected = self.expected(&query.value, &format!("{way}.queryParams[{index}].value"));
            queries.extend(expected.map(|expected| (query.name.clone(), expected)));
        }
        // The definition lists the methods.
        let method = found.method.as_ref().and_then(|method| method.parse::<Method>().ok());
        let path = path?;
        let template = template(&path);
        Some(Match { path, conditions: Conditions { method, headers, queries, is_grpc: false }, template })
    }

    fn path(&mut self, path: &PathMatch, way: &str) -> Option<Path> {
        let way = format!("{way}.path.value");
        match path {
            PathMatch::Exact(value) => self.canonical(value, &way).map(Path::Exact),
            PathMatch::Prefix(value) => {
                // A trailing slash of a prefix says nothing.
                let bare = value.strip_suffix('/').filter(|bare| !bare.is_empty()).unwrap_or(value);
                self.canonical(bare, &way).map(Path::Prefix)
            }
            PathMatch::RegularExpression(value) => self.expression(value, &way).map(Path::Expression),
        }
    }

    fn canonical(&mut self, value: &str, way: &str) -> Option<CanonicalPath> {
        match path::canonical(value) {
            Ok(path) => Some(path),
            Err(error) => self.refuse(way, &format!("is a path that no request can have: {error}")),
        }
    }

    /// An expression describes a value as a whole.
    fn expression(&mut self, value: &str, way: &str) -> Option<Regex> {
        match Regex::new(&format!("^(?:{value})$")) {
            Ok(regex) => Some(regex),
            Err(error) => self.refuse(way, &format!("is no regular expression: {error}")),
        }
    }

    fn refuse<T>(&mut self, way: &str, reason: &str) -> Option<T> {
        self.errors.push(self.document.error(way, reason));
        None
    }

    fn expected(&mut self, value: &ValuePattern, way: &str) -> Option<Expected> {
        match value {
            ValuePattern::Exact(value) => Some(Expected::Exact(value.clone())),
            ValuePattern::RegularExpression(value) => self.expression(value, way).map(Expected::Fitting),
        }
    }

    fn headers(&mut self, headers: &[ValueMatch], way: &str) -> Vec<(HeaderName, Expected)> {
        let mut read: Vec<(HeaderName, Expected)> = Vec::new();
        for (index, header) in headers.iter().enumerate() {
            let way = format!("{way}.headers[{index}]");
            let Ok(name) = header.name.parse::<HeaderName>() else {
                self.refuse::<()>(&format!("{way}.name"), "is no name of a header");
                continue;
            };
            // Of names that are the same but for their case the first counts.
            if read.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let expected = self.expected(&header.value, &format!("{way}.value"));
            read.extend(expected.map(|expected| (name, expected)));
        }
        read
    }

    fn steps(&mut self, filters: &[Filter], way: &str) -> Vec<Step> {
        let step = |(index, filter)| self.step(filter, &format!("{way}.filters[{index}]"));
        filters.iter().enumerate().filter_map(step).collect()
    }

    fn step(&mut self, filter: &Filter, way: &str) -> Option<Step> {
        let step = match filter {
            Filter::RequestHeaders(changes) => {
                Step::RequestHeaders(self.changes(changes, &format!("{way}.requestHeaderModifier"))?)
            }
            Filter::ResponseHeaders(changes) => {
                Step::ResponseHeaders(self.changes(changes, &format!("{way}.responseHeaderModifier"))?)
            }
            Filter::Mirror(mirror) => {
                Step::Mirror { target: self.referrer.target(&mirror.backend_ref), share: mirror.share() }
            }
            Filter::Redirect(redirect) => Step::Redirect(Redirect {
                scheme: redirect.scheme.clone(),
                hostname: redirect.hostname.clone(),
                path: self.path_change(redirect.path.as_ref(), &format!("{way}.requestRedirect"))?,
                port: redirect.port,
                status: redirect.status_code,
            }),
            Filter::Rewrite(rewrite) => Step::Rewrite(Rewrite {
                hostname: rewrite.hostname.clone(),
                path: self.path_change(rewrite.path.as_ref(), &format!("{way}.urlRewrite"))?,
            }),
            Filter::Cors(cors) => Step::Cors(cors.clone()),
            Filter::Extension(LocalRef { group, kind, name }) => {
                let reason = format!("there is no filter {name} of the kind {kind} in {group}");
                self.referrer.broken.get_or_insert(("BackendNotFound", reason.clone()));
                Step::Broken { reason }
            }
        };
        Some(step)
    }

    fn changes(&mut self, changes: &filter::HeaderChanges, way: &str) -> Option<HeaderChanges> {
        match HeaderChanges::of(changes) {
            Ok(changes) => Some(changes),
            Err((field, reason)) => self.refuse(&format!("{way}.{field}"), &reason),
        }
    }

    /// A change, or that there is none; none at all when it is wrong.
    fn path_change(&mut self, change: Option<&filter::PathChange>, way: &str) -> Option<Option<PathChange>> {
        match change.map(PathChange::of).transpose() {
            Ok(change) => Some(change),
            Err((field, reason)) => self.refuse(&format!("{way}.path.{field}"), &reason),
        }
    }

    fn backends(&mut self, references: &[HttpBackend], way: &str) -> Vec<Backend> {
        let backend = |(index, reference): (usize, &HttpBackend)| Backend {
            target: self.referrer.target(&reference.target),
            weight: reference.weight,
            steps: self.steps(&reference.filters, &format!("{way}.backendRefs[{index}]")),
        };
        references.iter().enumerate().map(backend).collect()
    }

    fn grpc_route(&mut self, route: &GrpcRoute) -> Vec<Compiled> {
        route.rules.iter().enumerate().map(|(number, rule)| self.grpc_rule(number, rule)).collect()
    }

    fn grpc_rule(&mut self, number: usize, rule: &GrpcRule) -> Compiled {
        let every = [GrpcMatch { method: None, headers: Vec::new() }];
        let found = if rule.matches.is_empty() { &every[..] } else { &rule.matches[..] };
        let way = format!("spec.rules[{number}]");
        let mut matches = Vec::new();
        for (index, found) in found.iter().enumerate() {
            let way = format!("{way}.matches[{index}]");
            matches.extend(self.grpc_match(found, &way));
        }
        let (steps, backends) = (self.steps(&rule.filters, &way), self.backends(&rule.backend_refs, &way));
        Compiled { rule: self.rule(number, &rule.name, steps, backends, Timeouts::default()), matches }
    }

    fn grpc_match(&mut self, found: &GrpcMatch, way: &str) -> Option<Match> {
        let headers = self.headers(&found.headers, way);
        let path = self.grpc_path(found.method.as_ref(), &format!("{way}.method"))?;
        let template = template(&path);
        // Every call is a POST (gRPC over HTTP/2).
        let conditions =
            Conditions { method: Some(Method::POST), headers, queries: Vec::new(), is_grpc: true };
        Some(Match { path, conditions, template })
    }

    /// The path of a call is `/service/method`.
    fn grpc_path(&mut self, method: Option<&MethodMatch>, way: &str) -> Option<Path> {
        match method {
            None => Some(Path::Prefix(CanonicalPath::root())),
            Some(MethodMatch::Exact { service: Some(service), method: Some(method) }) => {
                self.canonical(&format!("/{service}/{method}"), way).map(Path::Exact)
            }
            Some(MethodMatch::Exact { service: Some(service), method: None }) => {
                self.canonical(&format!("/{service}"), way).map(Path::Prefix)
            }
            Some(MethodMatch::Exact { service: None, method }) => {
                let method = regex::escape(method.as_deref().unwrap_or_default());
                self.expression(&format!("/[^/]+/{method}"), way).map(Path::Expression)
            }
            Some(MethodMatch::RegularExpression { service, method }) => {
                let part = |text: &Option<String>| {
                    text.as_ref().map_or("[^/]+".to_owned(), |text| format!("(?:{text})"))
                };
                self.expression(&format!("/{}/{}", part(service), part(method)), way).map(Path::Expression)
            }
        }
    }
}

/// A label for metrics that tells the kinds of matches apart.
fn template(path: &Path) -> String {
    match path {
        Path::Exact(path) => path.to_string(),
        Path::Prefix(path) => format!("{}/*", path.as_str().trim_end_matches('/')),
        Path::Expression(regex) => format!("~{}", regex.as_str()),
    }
}
