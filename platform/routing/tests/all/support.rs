//! Tables from texts, and requests to them.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, Method};
use tradewind_gateway_api::Definitions;
use tradewind_http_validation::path::canonical;
use tradewind_routing::{Asked, BackendId, Built, Documents, Found, Rule, Table, Target};

/// The port of the gateway that is there when nobody wrote one.
pub(crate) const PORT: u16 = 8080;

pub(crate) fn documents(text: &str) -> Documents {
    let reading = Definitions::standard().expect("the definitions").read("a.yaml", text);
    assert!(reading.errors.is_empty(), "{:?}", reading.errors);
    let mut documents = Documents::default();
    for document in reading.documents {
        documents.add(document).expect("a name of its own");
    }
    documents
}

/// A table of documents; every service is there.
pub(crate) fn built(text: &str) -> Built {
    Table::build(&documents(text), PORT, &|_: &BackendId| true)
}

pub(crate) fn table(text: &str) -> Table {
    let built = built(text);
    assert!(built.errors.is_empty(), "{:?}", built.errors);
    built.table
}

/// A route with rules as given, indented as they stand below `rules:`.
pub(crate) fn route(name: &str, spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: {name}}}\nspec:\n{spec}"
    )
}

/// A rule with matches, in flow style, that leads to a service.
pub(crate) fn rule(matches: &str, service: &str) -> String {
    format!("- {{matches: [{matches}], backendRefs: [{{name: {service}, port: 80}}]}}\n")
}

/// A gateway of ours with listeners, in flow style.
pub(crate) fn gateway(name: &str, namespace: &str, listeners: &str) -> String {
    let listeners: String = listeners.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
         spec:\n  gatewayClassName: tradewind\n  listeners:\n{listeners}"
    )
}

/// A policy about a target, whose fields are in flow style.
pub(crate) fn policy(kind: &str, name: &str, target: &str, spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "---\napiVersion: policy.tradewind.dev/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: default}}\n\
         spec:\n  targetRefs: [{{{target}}}]\n{spec}"
    )
}

/// A request, made step by step.
pub(crate) struct Request {
    pub(crate) port: u16,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
}

pub(crate) fn get(path: &str) -> Request {
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (path, None),
    };
    Request {
        port: PORT,
        host: "shop.example".to_owned(),
        path: path.to_owned(),
        query,
        method: Method::GET,
        headers: HeaderMap::new(),
    }
}

impl Request {
    pub(crate) fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    pub(crate) fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    pub(crate) fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(HeaderName::from_static(name), value.parse().expect("a value"));
        self
    }

    /// What is found, as far as somebody wants to know.
    pub(crate) fn found<'table, T>(
        &self,
        table: &'table Table,
        show: impl FnOnce(Found<'table>) -> T,
    ) -> Option<T> {
        let path = canonical(&self.path).expect("a path");
        let asked = Asked {
            host: &self.host,
            path: &path,
            query: self.query.as_deref(),
            method: self.method.as_str(),
            headers: &self.headers,
        };
        table.find(self.port, &asked).map(show)
    }

    /// The rule that is found.
    pub(crate) fn rule<'table>(&self, table: &'table Table) -> Option<&'table Arc<Rule>> {
        self.found(table, |found| found.rule)
    }

    /// The service of the rule that is found.
    pub(crate) fn to(&self, table: &Table) -> Option<String> {
        Some(match &self.rule(table)?.backends.first()?.target {
            Target::Service(id) => id.service.clone(),
            Target::Broken { reason } => format!("broken: {reason}"),
        })
    }
}

#[track_caller]
pub(crate) fn leads(table: &Table, request: &Request, service: &str) {
    let expected = (!service.is_empty()).then(|| service.to_owned());
    assert_eq!(request.to(table), expected, "{}{} {:?}", request.host, request.path, request.query);
}
