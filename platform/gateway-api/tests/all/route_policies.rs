//! `RoutePolicy`: of each field a document that is taken, and some that are not.

use std::collections::BTreeSet;
use std::time::Duration;

use http::HeaderValue;
use tradewind_gateway_api::Body;
use tradewind_gateway_api::policy::RoutePolicy;
use tradewind_gateway_api::policy::compression::CompressionAlgorithm;
use tradewind_gateway_api::policy::jwt::{Algorithm, JwtMode, KeySource};
use tradewind_gateway_api::policy::retry::{Priority, RateLimitKey, Retry, RetryTrigger};
use tradewind_gateway_api::policy::security_headers::{FrameOptions, SecurityHeaders};

use crate::support::{accepted, policy, refused_policy};

fn taken(spec: &str) -> RoutePolicy {
    let Body::RoutePolicy(policy) = accepted(&policy("RoutePolicy", spec)).body else { panic!("{spec}") };
    *policy
}

#[track_caller]
fn refuse(spec: &str, reason: &str) {
    refused_policy("RoutePolicy", spec, reason);
}

const PROVIDER: &str = "name: own, issuer: https://id.example, audiences: [shop]";

/// `jwt` with one provider whose keys are given.
fn keys(jwks: &str) -> String {
    format!("jwt: {{providers: [{{{PROVIDER}, jwks: {jwks}}}]}}")
}

/// `jwt` with one provider that has more, or has something else.
fn provider(fields: &str) -> String {
    format!("jwt:\n  providers:\n  - {{{fields}}}")
}

fn jwt(fields: &str) -> String {
    format!("jwt:\n  providers: [{{{PROVIDER}, jwks: {{file: keys.json}}}}]\n  {fields}")
}

#[test]
fn a_policy_that_says_nothing_says_nothing() {
    let found = taken("priority: Standard");
    let expected = RoutePolicy {
        target_refs: found.target_refs.clone(),
        priority: Some(Priority::Standard),
        ..RoutePolicy::default()
    };
    assert_eq!(found, expected, "no field of `spec` has a default, or it would hide a less specific policy");
}

#[test]
fn targets() {
    let target = |fields: &str| format!("targetRefs: [{{{fields}}}]");
    let group = "group: gateway.networking.k8s.io";
    for kind in ["HTTPRoute", "GRPCRoute", "Gateway"] {
        let found = taken(&target(&format!("{group}, kind: {kind}, name: a, sectionName: b")));
        assert_eq!((found.target_refs[0].kind.as_str(), found.target_refs[0].name.as_str()), (kind, "a"));
        assert_eq!(found.target_refs[0].section_name.as_deref(), Some("b"));
    }
    refuse("targetRefs: «[]", "`spec.targetRefs` must have 1 to 16 items");
    refuse(&target("group: «'', kind: HTTPRoute, name: a"), "must be one of gateway.networking.k8s.io");
    refuse(
        &target(&format!("{group}, kind: «Service, name: a")),
        "must be one of HTTPRoute, GRPCRoute, Gateway",
    );
    refuse(&target(&format!("{group}, kind: HTTPRoute, name: «''")), "targetRefs[0].name` must not be empty");
    refuse(
        &target(&format!("{group}, kind: HTTPRoute, name: a, sectionName: «B")),
        "targetRefs[0].sectionName` must match the pattern",
    );
    refuse(
        &format!("targetRefs: «[{{{group}, kind: Gateway, name: a}}, {{{group}, kind: Gateway, name: a}}]"),
        "breaks a rule: the same target must not stand there twice",
    );
    taken(&format!(
        "targetRefs: [{{{group}, kind: Gateway, name: a}}, {{{group}, kind: Gateway, name: a, sectionName: b}}]"
    ));
}

