//! `HTTPRoute`: of each feature one document that is taken and some that are not, from the specification.

use std::time::Duration;

use tradewind_gateway_api::Body;
use tradewind_gateway_api::filter::{Filter, Fraction, PathChange};
use tradewind_gateway_api::http_route::{PathMatch, ValuePattern};

use crate::support::{accepted, accepted_rule, document, filter, refused, refused_for, rule};

const BACKEND: &str = "backendRefs: [{name: a, port: 1}]";

/// A rule with a backend and one match.
fn matching(lines: &str) -> String {
    rule(&format!("{BACKEND}\nmatches:\n- {}", lines.replace('\n', "\n  ")))
}

#[test]
fn what_is_left_out_has_the_defaults_of_the_definition() {
    let Body::HttpRoute(route) = accepted(&document("HTTPRoute", "hostnames: [a.example]")).body else {
        panic!()
    };
    assert_eq!(route.rules.len(), 1, "no rule is one rule for every path");
    assert_eq!(route.rules[0].matches[0].path, PathMatch::Prefix("/".to_owned()));
    let rule = accepted_rule(&matching("method: GET"));
    assert_eq!(rule.matches[0].path, PathMatch::Prefix("/".to_owned()));
    let backend = &rule.backend_refs[0];
    assert_eq!(
        (backend.weight, backend.target.kind.as_str(), backend.target.group.as_str()),
        (1, "Service", "")
    );
    assert_eq!(rule.timeouts.request, None);
}

#[test]
fn paths() {
    for (lines, expected) in [
        ("path: {value: /a}", PathMatch::Prefix("/a".to_owned())),
        ("path: {type: Exact, value: /a/b}", PathMatch::Exact("/a/b".to_owned())),
        ("path: {type: PathPrefix, value: /a%20b/}", PathMatch::Prefix("/a%20b/".to_owned())),
        (
            "path: {type: RegularExpression, value: '/a[0-9]+'}",
            PathMatch::RegularExpression("/a[0-9]+".to_owned()),
        ),
    ] {
        assert_eq!(accepted_rule(&matching(lines)).matches[0].path, expected);
    }
    for (value, reason) in [
        ("a", "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']"),
        ("/a//b", "must not contain '//'"),
        ("/a/./b", "must not contain '/./'"),
        ("/a/../b", "must not contain '/../'"),
        ("/a%2fb", "must not contain '%2f'"),
        ("/a%2Fb", "must not contain '%2F'"),
        ("/a#b", "must not contain '#'"),
        ("/a/..", "must not end with '/..'"),
        ("/a/.", "must not end with '/.'"),
        ("/a b", "must only contain valid characters"),
        ("/a%2", "must only contain valid characters"),
    ] {
        for kind in ["Exact", "PathPrefix"] {
            let text = matching(&format!("path: {{type: {kind}, value: '{value}'}}"));
            refused_for(&text, &format!("`spec.rules[0].matches[0].path` breaks a rule: {}", reason.trim()));
        }
    }
    refused(
        &matching("path: {type: Prefix, value: /a}"),
        "10:20",
        "`spec.rules[0].matches[0].path.type` must be one of Exact, PathPrefix, RegularExpression",
    );
    let long = format!("path: {{value: /{}}}", "a".repeat(1024));
    refused(&matching(&long), "10:21", "must not have more than 1024 characters, but has 1025");
}

#[test]
fn headers_methods_and_queries() {
    let text = "method: POST\nheaders:\n- {name: X-A, value: one}\n- {name: b, type: RegularExpression, value: '[0-9]+'}\n\
                queryParams:\n- {name: page, value: \"1\"}";
    let rule = accepted_rule(&matching(text));
    let found = &rule.matches[0];
    assert_eq!(found.method.as_deref(), Some("POST"));
    assert_eq!(found.headers[0].value, ValuePattern::Exact("one".to_owned()));
    assert_eq!(found.headers[1].value, ValuePattern::RegularExpression("[0-9]+".to_owned()));
    assert_eq!(found.query_params[0].name, "page");
    refused(&matching("method: post"), "10:15", "must be one of GET, HEAD, POST");
    refused(
        &matching("headers: [{name: a, value: b}, {name: a, value: c}]"),
        "10:38",
        "has the same name as `spec.rules[0].matches[0].headers[0]`",
    );
    refused(&matching("headers: [{name: 'a b', value: b}]"), "10:24", "must match the pattern");
    refused(&matching("headers: [{name: a}]"), "10:17", "lacks the field `value`");
    refused(&matching("headers: [{name: a, value: ''}]"), "10:34", "must not be empty");
    refused(&matching("queryParams: [{name: a, value: 1}]"), "10:38", "must be text (put it in quotes)");
    let many: Vec<String> = (0..17).map(|n| format!("{{name: a{n}, value: b}}")).collect();
    refused(&matching(&format!("headers: [{}]", many.join(", "))), "10:16", "must have 0 to 16 items");
}

