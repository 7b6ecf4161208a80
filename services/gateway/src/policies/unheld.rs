//! What documents say and the door of the fleet does not do. It is said aloud, since nobody would notice otherwise.

use tradewind_gateway_api::gateway::Gateway;
use tradewind_gateway_api::policy::{BackendPolicy, ListenerPolicy, RoutePolicy};
use tradewind_gateway_api::{Body, Document, DocumentError};
use tradewind_routing::Documents;

/// Where more is said.
const GUIDE: &str = "see docs/guides/gateway.md, \"In a fleet\"";

/// All of it, each with its place and the reason.
pub(crate) fn unheld(documents: &Documents, port: u16) -> Vec<DocumentError> {
    documents.iter().flat_map(|document| of_document(document, port)).collect()
}

fn of_document(document: &Document, port: u16) -> Vec<DocumentError> {
    let said = match &document.body {
        Body::RoutePolicy(policy) => of_route(policy),
        Body::BackendPolicy(policy) => of_backend(policy),
        Body::ListenerPolicy(policy) => of_listener(policy),
        Body::Gateway(gateway) => return of_gateway(document, gateway, port),
        Body::BackendTlsPolicy(_) => {
            vec![("spec", "its services are not reached at all: TLS to peers is that of the fleet")]
        }
        Body::TlsRoute(_) => {
            vec![("spec", "its public door has no TLS, so no connection is passed on by name")]
        }
        _ => Vec::new(),
    };
    said.into_iter().map(|(way, reason)| told(document, way, reason)).collect()
}

fn told(document: &Document, way: &str, reason: &str) -> DocumentError {
    document.error(way, &format!("does not hold in a fleet: {reason}; {GUIDE}"))
}

type Said = Vec<(&'static str, &'static str)>;

/// Those of some fields that are there.
fn there<const COUNT: usize>(fields: [(bool, &'static str, &'static str); COUNT]) -> Said {
    fields.into_iter().filter(|(is_there, ..)| *is_there).map(|(_, way, reason)| (way, reason)).collect()
}

fn of_route(policy: &RoutePolicy) -> Said {
    there([(
        policy.retry.is_some(),
        "spec.retry",
        "`client.retry` of the settings says when peers are asked again",
    )])
}

fn of_backend(policy: &BackendPolicy) -> Said {
    const BALANCE: &str =
        "`client.balance` of the settings and the fleet's own probes choose among the instances of a peer";
    const PEERS: &str = "connections to peers are those of the fleet";
    there([
        (policy.load_balancer.is_some(), "spec.loadBalancer", BALANCE),
        (policy.session_persistence.is_some(), "spec.sessionPersistence", BALANCE),
        (policy.slow_start.is_some(), "spec.slowStart", BALANCE),
        (policy.health_check.is_some(), "spec.healthCheck", BALANCE),
        (policy.protocol.is_some(), "spec.protocol", "peers speak what the fleet speaks"),
        (policy.circuit_breaker.is_some(), "spec.circuitBreaker", PEERS),
        (policy.timeouts.is_some(), "spec.timeouts", PEERS),
    ])
}

fn of_listener(policy: &ListenerPolicy) -> Said {
    const DOOR: &str = "its doors bound their connections themselves, see `http` of the settings";
    there([
        (policy.limits.is_some(), "spec.limits", DOOR),
        (policy.timeouts.is_some(), "spec.timeouts", DOOR),
        (policy.http2.is_some(), "spec.http2", "its public door speaks HTTP/1.1"),
        (policy.client_certificate.is_some(), "spec.clientCertificate", "its public door has no TLS"),
        (
            policy.access_log.is_some(),
            "spec.accessLog",
            "requests are in the log and the traces of the fleet",
        ),
    ])
}

/// Listeners that are not opened. One with TLS at the port that is open keeps the documents from being used at all.
fn of_gateway(document: &Document, gateway: &Gateway, port: u16) -> Vec<DocumentError> {
    let listeners = gateway.listeners.iter().enumerate().filter(|(_, listener)| listener.port != port);
    let tell = |(index, _)| {
        let reason = format!("only port {port} is opened, and nothing is served there for this listener");
        told(document, &format!("spec.listeners[{index}].port"), &reason)
    };
    listeners.map(tell).collect()
}

/// Refuses documents that ask for TLS at the port that is open: in clear it must not be served.
///
/// # Errors
///
/// Which listener asks for it.
pub(crate) fn in_clear(documents: &Documents, port: u16) -> Result<(), String> {
    let found = documents.iter().find_map(|document| {
        let Body::Gateway(gateway) = &document.body else { return None };
        let is_secured = |protocol: &str| matches!(protocol, "HTTPS" | "TLS");
        let index = gateway
            .listeners
            .iter()
            .position(|listener| listener.port == port && is_secured(&listener.protocol))?;
        let way = format!("spec.listeners[{index}].protocol");
        Some(told(
            document,
            &way,
            "its public door has no TLS, and in clear nothing is served that asks for it",
        ))
    });
    found.map_or(Ok(()), |error| Err(error.to_string()))
}

