//! Routes: which function answers which method and path.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use http::Method;
use tradewind_client::BoxFuture;
use tradewind_problem::{METHOD_NOT_ALLOWED, NOT_FOUND, Problem};
use tradewind_schema::Operation;

use crate::http::{Call, Reply};

/// A function that answers calls, its types hidden.
pub(crate) type Endpoint<S> =
    Arc<dyn Fn(Arc<S>, Call) -> BoxFuture<'static, Result<Reply, Problem>> + Send + Sync>;

/// How a route that answers every method is listed.
const ANY: &str = "*";

/// The routes of one door.
///
/// Paths are templates such as `/lamps/{id}`; a parameter stands for one segment.
pub struct Routes<S> {
    paths: BTreeMap<String, Methods<S>>,
    otherwise: Option<Endpoint<S>>,
    operations: BTreeMap<(String, String), Operation>,
    /// The paths of gRPC methods; they are described by their `.proto` files.
    rpcs: BTreeSet<String>,
    /// The paths whose endpoints read `Authorization` for themselves.
    own_credentials: BTreeSet<String>,
    /// Method and path of pages; programs are promised nothing of them.
    pages: BTreeSet<(String, String)>,
    /// Method and path of the route added last, the one that `describe` speaks of.
    last: (String, String),
}

struct Methods<S> {
    by_name: BTreeMap<String, Endpoint<S>>,
    any: Option<Endpoint<S>>,
}