#[test]
fn hosts_and_parents() {
    let text = "hostnames: ['*.example.com', a.example]\nparentRefs:\n- name: shop\n- {name: other, namespace: b, sectionName: web, port: 80}";
    let Body::HttpRoute(route) = accepted(&document("HTTPRoute", text)).body else { panic!() };
    assert_eq!(route.parent_refs[0].kind, "Gateway");
    assert_eq!(route.parent_refs[1].port, Some(80));
    for host in ["A.example", "1.2.3.4.", "*.*.a", "a_b", "http://a", "a:80", "*"] {
        refused(&document("HTTPRoute", &format!("hostnames: ['{host}']")), "6:15", "must match the pattern");
    }
    refused(
        &document("HTTPRoute", "parentRefs: [{name: a}, {name: a}]"),
        "6:15",
        "sectionName must be unique when parentRefs includes 2 or more references to the same parent",
    );
    refused(
        &document("HTTPRoute", "parentRefs: [{name: a}, {name: a, sectionName: b}]"),
        "6:15",
        "sectionName must be specified when",
    );
    accepted(&document("HTTPRoute", "parentRefs: [{name: a, sectionName: c}, {name: a, sectionName: b}]"));
    accepted(&document("HTTPRoute", "parentRefs: [{name: a, namespace: c}, {name: a, namespace: b}]"));
}

#[test]
fn backends_and_weights() {
    let found = accepted_rule(&rule(
        "backendRefs:\n- {name: a, port: 1, weight: 90}\n- {name: b, namespace: c, port: 2, weight: 0}",
    ));
    assert_eq!(found.backend_refs.iter().map(|backend| backend.weight).collect::<Vec<_>>(), [90, 0]);
    assert_eq!(found.backend_refs[1].target.namespace.as_deref(), Some("c"));
    refused(&rule("backendRefs: [{name: a}]"), "8:19", "Must have port for Service reference");
    accepted(&rule("backendRefs: [{name: a, kind: Bucket, group: storage.example}]"));
    refused(&rule("backendRefs: [{name: a, port: 1, weight: -1}]"), "8:46", "from 0 to 1000000, not -1");
    refused(&rule("backendRefs: [{name: a, port: 1, weight: 1000001}]"), "8:46", "not 1000001");
}

#[test]
fn named_rules() {
    assert_eq!(accepted_rule(&rule(&format!("name: all\n{BACKEND}"))).name.as_deref(), Some("all"));
    refused(&rule(&format!("name: All_\n{BACKEND}")), "8:11", "must match the pattern");
}

#[test]
fn timeouts() {
    let found =
        accepted_rule(&rule(&format!("{BACKEND}\ntimeouts: {{request: 10s, backendRequest: 2s500ms}}")));
    assert_eq!(found.timeouts.request, Some(Duration::from_secs(10)));
    assert_eq!(found.timeouts.backend_request, Some(Duration::from_millis(2500)));
    accepted(&rule(&format!("{BACKEND}\ntimeouts: {{request: 0s, backendRequest: 2s}}")));
    refused(
        &rule(&format!("{BACKEND}\ntimeouts: {{request: 1s, backendRequest: 2s}}")),
        "9:15",
        "backendRequest timeout cannot be longer than request timeout",
    );
    refused(&rule(&format!("{BACKEND}\ntimeouts: {{request: 1.5s}}")), "9:25", "must match the pattern");
    refused(&rule(&format!("{BACKEND}\ntimeouts: {{request: 10}}")), "9:25", "must be text");
}

