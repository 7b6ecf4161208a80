//! Where the broker is, and the bounds of what goes there.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use lapin::uri::{AMQPScheme, AMQPUri};
use tradewind_kernel::Secret;

use crate::naming;

/// The longest namespace, in bytes: names of queues hold two names of services besides, in 255 bytes.
const MAX_NAMESPACE: usize = 64;

/// How often both sides say that they are there; two beats missed are a lost connection.
const HEARTBEAT_SECONDS: u16 = 10;

/// The greatest frame, in bytes; a greater message is sent in several. The client keeps two buffers of 32 frames for
/// each connection.
const FRAME: u32 = 8 * 1024;

/// How events travel on the broker.
#[derive(Clone)]
pub struct BrokerOptions {
    uri: AMQPUri,
    /// What the names of exchanges and queues begin with, so that several fleets share a broker.
    pub namespace: String,
    /// Messages that a subscription may hold without having handled them.
    pub prefetch: u16,
    /// Messages that a relay may have on the way.
    pub window: usize,
    /// How long the broker may take to confirm a message, or to answer anything else.
    pub timeout: Duration,
    /// The greatest message, in bytes. A greater event does not travel by the broker; those who follow it read it
    /// from the producer's log.
    pub max_message_bytes: usize,
}

impl BrokerOptions {
    /// Reads `amqp://USER:PASSWORD@HOST:PORT/VHOST`; `password` replaces the one in it. The other options are the
    /// usual ones.
    ///
    /// # Errors
    /// What is wrong with the address. It never holds the address itself, which has a password in it.
    pub fn parse(url: &Secret, password: Option<&Secret>) -> Result<Self, String> {
        let expected = "expected amqp://USER:PASSWORD@HOST:PORT/VHOST";
        if url.expose().contains('[') {
            return Err(format!(
                "name the host, or give its address by version 4 of the protocol; {expected}"
            ));
        }
        let mut uri =
            AMQPUri::from_str(url.expose()).map_err(|_| format!("this is no address; {expected}"))?;
        if uri.scheme == AMQPScheme::AMQPS {
            return Err(
                "amqps:// is not spoken here: let a proxy beside the process or the network of the cluster \
                        encrypt what goes to the broker"
                    .to_owned(),
            );
        }
        if uri.vhost.is_empty() {
            "/".clone_into(&mut uri.vhost);
        }
        if let Some(password) = password {
            password.expose().clone_into(&mut uri.authority.userinfo.password);
        }
        uri.query.heartbeat = Some(HEARTBEAT_SECONDS);
        uri.query.frame_max = Some(FRAME);
        Ok(Self {
            uri,
            namespace: "tradewind".to_owned(),
            prefetch: 512,
            window: 512,
            timeout: Duration::from_secs(10),
            max_message_bytes: 1024 * 1024,
        })
    }

    /// Where the broker is, without user and password.
    #[must_use]
    pub fn place(&self) -> String {
        let authority = &self.uri.authority;
        format!("{}:{}, vhost {}", authority.host, authority.port, self.uri.vhost)
    }

    /// Host, port and virtual host, for those who describe where events are found.
    #[must_use]
    pub fn located(&self) -> (String, String) {
        let (host, port) = self.address();
        (format!("{host}:{port}"), self.uri.vhost.clone())
    }

    /// The exchange to which the events of a producer are published.
    #[must_use]
    pub fn exchange(&self, producer: &str) -> String {
        naming::exchange_of(&self.namespace, producer)
    }

    /// The queue from which a consumer takes the events of a producer.
    #[must_use]
    pub fn queue(&self, consumer: &str, producer: &str) -> String {
        naming::queue_of(&self.namespace, consumer, producer)
    }

    /// Host and port.
    pub(crate) fn address(&self) -> (&str, u16) {
        (&self.uri.authority.host, self.uri.authority.port)
    }

    /// The user's name.
    pub(crate) fn user(&self) -> &str {
        &self.uri.authority.userinfo.username
    }

    pub(crate) fn uri(&self) -> AMQPUri {
        let mut uri = self.uri.clone();
        uri.query.connection_timeout = Some(u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX));
        uri
    }
}

impl fmt::Debug for BrokerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BrokerOptions({}, namespace {})", self.place(), self.namespace)
    }
}

/// Whether `namespace` may begin the names of exchanges and queues: 1 to 64 lower-case letters, digits, `-` and `_`.
///
/// # Errors
/// What is expected.
pub fn check_namespace(namespace: &str) -> Result<(), String> {
    let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    if namespace.is_empty() || namespace.len() > MAX_NAMESPACE || !namespace.chars().all(is_good) {
        return Err(format!("expected 1 to {MAX_NAMESPACE} lower-case letters, digits, '-' and '_'"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<BrokerOptions, String> {
        BrokerOptions::parse(&Secret::new(url), None)
    }

    #[test]
    fn an_address_names_host_port_and_virtual_host() {
        for (url, place) in [
            ("amqp://me:pw@broker", "broker:5672, vhost /"),
            ("amqp://me:pw@broker:5673/", "broker:5673, vhost /"),
            ("amqp://me:pw@127.0.0.1:5673/shop", "127.0.0.1:5673, vhost shop"),
            ("amqp://me:pw@broker/a%2Fb", "broker:5672, vhost a/b"),
        ] {
            assert_eq!(parse(url).unwrap().place(), place, "{url}");
        }
    }

    #[test]
    fn neither_an_error_nor_debug_shows_the_password() {
        for url in [
            "amqps://me:hidden@broker",
            "http://me:hidden@broker",
            "me:hidden@broker",
            "amqp://:hidden@[::1]",
        ] {
            let error = parse(url).unwrap_err();
            assert!(!error.contains("hidden"), "{url}: {error}");
        }
        let options =
            BrokerOptions::parse(&Secret::new("amqp://me:old@broker"), Some(&Secret::new("hidden"))).unwrap();
        assert_eq!(options.uri.authority.userinfo.password, "hidden");
        assert!(!format!("{options:?}").contains("hidden"));
    }

    #[test]
    fn a_namespace_is_short_and_plain() {
        for good in ["tradewind", "a", "shop-2_b"] {
            assert!(check_namespace(good).is_ok(), "{good}");
        }
        for bad in ["", "Shop", "a.b", "a#", "ä", &"a".repeat(65)] {
            assert!(check_namespace(bad).is_err(), "{bad}");
        }
    }
}
