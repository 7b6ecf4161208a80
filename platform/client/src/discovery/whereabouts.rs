//! How a setting says where a door is.

use std::fmt;
use std::str::FromStr;

use crate::FarClient;

/// Before a name that is to be resolved.
const DNS: &str = "dns:";

/// Before a service of a Kubernetes cluster.
const SLICES: &str = "slices:";

/// The word for what a registry knows.
const REGISTRY: &str = "registry";

/// The most addresses of one door.
const MOST: usize = 256;

/// Where a door is, as a setting says it: `host:port`, several of them with commas between, `dns:name:port` for all
/// addresses behind a name, `slices:service.namespace:port` for the endpoints of a service of a Kubernetes cluster at a
/// port given by name or number, or `registry` for what the registry knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts {
    /// At these addresses, each a `host:port`.
    Fixed(Vec<String>),
    /// At this port of all addresses of a name, which is resolved again and again.
    Dns {
        /// The name.
        name: String,
        /// The port.
        port: u16,
    },
    /// At this port of the endpoints that the EndpointSlices of a service name.
    Slices {
        /// The service.
        service: String,
        /// The namespace it is in.
        namespace: String,
        /// The name of the port, or its number at the endpoints.
        port: String,
    },
    /// Where the registry says.
    Registry,
}

/// The text says no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no place: expected host:port, several of them with commas between, dns:name:port, \
     slices:service.namespace:port, or registry"
)]
pub struct InvalidWhereabouts(pub String);

impl FromStr for Whereabouts {
    type Err = InvalidWhereabouts;

    fn from_str(text: &str) -> Result<Self, InvalidWhereabouts> {
        let wrong = || InvalidWhereabouts(text.to_owned());
        if text == REGISTRY {
            return Ok(Self::Registry);
        }
        if let Some(place) = text.strip_prefix(DNS) {
            let (name, port) = place.rsplit_once(':').ok_or_else(wrong)?;
            let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?;
            FarClient::new(place).map_err(|_| wrong())?;
            return Ok(Self::Dns { name: name.to_owned(), port });
        }
        if let Some(place) = text.strip_prefix(SLICES) {
            return slices(place).ok_or_else(wrong);
        }
        let mut addresses: Vec<String> = text.split(',').map(|each| each.trim().to_owned()).collect();
        let is_good = |address: &String| FarClient::new(address).is_ok();
        if addresses.len() > MOST || !addresses.iter().all(is_good) {
            return Err(wrong());
        }
        addresses.sort();
        addresses.dedup();
        Ok(Self::Fixed(addresses))
    }
}

/// `service.namespace:port`, each of them a name of Kubernetes.
fn slices(place: &str) -> Option<Whereabouts> {
    let (name, port) = place.split_once(':')?;
    let (service, namespace) = name.split_once('.')?;
    let is_good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = |text: &&str| !text.is_empty() && text.len() <= 63 && text.bytes().all(is_good);
    let [service, namespace, port] = [service, namespace, port].map(|text| Some(text).filter(is_name));
    let [service, namespace, port] = [service?, namespace?, port?].map(str::to_owned);
    Some(Whereabouts::Slices { service, namespace, port })
}

impl fmt::Display for Whereabouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(addresses) => f.write_str(&addresses.join(",")),
            Self::Dns { name, port } => write!(f, "{DNS}{name}:{port}"),
            Self::Slices { service, namespace, port } => write!(f, "{SLICES}{service}.{namespace}:{port}"),
            Self::Registry => f.write_str(REGISTRY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_list_a_name_or_the_registry() {
        let read = |text: &str| text.parse::<Whereabouts>();
        let list = |addresses: &[&str]| {
            Ok(Whereabouts::Fixed(addresses.iter().map(|&address| address.to_owned()).collect()))
        };
        assert_eq!(read("127.0.0.1:1"), list(&["127.0.0.1:1"]));
        assert_eq!(read("b:2, a:1,b:2"), list(&["a:1", "b:2"]));
        assert_eq!(read("[::1]:80"), list(&["[::1]:80"]));
        assert_eq!(
            read("dns:lamps.example:80"),
            Ok(Whereabouts::Dns { name: "lamps.example".to_owned(), port: 80 })
        );
        assert_eq!(read("registry"), Ok(Whereabouts::Registry));
        let text = "slices:lamps.house:http";
        assert_eq!(read(text).unwrap().to_string(), text);
        assert_eq!(
            read("slices:lamps.house:8080"),
            Ok(Whereabouts::Slices {
                service: "lamps".to_owned(),
                namespace: "house".to_owned(),
                port: "8080".to_owned()
            })
        );
        for wrong in [
            "slices:",
            "slices:a.b",
            "slices:a:1",
            "slices:a.b.c:1",
            "slices:.b:1",
            "slices:a.b:",
            "slices:A.b:1",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "a", "a:1,", "a:1,b", "dns:", "dns:a", "dns:a:0", "dns:a:x", "registry:1"] {
            // `registry:1` is a host of that name.
            assert_eq!(read(wrong).is_err(), wrong != "registry:1", "{wrong}");
        }
        assert_eq!(read("b:2,a:1").unwrap().to_string(), "a:1,b:2");
    }
}