#[test]
fn header_changes() {
    for (kind, field) in [
        ("RequestHeaderModifier", "requestHeaderModifier"),
        ("ResponseHeaderModifier", "responseHeaderModifier"),
    ] {
        let text = format!(
            "type: {kind}\n{field}:\n  set: [{{name: a, value: b}}]\n  add: [{{name: c, value: d}}]\n  remove: [e]"
        );
        let found = accepted_rule(&filter(&text)).filters.remove(0);
        let (Filter::RequestHeaders(changes) | Filter::ResponseHeaders(changes)) = found else { panic!() };
        assert_eq!((changes.set.len(), changes.add.len(), changes.remove.len()), (1, 1, 1));
        refused(
            &filter(&format!("type: {kind}")),
            "10:7",
            &format!("filter.{field} must be specified for {kind}"),
        );
        let text = format!("type: {kind}\n{field}: {{set: [{{name: a, value: b}}, {{name: a, value: c}}]}}");
        refused_for(&filter(&text), "has the same name as");
        refused_for(
            &filter(&format!("type: {kind}\n{field}: {{set: [{{name: 'a:', value: b}}]}}")),
            "must match the pattern",
        );
        refused_for(&filter(&format!("type: {kind}\n{field}: {{remove: [a, a]}}")), "is the same as");
    }
    let twice = "filters:\n- {type: RequestHeaderModifier, requestHeaderModifier: {remove: [a]}}\n\
                 - {type: RequestHeaderModifier, requestHeaderModifier: {remove: [b]}}";
    refused_for(&rule(twice), "RequestHeaderModifier filter cannot be repeated");
    let wrong = "type: RequestHeaderModifier\nrequestHeaderModifier: {remove: [a]}\nresponseHeaderModifier: {remove: [a]}";
    refused_for(
        &filter(wrong),
        "filter.responseHeaderModifier must be nil if the filter.type is not ResponseHeaderModifier",
    );
}

#[test]
fn redirects() {
    let text = "type: RequestRedirect\nrequestRedirect:\n  scheme: https\n  hostname: b.example\n  port: 8443\n  statusCode: 308\n  path: {type: ReplaceFullPath, replaceFullPath: /b}";
    let Filter::Redirect(redirect) = accepted_rule(&filter(text)).filters.remove(0) else { panic!() };
    assert_eq!(redirect.path, Some(PathChange::Full { replace_full_path: "/b".to_owned() }));
    assert_eq!((redirect.status_code, redirect.port), (308, Some(8443)));
    let short = accepted_rule(&filter("type: RequestRedirect\nrequestRedirect: {scheme: https}"));
    let Filter::Redirect(redirect) = &short.filters[0] else { panic!() };
    assert_eq!(redirect.status_code, 302);
    refused_for(
        &filter("type: RequestRedirect\nrequestRedirect: {statusCode: 304}"),
        "must be one of 301, 302, 303, 307, 308",
    );
    refused_for(
        &filter("type: RequestRedirect\nrequestRedirect: {scheme: ftp}"),
        "must be one of http, https",
    );
    refused_for(
        &filter("type: RequestRedirect\nrequestRedirect: {hostname: '*.a'}"),
        "must match the pattern",
    );
    let with_backend =
        format!("{BACKEND}\nfilters: [{{type: RequestRedirect, requestRedirect: {{port: 1}}}}]");
    refused_for(&rule(&with_backend), "RequestRedirect filter must not be used together with backendRefs");
    refused_for(
        &filter(
            "type: RequestRedirect\nrequestRedirect: {path: {type: ReplaceFullPath, replacePrefixMatch: /a}}",
        ),
        "replaceFullPath must be specified when type is set to 'ReplaceFullPath'",
    );
}

#[test]
fn rewrites() {
    let text = "type: URLRewrite\nurlRewrite:\n  hostname: b.example\n  path: {type: ReplacePrefixMatch, replacePrefixMatch: /b}";
    let Filter::Rewrite(rewrite) = accepted_rule(&filter(text)).filters.remove(0) else { panic!() };
    assert_eq!(rewrite.path, Some(PathChange::Prefix { replace_prefix_match: "/b".to_owned() }));
    let exact = format!("{}  matches: [{{path: {{type: Exact, value: /a}}}}]\n", filter(text));
    refused_for(&exact.replace("  matches", "    matches"), "exactly one PathPrefix match must be specified");
    refused_for(
        &filter("type: URLRewrite\nurlRewrite: {path: {type: ReplaceRegex}}"),
        "must be one of ReplaceFullPath, ReplacePrefixMatch",
    );
    let both = "filters:\n- {type: URLRewrite, urlRewrite: {hostname: a}}\n- {type: RequestRedirect, requestRedirect: {port: 1}}";
    refused_for(
        &rule(both),
        "May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both",
    );
}

