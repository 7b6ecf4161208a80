//! Policies of routes, gateways and services: which holds where, and what their statuses say.

use tradewind_gateway_api::Definitions;
use tradewind_gateway_api::policy::backend::{BackendProtocol, LoadBalancer};
use tradewind_gateway_api::policy::retry::Priority;
use tradewind_routing::{
    BackendId, Built, Documents, EffectiveBackendPolicy, EffectiveRoutePolicy, PolicyStatus, Table,
};

use crate::support::{PORT, Request, built, gateway, get, policy, route};

/// A route with two rules, of which the second has a name.
fn shop() -> String {
    route(
        "shop",
        "parentRefs: [{name: edge}]\nrules:\n- {matches: [{path: {value: /a}}], backendRefs: [{name: shop, port: 80}]}\n\
         - {name: named, matches: [{path: {value: /b}}], backendRefs: [{name: shop, port: 80}]}",
    )
}

fn edge() -> String {
    gateway(
        "edge",
        "default",
        "- {name: one, port: 81, protocol: HTTP}\n- {name: two, port: 82, protocol: HTTP}",
    )
}

/// What holds for a request.
fn holds<'table>(table: &'table Table, request: &Request) -> &'table EffectiveRoutePolicy {
    &request.rule(table).expect("a rule").policy
}

/// Priorities at `/a` and `/b` of the ports 81 and 82, in this order.
fn priorities(text: &str) -> [Priority; 4] {
    let table = built(text).table;
    [(81, "/a"), (81, "/b"), (82, "/a"), (82, "/b")]
        .map(|(port, path)| holds(&table, &get(path).port(port)).priority)
}

/// The reason and the message of the first condition at each target of a policy.
fn accepted<'built>(built: &'built Built, name: &str) -> Vec<(&'static str, &'built str)> {
    let status: Vec<&PolicyStatus> =
        built.policies.iter().filter(|status| status.policy.name == name).collect();
    assert!(status.len() <= 1, "{status:?}");
    let ancestors = status.iter().flat_map(|status| &status.ancestors);
    let first = ancestors.map(|ancestor| &ancestor.conditions[0]);
    first
        .map(|condition| {
            assert_eq!((condition.kind, condition.holds), ("Accepted", condition.reason == "Accepted"));
            (condition.reason, condition.message.as_str())
        })
        .collect()
}

const SHOP: &str = "group: gateway.networking.k8s.io, kind: HTTPRoute, name: shop";
const EDGE: &str = "group: gateway.networking.k8s.io, kind: Gateway, name: edge";
const SERVICE: &str = "group: '', kind: Service, name: shop";
const CRITICAL: &str = "priority: Critical";
const SHEDDABLE: &str = "priority: Sheddable";
use Priority::{Critical, Sheddable, Standard};

#[test]
fn without_a_policy_the_best_practice_holds() {
    let table = built(&format!("{}{}", edge(), shop())).table;
    let found = holds(&table, &get("/a").port(81));
    assert_eq!(*found, EffectiveRoutePolicy::default());
    assert_eq!((found.retry.attempts, found.max_body_bytes, found.priority), (1, 1 << 20, Standard));
    assert!(found.jwt.is_none() && found.rate_limits.is_empty() && found.compression.is_none());
    assert!(found.security_headers.content_type_options && found.broken.is_none());
    let id = BackendId { namespace: "default".to_owned(), service: "shop".to_owned(), port: 80 };
    assert_eq!(**table.backend_policy(&id), EffectiveBackendPolicy::default());
    assert!(table.backend_policy(&id).adaptive_concurrency.enabled);
    assert_eq!(table.listener_policy(81).limits.max_headers, 100);
}

#[test]
fn each_level_holds_for_what_is_below_it() {
    let at = |target: &str| {
        priorities(&format!("{}{}{}", edge(), shop(), policy("RoutePolicy", "p", target, CRITICAL)))
    };
    assert_eq!(at(EDGE), [Critical; 4]);
    assert_eq!(at(&format!("{EDGE}, sectionName: two")), [Standard, Standard, Critical, Critical]);
    assert_eq!(at(SHOP), [Critical; 4]);
    assert_eq!(at(&format!("{SHOP}, sectionName: named")), [Standard, Critical, Standard, Critical]);
}

