//! The examples of the guide, as they stand there.

use tradewind_gateway_api::policy::listener::ClientCertificateMode;
use tradewind_gateway_api::policy::retry::Priority;
use tradewind_routing::{BackendId, Built};

use crate::support::{built, get};

const GUIDE: &str = include_str!("../../../../docs/guides/gateway-policies.md");

/// The documents of all blocks.
fn examples() -> String {
    let mut inside = false;
    let mut text = String::new();
    for line in GUIDE.lines() {
        match line {
            "```yaml" => {
                inside = true;
                text.push_str("---\n");
            }
            "```" => inside = false,
            line if inside => text.push_str(&format!("{line}\n")),
            _ => {}
        }
    }
    text
}

/// What comes of them; that all of them can be read is looked at on the way.
fn shop() -> Built {
    let found = built(&examples());
    assert!(found.errors.is_empty(), "{:?}", found.errors);
    found
}

#[test]
fn every_example_is_in_effect() {
    let found = shop();
    let names: Vec<String> = found.policies.iter().map(|status| status.policy.to_string()).collect();
    assert_eq!(
        names,
        [
            "RoutePolicy default/edge",
            "RoutePolicy default/health",
            "RoutePolicy default/orders",
            "BackendPolicy default/orders",
            "ListenerPolicy default/edge",
            "ListenerPolicy default/partners",
        ]
    );
    for status in &found.policies {
        let conditions = status.ancestors.iter().flat_map(|ancestor| &ancestor.conditions);
        assert!(
            conditions.clone().count() > 0 && conditions.clone().all(|condition| condition.holds),
            "{status:?}"
        );
    }
}

#[test]
fn the_examples_do_what_the_guide_says() {
    let table = shop().table;
    let orders = &get("/api/orders/1").port(8443).rule(&table).unwrap().policy;
    assert_eq!((orders.priority, orders.rate_limits[0].limit.requests), (Priority::Critical, 20));
    assert_eq!((orders.max_body_bytes, orders.jwt.is_some()), (65_536, true));
    let health = &get("/api/orders/health").port(9443).rule(&table).unwrap().policy;
    assert!(health.jwt.is_none() && health.rate_limits.is_empty() && health.access.deny.len() == 1);
    let id = BackendId { namespace: "default".to_owned(), service: "orders".to_owned(), port: 80 };
    assert_eq!(table.backend_policy(&id).circuit_breaker.max_connections, 512);
    assert_eq!(table.listener_policy(8443).client_certificate, None);
    let partners = table.listener_policy(9443);
    assert_eq!(partners.client_certificate.as_ref().unwrap().mode, ClientCertificateMode::Required);
    assert_eq!(partners.limits.max_headers, 64);
}

/// An example shows each field that there is.
#[test]
fn the_examples_are_complete() {
    let text = examples();
    for line in GUIDE.lines().filter(|line| line.starts_with("| `")) {
        let field = line.split('`').nth(1).unwrap();
        let last = field.rsplit(['.', ']']).next().unwrap().trim_start_matches('.');
        // Kinds of documents stand in a table too, words that may not stand beside each other in no example.
        if !["file", "inline"].contains(&last) && last.starts_with(char::is_lowercase) {
            assert!(text.contains(&format!("{last}:")), "no example shows {field}");
        }
    }
}
