//! EndpointSlices of a Kubernetes cluster, which the API server tells of as soon as they change.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tradewind_kernel::{Clock, Entropy};
use tradewind_kubernetes::slices::{Endpoint, Place, SERVICE_NAME, endpoints, zone_of_node};
use tradewind_kubernetes::{Cluster, FollowState, Followed, Kind, Scope};

use crate::BoxFuture;
use crate::discovery::{Discovery, Found};

/// The pause after no watch could be begun.
const PAUSE: Duration = Duration::from_secs(5);

/// Where this process is, as far as it was told. An empty text is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standpoint {
    /// Its zone, whose endpoints are preferred.
    pub zone: Option<String>,
    /// Its node, which tells the zone where that is not given: that of whatever endpoint is there, too.
    pub node: Option<String>,
}

/// The EndpointSlices of a cluster. Each namespace is watched once, for however many peers, from when the first of
/// them is looked for. Clones are the same.
#[derive(Debug, Clone)]
pub struct Slices {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Where the API server is; the cluster of this pod, if nobody says so.
    api_server: Option<http::Uri>,
    standpoint: Standpoint,
    clock: Clock,
    entropy: Entropy,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    cluster: Option<Cluster>,
    namespaces: BTreeMap<String, Followed>,
}

impl Slices {
    /// Those of the cluster of this pod, or of the API server at an address that is reached by HTTP without TLS.
    /// Nothing is asked yet.
    #[must_use]
    pub fn new(
        api_server: Option<http::Uri>,
        standpoint: Standpoint,
        (clock, entropy): (Clock, Entropy),
    ) -> Self {
        let some = |text: Option<String>| text.filter(|text| !text.is_empty());
        let standpoint = Standpoint { zone: some(standpoint.zone), node: some(standpoint.node) };
        let inner = Inner { api_server, standpoint, clock, entropy, known: Mutex::default() };
        Self { inner: Arc::new(inner) }
    }

    /// Those of a cluster that is known already.
    #[must_use]
    pub fn of(cluster: Cluster, standpoint: Standpoint, (clock, entropy): (Clock, Entropy)) -> Self {
        let slices = Self::new(None, standpoint, (clock, entropy));
        slices.known(|known| known.cluster = Some(cluster));
        slices
    }

    /// Where the endpoints of a service are: at a port given by its name, or by its number at the endpoint.
    #[must_use]
    pub fn source(
        &self,
        service: impl Into<String>,
        namespace: impl Into<String>,
        port: impl Into<String>,
    ) -> Box<dyn Discovery> {
        Box::new(Source {
            slices: self.clone(),
            service: service.into(),
            namespace: namespace.into(),
            port: port.into(),
            followed: None,
            pause: Duration::ZERO,
            said: None,
        })
    }

    async fn follow(&self, namespace: &str) -> Result<Followed, String> {
        let followed = |known: &mut Known| known.namespaces.get(namespace).cloned();
        if let Some(followed) = self.known(followed) {
            return Ok(followed);
        }
        let cluster = match self.known(|known| known.cluster.clone()) {
            Some(cluster) => cluster,
            None => self.cluster().await?,
        };
        // Somebody else may have been quicker: there is one watch.
        Ok(self.known(|known| {
            let cluster = known.cluster.get_or_insert(cluster).clone();
            let begin = || {
                let scope = Scope::Namespace(namespace.to_owned());
                cluster.follow_labelled(&Kind::ENDPOINT_SLICES, scope, SERVICE_NAME)
            };
            known.namespaces.entry(namespace.to_owned()).or_insert_with(begin).clone()
        }))
    }

    async fn cluster(&self) -> Result<Cluster, String> {
        let (clock, entropy) = (self.inner.clock.clone(), self.inner.entropy.clone());
        let cluster = match &self.inner.api_server {
            Some(address) => Cluster::at(address, clock, entropy),
            None => Cluster::from_environment(clock, entropy).await,
        };
        cluster.map_err(|error| error.to_string())
    }

    fn known<T>(&self, act: impl FnOnce(&mut Known) -> T) -> T {
        act(&mut self.inner.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Source {
    slices: Slices,
    service: String,
    namespace: String,
    port: String,
    followed: Option<Followed>,
    pause: Duration,
    /// What was said last.
    said: Option<Result<Vec<Found>, String>>,
}

impl Source {
    /// What is to be said now; nothing before the first list or failure.
    fn present(&self, followed: &mut Followed) -> Option<Result<Vec<Found>, String>> {
        let snapshot = followed.latest();
        if let FollowState::Behind { trouble, .. } = followed.state() {
            return Some(Err(trouble));
        }
        let slices = snapshot?;
        let all = endpoints(&slices, &self.namespace, &self.service, &self.port);
        if all.is_empty() {
            let Self { service, namespace, port, .. } = self;
            return Some(Err(format!("no endpoint of {service}.{namespace} is ready at a port {port}")));
        }
        let Standpoint { zone, node } = &self.slices.inner.standpoint;
        let of_node = || node.as_deref().and_then(|node| zone_of_node(&slices, node));
        let place = Place { zone: zone.clone().or_else(of_node) };
        let elsewhere = place.elsewhere(&all);
        Some(Ok(all.into_iter().zip(elsewhere).map(found).collect()))
    }
}

fn found((endpoint, is_elsewhere): (Endpoint, bool)) -> Found {
    let address = SocketAddr::new(endpoint.address, endpoint.port).to_string();
    Found { address, instance: endpoint.instance, is_leaving: endpoint.is_leaving, is_elsewhere }
}

impl Discovery for Source {
    fn next(&mut self) -> BoxFuture<'_, Result<Vec<Found>, String>> {
        Box::pin(async move {
            loop {
                let mut followed = match self.followed.clone() {
                    Some(followed) => followed,
                    None => {
                        self.slices.inner.clock.sleep(self.pause).await;
                        self.pause = PAUSE;
                        self.slices.follow(&self.namespace).await?
                    }
                };
                let present = self.present(&mut followed);
                self.followed = Some(followed);
                if let Some(present) = present.filter(|present| self.said.as_ref() != Some(present)) {
                    self.said = Some(present.clone());
                    return present;
                }
                let Some(followed) = &mut self.followed else { continue };
                if followed.stirred().await.is_err() {
                    self.followed = None;
                    self.slices.known(|known| known.namespaces.remove(&self.namespace));
                    return Err("the watch of its EndpointSlices ended; it is begun again".to_owned());
                }
            }
        })
    }
}