#[test]
fn the_more_specific_level_goes_first() {
    let levels = [
        EDGE.to_owned(),
        format!("{EDGE}, sectionName: one"),
        SHOP.to_owned(),
        format!("{SHOP}, sectionName: named"),
    ];
    // Whatever the age and the order: of each two levels the one further down in the list.
    for (index, outer) in levels.iter().enumerate() {
        for inner in &levels[index + 1..] {
            for (first, second) in
                [((outer, SHEDDABLE), (inner, CRITICAL)), ((inner, CRITICAL), (outer, SHEDDABLE))]
            {
                let text = format!(
                    "{}{}{}{}",
                    edge(),
                    shop(),
                    policy("RoutePolicy", "a", first.0, first.1),
                    policy("RoutePolicy", "b", second.0, second.1)
                );
                assert_eq!(priorities(&text)[1], Critical, "{inner} before {outer}");
            }
        }
    }
}

#[test]
fn whole_fields_are_replaced_and_others_stay() {
    let outer = "retry: {attempts: 5, backoff: 1s}\nmaxBodyBytes: 5\naccess: {deny: [10.0.0.0/8]}\n\
                 rateLimits: [{name: a, requests: 1, per: 1s}]\nsecurityHeaders: {frameOptions: Deny}\ncompression: {}";
    let inner = "retry: {attempts: 2}\nrateLimits: []\ncompression: {algorithms: []}";
    let text = format!(
        "{}{}{}{}",
        edge(),
        shop(),
        policy("RoutePolicy", "outer", EDGE, outer),
        policy("RoutePolicy", "inner", SHOP, inner)
    );
    let table = built(&text).table;
    let found = holds(&table, &get("/a").port(81));
    assert_eq!(
        (found.retry.attempts, found.retry.backoff.as_millis()),
        (2, 25),
        "a field below is not merged"
    );
    assert_eq!(found.max_body_bytes, 5);
    assert!(!found.access.takes("10.0.0.1".parse().unwrap()));
    assert!(found.rate_limits.is_empty() && found.compression.is_none(), "what is empty takes back");
}

#[test]
fn a_limit_knows_whose_it_is() {
    let limit = "rateLimits: [{name: a, requests: 1, per: 1s}]";
    let table = built(&format!("{}{}{}", edge(), shop(), policy("RoutePolicy", "all", EDGE, limit))).table;
    for path in ["/a", "/b"] {
        let found = &holds(&table, &get(path).port(81)).rate_limits[0];
        assert_eq!(found.policy.to_string(), "RoutePolicy default/all");
    }
}

const JWT: &str = "jwt: {providers: [{name: a, issuer: a, audiences: [b], jwks: {file: c}}]}";

#[test]
fn a_rule_can_be_let_off_tokens() {
    let text = format!(
        "{}{}{}{}",
        edge(),
        shop(),
        policy("RoutePolicy", "all", EDGE, JWT),
        policy("RoutePolicy", "open", &format!("{SHOP}, sectionName: named"), "jwt: {mode: Disabled}")
    );
    let table = built(&text).table;
    assert!(holds(&table, &get("/a").port(81)).jwt.is_some());
    assert!(holds(&table, &get("/b").port(81)).jwt.is_none());
}

#[test]
fn a_rule_stands_in_the_table_once_for_each_set_of_policies() {
    let text = |target: &str| format!("{}{}{}", edge(), shop(), policy("RoutePolicy", "p", target, JWT));
    let whole = built(&text(EDGE)).table;
    assert_eq!(whole.rules().count(), 2);
    let section = built(&text(&format!("{EDGE}, sectionName: two"))).table;
    assert_eq!(section.rules().count(), 4);
    for (index, rule) in section.rules().enumerate() {
        assert_eq!(rule.index, index);
    }
    assert!(holds(&section, &get("/a").port(81)).jwt.is_none());
    assert!(holds(&section, &get("/a").port(82)).jwt.is_some());
    assert_eq!(section.backends().len(), 1);
}

