//! The part of the command line that is about a cluster.

use clap::Args;
use http::Uri;
use tradewind_kubernetes::Kind;

use crate::cluster::kinds::is_of_cluster;

/// How a cluster is followed.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Follow the objects of a Kubernetes cluster instead of a folder, and write what came of each into its status: the
    /// cluster of this pod, or the one that KUBECONFIG names
    #[arg(long)]
    pub(crate) kubernetes: bool,
    /// The address of an API server that wants to know nobody, such as that of `kubectl proxy`
    #[arg(long, value_name = "http://HOST:PORT", requires = "kubernetes")]
    pub(crate) api_server: Option<Uri>,
    /// The GatewayClass whose gateways are served, if its controller is tradewind.dev/gateway-controller
    #[arg(long, value_name = "NAME", default_value = "tradewind", requires = "kubernetes")]
    pub(crate) class: String,
    /// The namespaces that are looked at; without it all of them
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', requires = "kubernetes")]
    pub(crate) namespaces: Vec<String>,
    /// The namespaces whose secrets are read, with certificates of listeners; without it those that are looked at, and
    /// none where it is empty
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', requires = "kubernetes")]
    pub(crate) secret_namespaces: Option<Vec<String>>,
    /// An address or a host name at which clients find the gateway, for the status of gateways; may be repeated
    #[arg(long = "address", value_name = "ADDRESS", requires = "kubernetes")]
    pub(crate) addresses: Vec<String>,
    /// The Service in front of the gateway, whose addresses are told where there is no --address
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = service, requires = "kubernetes")]
    pub(crate) service: Option<(String, String)>,
    /// How long the first lists of all objects may take, in seconds; the program ends when they are not there then
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "kubernetes")]
    pub(crate) first_lists: u64,
}

/// Whose gateways are served, and where they are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Class {
    /// The name of the class.
    pub(crate) name: String,
    /// The namespaces that are looked at; all of them where none is named.
    pub(crate) namespaces: Vec<String>,
    /// Addresses and host names.
    pub(crate) addresses: Vec<String>,
    /// The service whose addresses are told where there are none.
    pub(crate) service: Option<(String, String)>,
}

impl Options {
    /// Whose gateways are served.
    pub(crate) fn class(&self) -> Class {
        Class {
            name: self.class.clone(),
            namespaces: self.namespaces.clone(),
            addresses: self.addresses.clone(),
            service: self.service.clone(),
        }
    }

    /// The namespaces in which objects of a kind are looked at; none where that is everywhere.
    pub(super) fn places(&self, kind: &Kind) -> Option<Vec<&str>> {
        if is_of_cluster(kind) {
            return None;
        }
        let of_secrets = self.secret_namespaces.as_ref().filter(|_| *kind == Kind::SECRETS);
        let named = of_secrets.unwrap_or(&self.namespaces);
        let places: Vec<&str> = named.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        (of_secrets.is_some() || !places.is_empty()).then_some(places)
    }
}

fn service(text: &str) -> Result<(String, String), String> {
    match text.split_once('/') {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains('/') => {
            Ok((namespace.to_owned(), name.to_owned()))
        }
        _ => Err("write it as NAMESPACE/NAME, as in tradewind-edge/gateway".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn secrets_may_be_read_in_fewer_namespaces_than_all_else() {
        let places = |rest: &[&str], kind: &Kind| {
            let line = Line::try_parse_from([&["gateway", "--kubernetes"], rest].concat()).unwrap();
            line.options.places(kind).map(|places| places.into_iter().map(str::to_owned).collect::<Vec<_>>())
        };
        let named = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(places(&[], &Kind::SECRETS), None);
        assert_eq!(places(&["--namespaces=a,b"], &Kind::SECRETS), named(&["a", "b"]));
        assert_eq!(places(&["--namespaces=a,b"], &Kind::NAMESPACES), None);
        assert_eq!(places(&["--namespaces=a,b", "--secret-namespaces=c"], &Kind::SECRETS), named(&["c"]));
        assert_eq!(places(&["--namespaces=a,b", "--secret-namespaces="], &Kind::SECRETS), named(&[]));
        assert_eq!(
            places(&["--namespaces=a,b", "--secret-namespaces=c"], &Kind::SERVICES),
            named(&["a", "b"])
        );
    }
}
