//! The server: connections, and what is answered to which request.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::answer::{Body, document, refusal, text};
use super::path::{Resource, Target};
use super::selector::Selector;
use super::store::NotWritten;
use super::watching::{self, Wish};
use super::{Asked, Inner, State, StatusWrite, api_version};

/// The most bytes of a request.
const REQUEST: usize = 4 << 20;

pub(super) async fn accept(listener: TcpListener, inner: Arc<Inner>) {
    while let Ok((stream, _)) = listener.accept().await {
        if !inner.state().is_away {
            tokio::spawn(converse(stream, inner.clone()));
        }
    }
}

/// Answers on one connection, after the handshake of TLS where it has that.
async fn converse(stream: TcpStream, inner: Arc<Inner>) {
    let Some(tls) = &inner.tls else { return talk(stream, &inner, false).await };
    // Who does not trust the certificate has gone.
    let Ok(stream) = TlsAcceptor::from(tls.clone()).accept(stream).await else { return };
    let is_known = stream.get_ref().1.peer_certificates().is_some();
    talk(stream, &inner, is_known).await;
}

/// Answers until a connection ends or is cut; `is_known` says whether a certificate tells who asks.
async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    inner: &Arc<Inner>,
    is_known: bool,
) {
    let mut cut = inner.cut.subscribe();
    let service = service_fn(|request| {
        let inner = inner.clone();
        async move { Ok::<_, Infallible>(record(inner, request, is_known).await) }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = cut.changed() => {}
        // Whoever went away is no matter.
        _ = connection => {}
    }
}

async fn record(inner: Arc<Inner>, request: Request<Incoming>, is_known: bool) -> Response<Body> {
    let method = request.method().to_string();
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let is_known = is_known || inner.state().knows(request.headers());
    let answer = match is_known {
        true => answer(&inner, request).await,
        false => refusal(401, "Unauthorized"),
    };
    inner.state().asked.push(Asked { method, path, query, code: answer.status().as_u16() });
    answer
}

async fn answer(inner: &Arc<Inner>, request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, REQUEST).collect().await else {
        return refusal(400, "the request did not end, or is too large");
    };
    let Some(target) = Target::read(head.uri.path()) else {
        return refusal(404, "the server could not find the requested resource");
    };
    let query = head.uri.query().unwrap_or_default();
    let Ok(query) = serde_urlencoded::from_str::<BTreeMap<String, String>>(query) else {
        return refusal(400, "the query cannot be read");
    };
    let mut state = inner.state();
    if state.refusals > 0 {
        state.refusals -= 1;
        return refusal(503, "the server is currently unable to handle the request");
    }
    let plural = &target.resource.plural;
    if state.unknown.contains(plural) {
        return unknown(&target);
    }
    if state.forbidden.contains(plural) {
        return refusal(403, &format!("{plural} is forbidden: the user cannot do that"));
    }
    match (&head.method, &target.name, target.subresource.as_deref()) {
        (&Method::GET, None, None) if query.get("watch").is_some_and(|value| value == "true") => {
            drop(state);
            watch(inner, target, &query)
        }
        (&Method::GET, None, None) => list(&mut state, &target, &query),
        (&Method::GET, Some(name), None | Some("status")) => get(&state, &target, name),
        (&Method::PUT | &Method::PATCH, Some(name), Some("status")) => {
            let merges = head.method == Method::PATCH;
            let media = head.headers.get("content-type").and_then(|value| value.to_str().ok());
            if merges && media != Some("application/merge-patch+json") {
                return refusal(415, "the body of the request was in an unknown format");
            }
            let answer = write(&mut state, (&target, name), &body.to_bytes(), merges);
            drop(state);
            inner.tell();
            answer
        }
        _ => refusal(405, "the server does not allow this method on the requested resource"),
    }
}

impl State {
    /// Whether a request shows one of the tokens, if any is asked for.
    fn knows(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let shown = shown.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        self.tokens.as_ref().is_none_or(|tokens| tokens.iter().any(|token| token == shown))
    }
}

fn get(state: &State, target: &Target, name: &str) -> Response<Body> {
    match state.store.find(&target.resource.plural, &target.namespace, name) {
        Some(object) => document(200, &shown(object, target)),
        None => missing(target, name),
    }
}

fn missing(target: &Target, name: &str) -> Response<Body> {
    refusal(404, &format!("{} \"{name}\" not found", qualified(target)))
}

