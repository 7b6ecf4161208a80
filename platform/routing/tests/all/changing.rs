//! Tables that follow changes of documents: they are those that would be built from nothing.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use tradewind_gateway_api::{Definitions, Document, RefusedPolicy};
use tradewind_routing::{BackendId, Builder, Built, Documents, FoundByName, Rule, Table};

use crate::support::{PORT, gateway, get, policy, route, rule};

/// What may stand in each place, and go, or be replaced by another one, or by the same one, read again.
static PLACES: LazyLock<Vec<Vec<Document>>> = LazyLock::new(|| {
    let definitions = Definitions::standard().expect("the definitions");
    let read = |text: String| {
        let reading = definitions.read("a.yaml", &text);
        assert!(reading.errors.is_empty(), "{:?} in {text}", reading.errors);
        reading.documents.into_iter().next().expect("a document")
    };
    texts().into_iter().map(|place| place.into_iter().map(read).collect()).collect()
});

/// Policies that could not be read.
static REFUSED: LazyLock<Vec<RefusedPolicy>> = LazyLock::new(|| {
    let definitions = Definitions::standard().expect("the definitions");
    let texts = [
        policy(
            "RoutePolicy",
            "of-a",
            "group: gateway.networking.k8s.io, kind: HTTPRoute, name: a",
            "nothing: 1",
        ),
        policy(
            "RoutePolicy",
            "x",
            "group: gateway.networking.k8s.io, kind: Gateway, name: edge",
            "nothing: 1",
        ),
        policy("BackendPolicy", "y", "group: '', kind: Service, name: shop", "nothing: 1"),
        policy(
            "ListenerPolicy",
            "z",
            "group: gateway.networking.k8s.io, kind: Gateway, name: edge",
            "nothing: 1",
        ),
    ];
    texts.iter().flat_map(|text| definitions.read("r.yaml", text).refused).collect()
});

fn texts() -> Vec<Vec<String>> {
    let rules = |text: &str| format!("rules:\n{text}");
    let edge = "parentRefs: [{name: edge}]\n";
    let named = |name: &str, matches: &str, service: &str| {
        format!("- {{name: {name}, matches: [{matches}], backendRefs: [{{name: {service}, port: 80}}]}}\n")
    };
    let mut places = vec![
        vec![
            route("a", &(edge.to_owned() + &rules(&rule("{path: {value: /a}}", "shop")))),
            route("a", &(edge.to_owned() + &rules(&rule("{path: {value: /a/b}}", "till")))),
            route("a", &rules(&named("first", "{path: {value: /a}}", "shop"))),
            route(
                "a",
                &(edge.to_owned() + "hostnames: [a.example]\n" + &rules(&named("first", "{}", "shop"))),
            ),
        ],
        vec![
            route(
                "b",
                &(edge.to_owned()
                    + &rules(
                        &(rule("{path: {value: /a}, method: PUT}", "till")
                            + &rule("{path: {value: /a}}", "till")),
                    )),
            ),
            route(
                "b",
                &(edge.to_owned()
                    + "hostnames: ['*.example', b.example]\n"
                    + &rules(&rule("{path: {type: Exact, value: /a}}", "shop"))),
            ),
            route(
                "b",
                &(edge.to_owned()
                    + &rules(&rule("{path: {type: RegularExpression, value: '/[ab]'}}", "shop"))),
            ),
            // No request could mean it.
            route(
                "b",
                &(edge.to_owned() + &rules(&rule("{path: {type: RegularExpression, value: '/('}}", "shop"))),
            ),
        ],
        vec![
            route(
                "c",
                &(edge.to_owned() + &rules("- {backendRefs: [{name: shop, namespace: other, port: 80}]}\n")),
            ),
            route(
                "c",
                "parentRefs: [{name: edge, sectionName: second}]\nrules:\n- {matches: [{path: {type: RegularExpression, value: '/[ab]'}}], backendRefs: [{name: till, port: 80}]}\n",
            ),
            route("c", "parentRefs: [{name: elsewhere}]\n"),
        ],
        vec![
            gateway("edge", "default", "- {name: first, port: 81, protocol: HTTP}"),
            gateway(
                "edge",
                "default",
                "- {name: first, port: 81, protocol: HTTP}\n- {name: second, port: 82, protocol: HTTP, hostname: '*.example'}",
            ),
            gateway(
                "edge",
                "default",
                "- {name: first, port: 81, protocol: HTTP, hostname: b.example, allowedRoutes: {kinds: [{kind: HTTPRoute}]}}\n- {name: second, port: 81, protocol: HTTP}",
            ),
        ],
        vec![
            gateway(
                "more",
                "default",
                "- {name: first, port: 84, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector, selector: \
                 {matchLabels: {open: 'yes'}}}}}",
            ),
            gateway("more", "default", "- {name: first, port: 83, protocol: HTTP}"),
        ],
        // It attaches to both.
        vec![route(
            "d",
            &("parentRefs: [{name: edge}, {name: more}]\n".to_owned()
                + &rules(&rule("{path: {value: /d}}", "shop"))),
        )],
    ];
    places.extend(others());
    places.extend(by_name());
    places
}

