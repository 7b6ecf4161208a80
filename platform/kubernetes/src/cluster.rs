//! The API server of a cluster.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Uri};
use kube::api::{GetParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::core::Request as Requests;
use kube::{Client, Config};
use serde_json::Value;
use tradewind_kernel::{Clock, Entropy};

use crate::follow::Follow;
use crate::followed::board;
use crate::token::TokenFile;
use crate::transport::{Transport, describe};
use crate::{ClusterError, FollowOptions, Followed, Kind, Scope, task, way};

/// How long a single request may take.
const WITHIN: Duration = Duration::from_secs(10);

/// The most bytes of a single object.
const OBJECT: usize = 4 << 20;

/// A cluster, by its API server. Clones are cheap and share connections.
///
/// It belongs to the runtime that it was made in.
#[derive(Clone)]
pub struct Cluster {
    transport: Transport,
    entropy: Entropy,
    options: FollowOptions,
    namespace: String,
}

/// What became of a status that was to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusWritten {
    /// It was written; the object is now in this state.
    Written {
        /// The new `resourceVersion`.
        resource_version: String,
    },
    /// The object has changed since: look at it again.
    Conflict,
    /// The object is gone.
    Gone,
}

impl Cluster {
    /// The cluster of this pod, by the token of its service account; without one, that of the file that `KUBECONFIG`
    /// names, or of `~/.kube/config`.
    ///
    /// # Errors
    /// [`ClusterError::Configuration`] when there is neither, or what is there is wrong.
    pub async fn from_environment(clock: Clock, entropy: Entropy) -> Result<Self, ClusterError> {
        let config = match Config::incluster() {
            Ok(config) => config,
            Err(in_pod) => {
                let file = Config::from_kubeconfig(&KubeConfigOptions::default()).await;
                file.map_err(|file| {
                    ClusterError::Configuration(format!("{}; {}", describe(&in_pod), describe(&file)))
                })?
            }
        };
        Self::with(config, clock, entropy)
    }

    /// The API server at an address, as the service account of a pod, whose files are in a folder: `token`, which is read
    /// again while it is in use, `ca.crt` and `namespace`.
    ///
    /// # Errors
    /// [`ClusterError::Configuration`] when a file is missing or wrong.
    pub fn of_account(
        address: &Uri,
        folder: &Path,
        clock: Clock,
        entropy: Entropy,
    ) -> Result<Self, ClusterError> {
        let config = way::of_account(address.clone(), folder).map_err(ClusterError::Configuration)?;
        Self::with(config, clock, entropy)
    }

    /// The cluster that the current context of a kubeconfig file names.
    ///
    /// # Errors
    /// [`ClusterError::Configuration`] when the file is missing or wrong.
    pub async fn of_kubeconfig(file: &Path, clock: Clock, entropy: Entropy) -> Result<Self, ClusterError> {
        let wrong = |error: KubeconfigError| {
            ClusterError::Configuration(format!("{}: {}", file.display(), describe(&error)))
        };
        let read = Kubeconfig::read_from(file).map_err(wrong)?;
        let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await;
        Self::with(config.map_err(wrong)?, clock, entropy)
    }

    /// The API server at an address, by HTTP without TLS and without saying who asks: that of `kubectl proxy`, or of a
    /// test.
    ///
    /// # Errors
    /// [`ClusterError::Configuration`] when the address has no host, or asks for something else than HTTP.
    pub fn at(address: &Uri, clock: Clock, entropy: Entropy) -> Result<Self, ClusterError> {
        if address.scheme_str() != Some("http") || address.host().is_none() {
            let wrong = format!("{address} is not of the form http://host:port");
            return Err(ClusterError::Configuration(wrong));
        }
        let mut config = Config::new(address.clone());
        // Certificates of the machine are of no use here, and an image from scratch has none.
        config.root_cert = Some(Vec::new());
        Self::with(config, clock, entropy)
    }

    fn with(mut config: Config, clock: Clock, entropy: Entropy) -> Result<Self, ClusterError> {
        // Who follows has pauses of its own, and who writes hears of a failure at once.
        config.default_retry = false;
        let namespace = config.default_namespace.clone();
        let file = way::token_file(&mut config);
        let token = file.map(|file| TokenFile::open(&file, clock.monotonic()).map(Arc::new)).transpose()?;
        let client = Client::try_from(config);
        let client = client.map_err(|error| ClusterError::Configuration(describe(&error)))?;
        let options = FollowOptions::default();
        Ok(Self { transport: Transport { client, clock, token }, entropy, options, namespace })
    }

    /// The same cluster, with other times and bounds for what is followed from now on.
    #[must_use]
    pub fn with_options(mut self, options: FollowOptions) -> Self {
        self.options = options;
        self
    }

    /// The namespace of this pod, or that of the configuration; `default` when nothing names one.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Follows all objects of a kind in a scope, until the last [`Followed`] is dropped.
    #[must_use]
    pub fn follow(&self, kind: &Kind, scope: Scope) -> Followed {
        self.begin(kind, scope, None)
    }