impl<S: Send + Sync + 'static> Routes<S> {
    /// No routes yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            paths: BTreeMap::new(),
            otherwise: None,
            operations: BTreeMap::new(),
            rpcs: BTreeSet::new(),
            own_credentials: BTreeSet::new(),
            pages: BTreeSet::new(),
            last: (String::new(), String::new()),
        }
    }

    /// Answers `GET` (and `HEAD`) at `path`.
    #[must_use]
    pub fn get<F, R>(self, path: &str, endpoint: F) -> Self
    where
        F: Fn(Arc<S>, Call) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Reply, Problem>> + Send + 'static,
    {
        self.on(&Method::GET, path, endpoint)
    }

    /// Answers `POST` at `path`.
    #[must_use]
    pub fn post<F, R>(self, path: &str, endpoint: F) -> Self
    where
        F: Fn(Arc<S>, Call) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Reply, Problem>> + Send + 'static,
    {
        self.on(&Method::POST, path, endpoint)
    }

    /// Answers `PUT` at `path`.
    #[must_use]
    pub fn put<F, R>(self, path: &str, endpoint: F) -> Self
    where
        F: Fn(Arc<S>, Call) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Reply, Problem>> + Send + 'static,
    {
        self.on(&Method::PUT, path, endpoint)
    }

    /// Answers `DELETE` at `path`.
    #[must_use]
    pub fn delete<F, R>(self, path: &str, endpoint: F) -> Self
    where
        F: Fn(Arc<S>, Call) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Reply, Problem>> + Send + 'static,
    {
        self.on(&Method::DELETE, path, endpoint)
    }

    /// Answers every method at `path`.
    #[must_use]
    pub fn any<F, R>(mut self, path: &str, endpoint: F) -> Self
    where
        F: Fn(Arc<S>, Call) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Reply, Problem>> + Send + 'static,
    {
        self.methods(path).any = Some(erase(endpoint));
        self.last = (ANY.to_owned(), path.to_owned());
        self
    }

    /// Leaves `Authorization` to the endpoints at the path added last: who asks there shows something else than a token,
    /// and is nobody for the door.
    #[must_use]
    pub fn with_own_credentials(mut self) -> Self {
        self.own_credentials.insert(self.last.1.clone());
        self
    }

    /// Says that the route added last is a page or a form for people: no program is promised anything of it, and it is in
    /// no description.
    #[must_use]
    pub fn for_people(mut self) -> Self {
        self.pages.insert(self.last.clone());
        self
    }

    /// Says what the route added last does, takes and answers; it becomes a part of `/openapi.json`.
    ///
    /// A route of a public, admin or internal door without a description fails the tests.
    #[must_use]
    pub fn describe(mut self, operation: Operation) -> Self {
        self.operations.insert(self.last.clone(), operation);
        self
    }

    /// Answers every path that no other route answers.
    #[must_use]
    pub fn otherwise<F, R>(mut self, endpoint: F) -> Self
    where
        F: Fn(Arc<S>, Call) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Reply, Problem>> + Send + 'static,
    {
        self.otherwise = Some(erase(endpoint));
        self
    }

    fn on<F, R>(mut self, method: &Method, path: &str, endpoint: F) -> Self
    where
        F: Fn(Arc<S>, Call) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Reply, Problem>> + Send + 'static,
    {
        self.methods(path).by_name.insert(method.to_string(), erase(endpoint));
        self.last = (method.to_string(), path.to_owned());
        self
    }

    /// Answers the gRPC method at `path`, whose call and answer are still bytes.
    pub(crate) fn on_rpc<F, R>(mut self, path: &str, endpoint: F) -> Self
    where
        F: Fn(Arc<S>, Call) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Reply, Problem>> + Send + 'static,
    {
        self.rpcs.insert(path.to_owned());
        self.methods(path).by_name.insert(Method::POST.to_string(), erase(endpoint));
        self
    }

    /// The paths of the gRPC methods, for the description of the service.
    #[must_use]
    pub fn rpcs(&self) -> Vec<String> {
        self.rpcs.iter().cloned().collect()
    }

    fn methods(&mut self, path: &str) -> &mut Methods<S> {
        let none = || Methods { by_name: BTreeMap::new(), any: None };
        self.paths.entry(path.to_owned()).or_insert_with(none)
    }

    /// Every method and path template but those of gRPC and of pages, for the description of the service.
    #[must_use]
    pub fn listed(&self) -> Vec<(String, String)> {
        let mut listed = Vec::new();
        for (path, methods) in self.paths.iter().filter(|(path, _)| !self.rpcs.contains(*path)) {
            listed.extend(methods.by_name.keys().map(|method| (method.clone(), path.clone())));
            if methods.any.is_some() {
                listed.push((ANY.to_owned(), path.clone()));
            }
        }
        listed.retain(|address| !self.pages.contains(address));
        listed
    }

    /// Method and path template of every page and form for people.
    #[must_use]
    pub fn pages(&self) -> Vec<(String, String)> {
        self.pages.iter().cloned().collect()
    }

    /// What is missing in the descriptions of these routes, for the programmer who added one.
    pub(crate) fn undescribed(&self) -> Vec<String> {
        let lacks = |(method, path): (String, String)| {
            let what = match self.operations.get(&(method.clone(), path.clone())) {
                Some(operation) => operation.lacks(&path),
                None => {
                    vec!["a description: add `.describe(operation(\"…\").answers::<Type>(200))`".to_owned()]
                }
            };
            what.into_iter().map(move |what| format!("{method} {path} lacks {what}"))
        };
        self.listed().into_iter().flat_map(lacks).collect()
    }

    /// What makes the OpenAPI document of a door with these routes.
    pub(crate) fn documenting(
        &self,
    ) -> impl FnOnce(&tradewind_schema::Door<'_>) -> String + Send + use<S> + 'static {
        let (listed, operations) = (self.listed(), self.operations.clone());
        move |door| {
            let routes = listed.iter().map(|address| tradewind_schema::Route {
                method: &address.0,
                path: &address.1,
                operation: operations.get(address),
            });
            tradewind_schema::document(door, &routes.collect::<Vec<_>>())
        }
    }

    /// Makes the routes ready to be matched.
    ///
    /// # Errors
    /// When two templates collide or one is malformed, with the reason.
    pub(crate) fn compile(self) -> Result<Router<S>, String> {
        let mut matcher = matchit::Router::new();
        for (path, methods) in self.paths {
            let template: Arc<str> = path.as_str().into();
            let own_credentials = self.own_credentials.contains(&path);
            let entry = Entry { template, methods, own_credentials };
            matcher.insert(&path, entry).map_err(|error| format!("route {path}: {error}"))?;
        }
        Ok(Router { matcher, otherwise: self.otherwise })
    }
}

