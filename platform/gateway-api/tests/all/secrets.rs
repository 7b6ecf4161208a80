//! Documents of Kubernetes itself.

use tradewind_gateway_api::Body;

use crate::support::{accepted, refused};

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\ntype: kubernetes.io/tls\n";

#[test]
fn a_secret_gives_its_bytes_and_shows_them_nowhere() {
    let document =
        accepted(&format!("{SECRET}data: {{tls.key: aGlkZGVu}}\nstringData: {{tls.crt: hidden}}\n"));
    assert!(!format!("{document:?}").contains("hidden") && !format!("{document:?}").contains("aGlkZGVu"));
    let Body::Secret(secret) = &document.body else { panic!("{document:?}") };
    assert_eq!(secret.bytes("tls.key").as_deref(), Some(&b"hidden"[..]));
    assert_eq!(secret.bytes("tls.crt").as_deref(), Some(&b"hidden"[..]));
    assert_eq!(secret.bytes("other"), None);
    assert_eq!(secret.kind, "kubernetes.io/tls");
}

#[test]
fn a_mistake_in_a_secret_does_not_repeat_it() {
    refused(&format!("{SECRET}data: {{tls.key: h$dden}}\n"), "5:17", "`data.tls.key` must be base64");
    let reading = crate::support::read(&format!("{SECRET}data: {{tls.key: h$dden}}\n"));
    assert!(!reading.errors[0].to_string().contains("h$dden"));
}

#[test]
fn services_and_their_endpoints() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  selector: {app: a}\n  ports:\n  \
                   - {name: http, port: 80, targetPort: web, appProtocol: kubernetes.io/h2c}\n";
    let Body::Service(service) = accepted(service).body else { panic!() };
    assert_eq!(service.ports[0].app_protocol.as_deref(), Some("kubernetes.io/h2c"));
    let slice = "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: a-1\n  labels:\n    \
                 kubernetes.io/service-name: a\naddressType: IPv4\nendpoints:\n- addresses: [127.0.0.1]\n- \
                 addresses: [127.0.0.2]\n  conditions: {ready: false}\nports:\n- {name: http, port: 8080}\n";
    let Body::EndpointSlice(slice) = accepted(slice).body else { panic!() };
    assert_eq!(slice.endpoints.iter().filter(|e| e.conditions.takes_requests()).count(), 1);
    refused(
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a}\naddressType: IPv5\n",
        "4:14",
        "`addressType` must be one of IPv4, IPv6, FQDN",
    );
}