#[test]
fn tokens_and_who_may_issue_them() {
    let found = taken(&keys("{uri: 'https://id.example/keys'}")).jwt.unwrap();
    let provider_found = &found.providers[0];
    assert_eq!((found.mode, found.authorization), (JwtMode::Required, None));
    assert_eq!(provider_found.algorithms, [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA]);
    assert_eq!((provider_found.name.as_str(), provider_found.issuer.as_str()), ("own", "https://id.example"));
    assert_eq!(provider_found.audiences, BTreeSet::from(["shop".to_owned()]));
    assert_eq!(taken("jwt: {mode: Disabled}").jwt.unwrap().mode, JwtMode::Disabled);
    assert_eq!(taken(&jwt("mode: Optional")).jwt.unwrap().mode, JwtMode::Optional);
    refuse(&jwt("mode: «Maybe"), "`spec.jwt.mode` must be one of Required, Optional, Disabled");
    refuse("jwt: «{}", "`spec.jwt` breaks a rule: providers must be there unless mode is Disabled");
    refuse(&jwt("mode: Disabled").replace("providers", "«providers"), "nothing but mode may be there");
    refuse(
        &provider("name: «A, issuer: a, audiences: [b], jwks: {file: c}"),
        "providers[0].name` must match",
    );
    refuse(&provider("name: a, issuer: «'', audiences: [b], jwks: {file: c}"), "issuer` must not be empty");
    refuse(
        &provider("name: a, issuer: a, audiences: «[], jwks: {file: c}"),
        "audiences` must have 1 to 8 items",
    );
    refuse(
        &provider("name: a, issuer: a, audiences: [b, «b], jwks: {file: c}"),
        "audiences[1]` is the same as",
    );
    refuse("jwt:\n  providers:\n  - «{name: a, issuer: a, jwks: {file: c}}", "lacks the field `audiences`");
    refuse("jwt:\n  providers:\n  - «{name: a, audiences: [b], jwks: {file: c}}", "lacks the field `issuer`");
    refuse("jwt:\n  providers:\n  - «{name: a, issuer: a, audiences: [b]}", "lacks the field `jwks`");
    let two = format!("{PROVIDER}, jwks: {{file: a}}");
    refuse(
        &format!("jwt: «{{providers: [{{{two}}}, {{{}}}]}}", two.replace("own", "other")),
        "each provider must have another issuer",
    );
    refuse(
        &format!("jwt: {{providers: [{{{two}}}, «{{{}}}]}}", two.replace("id.", "other.")),
        "`spec.jwt.providers[1]` has the same name as `spec.jwt.providers[0]`",
    );
}

#[test]
fn signatures_are_asymmetric() {
    let found = taken(&provider("name: a, issuer: a, audiences: [b], algorithms: [EdDSA], jwks: {file: c}"));
    assert_eq!(found.jwt.unwrap().providers[0].algorithms, [Algorithm::EdDSA]);
    for wrong in ["HS256", "none", "RS512"] {
        refuse(
            &provider(&format!(
                "name: a, issuer: a, audiences: [b], algorithms: [«{wrong}], jwks: {{file: c}}"
            )),
            "`spec.jwt.providers[0].algorithms[0]` must be one of RS256, ES256, EdDSA",
        );
    }
    refuse(
        &provider("name: a, issuer: a, audiences: [b], algorithms: «[], jwks: {file: c}"),
        "algorithms` must have 1 to 3 items",
    );
}

#[test]
fn keys_come_from_one_place() {
    let source = |jwks: &str| taken(&keys(jwks)).jwt.unwrap().providers[0].jwks.clone();
    let found = source("{uri: 'https://id.example:8443/keys?v=1', cacheDuration: 1h}");
    assert_eq!(found.cache_duration, Duration::from_secs(3_600));
    assert_eq!(found.source, KeySource::Uri("https://id.example:8443/keys?v=1".parse().unwrap()));
    assert_eq!(source("{file: /etc/keys.json}").source, KeySource::File("/etc/keys.json".into()));
    assert_eq!(source("{file: a}").cache_duration, Duration::from_secs(300));
    assert_eq!(source("{inline: '{}'}").source, KeySource::Inline("{}".to_owned()));
    for local in
        ["http://127.0.0.1:8080/keys", "http://localhost/keys", "http://[::1]:80", "http://localhost"]
    {
        source(&format!("{{uri: '{local}'}}"));
    }
    for far in
        ["http://id.example/keys", "http://localhost.example/", "http://127.0.0.1.example", "http://[::2]/"]
    {
        refuse(&keys(&format!("«{{uri: '{far}'}}")), "keys that come over http could be anybody's");
    }
    for wrong in
        ["ftp://a/b", "https://", "https://a b", "https://a@b/", "https://a/#b", "id.example", "https://a:x"]
    {
        refuse(&keys(&format!("{{uri: «'{wrong}'}}")), "jwks.uri` must match the pattern");
    }
    refuse(&keys("«{}"), "exactly one of uri, file and inline must be there");
    refuse(&keys("«{file: a, inline: b}"), "exactly one of uri, file and inline must be there");
    refuse(&keys("{file: «''}"), "jwks.file` must not be empty");
    refuse(&keys("{inline: «''}"), "jwks.inline` must not be empty");
    refuse(&keys("{file: a, cacheDuration: «9s}"), "breaks a rule: must be from 10s to 24h");
    refuse(&keys("{file: a, cacheDuration: «1d}"), "cacheDuration` must match the pattern");
}