/// Two gateways that share a port and a host: nobody can tell by which one a request came, so none goes without the
/// policy of the other.
#[test]
fn what_cannot_be_told_apart_is_not_served() {
    let listener = "- {name: web, port: 81, protocol: HTTP}";
    let gateways =
        format!("{}{}", gateway("edge", "default", listener), gateway("other", "default", listener));
    let shop = shop().replace("[{name: edge}]", "[{name: edge}, {name: other}]");
    let found = built(&format!("{gateways}{shop}{}", policy("RoutePolicy", "p", EDGE, JWT)));
    assert!(get("/a").port(81).rule(&found.table).is_none());
}

#[test]
fn of_two_about_the_same_the_older_goes_first_and_the_other_is_told() {
    let aged = |name: &str, age: &str, spec: &str| {
        policy("RoutePolicy", name, SHOP, spec)
            .replace("namespace: default", &format!("namespace: default, creationTimestamp: '{age}'"))
    };
    let (young, old) =
        (aged("a", "2026-02-01T00:00:00Z", CRITICAL), aged("b", "2026-01-01T00:00:00Z", SHEDDABLE));
    for text in [format!("{young}{old}"), format!("{old}{young}")] {
        let found = built(&format!("{}{}{text}", edge(), shop()));
        assert_eq!(holds(&found.table, &get("/a").port(81)).priority, Sheddable);
        assert_eq!(accepted(&found, "b"), [("Accepted", "the policy is in effect")]);
        assert_eq!(
            accepted(&found, "a"),
            [("Conflicted", "RoutePolicy default/b is about the same, and goes first")]
        );
    }
    let same = format!(
        "{}{}",
        policy("RoutePolicy", "b", SHOP, SHEDDABLE),
        policy("RoutePolicy", "a", SHOP, CRITICAL)
    );
    assert_eq!(
        priorities(&format!("{}{}{same}", edge(), shop())),
        [Critical; 4],
        "of one age the name decides"
    );
    // Not a field of the other one holds, and another section is another target.
    let section = format!(
        "{same}{}",
        policy("RoutePolicy", "c", &format!("{SHOP}, sectionName: named"), "maxBodyBytes: 1")
    );
    let found = built(&format!("{}{}{section}", edge(), shop()));
    assert_eq!(accepted(&found, "c")[0].0, "Accepted");
    // Kinds do not conflict with each other.
    let kinds = format!(
        "{}{}",
        policy("RoutePolicy", "p", EDGE, CRITICAL),
        policy("ListenerPolicy", "q", EDGE, "http2: {}")
    );
    let found = built(&format!("{}{}{kinds}", edge(), shop()));
    assert_eq!((accepted(&found, "p")[0].0, accepted(&found, "q")[0].0), ("Accepted", "Accepted"));
}

#[test]
fn a_target_that_is_not_there_is_said_so() {
    for (kind, target, message) in [
        ("RoutePolicy", SHOP.replace("shop", "gone"), "there is no HTTPRoute gone in default"),
        ("RoutePolicy", SHOP.replace("HTTPRoute", "GRPCRoute"), "there is no GRPCRoute shop in default"),
        ("RoutePolicy", format!("{SHOP}, sectionName: gone"), "HTTPRoute shop has no rule gone"),
        ("RoutePolicy", format!("{EDGE}, sectionName: gone"), "Gateway edge has no listener gone"),
        ("ListenerPolicy", EDGE.replace("edge", "gone"), "there is no Gateway gone in default"),
        ("BackendPolicy", SERVICE.replace("shop", "gone"), "there is no Service gone in default"),
        ("BackendPolicy", format!("{SERVICE}, sectionName: web"), "Service shop has no port web"),
    ] {
        let found = built(&format!("{}{}{}", edge(), shop(), policy(kind, "p", &target, "")));
        assert_eq!(accepted(&found, "p"), [("TargetNotFound", message)]);
    }
    let elsewhere =
        policy("RoutePolicy", "p", SHOP, CRITICAL).replace("namespace: default", "namespace: other");
    let found = built(&format!("{}{}{elsewhere}", edge(), shop()));
    assert_eq!(accepted(&found, "p")[0].0, "TargetNotFound", "a policy is about its own namespace");
    assert_eq!(holds(&found.table, &get("/a").port(81)).priority, Standard);
}

