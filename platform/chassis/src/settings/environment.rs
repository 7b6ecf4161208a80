//! Variables into values: `TRADEWIND_<SECTION>__<KEY>[__<KEY>]`.

use std::net::IpAddr;
use std::path::PathBuf;

use super::RESERVED;
use super::error::SettingsError;
use super::node::{self, Node, Place, Table, Value};

/// How every variable of this program begins.
pub(super) const PREFIX: &str = "TRADEWIND_";

/// What stands between a section and a key, and between keys.
pub(super) const SEPARATOR: &str = "__";

/// Variables that are not ours by name and are settings all the same, as other programs read them. The setting's
/// own variable is stronger.
const ALIASES: [(&str, [&str; 2]); 1] = [("OTEL_EXPORTER_OTLP_ENDPOINT", ["telemetry", "otlp_endpoint"])];

/// The ending, lower-cased, of a variable that gives the path of a file with the value.
pub(super) const FILE_SUFFIX: &str = "_file";

/// The settings found among variables.
#[derive(Default)]
pub(super) struct Environment {
    /// The names of the variables taken, sorted.
    pub(super) names: Vec<String>,
    pub(super) table: Table,
}

pub(super) fn read(
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<Environment, SettingsError> {
    let (mut variables, others): (Vec<_>, Vec<_>) = variables.into_iter().partition(is_ours);
    variables.sort();
    let mut environment = Environment::default();
    for (name, keys) in ALIASES {
        let value = others.iter().find(|(other, value)| other == name && !value.is_empty());
        // The setting's own variables, that of a file among them, stand in its place.
        let own = format!("{PREFIX}{}", keys.join(SEPARATOR).to_ascii_uppercase());
        let replaced = variables.iter().any(|(ours, _)| ours.starts_with(&own));
        if let Some((name, value)) = value.filter(|_| !replaced) {
            let node = Node::new(Value::Text(value.clone()), Place::Variable { name: name.clone() });
            node::insert(&mut environment.table, &keys, node)
                .map_err(|other| SettingsError::contradiction(name, &other))?;
            environment.names.push(name.clone());
        }
    }
    for (name, value) in variables {
        let Some(path) = path(&name, &value)? else {
            continue;
        };
        let keys: Vec<&str> = path.split(SEPARATOR).collect();
        let node = Node::new(content(&path, value), Place::Variable { name: name.clone() });
        node::insert(&mut environment.table, &keys, node)
            .map_err(|other| SettingsError::contradiction(&name, &other))?;
        environment.names.push(name);
    }
    Ok(environment)
}

/// The variables of this process that are Unicode; one of ours must be.
pub(super) fn of_process() -> Result<Vec<(String, String)>, SettingsError> {
    let mut variables = Vec::new();
    for (name, value) in std::env::vars_os() {
        match (name.into_string(), value.into_string()) {
            (Ok(name), Ok(value)) => variables.push((name, value)),
            (Ok(name), Err(_)) if name.starts_with(PREFIX) => {
                return Err(SettingsError::variable(&name, "its value is not Unicode"));
            }
            _ => {}
        }
    }
    Ok(variables)
}

fn is_ours((name, _): &(String, String)) -> bool {
    name.starts_with(PREFIX) && !RESERVED.contains(&name.as_str())
}

/// Section and keys, still joined by the separator; nothing for a variable that nobody wrote as a setting.
fn path(name: &str, value: &str) -> Result<Option<String>, SettingsError> {
    let path = name.strip_prefix(PREFIX).unwrap_or(name).to_ascii_lowercase();
    if !path.contains(SEPARATOR) {
        let passed_over = is_service_link(&path, value);
        return if passed_over { Ok(None) } else { Err(SettingsError::unknown_variable(name)) };
    }
    let is_good = |key: &str| !key.is_empty() && !key.starts_with('_');
    if path.split(SEPARATOR).all(is_good) {
        Ok(Some(path))
    } else {
        Err(SettingsError::variable(name, "a section or key is empty or begins with an underscore"))
    }
}

fn content(path: &str, value: String) -> Value {
    let base = path.strip_suffix(FILE_SUFFIX).unwrap_or_default();
    if base.is_empty() || base.ends_with(SEPARATOR) {
        Value::Text(value)
    } else {
        Value::FileReference(PathBuf::from(value))
    }
}

/// Kubernetes tells each container about each service of its namespace by variables named after the service,
/// and so do container links. With services called `tradewind-…` they would stop every start.
fn is_service_link(path: &str, value: &str) -> bool {
    let path = format!("_{path}");
    let is_address = || value.parse::<IpAddr>().is_ok();
    let is_port = || value.parse::<u16>().is_ok();
    if path.ends_with("_service_host") {
        return is_address();
    }
    if let Some((_, port_name)) = path.split_once("_service_port") {
        return (port_name.is_empty() || port_name.starts_with('_')) && is_port();
    }
    let Some((_, link)) = path.rsplit_once("_port_").filter(|_| !path.ends_with("_port")) else {
        return is_endpoint(value) || is_linked_port(&path) && is_port();
    };
    match link.split('_').collect::<Vec<_>>()[..] {
        [number, _protocol] => is_number(number) && is_endpoint(value),
        [number, protocol, "proto"] => is_number(number) && value == protocol,
        [number, _protocol, "addr"] => is_number(number) && is_address(),
        _ => false,
    }
}

/// `…_port_8080_tcp_port`
fn is_linked_port(path: &str) -> bool {
    let link = path.strip_suffix("_port").and_then(|path| path.rsplit_once("_port_"));
    let parts = link.and_then(|(_, link)| link.split_once('_'));
    parts.is_some_and(|(number, protocol)| is_number(number) && !protocol.contains('_'))
}

fn is_number(text: &str) -> bool {
    text.parse::<u16>().is_ok()
}

/// `tcp://10.0.0.1:80`
fn is_endpoint(value: &str) -> bool {
    let rest = value.split_once("://");
    rest.is_some_and(|(protocol, _)| matches!(protocol, "tcp" | "udp" | "sctp"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_container_platforms_are_no_settings() {
        let links = [
            ("TRADEWIND_SERVICE_HOST", "10.0.0.1"),
            ("TRADEWIND_LAMPS_SERVICE_HOST", "fd00::1"),
            ("TRADEWIND_LAMPS_SERVICE_PORT", "8080"),
            ("TRADEWIND_LAMPS_SERVICE_PORT_HTTP", "8080"),
            ("TRADEWIND_LAMPS_PORT", "tcp://10.0.0.1:8080"),
            ("TRADEWIND_LAMPS_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
            ("TRADEWIND_LAMPS_PORT_8080_TCP_PROTO", "tcp"),
            ("TRADEWIND_LAMPS_PORT_8080_TCP_PORT", "8080"),
            ("TRADEWIND_LAMPS_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ];
        let owned = links.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert!(read(owned).is_ok_and(|environment| environment.table.is_empty()));
    }

    #[test]
    fn the_usual_variable_of_a_collector_is_a_setting_unless_ours_is_there() {
        let owned = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let usual = owned("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a");
        let ours = owned("TRADEWIND_TELEMETRY__OTLP_ENDPOINT", "http://b");
        assert_eq!(read([usual.clone()]).ok().unwrap().names, ["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        assert_eq!(read([usual, ours]).ok().unwrap().names, ["TRADEWIND_TELEMETRY__OTLP_ENDPOINT"]);
        let empty = owned("OTEL_EXPORTER_OTLP_ENDPOINT", "");
        assert!(read([empty]).ok().unwrap().names.is_empty());
    }

    #[test]
    fn what_only_resembles_them_is_refused() {
        let settings = [
            ("TRADEWIND_LAMPS_PORT", "8080"),
            ("TRADEWIND_LAMPS_SERVICE_HOST", "localhost"),
            ("TRADEWIND_LAMPS_SERVICE_PORTS", "8080"),
            ("TRADEWIND_LAMPS_PORT_8080_TCP_ADDR", "localhost"),
            ("TRADEWIND_LAMPS_FILE", "lamps.txt"),
        ];
        for (name, value) in settings {
            assert!(read([(name.to_owned(), value.to_owned())]).is_err(), "{name}");
        }
    }
}
