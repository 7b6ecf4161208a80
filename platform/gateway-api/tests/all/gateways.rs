//! `Gateway` and `BackendTLSPolicy`.

use std::collections::BTreeMap;

use tradewind_gateway_api::Body;
use tradewind_gateway_api::backend_tls::SubjectAltName;
use tradewind_gateway_api::gateway::{ClientValidationMode, From, Gateway, TlsMode};

use crate::support::{accepted, document, refused, refused_for};

fn listeners(lines: &str) -> String {
    document("Gateway", &format!("gatewayClassName: tradewind\nlisteners:\n{lines}"))
}

fn gateway(text: &str) -> Gateway {
    let Body::Gateway(gateway) = accepted(text).body else { panic!("{text}") };
    gateway
}

#[test]
fn listeners_have_a_name_a_port_and_a_protocol() {
    let found = gateway(&listeners("- {name: web, port: 80, protocol: HTTP}"));
    let listener = &found.listeners[0];
    assert_eq!((listener.port, listener.allowed_routes.namespaces.from), (80, From::Same));
    assert_eq!(listener.tls, None);
    refused_for(&document("Gateway", "gatewayClassName: a\nlisteners: []"), "must have 1 to 64 items");
    refused_for(&listeners("- {name: web, port: 0, protocol: HTTP}"), "from 1 to 65535, not 0");
    refused_for(&listeners("- {name: web, port: 80}"), "lacks the field `protocol`");
    refused_for(
        &listeners("- {name: web, port: 80, protocol: HTTP}\n- {name: web, port: 81, protocol: HTTP}"),
        "has the same name as `spec.listeners[0]`",
    );
    refused_for(
        &listeners("- {name: a, port: 80, protocol: HTTP}\n- {name: b, port: 80, protocol: HTTP}"),
        "Combination of port, protocol and hostname must be unique for each listener",
    );
    gateway(&listeners(
        "- {name: a, port: 80, protocol: HTTP, hostname: a.example}\n- {name: b, port: 80, protocol: HTTP, hostname: '*.example'}",
    ));
    refused_for(
        &listeners("- {name: a, port: 80, protocol: TCP, hostname: a}"),
        "hostname must not be specified for protocols ['TCP', 'UDP']",
    );
}

#[test]
fn certificates() {
    let found = gateway(&listeners(
        "- {name: a, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: cert}]}}",
    ));
    let tls = found.listeners[0].tls.clone().unwrap();
    assert_eq!((tls.mode, tls.certificate_refs[0].kind.as_str()), (TlsMode::Terminate, "Secret"));
    gateway(&listeners("- {name: a, port: 443, protocol: TLS, tls: {mode: Passthrough}}"));
    refused_for(
        &listeners("- {name: a, port: 443, protocol: HTTPS, tls: {}}"),
        "certificateRefs or options must be specified when mode is Terminate",
    );
    refused_for(
        &listeners("- {name: a, port: 443, protocol: HTTPS, tls: {mode: Passthrough}}"),
        "tls mode must be Terminate for protocol HTTPS",
    );
    refused_for(
        &listeners("- {name: a, port: 80, protocol: HTTP, tls: {certificateRefs: [{name: c}]}}"),
        "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
    );
}

#[test]
fn certificates_of_clients_and_towards_backends() {
    let text = listeners("- {name: a, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}");
    let tls = "  tls:\n    backend: {clientCertificateRef: {name: me}}\n    frontend:\n      default: {validation: {caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]}}\n      perPort: [{port: 444, tls: {}}]\n";
    let found = gateway(&format!("{text}{tls}")).tls;
    let validation = found.frontend.unwrap().default.validation.unwrap();
    assert_eq!(validation.mode, ClientValidationMode::AllowValidOnly);
    assert_eq!(found.backend.unwrap().client_certificate_ref.unwrap().kind, "Secret");
    refused_for(&format!("{text}  tls: {{frontend: {{}}}}\n"), "lacks the field `default`");
}

#[test]
fn routes_that_may_attach() {
    let found = gateway(&listeners(
        "- name: a\n  port: 80\n  protocol: HTTP\n  allowedRoutes:\n    kinds: [{kind: HTTPRoute}]\n    namespaces:\n      from: Selector\n      selector: {matchLabels: {a: b}, matchExpressions: [{key: c, operator: NotIn, values: [d]}]}",
    ));
    let allowed = &found.listeners[0].allowed_routes;
    assert_eq!(allowed.kinds[0].group, "gateway.networking.k8s.io");
    let selector = allowed.namespaces.selector.clone().unwrap();
    let labels = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    assert!(selector.fits(&labels(&[("a", "b")])));
    assert!(!selector.fits(&labels(&[("a", "b"), ("c", "d")])));
    assert!(!selector.fits(&labels(&[("c", "e")])));
    refused_for(
        &listeners("- {name: a, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Some}}}"),
        "must be one of All, Selector, Same",
    );
}

#[test]
fn addresses_fit_their_type() {
    let with = |address: &str| {
        format!("{}  addresses: [{address}]\n", listeners("- {name: a, port: 80, protocol: HTTP}"))
    };
    for address in
        ["{value: 127.0.0.1}", "{type: IPAddress, value: '::1'}", "{type: Hostname, value: a.example}"]
    {
        accepted(&with(address));
    }
    refused(
        &with("{value: a.example}"),
        "9:15",
        "`spec.addresses[0]` has a value that does not fit its type",
    );
    refused_for(
        &with("{type: Hostname, value: a_b}"),
        "Hostname value must be empty or contain only valid characters",
    );
}

#[test]
fn what_a_backend_has_to_show() {
    let policy = |validation: &str| {
        document(
            "BackendTLSPolicy",
            &format!("targetRefs: [{{group: '', kind: Service, name: a}}]\nvalidation: {validation}"),
        )
    };
    let text = policy(
        "{hostname: a.example, wellKnownCACertificates: System, subjectAltNames: [{type: URI, uri: 'spiffe://a/b'}]}",
    );
    let Body::BackendTlsPolicy(found) = accepted(&text).body else { panic!() };
    assert_eq!(found.validation.well_known_ca_certificates.as_deref(), Some("System"));
    assert_eq!(found.validation.subject_alt_names, [SubjectAltName::Uri { uri: "spiffe://a/b".to_owned() }]);
    accepted(&policy("{hostname: a.example, caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]}"));
    refused_for(
        &policy("{hostname: a.example}"),
        "must specify either CACertificateRefs or WellKnownCACertificates",
    );
    refused_for(
        &policy(
            "{hostname: a, wellKnownCACertificates: System, caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]}",
        ),
        "must not contain both CACertificateRefs and WellKnownCACertificates",
    );
    refused_for(&policy("{wellKnownCACertificates: System}"), "lacks the field `hostname`");
    refused_for(
        &policy(
            "{hostname: a, wellKnownCACertificates: System, subjectAltNames: [{type: URI, hostname: a}]}",
        ),
        "breaks a rule",
    );
}
