//! Puts levels together: of each field the first that says something, the most specific level first.

use tradewind_gateway_api::policy::jwt::JwtMode;
use tradewind_gateway_api::policy::{BackendPolicy, ListenerPolicy, RoutePolicy};
use tradewind_gateway_api::reference::{LocalRef, ObjectRef};

use super::attach::Source;
use crate::effective::{
    EffectiveBackendPolicy, EffectiveClientCertificate, EffectiveListenerPolicy, EffectiveRateLimit,
    EffectiveRoutePolicy, PolicyId,
};

/// A policy and its name.
pub(super) type Level<'build, T> = (&'build PolicyId, &'build T);

/// Why the policies cannot be followed: one of them could not be read.
pub(super) fn refused<'policies>(mut sources: impl Iterator<Item = &'policies Source>) -> Option<String> {
    let refused = sources.find(|source| source.policy.document().is_none())?;
    Some(format!("{} could not be read", refused.id))
}

pub(super) fn route(levels: &[Level<'_, RoutePolicy>]) -> EffectiveRoutePolicy {
    let defaults = EffectiveRoutePolicy::default();
    let jwt = first(levels, |policy| policy.jwt.as_ref());
    let broken = jwt.and_then(|(id, jwt)| {
        let flaw = jwt.providers.iter().find_map(|provider| provider.jwks.flaw())?;
        Some(format!("{id} has keys that cannot be used: it {flaw}"))
    });
    let limits = first(levels, |policy| policy.rate_limits.as_ref());
    let compression = said(levels, |policy| policy.compression.as_ref());
    EffectiveRoutePolicy {
        jwt: jwt.map(|(_, jwt)| jwt).filter(|jwt| jwt.mode != JwtMode::Disabled).cloned(),
        access: said(levels, |policy| policy.access.as_ref()).unwrap_or(defaults.access),
        rate_limits: limits.map_or_else(Vec::new, |(id, limits)| {
            let own = |limit: &_| EffectiveRateLimit { policy: id.clone(), limit: Clone::clone(limit) };
            limits.iter().map(own).collect()
        }),
        retry: said(levels, |policy| policy.retry.as_ref()).unwrap_or(defaults.retry),
        priority: said(levels, |policy| policy.priority.as_ref()).unwrap_or(defaults.priority),
        compression: compression.filter(|compression| !compression.algorithms.is_empty()),
        security_headers: said(levels, |policy| policy.security_headers.as_ref())
            .unwrap_or(defaults.security_headers),
        max_body_bytes: said(levels, |policy| policy.max_body_bytes.as_ref())
            .unwrap_or(defaults.max_body_bytes),
        broken,
    }
}

/// The protocol is left out: where no policy says, a service does.
pub(super) fn backend(levels: &[Level<'_, BackendPolicy>]) -> EffectiveBackendPolicy {
    EffectiveBackendPolicy {
        load_balancer: said(levels, |policy| policy.load_balancer.as_ref()).unwrap_or_default(),
        session_persistence: said(levels, |policy| policy.session_persistence.as_ref()),
        protocol: said(levels, |policy| policy.protocol.as_ref()).unwrap_or_default(),
        health_check: said(levels, |policy| policy.health_check.as_ref()).unwrap_or_default(),
        circuit_breaker: said(levels, |policy| policy.circuit_breaker.as_ref()).unwrap_or_default(),
        timeouts: said(levels, |policy| policy.timeouts.as_ref()).unwrap_or_default(),
        adaptive_concurrency: said(levels, |policy| policy.adaptive_concurrency.as_ref()).unwrap_or_default(),
        slow_start: said(levels, |policy| policy.slow_start.as_ref()).unwrap_or_default(),
    }
}

pub(super) fn listener(levels: &[Level<'_, ListenerPolicy>]) -> EffectiveListenerPolicy {
    let certificate = first(levels, |policy| policy.client_certificate.as_ref());
    EffectiveListenerPolicy {
        trusted_proxies: said(levels, |policy| policy.trusted_proxies.as_ref()).unwrap_or_default(),
        proxy_protocol: said(levels, |policy| policy.proxy_protocol.as_ref()).unwrap_or_default(),
        limits: said(levels, |policy| policy.limits.as_ref()).unwrap_or_default(),
        timeouts: said(levels, |policy| policy.timeouts.as_ref()).unwrap_or_default(),
        http2: said(levels, |policy| policy.http2.as_ref()).unwrap_or_default(),
        client_certificate: certificate.map(|(id, certificate)| EffectiveClientCertificate {
            mode: certificate.mode,
            ca_certificate_refs: certificate.ca_certificate_refs.iter().map(|ca| of(id, ca)).collect(),
        }),
        access_log: said(levels, |policy| policy.access_log.as_ref()).unwrap_or_default(),
        broken: None,
    }
}

/// A reference within the namespace of a policy, for those who do not know the policy.
fn of(id: &PolicyId, reference: &LocalRef) -> ObjectRef {
    ObjectRef {
        group: reference.group.clone(),
        kind: reference.kind.clone(),
        namespace: Some(id.namespace.clone()),
        name: reference.name.clone(),
        port: None,
    }
}

/// The first that says something, and whose policy it is.
fn first<'build, T, F>(
    levels: &[Level<'build, T>],
    field: impl Fn(&'build T) -> Option<&'build F>,
) -> Option<Level<'build, F>> {
    levels.iter().find_map(|(id, policy)| Some((*id, field(policy)?)))
}

fn said<'build, T, F: Clone + 'build>(
    levels: &[Level<'build, T>],
    field: impl Fn(&'build T) -> Option<&'build F>,
) -> Option<F> {
    first(levels, field).map(|(_, value)| value.clone())
}