#[test]
fn keys_that_stand_in_the_policy_are_looked_at() {
    let flaw =
        |inline: &str| taken(&keys(&format!("{{inline: '{inline}'}}"))).jwt.unwrap().providers[0].jwks.flaw();
    assert_eq!(flaw(r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}]}"#), None);
    for (inline, expected) in [
        ("a", "is not JSON"),
        ("[]", "is no set of keys"),
        (r#"{"keys": []}"#, "is no set of keys"),
        (
            r#"{"keys": [{"kty": "RSA", "n": "AA"}, {"kty": "oct", "k": "AA"}]}"#,
            "secret of HMAC, which is not taken (keys[1])",
        ),
        (r#"{"keys": [{"kty": "EC", "x": "AA", "d": "AA"}]}"#, "holds a private key"),
        (r#"{"keys": [{}]}"#, "of a kind that is not known"),
    ] {
        assert!(flaw(inline).is_some_and(|flaw| flaw.contains(expected)), "{inline}: {:?}", flaw(inline));
    }
    assert_eq!(taken(&keys("{file: a}")).jwt.unwrap().providers[0].jwks.flaw(), None);
}

#[test]
fn claims_and_what_they_must_allow() {
    let found = taken(&jwt(
        "claimToHeaders: [{claim: sub, header: X-User}]\n  authorization: {scopes: [orders:read], roles: [admin, staff]}",
    ));
    let found = found.jwt.unwrap();
    assert_eq!(
        (found.claim_to_headers[0].claim.as_str(), found.claim_to_headers[0].header.as_str()),
        ("sub", "x-user")
    );
    let authorization = found.authorization.unwrap();
    assert_eq!(authorization.scopes, BTreeSet::from(["orders:read".to_owned()]));
    assert_eq!((authorization.roles.len(), authorization.roles_claim.as_str()), (2, "roles"));
    let other = taken(&jwt("authorization: {roles: [a], rolesClaim: 'https://a.example/groups'}"));
    assert_eq!(other.jwt.unwrap().authorization.unwrap().roles_claim, "https://a.example/groups");
    for header in
        ["Host", "content-length", "AUTHORIZATION", "X-Forwarded-For", "cookie", "Transfer-Encoding"]
    {
        refuse(
            &jwt(&format!("claimToHeaders: [{{claim: a, header: «{header}}}]")),
            "claimToHeaders[0].header` breaks a rule: must not be a header that frames a message",
        );
    }
    refuse(
        &jwt("claimToHeaders: [{claim: a, header: «'a b'}]"),
        "claimToHeaders[0].header` must match the pattern",
    );
    refuse(&jwt("claimToHeaders: [{claim: «'', header: b}]"), "claimToHeaders[0].claim` must not be empty");
    refuse(&jwt("claimToHeaders: [{claim: a, header: b}, «{claim: c, header: b}]"), "has the same header as");
    refuse(
        &jwt("authorization: «{}"),
        "`spec.jwt.authorization` breaks a rule: scopes or roles must be there",
    );
    refuse(&jwt("authorization: {scopes: [«'a b']}"), "scopes[0]` must match the pattern");
    refuse(&jwt("authorization: {roles: [«'']}"), "roles[0]` must not be empty");
    refuse(&jwt("authorization: {roles: [a], rolesClaim: «''}"), "rolesClaim` must not be empty");
    refuse(
        &jwt("mode: Optional\n  authorization: {roles: [a]}").replace("providers", "«providers"),
        "authorization needs the mode Required",
    );
}

#[test]
fn addresses() {
    let found = taken("access: {allow: [10.0.0.0/8, '::1/128'], deny: [10.1.0.0/16]}").access.unwrap();
    assert!(found.takes("10.2.0.1".parse().unwrap()) && !found.takes("10.1.0.1".parse().unwrap()));
    assert_eq!(found.allow[1].to_string(), "::1/128");
    assert_eq!(taken("access: {}").access, Some(tradewind_gateway_api::policy::Access::default()));
    for field in ["allow", "deny"] {
        refuse(
            &format!("access: {{{field}: [«10.0.0.0/33]}}"),
            &format!("`spec.access.{field}[0]` must be a block of addresses such as 10.0.0.0/8"),
        );
        refuse(&format!("access: {{{field}: [10.0.0.0/8, «10.0.0.0/8]}}"), "is the same as");
    }
    let many: Vec<String> = (0..257).map(|n| format!("10.0.{}.0/24", n % 256)).collect();
    refuse(&format!("access: {{allow: «[{}]}}", many.join(", ")), "must have 0 to 256 items");
}

#[test]
fn limits_over_time() {
    let limit =
        |fields: &str| taken(&format!("rateLimits: [{{name: a, {fields}}}]")).rate_limits.unwrap().remove(0);
    let found = limit("requests: 100, per: 1m");
    assert_eq!((found.requests, found.per, found.burst()), (100, Duration::from_secs(60), 100));
    assert_eq!((found.name.as_str(), found.by), ("a", RateLimitKey::Client));
    assert_eq!(limit("requests: 100, per: 1m, burst: 10").burst(), 10);
    for (by, expected) in [
        ("{type: Client}", RateLimitKey::Client),
        ("{type: Credential}", RateLimitKey::Credential),
        ("{type: Route}", RateLimitKey::Route),
        ("{type: Header, name: X-Key}", RateLimitKey::Header("x-key".parse().unwrap())),
    ] {
        assert_eq!(limit(&format!("requests: 1, per: 1s, by: {by}")).by, expected);
    }
    assert_eq!(taken("rateLimits: []").rate_limits, Some(Vec::new()));
    let refuse = |fields: &str, reason: &str| refuse(&format!("rateLimits: [{{{fields}}}]"), reason);
    refuse("name: «A, requests: 1, per: 1s", "`spec.rateLimits[0].name` must match the pattern");
    refuse("name: a, requests: «0, per: 1s", "must be a whole number from 1 to 1000000, not 0");
    refuse("name: a, requests: 1, per: «999ms", "per` breaks a rule: must be from 1s to 24h");
    refuse("name: a, requests: 1, per: «24h1ms", "per` breaks a rule: must be from 1s to 24h");
    refuse("name: a, requests: 1, per: «60", "per` must be text (put it in quotes), but is a number");
    refuse("name: a, requests: 1, per: 1s, burst: «0", "must be a whole number from 1 to 1000000, not 0");
    refuse(
        "name: a, requests: 1, per: 1s, by: {type: «Cookie}",
        "must be one of Client, Credential, Route, Header",
    );
    refuse("name: a, requests: 1, per: 1s, by: «{type: Header}", "name must be there when type is Header");
    refuse("name: a, requests: 1, per: 1s, by: «{name: b}", "name must be there when type is Header");
    refuse(
        "name: a, requests: 1, per: 1s, by: {type: Header, name: «'b:'}",
        "by.name` must match the pattern",
    );
    refuse("name: a, requests: 1, per: 1s}, «{name: a, requests: 2, per: 1s", "has the same name as");
}

#[test]
fn further_tries() {
    assert_eq!(
        taken("retry: {}").retry,
        Some(Retry::default()),
        "the definition and the type have one default"
    );
    let found =
        taken("retry: {attempts: 3, triggers: [ConnectFailure], codes: [502, 504], perTryTimeout: 2s, backoff: 100ms}")
            .retry
            .unwrap();
    assert_eq!((found.attempts, found.codes), (3, BTreeSet::from([502, 504])));
    assert_eq!(found.triggers, BTreeSet::from([RetryTrigger::ConnectFailure]));
    assert_eq!(found.per_try_timeout, Some(Duration::from_secs(2)));
    assert_eq!(found.backoff, Duration::from_millis(100));
    assert!(taken("retry: {triggers: [], codes: []}").retry.unwrap().codes.is_empty());
    refuse("retry: {attempts: «6}", "`spec.retry.attempts` must be a whole number from 0 to 5, not 6");
    refuse("retry: {triggers: [«Timeout]}", "must be one of ConnectFailure, ResetBeforeAnswer");
    refuse("retry: {codes: [«500]}", "`spec.retry.codes[0]` must be one of 502, 503, 504");
    refuse("retry: {codes: [503, «503]}", "is the same as");
    refuse("retry: {perTryTimeout: «9ms}", "must be from 10ms to 5m");
    refuse("retry: {backoff: «0s}", "must be from 1ms to 10s");
    refuse("retry: {«on: [a]}", "is not a known field; known here: attempts");
}

#[test]
fn priorities() {
    for (text, expected) in [
        ("Critical", Priority::Critical),
        ("Standard", Priority::Standard),
        ("Sheddable", Priority::Sheddable),
    ] {
        assert_eq!(taken(&format!("priority: {text}")).priority, Some(expected));
    }
    assert!(Priority::Sheddable < Priority::default() && Priority::default() < Priority::Critical);
    refuse("priority: «critical", "`spec.priority` must be one of Critical, Standard, Sheddable");
}

#[test]
fn compression() {
    let found = taken("compression: {}").compression.unwrap();
    assert_eq!((found.algorithms, found.min_bytes), (vec![CompressionAlgorithm::Gzip], 1_024));
    let is_in = |content_type: &str| found.content_types.iter().any(|range| range.contains(content_type));
    assert!(is_in("application/json; charset=utf-8") && !is_in("image/png"));
    let found = taken("compression: {algorithms: [Brotli, Gzip], minBytes: 0, contentTypes: ['text/*']}")
        .compression
        .unwrap();
    let codings: Vec<&str> = found.algorithms.iter().map(|algorithm| algorithm.coding()).collect();
    assert_eq!((codings, found.min_bytes, found.content_types.len()), (vec!["br", "gzip"], 0, 1));
    assert!(taken("compression: {algorithms: []}").compression.unwrap().algorithms.is_empty());
    refuse("compression: {algorithms: [«Deflate]}", "must be one of Gzip, Brotli");
    refuse("compression: {minBytes: «-1}", "must be a whole number from 0 to 1048576, not -1");
    refuse("compression: {contentTypes: «[]}", "must have 1 to 32 items");
    refuse("compression: {contentTypes: [«text]}", "contentTypes[0]` must match the pattern");
    refuse("compression: {contentTypes: [«Text/html]}", "contentTypes[0]` must match the pattern");
}

#[test]
fn headers_for_browsers() {
    let found = taken("securityHeaders: {}").security_headers.unwrap();
    assert_eq!(found, SecurityHeaders::default(), "the definition and the type have one default");
    let shown = |headers: &SecurityHeaders, is_tls: bool| -> Vec<String> {
        let all = headers.headers(is_tls);
        all.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
    };
    assert_eq!(
        shown(&found, true),
        [
            "x-content-type-options: nosniff",
            "x-frame-options: SAMEORIGIN",
            "referrer-policy: strict-origin-when-cross-origin"
        ]
    );
    let found = taken(
        "securityHeaders:\n  strictTransportSecurity: {includeSubdomains: true}\n  contentTypeOptions: false\n  frameOptions: Deny\n  \
         referrerPolicy: Disabled\n  contentSecurityPolicy: default-src 'self'",
    )
    .security_headers
    .unwrap();
    let plain = ["x-frame-options: DENY", "content-security-policy: default-src 'self'"];
    assert_eq!(shown(&found, false), plain, "over plain HTTP browsers ignore strict transport");
    assert_eq!(shown(&found, true)[0], "strict-transport-security: max-age=31536000; includeSubDomains");
    let none = taken(
        "securityHeaders: {contentTypeOptions: false, frameOptions: Disabled, referrerPolicy: Disabled}",
    );
    assert!(shown(&none.security_headers.unwrap(), true).is_empty());
    let policy =
        taken("securityHeaders: {referrerPolicy: no-referrer}").security_headers.unwrap().referrer_policy;
    assert_eq!(policy, Some(HeaderValue::from_static("no-referrer")));
    assert_eq!(found.frame_options, FrameOptions::Deny);
    let refuse = |fields: &str, reason: &str| refuse(&format!("securityHeaders: {{{fields}}}"), reason);
    refuse("strictTransportSecurity: {maxAge: «17521h}", "must not be more than 17520h");
    refuse("strictTransportSecurity: {maxAge: «1y}", "maxAge` must match the pattern");
    refuse("strictTransportSecurity: {includeSubdomains: «1}", "must be true or false, but is a number");
    refuse("contentTypeOptions: «yes", "must be written true or false, not yes");
    refuse("frameOptions: «DENY", "must be one of Deny, SameOrigin, Disabled");
    refuse("referrerPolicy: «never", "must be one of no-referrer, ");
    refuse("contentSecurityPolicy: «\"a\\nb\"", "contentSecurityPolicy` must match the pattern");
    refuse("contentSecurityPolicy: «''", "contentSecurityPolicy` must ");
}

#[test]
fn bodies() {
    assert_eq!(taken("maxBodyBytes: 0").max_body_bytes, Some(0));
    assert_eq!(taken("maxBodyBytes: 1099511627776").max_body_bytes, Some(1 << 40));
    refuse("maxBodyBytes: «-1", "`spec.maxBodyBytes` must be a whole number from 0 to 1099511627776, not -1");
    refuse("maxBodyBytes: «1Mi", "must be a whole number, but is text");
}