/// Listeners of which some cannot be told apart, and routes of connections.
fn by_name() -> Vec<Vec<String>> {
    let tls = |name: &str, spec: &str| {
        format!(
            "---\napiVersion: gateway.networking.k8s.io/v1\nkind: TLSRoute\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n"
        )
    };
    let named = "parentRefs: [{name: named}]";
    let passing = "- {name: first, port: 85, protocol: TLS, tls: {mode: Passthrough}}";
    let ending = "- {name: second, port: 85, protocol: TLS, hostname: '*.example', tls: {certificateRefs: [{name: c}]}}";
    vec![
        vec![
            gateway("named", "default", passing),
            gateway("named", "default", &format!("{passing}\n{ending}")),
            gateway(
                "named",
                "default",
                &format!("{passing}\n- {{name: third, port: 82, protocol: TLS, tls: {{mode: Passthrough}}}}"),
            ),
            gateway("named", "default", &format!("{passing}\n- {{name: clear, port: 81, protocol: HTTP}}")),
        ],
        vec![
            tls(
                "a",
                &format!(
                    "{named}, hostnames: [a.example], rules: [{{backendRefs: [{{name: shop, port: 80}}]}}]"
                ),
            ),
            tls(
                "a",
                &format!(
                    "{named}, hostnames: ['*.example'], rules: [{{backendRefs: [{{name: only, port: 80}}]}}]"
                ),
            ),
            tls(
                "a",
                "parentRefs: [{name: edge}], hostnames: [a.example], rules: [{backendRefs: [{name: shop, port: 80}]}]",
            ),
        ],
        vec![
            tls(
                "b",
                &format!(
                    "{named}, hostnames: [a.example, b.example], rules: [{{backendRefs: [{{name: till, port: 80}}]}}]"
                ),
            ),
            tls(
                "b",
                "parentRefs: [{name: named, sectionName: first, port: 85}, {name: named, sectionName: second}], hostnames: [elsewhere], rules: [{backendRefs: [{name: shop, namespace: other, port: 80}]}]",
            ),
        ],
        vec![policy(
            "RoutePolicy",
            "of-named",
            "group: gateway.networking.k8s.io, kind: Gateway, name: named",
            "access: {deny: [192.0.2.0/24]}",
        )],
        vec![policy(
            "BackendPolicy",
            "of-only",
            "group: '', kind: Service, name: only",
            "slowStart: {window: 6s}",
        )],
    ]
}