#[cfg(test)]
mod tests {
    use tradewind_gateway_api::Definitions;

    use super::*;

    fn documents(text: &str) -> Documents {
        let reading = Definitions::standard().unwrap().read("all.yaml", text);
        assert!(reading.errors.is_empty(), "{:?}", reading.errors);
        let mut documents = Documents::default();
        reading.documents.into_iter().for_each(|document| documents.add(document).unwrap());
        documents
    }

    fn policy(kind: &str, target: &str, spec: &str) -> String {
        let metadata = "metadata: {name: it}";
        format!(
            "apiVersion: policy.tradewind.dev/v1\nkind: {kind}\n{metadata}\nspec:\n  targetRefs: [{target}]\n  {spec}\n"
        )
    }

    const ROUTE: &str = "{group: gateway.networking.k8s.io, kind: HTTPRoute, name: it}";
    const GATEWAY: &str = "{group: gateway.networking.k8s.io, kind: Gateway, name: it}";
    const SERVICE: &str = "{group: '', kind: Service, name: it}";

    #[test]
    fn what_has_no_effect_is_said_with_its_place() {
        for (kind, target, spec, field) in [
            ("RoutePolicy", ROUTE, "retry: {attempts: 2}", "spec.retry"),
            ("BackendPolicy", SERVICE, "loadBalancer: {type: PeakEwma}", "spec.loadBalancer"),
            ("BackendPolicy", SERVICE, "sessionPersistence: {sessionName: at}", "spec.sessionPersistence"),
            ("BackendPolicy", SERVICE, "slowStart: {window: 5s}", "spec.slowStart"),
            ("BackendPolicy", SERVICE, "healthCheck: {active: {path: /}}", "spec.healthCheck"),
            ("BackendPolicy", SERVICE, "protocol: H2C", "spec.protocol"),
            ("BackendPolicy", SERVICE, "circuitBreaker: {maxConnections: 5}", "spec.circuitBreaker"),
            ("BackendPolicy", SERVICE, "timeouts: {connect: 1s}", "spec.timeouts"),
            ("ListenerPolicy", GATEWAY, "limits: {maxConnections: 5}", "spec.limits"),
            ("ListenerPolicy", GATEWAY, "timeouts: {idle: 5s}", "spec.timeouts"),
            ("ListenerPolicy", GATEWAY, "http2: {maxConcurrentStreams: 5}", "spec.http2"),
            ("ListenerPolicy", GATEWAY, "accessLog: {enabled: false}", "spec.accessLog"),
        ] {
            let said = unheld(&documents(&policy(kind, target, spec)), 8080);
            let [one] = &said[..] else { panic!("{kind} {spec}: {said:?}") };
            let text = one.to_string();
            assert!(text.starts_with("all.yaml:6:") && text.contains(&format!("`{field}`")), "{text}");
        }
    }

    #[test]
    fn no_connection_is_passed_on_by_name() {
        let route = "apiVersion: gateway.networking.k8s.io/v1\nkind: TLSRoute\nmetadata: {name: it}\nspec:\n  hostnames: \
                     [a.example]\n  rules: [{backendRefs: [{name: it, port: 80}]}]\n";
        let said = unheld(&documents(route), 8080);
        let [one] = &said[..] else { panic!("{said:?}") };
        assert!(one.to_string().contains("its public door has no TLS"), "{one}");
    }

    #[test]
    fn of_what_has_an_effect_nothing_is_said() {
        for (kind, target, spec) in [
            ("RoutePolicy", ROUTE, "rateLimits: [{name: few, requests: 2, per: 1s, by: {type: Client}}]"),
            ("RoutePolicy", ROUTE, "priority: Critical"),
            ("BackendPolicy", SERVICE, "adaptiveConcurrency: {enabled: false}"),
            ("ListenerPolicy", GATEWAY, "trustedProxies: [192.0.2.0/24]"),
        ] {
            assert_eq!(unheld(&documents(&policy(kind, target, spec)), 8080), [], "{kind} {spec}");
        }
    }

    #[test]
    fn listeners_are_those_of_the_port_that_is_open_and_have_no_tls() {
        let gateway = |listener: &str| {
            documents(&format!(
                "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: it}}\nspec:\n  \
                 gatewayClassName: tradewind\n  listeners: [{listener}]\n"
            ))
        };
        let (open, other) = ("{name: a, port: 8080, protocol: HTTP}", "{name: a, port: 80, protocol: HTTP}");
        assert_eq!(unheld(&gateway(open), 8080), []);
        assert!(unheld(&gateway(other), 8080)[0].to_string().contains("`spec.listeners[0].port`"));
        assert!(in_clear(&gateway(open), 8080).is_ok() && in_clear(&gateway(other), 8080).is_ok());
        let secured = "{name: a, port: 8080, protocol: HTTPS, tls: {certificateRefs: [{name: b}]}}";
        assert!(in_clear(&gateway(secured), 8080).unwrap_err().contains("in clear"));
    }
}
