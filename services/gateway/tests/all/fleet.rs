//! A service with several endpoints that come and go, and a policy about it.

use std::collections::BTreeMap;

use tradewind_testkit::{Request, until};

use crate::backend::{Backend, Does};
use crate::gateway::{Gateway, route};

/// Endpoints of the service `shop`, by the names that they answer with.
pub struct Fleet {
    pub gateway: Gateway,
    pub backends: BTreeMap<String, Backend>,
}

impl Fleet {
    /// A gateway before so many endpoints, `0`, `1` and so on, with this below `spec` of a policy about the service.
    pub async fn start(count: usize, policy: &str, arguments: &[&str]) -> Self {
        let mut backends = BTreeMap::new();
        for number in 0..count {
            let name = number.to_string();
            backends.insert(name.clone(), Backend::start(&name, Does::Answers).await);
        }
        let (route, policy) = (route("shop", "/"), of_backend(policy));
        let files =
            [("route.yaml", route.as_str()), ("policy.yaml", &policy), ("shop.yaml", &documents(&backends))];
        let gateway = Gateway::start(&files, arguments).await;
        Self { gateway, backends }
    }

    /// Starts one more endpoint.
    pub async fn join(&mut self, name: &str) {
        self.backends.insert(name.to_owned(), Backend::start(name, Does::Answers).await);
        self.tell().await;
    }

    /// The endpoint is listed no more; it goes on for those that ask it.
    pub async fn leave(&mut self, name: &str) -> Backend {
        let left = self.backends.remove(name).unwrap();
        self.tell().await;
        left
    }

    /// Writes who is there, and waits until that is in use.
    pub async fn tell(&self) {
        self.gateway.write("shop.yaml", &documents(&self.backends));
        let mut addresses: Vec<String> =
            self.backends.values().map(|backend| backend.address.to_string()).collect();
        addresses.sort();
        until("the endpoints are in use", async || {
            let text = self.gateway.ask("/backends").await.text();
            let shown = text.lines().find(|line| line.contains("shop:80"))?;
            let is_there = addresses.iter().all(|address| shown.contains(address));
            (is_there && shown.matches("127.0.0.1:").count() == addresses.len()).then_some(())
        })
        .await;
    }

    /// Who answers a request.
    pub async fn asked(&self, request: Request) -> String {
        let answer = request.send(self.gateway.address).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text()
    }
}

/// A policy about the service `shop`, with this below `spec`.
pub fn of_backend(spec: &str) -> String {
    format!(
        "apiVersion: policy.tradewind.dev/v1\nkind: BackendPolicy\nmetadata: {{name: shop}}\nspec:\n  targetRefs: \
         [{{group: '', kind: Service, name: shop}}]\n{spec}"
    )
}

/// The service and where its endpoints are, each in a slice of its own, since each has a port of its own.
fn documents(backends: &BTreeMap<String, Backend>) -> String {
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {ports: [{name: web, port: 80}]}\n";
    let slice = |(name, backend): (&String, &Backend)| {
        let port = backend.address.port();
        format!(
            "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: shop-{name}\n  labels: \
             {{kubernetes.io/service-name: shop}}\naddressType: IPv4\nports: [{{name: web, port: {port}}}]\n\
             endpoints: [{{addresses: [127.0.0.1]}}]\n"
        )
    };
    service.to_owned() + &backends.iter().map(slice).collect::<String>()
}