#[test]
fn each_target_has_a_status_of_its_own() {
    let targets = format!("{SHOP}}}, {{{}", SHOP.replace("shop", "gone"));
    let text = policy("RoutePolicy", "p", &targets, CRITICAL)
        .replace("namespace: default", "namespace: default, generation: 7");
    let found = built(&format!("{}{}{text}", edge(), shop()));
    let reasons: Vec<&str> = accepted(&found, "p").into_iter().map(|(reason, _)| reason).collect();
    assert_eq!(reasons, ["Accepted", "TargetNotFound"]);
    let status = &found.policies[0];
    assert_eq!((status.generation, status.ancestors[1].ancestor.name.as_str()), (7, "gone"));
    assert_eq!(priorities(&format!("{}{}{text}", edge(), shop())), [Critical; 4]);
}

#[test]
fn of_what_others_serve_nothing_is_said() {
    let theirs = edge().replace("gatewayClassName: tradewind", "gatewayClassName: other");
    let mine = gateway("mine", "default", "- {name: a, port: 83, protocol: HTTP}");
    let policies =
        [policy("RoutePolicy", "p", EDGE, CRITICAL), policy("RoutePolicy", "q", SHOP, CRITICAL)].concat();
    let found = built(&format!("{theirs}{mine}{}{policies}", shop()));
    assert!(found.policies.is_empty(), "{:?}", found.policies);
}

#[test]
fn the_gateway_that_nobody_wrote_can_be_meant() {
    let shop = shop().replace("parentRefs: [{name: edge}]", "hostnames: [shop.example]");
    for (kind, target) in [
        ("RoutePolicy", EDGE.replace("edge", "tradewind")),
        ("RoutePolicy", format!("{}, sectionName: http", EDGE.replace("edge", "tradewind"))),
        ("RoutePolicy", SHOP.to_owned()),
    ] {
        let found = built(&format!("{shop}{}", policy(kind, "p", &target, CRITICAL)));
        assert_eq!(accepted(&found, "p")[0].0, "Accepted");
        assert_eq!(holds(&found.table, &get("/a")).priority, Critical);
    }
}

#[test]
fn calls_of_grpc_have_policies_too() {
    let text = "apiVersion: gateway.networking.k8s.io/v1\nkind: GRPCRoute\nmetadata: {name: calls}\nspec:\n  rules:\n  \
                - {name: one, backendRefs: [{name: a, port: 1}]}\n";
    let target = "group: gateway.networking.k8s.io, kind: GRPCRoute, name: calls, sectionName: one";
    let table = built(&format!("{text}{}", policy("RoutePolicy", "p", target, CRITICAL))).table;
    assert_eq!(table.rules().next().unwrap().policy.priority, Critical);
}

/// Keys that no definition can look into.
#[test]
fn a_policy_whose_keys_cannot_be_used_leaves_its_target_closed() {
    let wrong = "jwt:\n  providers:\n  - {name: a, issuer: a, audiences: [b], jwks: {inline: '{}'}}";
    let found = built(&format!("{}{}{}", edge(), shop(), policy("RoutePolicy", "p", EDGE, wrong)));
    let error = found.errors[0].to_string();
    assert!(error.contains("`spec.jwt.providers[0].jwks.inline` is no set of keys"), "{error}");
    assert!(error.starts_with("a.yaml:27:"), "{error}");
    assert_eq!(accepted(&found, "p")[0].0, "Invalid");
    let broken = holds(&found.table, &get("/a").port(81)).broken.clone().unwrap();
    assert!(broken.starts_with("RoutePolicy default/p has keys that cannot be used"), "{broken}");
    // Where a more specific policy asks for other tokens, those keys are not needed.
    let text = format!(
        "{}{}{}{}",
        edge(),
        shop(),
        policy("RoutePolicy", "p", EDGE, wrong),
        policy("RoutePolicy", "q", SHOP, JWT)
    );
    assert!(holds(&built(&text).table, &get("/a").port(81)).broken.is_none());
}

/// The documents of a text with mistakes.
fn with_mistakes(text: &str) -> Built {
    let reading = Definitions::standard().unwrap().read("a.yaml", text);
    assert!(!reading.errors.is_empty());
    let mut documents = Documents::default();
    reading.documents.into_iter().for_each(|document| documents.add(document).unwrap());
    reading.refused.into_iter().for_each(|policy| documents.add_refused(policy));
    Table::build(&documents, PORT, &|_: &BackendId| true)
}

