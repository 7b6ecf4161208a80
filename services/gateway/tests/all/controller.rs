//! The program with `--kubernetes`, before an API server that has what a test puts into it; and the objects of a shop.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use tokio_rustls::TlsConnector;
use tradewind_testkit::kubernetes::FakeCluster;
use tradewind_testkit::{Answer, Ended, Folder, Process, Request, until};

use crate::gateway::{address, run};
use crate::ports::free_offset;

pub const GROUP: &str = "gateway.networking.k8s.io/v1";
pub const OURS: &str = "tradewind.dev/gateway-controller";

/// What is logged when other routes are put to use.
pub const SWAPPED: &str = "other routes are in use";

/// A running controller; killed when it is dropped.
pub struct Controller {
    process: Process,
    _folder: Folder,
    offset: u16,
    pub admin: SocketAddr,
}

impl Controller {
    /// Starts it, and waits until it has said where its internal door is.
    pub async fn begin(cluster: &FakeCluster, arguments: &[&str]) -> Self {
        let (folder, offset) = (Folder::new("controller"), free_offset());
        let (server, shift) = (format!("--api-server={}", cluster.uri()), format!("--port-offset={offset}"));
        let ours = ["--kubernetes", &server, "--admin=127.0.0.1:0", &shift];
        let mut process = run(folder.path(), &[&ours, arguments].concat());
        process.says("gateway: internal door at ").await;
        let admin = address(&process.output(), "gateway: internal door at http://");
        Self { process, _folder: folder, offset, admin }
    }

    /// Starts it, and waits until it serves.
    pub async fn start(cluster: &FakeCluster, arguments: &[&str]) -> Self {
        let mut controller = Self::begin(cluster, arguments).await;
        controller.process.says("gateway: ready").await;
        controller
    }

    /// Where a port of a gateway is.
    pub fn at(&self, port: u16) -> SocketAddr {
        ([127, 0, 0, 1], self.offset + port).into()
    }

    pub async fn ask(&self, path: &str) -> Answer {
        Request::new("GET", path).send(self.admin).await
    }

    /// Waits until this path at port 80 has an answer of this status.
    pub async fn answers(&self, path: &str, status: u16) -> Answer {
        until(&format!("{path} is answered with {status}"), async || {
            let answer = Request::new("GET", path).attempt(self.at(80)).await;
            answer.filter(|answer| answer.status == status)
        })
        .await
    }

    /// Waits until nobody listens at a port.
    pub async fn is_closed(&self, port: u16) {
        let address = self.at(port);
        until("the port is closed", async || {
            tokio::net::TcpStream::connect(address).await.is_err().then_some(())
        })
        .await;
    }

    pub fn errors(&self) -> String {
        self.process.errors()
    }

    /// How often other routes were put to use.
    pub fn swaps(&self) -> usize {
        self.errors().matches(SWAPPED).count()
    }

    pub async fn signal(&self, name: &str) {
        self.process.signal(name).await;
    }

    pub async fn ended(self) -> Ended {
        self.process.ended().await
    }
}

/// A class of a controller.
pub fn class(name: &str, controller: &str) -> Value {
    json!({"apiVersion": GROUP, "kind": "GatewayClass", "metadata": {"name": name}, "spec": {"controllerName": controller}})
}

/// A gateway of the class `tradewind` in the namespace `edge`, that takes routes from everywhere.
pub fn gateway(listeners: &Value) -> Value {
    let mut listeners = listeners.clone();
    for listener in listeners.as_array_mut().unwrap() {
        listener["allowedRoutes"] = json!({"namespaces": {"from": "All"}});
    }
    json!({
        "apiVersion": GROUP, "kind": "Gateway", "metadata": {"name": "door", "namespace": "edge"},
        "spec": {"gatewayClassName": "tradewind", "listeners": listeners},
    })
}

/// A listener.
pub fn http(name: &str, port: u16) -> Value {
    json!({"name": name, "port": port, "protocol": "HTTP"})
}

/// A route in the namespace `shop`: this prefix leads to a service.
pub fn route(name: &str, prefix: &str, backend: &Value) -> Value {
    json!({
        "apiVersion": GROUP, "kind": "HTTPRoute", "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "parentRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "door", "namespace": "edge"}],
            "rules": [{
                "matches": [{"path": {"type": "PathPrefix", "value": prefix}}],
                "backendRefs": [backend],
            }],
        },
    })
}

/// The service `orders` of a namespace, and where it is.
pub fn service(namespace: &str, at: SocketAddr) -> [Value; 2] {
    [
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "orders", "namespace": namespace},
            "spec": {"ports": [{"name": "public", "port": 80}], "type": "ClusterIP", "clusterIPs": ["10.1.2.3"]},
        }),
        json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": "orders-1", "namespace": namespace, "labels": {"kubernetes.io/service-name": "orders"}},
            "addressType": "IPv4",
            "ports": [{"name": "public", "port": at.port(), "protocol": "TCP"}],
            "endpoints": [{"addresses": [at.ip().to_string()], "conditions": {"ready": true}}],
        }),
    ]
}

/// A cluster with the class, the gateway at port 80, and the service `orders` of `shop`.
pub async fn cluster(at: SocketAddr) -> FakeCluster {
    let cluster = FakeCluster::start().await;
    cluster.apply(class("tradewind", OURS));
    cluster.apply(gateway(&json!([http("http", 80)])));
    for object in service("shop", at) {
        cluster.apply(object);
    }
    cluster
}

/// A condition: whether it holds, why, and of which generation.
pub fn condition(conditions: &Value, kind: &str) -> Option<(String, String, i64)> {
    let found = conditions.as_array()?.iter().find(|one| one["type"] == kind)?;
    let text = |name: &str| found[name].as_str().map(str::to_owned);
    Some((text("status")?, text("reason")?, found["observedGeneration"].as_i64()?))
}

/// Waits until a status has these conditions, in the generation that the object is in; `way` leads to them.
pub async fn says(
    cluster: &FakeCluster,
    (kind, namespace, name): (&str, &str, &str),
    way: &str,
    expected: &[(&str, &str, &str)],
) {
    let seen = async || {
        let object = cluster.object(kind, namespace, name)?;
        let conditions = object.pointer(&format!("/status{way}/conditions")).cloned().unwrap_or_default();
        let generation = object["metadata"]["generation"].as_i64().unwrap_or_default();
        let is_so = |(of, status, reason): &(&str, &str, &str)| {
            condition(&conditions, of) == Some(((*status).to_owned(), (*reason).to_owned(), generation))
        };
        expected.iter().all(is_so).then_some(())
    };
    until(&format!("{kind} {namespace}/{name}{way} says {expected:?}"), seen).await;
}

/// Whether a server shows a certificate that this one, in PEM, has signed.
pub async fn shows(address: SocketAddr, host: &str, pem: &str) -> bool {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let connector = TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()));
    let Ok(stream) = tokio::net::TcpStream::connect(address).await else { return false };
    connector.connect(ServerName::try_from(host.to_owned()).unwrap(), stream).await.is_ok()
}