fn others() -> Vec<Vec<String>> {
    let of = |kind: &str, name: &str, section: &str| {
        format!("group: gateway.networking.k8s.io, kind: {kind}, name: {name}{section}")
    };
    let service = |name: &str, protocol: &str| {
        format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{name: web, port: 80{protocol}}}]}}\n"
        )
    };
    let grpc = |rules: &str| {
        format!(
            "---\napiVersion: gateway.networking.k8s.io/v1\nkind: GRPCRoute\nmetadata: {{name: a}}\nspec: {{parentRefs: \
             [{{name: edge}}], rules: [{rules}]}}\n"
        )
    };
    let grant = |name: &str| {
        format!(
            "---\napiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: {{name: let, namespace: other}}\n\
             spec: {{from: [{{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default}}], to: [{{group: '', kind: \
             Service, name: {name}}}]}}\n"
        )
    };
    let namespace = |open: &str| {
        format!(
            "---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: default, labels: {{open: '{open}'}}}}\n"
        )
    };
    let class = |controller: &str| {
        format!(
            "---\napiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {{name: tradewind}}\nspec: \
             {{controllerName: {controller}}}\n"
        )
    };
    vec![
        vec![
            policy("RoutePolicy", "of-a", &of("HTTPRoute", "a", ""), "maxBodyBytes: 11"),
            policy("RoutePolicy", "of-a", &of("HTTPRoute", "a", ""), "maxBodyBytes: 12"),
            policy("RoutePolicy", "of-a", &of("HTTPRoute", "a", ", sectionName: first"), "maxBodyBytes: 13"),
        ],
        vec![
            policy("RoutePolicy", "of-edge", &of("Gateway", "edge", ""), "priority: Critical"),
            policy(
                "RoutePolicy",
                "of-edge",
                &of("Gateway", "edge", ", sectionName: second"),
                "priority: Critical",
            ),
            policy("RoutePolicy", "of-edge", &of("HTTPRoute", "a", ""), "priority: Sheddable"),
            policy("RoutePolicy", "of-edge", &of("GRPCRoute", "a", ""), "priority: Sheddable"),
        ],
        vec![
            policy(
                "BackendPolicy",
                "of-shop",
                "group: '', kind: Service, name: shop",
                "slowStart: {window: 3s}",
            ),
            policy(
                "BackendPolicy",
                "of-shop",
                "group: '', kind: Service, name: till",
                "slowStart: {window: 4s}",
            ),
            policy(
                "BackendPolicy",
                "of-shop",
                "group: '', kind: Service, name: shop, sectionName: web",
                "slowStart: {window: 5s}",
            ),
        ],
        vec![
            policy("ListenerPolicy", "of-edge", &of("Gateway", "edge", ""), "limits: {maxHeaders: 50}"),
            policy(
                "ListenerPolicy",
                "of-edge",
                &of("Gateway", "edge", ", sectionName: second"),
                "limits: {maxHeaders: 51}",
            ),
        ],
        vec![grant("shop"), grant("till")],
        vec![namespace("yes"), namespace("no")],
        vec![class("tradewind.dev/gateway"), class("example.com/other")],
        vec![service("shop", ""), service("shop", ", appProtocol: kubernetes.io/h2c")],
        vec![
            grpc("{backendRefs: [{name: shop, port: 80}]}"),
            grpc("{matches: [{method: {service: s}}], backendRefs: [{name: till, port: 80}]}"),
        ],
    ]
}

/// What is done to the documents in one step.
#[derive(Debug, Clone)]
enum Change {
    Put(usize, usize),
    Take(usize),
    /// A policy that cannot be read comes or goes.
    Refuse(usize),
    /// A service comes or goes.
    Service(usize),
    /// Files are named anew, so that documents come in another order.
    Turn,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        8 => (0..PLACES.len(), 0..4_usize).prop_map(|(place, which)| Change::Put(place, which)),
        3 => (0..PLACES.len()).prop_map(Change::Take),
        1 => (0..REFUSED.len()).prop_map(Change::Refuse),
        2 => (0..SERVICES.len()).prop_map(Change::Service),
        1 => Just(Change::Turn),
    ]
}

/// Ports of all listeners.
const PORTS: [u16; 6] = [81, 82, 83, 84, 85, PORT];

const SERVICES: [(&str, &str); 4] =
    [("default", "shop"), ("default", "till"), ("other", "shop"), ("default", "only")];

/// Documents as they are at the moment.
#[derive(Default)]
struct World {
    places: Vec<Option<Arc<Document>>>,
    refused: Vec<Option<Arc<RefusedPolicy>>>,
    gone: BTreeSet<usize>,
    is_turned: bool,
}

impl World {
    fn new() -> Self {
        Self { places: vec![None; PLACES.len()], refused: vec![None; REFUSED.len()], ..Self::default() }
    }