    /// Follows those with these labels, such as `app=lamp,tier!=test`.
    #[must_use]
    pub fn follow_labelled(&self, kind: &Kind, scope: Scope, labels: impl Into<String>) -> Followed {
        self.begin(kind, scope, Some(labels.into()))
    }

    fn begin(&self, kind: &Kind, scope: Scope, labels: Option<String>) -> Followed {
        let (teller, followed, gone) = board();
        let entropy = self.entropy.fork(&format!("{kind} {scope:?} {labels:?}"));
        let follow = Follow::new(
            self.transport.clone(),
            entropy,
            self.options.clone(),
            (*kind, scope, labels),
            teller,
        );
        task::begin(async move {
            tokio::select! {
                biased;
                // Nobody ever sends: it resolves when the last who looks is gone.
                _ = gone => {}
                () = follow.run() => {}
            }
        });
        followed
    }

    /// One object, as it is now; `None` when there is none. The namespace is empty for kinds that belong to none.
    ///
    /// # Errors
    /// When the API server cannot be asked or refuses.
    pub async fn get(&self, kind: &Kind, namespace: &str, name: &str) -> Result<Option<Value>, ClusterError> {
        let request = requests(kind, namespace, name)?.get(name, &GetParams::default());
        self.found(request.map_err(|error| unmade(&error))?).await
    }

    /// What is said about one object, its `metadata`, without the rest of it; `None` when there is no such object. The
    /// namespace is empty for kinds that belong to none.
    ///
    /// # Errors
    /// When the API server cannot be asked or refuses.
    pub async fn metadata(
        &self,
        kind: &Kind,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Value>, ClusterError> {
        let request = requests(kind, namespace, name)?.get_metadata(name, &GetParams::default());
        let found = self.found(request.map_err(|error| unmade(&error))?).await?;
        Ok(found.map(|mut object| object.get_mut("metadata").map(Value::take).unwrap_or_default()))
    }

    async fn found(&self, request: Request<Vec<u8>>) -> Result<Option<Value>, ClusterError> {
        match self.json(request).await {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces the status of an object that is in the state `resource_version`, and nothing else of it.
    ///
    /// It takes two requests: the API server wants a whole object, of which it takes the status only.
    ///
    /// # Errors
    /// When the API server cannot be asked or refuses for another reason than those that [`StatusWritten`] names.
    pub async fn set_status(
        &self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        resource_version: &str,
        status: &Value,
    ) -> Result<StatusWritten, ClusterError> {
        let Some(mut object) = self.get(kind, namespace, name).await? else {
            return Ok(StatusWritten::Gone);
        };
        let version =
            |object: &Value| Some(object.get("metadata")?.get("resourceVersion")?.as_str()?.to_owned());
        if version(&object).as_deref() != Some(resource_version) {
            return Ok(StatusWritten::Conflict);
        }
        if let Some(fields) = object.as_object_mut() {
            fields.insert("status".to_owned(), status.clone());
        }
        let text = serde_json::to_vec(&object).map_err(|error| ClusterError::Request(error.to_string()))?;
        let requests = requests(kind, namespace, name)?;
        let request = requests.replace_subresource("status", name, &PostParams::default(), text);
        match self.json(request.map_err(|error| unmade(&error))?).await {
            Ok(written) => {
                Ok(StatusWritten::Written { resource_version: version(&written).unwrap_or_default() })
            }
            Err(error) if error.is_conflict() => Ok(StatusWritten::Conflict),
            Err(error) if error.is_missing() => Ok(StatusWritten::Gone),
            Err(error) => Err(error),
        }
    }

    async fn json(&self, request: Request<Vec<u8>>) -> Result<Value, ClusterError> {
        let text = self.transport.read(request, OBJECT, WITHIN).await?;
        serde_json::from_slice(&text).map_err(|error| ClusterError::Unreadable(error.to_string()))
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

/// Requests about an object of a kind in a namespace. Names become part of a path: what would be another path is refused.
fn requests(kind: &Kind, namespace: &str, name: &str) -> Result<Requests, ClusterError> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    for text in [namespace, name] {
        if !text.bytes().all(is_plain) || text.starts_with('.') || name.is_empty() {
            let why = format!("{text:?} is no name of an object: use lower case letters, digits, - and dots");
            return Err(ClusterError::Request(why));
        }
    }
    Ok(Requests::new(kind.path((!namespace.is_empty()).then_some(namespace))))
}

fn unmade(error: &kube::core::request::Error) -> ClusterError {
    ClusterError::Request(describe(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_api_server_is_asked_by_tls() {
        let mut config = Config::new(Uri::from_static("https://127.0.0.1:1"));
        config.root_cert = Some(Vec::new());
        let cluster = Cluster::with(config, Clock::system(), Entropy::seeded(1)).unwrap();
        let asked = cluster.get(&Kind::SERVICES, "lamps", "a").await;
        assert!(matches!(asked, Err(ClusterError::Unreachable(_))), "nobody is there: {asked:?}");
    }
}