fn erase<S, F, R>(endpoint: F) -> Endpoint<S>
where
    F: Fn(Arc<S>, Call) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Reply, Problem>> + Send + 'static,
{
    Arc::new(move |state, call| Box::pin(endpoint(state, call)))
}

impl<S: Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for Routes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.paths.keys()).finish()
    }
}

struct Entry<S> {
    template: Arc<str>,
    methods: Methods<S>,
    own_credentials: bool,
}

/// Compiled routes.
pub(crate) struct Router<S> {
    matcher: matchit::Router<Entry<S>>,
    otherwise: Option<Endpoint<S>>,
}

/// The endpoint for a request, its path parameters and the template for metrics.
pub(crate) struct Found<S> {
    pub(crate) endpoint: Endpoint<S>,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) template: Arc<str>,
    /// Whether the door asks nothing of `Authorization`.
    pub(crate) own_credentials: bool,
}

impl<S> Router<S> {
    /// Finds who answers, or says why nobody does.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Result<Found<S>, Problem> {
        let Ok(matched) = self.matcher.at(path) else {
            return match &self.otherwise {
                Some(endpoint) => Ok(Found {
                    endpoint: endpoint.clone(),
                    parameters: Vec::new(),
                    template: "otherwise".into(),
                    own_credentials: false,
                }),
                None => {
                    Err(Problem::new(&NOT_FOUND).detail("No resource has this path. Check its spelling."))
                }
            };
        };
        let methods = &matched.value.methods;
        // A HEAD is a GET whose body is not sent (RFC 9110 §9.3.2).
        let name = if *method == Method::HEAD { "GET" } else { method.as_str() };
        let Some(endpoint) = methods.by_name.get(name).or(methods.any.as_ref()) else {
            return Err(not_allowed(method, methods));
        };
        let parameters = matched.params.iter().map(|(name, value)| Ok((name.to_owned(), decode(value)?)));
        Ok(Found {
            endpoint: endpoint.clone(),
            parameters: parameters.collect::<Result<_, Problem>>()?,
            template: matched.value.template.clone(),
            own_credentials: matched.value.own_credentials,
        })
    }
}

fn not_allowed<S>(method: &Method, methods: &Methods<S>) -> Problem {
    let mut names: Vec<&str> = methods.by_name.keys().map(String::as_str).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    let allow = names.join(", ");
    Problem::new(&METHOD_NOT_ALLOWED)
        .detail(format!("{method} is not allowed here. Use one of: {allow}."))
        .allow(allow)
}

fn decode(segment: &str) -> Result<String, Problem> {
    let decoded = percent_encoding::percent_decode_str(segment).decode_utf8();
    let text = decoded.map_err(|_| Problem::new(&NOT_FOUND).detail("The path is not UTF-8."))?;
    if text.contains('\0') {
        return Err(Problem::new(&NOT_FOUND).detail("The path holds the character U+0000."));
    }
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn nothing(_: Arc<()>, _: Call) -> Result<Reply, Problem> {
        Ok(Reply::no_content())
    }

    #[test]
    fn a_page_is_answered_and_in_no_description() {
        let routes = Routes::new().get("/lamps", nothing).get("/page", nothing).for_people();
        let routes = routes.post("/page", nothing);
        let listed = routes.listed();
        let addresses: Vec<String> = listed.iter().map(|(method, path)| format!("{method} {path}")).collect();
        assert_eq!(addresses, ["GET /lamps", "POST /page"]);
        assert_eq!(routes.pages(), [("GET".to_owned(), "/page".to_owned())]);
        let router = routes.compile().unwrap();
        assert!(router.find(&Method::GET, "/page").is_ok());
    }
}