    fn follow(&mut self, change: &Change) {
        match change {
            Change::Put(place, which) => {
                let known = &PLACES[*place];
                self.places[*place] = Some(Arc::new(known[which % known.len()].clone()));
            }
            Change::Take(place) => self.places[*place] = None,
            Change::Refuse(which) => {
                let refused = &mut self.refused[*which];
                *refused = match refused {
                    Some(_) => None,
                    None => Some(Arc::new(REFUSED[*which].clone())),
                };
            }
            Change::Service(which) => {
                if !self.gone.remove(which) {
                    self.gone.insert(*which);
                }
            }
            Change::Turn => self.is_turned = !self.is_turned,
        }
    }

    fn documents(&self) -> Documents {
        let mut all: Vec<_> = self.places.iter().flatten().cloned().collect();
        if self.is_turned {
            all.reverse();
        }
        let mut documents = Documents::default();
        all.into_iter().for_each(|document| documents.add(document).expect("a name of its own"));
        self.refused.iter().flatten().for_each(|policy| documents.add_refused(policy.clone()));
        documents
    }

    fn has(&self, id: &BackendId) -> bool {
        let is_it = |(namespace, name): &(&str, &str)| *namespace == id.namespace && *name == id.service;
        SERVICES.iter().position(is_it).is_some_and(|which| !self.gone.contains(&which))
    }
}

/// A rule but for its number.
fn bare(rule: &Rule) -> Rule {
    Rule { index: 0, ..rule.clone() }
}

#[track_caller]
fn assert_same(one: &Built, other: &Built) {
    assert_eq!(one.gateways, other.gateways);
    assert_eq!(one.routes, other.routes);
    assert_eq!(one.policies, other.policies);
    assert_eq!(one.errors, other.errors);
    let rules = |built: &Built| built.table.rules().map(|rule| bare(rule)).collect::<Vec<_>>();
    assert_eq!(rules(one), rules(other));
    assert_eq!(one.table.backends(), other.table.backends());
    assert!(one.table.policies().eq(other.table.policies()));
    assert!(one.table.ports().eq(other.table.ports()));
    for id in one.table.backends() {
        assert_eq!(one.table.backend_policy(id), other.table.backend_policy(id), "{id}");
    }
    for port in PORTS {
        assert_eq!(one.table.listener_policy(port), other.table.listener_policy(port), "{port}");
    }
    let numbers: BTreeSet<usize> = one.table.rules().map(|rule| rule.index).collect();
    assert_eq!(numbers.len(), one.table.rules().count(), "each rule has a number of its own");
    assert_finds_the_same(&one.table, &other.table);
}