/// A kind that nobody defined: of a group that the API server does not know itself, it says so in plain text.
fn unknown(target: &Target) -> Response<Body> {
    if is_custom(target) {
        return text(404, "404 page not found\n");
    }
    refusal(404, "the server could not find the requested resource")
}

/// What messages call a kind.
fn qualified(target: &Target) -> String {
    let Resource { group, plural, .. } = &target.resource;
    if group.is_empty() { plural.clone() } else { format!("{plural}.{group}") }
}

/// Whether a kind is there by a definition.
fn is_custom(target: &Target) -> bool {
    !matches!(&*target.resource.group, "" | "discovery.k8s.io")
}

fn write(state: &mut State, (target, name): (&Target, &str), body: &[u8], merges: bool) -> Response<Body> {
    let Ok(sent) = serde_json::from_slice::<Value>(body) else {
        return refusal(400, "the body of the request is no JSON");
    };
    if !merges && sent["metadata"]["name"] != *name {
        return refusal(400, "the name of the object does not match the name on the URL");
    }
    let differs = |sent: &Value, known: &str| sent.as_str().is_some_and(|sent| sent != known);
    if differs(&sent["metadata"]["namespace"], &target.namespace) {
        return refusal(
            400,
            "the namespace of the provided object does not match the namespace sent on the request",
        );
    }
    if differs(&sent["apiVersion"], &api_version(&target.resource)) {
        return refusal(400, "the API version in the data does not match the expected API version");
    }
    let (plural, namespace) = (&target.resource.plural, &target.namespace);
    let written = state.store.write_status((plural, namespace, name), &sent, merges);
    let answer = match written {
        Ok(object) => document(200, &shown(&object, target)),
        Err(NotWritten::Missing) => missing(target, name),
        Err(NotWritten::Conflict) => {
            let message = format!(
                "Operation cannot be fulfilled on {} \"{name}\": the object has been modified; please apply your \
                 changes to the latest version and try again",
                qualified(target)
            );
            refusal(409, &message)
        }
        Err(NotWritten::Invalid) => {
            let why =
                "metadata.resourceVersion: must be specified for an update, or status: must be an object";
            refusal(422, &format!("{} \"{name}\" is invalid: {why}", qualified(target)))
        }
    };
    state.status_writes.push(StatusWrite {
        plural: plural.clone(),
        namespace: namespace.clone(),
        name: name.to_owned(),
        status: sent["status"].clone(),
        code: answer.status().as_u16(),
    });
    answer
}

fn list(state: &mut State, target: &Target, query: &BTreeMap<String, String>) -> Response<Body> {
    let Some(selector) = selector(query) else {
        return refusal(400, "this selector is unknown here");
    };
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<u64>().ok());
    let meant = (&*target.resource.plural, &*target.namespace, &selector);
    let limit = number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(0);
    let token = query.get("continue").filter(|token| !token.is_empty());
    if token.is_some() && number("continue").is_none() {
        return refusal(400, "invalid continue token: continue key is not valid");
    }
    let token = token.and_then(|_| number("continue"));
    let Some(page) = state.store.page(meant, limit, token) else {
        return refusal(
            410,
            "the provided continue parameter is too old to display a consistent list result",
        );
    };
    let mut metadata = json!({"resourceVersion": page.version.to_string()});
    if let Some(next) = page.next {
        metadata["continue"] = next.to_string().into();
        // Of a selection it is not known how many are left.
        if selector == Selector::default() {
            metadata["remainingItemCount"] = page.remaining.into();
        }
    } else if is_custom(target) {
        // Lists of custom resources end with a token that is empty, others with none.
        metadata["continue"] = "".into();
    }
    let items: Vec<Value> = page.items.iter().map(|object| listed(object, target)).collect();
    let kind = page.items.first().and_then(|object| object["kind"].as_str()).unwrap_or("Object");
    let version = api_version(&target.resource);
    document(
        200,
        &json!({"kind": format!("{kind}List"), "apiVersion": version, "metadata": metadata, "items": items}),
    )
}