#[test]
fn a_policy_that_could_not_be_read_leaves_its_target_closed() {
    let mistake = "prioriti: Critical";
    let broken = |target: &str, more: &str| {
        let text = format!("{}{}{}{more}", edge(), shop(), policy("RoutePolicy", "p", target, mistake));
        let found = with_mistakes(&text);
        assert_eq!(accepted(&found, "p"), [("Invalid", "the policy could not be read")]);
        ["/a", "/b"].map(|path| holds(&found.table, &get(path).port(81)).broken.clone())
    };
    let reason = Some("RoutePolicy default/p could not be read".to_owned());
    assert_eq!(broken(EDGE, ""), [reason.clone(), reason.clone()]);
    assert_eq!(broken(&format!("{SHOP}, sectionName: named"), ""), [None, reason.clone()]);
    // What could be in it, a more specific one does not replace.
    assert_eq!(broken(EDGE, &policy("RoutePolicy", "q", SHOP, JWT)), [reason.clone(), reason]);
}

#[test]
fn the_document_from_before_a_mistake_goes_on() {
    let definitions = Definitions::standard().unwrap();
    let text = format!("{}{}{}", edge(), shop(), policy("RoutePolicy", "p", SHOP, CRITICAL));
    let mut documents = crate::support::documents(&text);
    let wrong = definitions.read("a.yaml", &policy("RoutePolicy", "p", SHOP, "prioriti: a"));
    wrong.refused.into_iter().for_each(|policy| documents.add_refused(policy));
    let found = Table::build(&documents, PORT, &|_: &BackendId| true);
    let policy = holds(&found.table, &get("/a").port(81));
    assert_eq!((policy.priority, policy.broken.is_none()), (Critical, true));
    assert_eq!(accepted(&found, "p")[0].0, "Accepted");
}

fn service(ports: &str) -> String {
    format!("---\napiVersion: v1\nkind: Service\nmetadata: {{name: shop}}\nspec:\n  ports: [{ports}]\n")
}

fn backend(text: &str, port: u16) -> EffectiveBackendPolicy {
    let shop = route("shop", "rules:\n- backendRefs: [{name: shop, port: 80}, {name: shop, port: 81}]");
    let table = built(&format!("{shop}{text}")).table;
    let id = BackendId { namespace: "default".to_owned(), service: "shop".to_owned(), port };
    (**table.backend_policy(&id)).clone()
}

#[test]
fn services_and_their_ports() {
    let hash = "loadBalancer: {type: ConsistentHash, consistentHash: {}}\nslowStart: {window: 1s}";
    let whole = policy("BackendPolicy", "whole", SERVICE, hash);
    for port in [80, 81] {
        assert!(matches!(backend(&whole, port).load_balancer, LoadBalancer::ConsistentHash(_)));
    }
    let ports = service("{name: web, port: 80}, {name: admin, port: 81}");
    let port = policy("BackendPolicy", "port", &format!("{SERVICE}, sectionName: web"), "loadBalancer: {}");
    let text = format!("{ports}{whole}{port}");
    let (web, admin) = (backend(&text, 80), backend(&text, 81));
    assert_eq!((web.load_balancer, web.slow_start.window.as_secs()), (LoadBalancer::PeakEwma, 1));
    assert!(matches!(admin.load_balancer, LoadBalancer::ConsistentHash(_)));
}

#[test]
fn what_a_service_speaks() {
    let ports = service("{name: web, port: 80, appProtocol: kubernetes.io/h2c}, {name: admin, port: 81}");
    assert_eq!(backend(&ports, 80).protocol, BackendProtocol::H2C);
    assert_eq!(backend(&ports, 81).protocol, BackendProtocol::Http1);
    let said = policy("BackendPolicy", "p", SERVICE, "protocol: HTTP1");
    assert_eq!(
        backend(&format!("{ports}{said}"), 80).protocol,
        BackendProtocol::Http1,
        "a policy goes before"
    );
    let other = policy("BackendPolicy", "p", SERVICE, "slowStart: {}");
    assert_eq!(backend(&format!("{ports}{other}"), 80).protocol, BackendProtocol::H2C);
}