#[track_caller]
fn assert_finds_the_same(one: &Table, other: &Table) {
    let hosts = ["a.example", "b.example", "c.example", "elsewhere"];
    for (port, host) in PORTS.into_iter().flat_map(|port| hosts.map(|host| (port, host))) {
        let found = |table: &Table| match table.find_by_name(port, host) {
            None => "nothing".to_owned(),
            Some(FoundByName::Http) => "HTTP".to_owned(),
            Some(FoundByName::Passthrough(rule)) => format!("passes {:?}", bare(rule)),
            Some(FoundByName::Terminate(rule)) => format!("ends {:?}", bare(rule)),
        };
        assert_eq!(found(one), found(other), "{port} {host}");
        assert_eq!(one.is_by_name(port), other.is_by_name(port), "{port}");
        assert_eq!(one.is_secured(port), other.is_secured(port), "{port}");
    }
    let paths = ["/", "/a", "/a/b", "/b", "/s/m", "/d"];
    for (port, host, path) in PORTS
        .into_iter()
        .flat_map(|port| hosts.map(|host| (port, host)))
        .flat_map(|(port, host)| paths.map(|path| (port, host, path)))
    {
        let asked = get(path).host(host).port(port);
        let call = get(path).host(host).port(port).method(http::Method::POST);
        let call = call.header("content-type", "application/grpc");
        let put = get(path).host(host).port(port).method(http::Method::PUT);
        for request in [asked, call, put] {
            let found = |table: &Table| {
                request.found(table, |found| {
                    let of_number = table.rule_of(found.entry).expect("a rule of each number");
                    assert!(Arc::ptr_eq(of_number, found.rule));
                    (bare(found.rule), found.template.clone(), found.prefix.cloned())
                })
            };
            assert_eq!(found(one), found(other), "{port} {host} {path} {}", request.method);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn a_table_that_follows_changes_is_the_one_from_nothing(
        steps in prop::collection::vec(prop::collection::vec(change(), 1..4), 1..24),
    ) {
        let (mut world, mut builder) = (World::new(), Builder::default());
        for step in &steps {
            step.iter().for_each(|change| world.follow(change));
            let (documents, known) = (world.documents(), |id: &BackendId| world.has(id));
            assert_same(&builder.build(&documents, PORT, &known), &Table::build(&documents, PORT, &known));
        }
    }
}

/// The rules of a table by their route and number.
fn rules(built: &Built) -> Vec<(String, Arc<Rule>)> {
    built.table.rules().map(|rule| (format!("{} {}", rule.route, rule.number), rule.clone())).collect()
}

#[test]
fn what_does_not_change_is_the_very_same_again() {
    let (mut world, mut builder) = (World::new(), Builder::default());
    let mut build = |world: &World| builder.build(&world.documents(), PORT, &|id: &BackendId| world.has(id));
    for change in [Change::Put(0, 0), Change::Put(1, 0), Change::Put(3, 0), Change::Put(7, 0)] {
        world.follow(&change);
    }
    let before = build(&world);
    for change in [Change::Put(0, 1), Change::Put(2, 1), Change::Put(9, 0), Change::Turn] {
        world.follow(&change);
    }
    let after = build(&world);
    let (before, after) = (rules(&before), rules(&after));
    assert_eq!(before.len(), 3);
    for ((name, one), (_, other)) in before.iter().zip(&after) {
        let is_of_a = name.contains("/a ");
        assert_eq!(Arc::ptr_eq(one, other), !is_of_a, "{name}");
        assert!(
            Arc::ptr_eq(&one.policy, &other.policy),
            "what holds for a rule that is another has not changed"
        );
    }
}

#[test]
fn numbers_are_taken_again() {
    let (mut world, mut builder) = (World::new(), Builder::default());
    world.follow(&Change::Put(3, 0));
    for which in 0..40 {
        world.follow(&Change::Put(0, which % 2));
        world.follow(&if which % 3 == 0 { Change::Take(1) } else { Change::Put(1, 0) });
        let built = builder.build(&world.documents(), PORT, &|_: &BackendId| true);
        assert!(built.table.entries() <= 4, "{}", built.table.entries());
        assert!(built.table.rules().all(|rule| rule.index < 4));
    }
}

static TURNS: AtomicUsize = AtomicUsize::new(0);

fn turn() {
    TURNS.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn others_have_their_turn_in_a_large_build() {
    let definitions = Definitions::standard().expect("the definitions");
    let mut documents = Documents::default();
    for number in 0..200 {
        let text = route(
            &format!("r{number}"),
            &format!("rules:\n{}", rule(&format!("{{path: {{value: /r{number}}}}}"), "s")),
        );
        let reading = definitions.read("a.yaml", &text);
        reading
            .documents
            .into_iter()
            .for_each(|document| documents.add(document).expect("a name of its own"));
    }
    let all = |_: &BackendId| true;
    let built = Builder::taking_turns(turn).build(&documents, PORT, &all);
    assert_same(&built, &Table::build(&documents, PORT, &all));
    // Three times for each 64 routes: they are read, listed, and put into an index.
    assert!(TURNS.load(Ordering::Relaxed) >= 9, "{TURNS:?}");
}

#[test]
fn a_port_that_is_another_is_listened_at() {
    let (mut world, mut builder) = (World::new(), Builder::default());
    world.follow(&Change::Put(0, 0));
    let all = |_: &BackendId| true;
    for port in [PORT, 81, PORT] {
        let built = builder.build(&world.documents(), port, &all);
        assert_same(&built, &Table::build(&world.documents(), port, &all));
        assert!(built.table.ports().eq([port]));
    }
}