fn watch(inner: &Arc<Inner>, target: Target, query: &BTreeMap<String, String>) -> Response<Body> {
    let Some(selector) = selector(query) else {
        return refusal(400, "this selector is unknown here");
    };
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<u64>().ok());
    let mut state = inner.state();
    let (version, first) = match number("resourceVersion").filter(|version| *version > 0) {
        Some(version) => (version, Vec::new()),
        None => {
            let meant = (&*target.resource.plural, &*target.namespace, &selector);
            let page = state.store.page(meant, 0, None).expect("a first page is never too old");
            (page.version, page.items)
        }
    };
    if state.answers_gone && version < state.store.forgotten() {
        return refusal(410, &format!("too old resource version: {version}"));
    }
    drop(state);
    let seconds = number("timeoutSeconds").unwrap_or(1800);
    let wish = Wish {
        target,
        selector,
        version,
        takes_bookmarks: query.get("allowWatchBookmarks").is_some_and(|value| value == "true"),
        ends: Instant::now() + Duration::from_secs(seconds),
        first,
    };
    Response::builder()
        .header("content-type", "application/json")
        .body(watching::body(inner.clone(), wish))
        .unwrap()
}

fn selector(query: &BTreeMap<String, String>) -> Option<Selector> {
    Selector::read(query.get("labelSelector").map_or("", String::as_str))
}

/// An object in the version that was asked for.
fn shown(object: &Value, target: &Target) -> Value {
    let mut object = object.clone();
    object["apiVersion"] = api_version(&target.resource).into();
    object
}

/// An object in a list: those that the API server knows itself do not say there what they are.
fn listed(object: &Value, target: &Target) -> Value {
    let mut object = shown(object, target);
    if let Some(fields) = object.as_object_mut().filter(|_| !is_custom(target)) {
        fields.remove("kind");
        fields.remove("apiVersion");
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(path: &str) -> Target {
        Target::read(path).expect("a path of an object or a list")
    }

    fn route(name: &str) -> Value {
        json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": name}, "spec": {},
        })
    }

    async fn answered(answer: Response<Body>) -> (u16, Value) {
        let code = answer.status().as_u16();
        let body = answer.into_body().collect().await.expect("a body of memory").to_bytes();
        (code, serde_json::from_slice(&body).expect("JSON"))
    }

    #[tokio::test]
    async fn a_status_is_refused_whose_object_is_not_that_of_the_path() {
        let mut state = State::new();
        let kept = state.store.apply(route("a"));
        let at = target("/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes/a/status");
        for (field, other, why) in [
            ("/metadata/name", "b", "name of the object"),
            ("/metadata/namespace", "other", "namespace of the provided object"),
            ("/apiVersion", "gateway.networking.k8s.io/v1beta1", "API version"),
        ] {
            let mut sent = kept.clone();
            sent["status"] = json!({"parents": []});
            *sent.pointer_mut(field).expect("a field of what is kept") = other.into();
            let answer = write(&mut state, (&at, "a"), sent.to_string().as_bytes(), false);
            let (code, answer) = answered(answer).await;
            assert_eq!(code, 400, "{field}");
            assert!(answer["message"].as_str().unwrap_or_default().contains(why), "{answer}");
        }
        assert_eq!(
            state.store.find("httproutes", "default", "a").map(|object| object["status"].clone()),
            Some(Value::Null)
        );
        // What is not said is that of the path.
        let sent = json!({"metadata": {"name": "a", "resourceVersion": kept["metadata"]["resourceVersion"]}, "status": {}});
        let answer = write(&mut state, (&at, "a"), sent.to_string().as_bytes(), false);
        assert_eq!(answered(answer).await.0, 200);
    }

    #[tokio::test]
    async fn how_many_are_left_is_said_of_a_whole_list_alone() {
        let mut state = State::new();
        for name in ["a", "b", "c"] {
            state.store.apply(route(name));
        }
        let at = target("/apis/gateway.networking.k8s.io/v1/httproutes");
        let mut left = async |pairs: &[(&str, &str)]| {
            let query = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let page = answered(list(&mut state, &at, &query)).await.1;
            (page["items"].as_array().map_or(0, Vec::len), page["metadata"]["remainingItemCount"].clone())
        };
        assert_eq!(left(&[("limit", "1")]).await, (1, json!(2)));
        assert_eq!(left(&[("limit", "3")]).await, (3, Value::Null), "nothing is left");
        assert_eq!(
            left(&[("limit", "1"), ("labelSelector", "a!=b")]).await,
            (1, Value::Null),
            "of a selection"
        );
    }
}