#[test]
fn mirrors() {
    let backend = "backendRef: {name: b, port: 2}";
    let share = |more: &str| {
        let text = format!("type: RequestMirror\nrequestMirror:\n  {backend}{more}");
        let Filter::Mirror(mirror) = accepted_rule(&filter(&text)).filters.remove(0) else { panic!() };
        mirror.share()
    };
    assert_eq!(share(""), Fraction { numerator: 1, denominator: 1 });
    assert_eq!(share("\n  percent: 42"), Fraction { numerator: 42, denominator: 100 });
    assert_eq!(
        share("\n  fraction: {numerator: 5, denominator: 1000}"),
        Fraction { numerator: 5, denominator: 1000 }
    );
    assert_eq!(share("\n  fraction: {numerator: 5}"), Fraction { numerator: 5, denominator: 100 });
    let several = format!(
        "{BACKEND}\nfilters:\n- {{type: RequestMirror, requestMirror: {{{backend}}}}}\n- {{type: RequestMirror, requestMirror: {{{backend}}}}}"
    );
    assert_eq!(accepted_rule(&rule(&several)).filters.len(), 2);
    let refuse = |more: &str, reason: &str| {
        refused_for(&filter(&format!("type: RequestMirror\nrequestMirror: {{{backend}, {more}}}")), reason);
    };
    refuse("percent: 101", "from 0 to 100, not 101");
    refuse("percent: 1, fraction: {numerator: 1}", "Only one of percent or fraction may be specified");
    refuse("fraction: {numerator: 101}", "numerator must be less than or equal to denominator");
    refuse("fraction: {numerator: 0, denominator: 0}", "from 1 to");
}

#[test]
fn cross_origin_requests() {
    let text = "type: CORS\ncors:\n  allowOrigins: ['https://*.example.com', 'http://a:8080']\n  allowMethods: [GET, PUT]\n  allowHeaders: [x-a]\n  exposeHeaders: ['*']\n  allowCredentials: true\n  maxAge: 600";
    let Filter::Cors(cors) = accepted_rule(&filter(text)).filters.remove(0) else { panic!() };
    assert!(cors.allow_credentials);
    assert_eq!(cors.max_age, 600);
    let Filter::Cors(cors) = accepted_rule(&filter("type: CORS\ncors: {}")).filters.remove(0) else {
        panic!()
    };
    assert_eq!((cors.max_age, cors.allow_credentials), (5, false));
    let refuse =
        |lines: &str, reason: &str| refused_for(&filter(&format!("type: CORS\ncors: {{{lines}}}")), reason);
    refuse("allowOrigins: ['*', 'http://a']", "breaks a rule");
    refuse("allowMethods: ['*', GET]", "breaks a rule");
    refuse("allowOrigins: ['ftp://a']", "must match the pattern");
    refuse("allowMethods: [get]", "must be one of");
    refuse("maxAge: 0", "from 1 to");
    refuse("allowCredentials: yes", "must be written true or false, not yes");
}

#[test]
fn extensions_and_filters_of_backends() {
    let found = accepted_rule(&filter(
        "type: ExtensionRef\nextensionRef: {group: policy.example, kind: Limit, name: a}",
    ));
    assert!(matches!(&found.filters[0], Filter::Extension(reference) if reference.kind == "Limit"));
    refused_for(
        &filter("type: ExtensionRef\nextensionRef: {kind: Limit, name: a}"),
        "lacks the field `group`",
    );
    refused_for(&filter("type: Else"), "must be one of RequestHeaderModifier");
    let found = accepted_rule(&rule(
        "backendRefs:\n- name: a\n  port: 1\n  filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: b}]}}]",
    ));
    assert_eq!(found.backend_refs[0].filters.len(), 1);
    refused_for(
        &rule("backendRefs:\n- name: a\n  port: 1\n  filters: [{type: URLRewrite}]"),
        "filter.urlRewrite must be specified for URLRewrite filter.type",
    );
}

#[test]
fn how_much_a_document_may_hold() {
    let rules = |count: usize, matches: usize| {
        let one: Vec<String> = (0..matches).map(|n| format!("{{path: {{value: /{n}}}}}")).collect();
        let lines = format!("- {{backendRefs: [{{name: a, port: 1}}], matches: [{}]}}\n", one.join(", "));
        document("HTTPRoute", &format!("rules:\n{}", lines.repeat(count)))
    };
    accepted(&rules(16, 8));
    refused(
        &rules(16, 9),
        "6:3",
        "While 16 rules and 64 matches per rule are allowed, the total number of matches",
    );
    refused(&rules(17, 1), "6:3", "`spec.rules` must have 1 to 16 items");
    refused_for(&rules(1, 65), "must have 0 to 64 items");
}
