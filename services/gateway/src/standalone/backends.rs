//! TLS towards backends, as documents ask for it.

use std::collections::BTreeMap;

use tradewind_data_plane::{BackendTls, CertificateName};
use tradewind_gateway_api::backend_tls::{BackendTlsPolicy, BackendValidation, SubjectAltName};
use tradewind_gateway_api::{Body, Document};
use tradewind_routing::{BackendId, Documents};

use crate::cluster::Unheld;
use crate::edge::Secured;
use crate::standalone::certificates::authority;

/// A service by its namespace and name, or one of its ports by the name.
type Target<'a> = (&'a str, &'a str, Option<&'a str>);

/// Which policy goes first at each target, by its number in the order of precedence.
struct First<'a>(BTreeMap<Target<'a>, usize>);

/// TLS towards the backends that a document asks it for, and the documents that do not hold as they are.
pub(crate) fn of_backends(documents: &Documents) -> (BTreeMap<BackendId, Secured>, Vec<Unheld>) {
    let policies = documents.backend_tls();
    let first = First::of(&policies);
    let (mut secured, mut unheld) = (BTreeMap::new(), Vec::new());
    for (number, (document, policy)) in policies.iter().enumerate() {
        let (namespace, name) = (&document.metadata.namespace, &document.metadata.name);
        let (conflict, is_in_effect) = first.conflict(number, &policies);
        let made = backend(documents, namespace, &policy.validation);
        let invalid = made.as_ref().err().cloned();
        if let Some(reason) = &invalid {
            tracing::error!(policy = name, reason, "a backend cannot be reached safely, and so not at all");
        }
        if let Some(reason) = &conflict {
            tracing::warn!(policy = name, reason, "a policy is not in effect everywhere");
        }
        if invalid.is_some() || conflict.is_some() {
            let (namespace, policy) = (namespace.clone(), name.clone());
            unheld.push(Unheld { namespace, policy, invalid, conflict, is_in_effect });
        }
        let (authorities, tls) = made.map(|(authorities, tls)| (authorities, Some(tls))).unwrap_or_default();
        for id in first.ports(number, documents) {
            let name = policy.validation.hostname.clone();
            secured.insert(id, Secured { name, authorities: authorities.clone(), tls: tls.clone() });
        }
    }
    (secured, unheld)
}

impl<'a> First<'a> {
    fn of(policies: &[(&'a Document, &'a BackendTlsPolicy)]) -> Self {
        let mut first = BTreeMap::new();
        for (number, policy) in policies.iter().enumerate() {
            for target in targets(*policy) {
                first.entry(target).or_insert(number);
            }
        }
        Self(first)
    }

    /// Who goes before a policy, at which of its targets, and whether it is in effect at any.
    fn conflict(
        &self,
        number: usize,
        policies: &[(&'a Document, &'a BackendTlsPolicy)],
    ) -> (Option<String>, bool) {
        let (mut lost, mut is_in_effect) = (Vec::new(), false);
        for target in policies.get(number).into_iter().flat_map(|policy| targets(*policy)) {
            let winner = self.0.get(&target).copied().unwrap_or(number);
            is_in_effect |= winner == number;
            if let Some((first, _)) = policies.get(winner).filter(|_| winner != number) {
                let (_, service, section) = target;
                let of = section.map(|section| format!(", port {section}")).unwrap_or_default();
                let first = &first.metadata;
                lost.push(format!(
                    "Service {service}{of}: BackendTLSPolicy {}/{} is older and goes first",
                    first.namespace, first.name
                ));
            }
        }
        ((!lost.is_empty()).then(|| lost.join("; ")), is_in_effect)
    }

    /// The ports of services at which a policy is in effect. One that is about a port goes before one that is about the
    /// whole service.
    fn ports(&self, number: usize, documents: &Documents) -> Vec<BackendId> {
        let mut ports = Vec::new();
        for (target, _) in self.0.iter().filter(|(_, first)| **first == number) {
            let (namespace, name, section) = *target;
            let found = documents.get("Service", namespace, name).map(|document| &document.body);
            let Some(Body::Service(service)) = found else { continue };
            let is_meant = |port: &str| match section {
                Some(section) => section == port,
                None => !self.0.contains_key(&(namespace, name, Some(port))),
            };
            for port in service.ports.iter().filter(|port| is_meant(&port.name)) {
                let (namespace, service) = (namespace.to_owned(), name.to_owned());
                ports.push(BackendId { namespace, service, port: port.port });
            }
        }
        ports
    }
}

fn targets<'a>((document, policy): (&'a Document, &'a BackendTlsPolicy)) -> impl Iterator<Item = Target<'a>> {
    let namespace = document.metadata.namespace.as_str();
    let services = policy.target_refs.iter().filter(|target| target.kind == "Service");
    services.map(move |target| (namespace, target.name.as_str(), target.section_name.as_deref()))
}

fn backend(
    documents: &Documents,
    namespace: &str,
    validation: &BackendValidation,
) -> Result<(Vec<u8>, BackendTls), String> {
    let name = validation.hostname.as_str();
    let names: Vec<CertificateName> = validation.subject_alt_names.iter().map(named).collect();
    let authorities = match validation.well_known_ca_certificates.as_deref() {
        Some("System") => None,
        Some(other) if !other.is_empty() => {
            return Err(format!("validation.wellKnownCACertificates: {other} is not known here; System is"));
        }
        _ => {
            let mut all = Vec::new();
            for reference in &validation.ca_certificate_refs {
                all.extend(authority(documents, namespace, &reference.kind, &reference.name)?);
                all.push(b'\n');
            }
            Some(all)
        }
    };
    let tls = match (&authorities, names.is_empty()) {
        (None, true) => BackendTls::public(name)?,
        (Some(all), true) => BackendTls::new(name, all, None)?,
        (all, false) => BackendTls::of_names(name, all.as_deref(), &names)?,
    };
    // What connections are made of: those of before are not kept where any of it is another.
    let mut made_of = authorities.unwrap_or_else(|| b"System".to_vec());
    made_of.extend(format!("{names:?}").into_bytes());
    Ok((made_of, tls))
}

fn named(name: &SubjectAltName) -> CertificateName {
    match name {
        SubjectAltName::Hostname { hostname } => CertificateName::Host(hostname.clone()),
        SubjectAltName::Uri { uri } => CertificateName::Uri(uri.clone()),
    }
}

#[cfg(test)]
mod tests {
    use tradewind_gateway_api::Definitions;

    use super::*;

    /// A policy for TLS to `orders`, or to one of its ports, whose certificate is to have the policy's name.
    fn policy(name: &str, created: u32, port: &str) -> String {
        let section = if port.is_empty() { String::new() } else { format!(", sectionName: {port}") };
        format!(
            "apiVersion: gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\nmetadata: {{name: {name}, \
             creationTimestamp: '2026-01-01T00:00:0{created}Z'}}\nspec:\n  targetRefs: [{{group: '', kind: Service, \
             name: orders{section}}}]\n  validation: {{hostname: {name}.example, wellKnownCACertificates: System}}\n"
        )
    }

    /// The host that each port of `orders` is asked to show, and the policies that do not hold as they are.
    fn asked(policies: &[String]) -> (Vec<(u16, String)>, Vec<String>) {
        let service = "apiVersion: v1\nkind: Service\nmetadata: {name: orders}\nspec: {ports: [{name: a, port: 80}, \
                       {name: b, port: 81}]}\n";
        let definitions = Definitions::standard().unwrap();
        let mut documents = Documents::default();
        for text in policies.iter().map(String::as_str).chain([service]) {
            let reading = definitions.read("test", text);
            assert!(reading.errors.is_empty(), "{:?}", reading.errors);
            for document in reading.documents {
                documents.add(document).unwrap();
            }
        }
        let (secured, unheld) = of_backends(&documents);
        let hosts = secured.into_iter().map(|(id, secured)| (id.port, secured.name)).collect();
        (hosts, unheld.into_iter().map(|unheld| unheld.policy).collect())
    }

    #[test]
    fn one_about_a_port_goes_before_one_about_the_service_and_an_older_one_before_a_newer_one() {
        let host = |name: &str| format!("{name}.example");
        let all =
            [policy("whole", 1, ""), policy("port", 5, "b"), policy("late", 3, ""), policy("later", 6, "b")];
        let expected = vec![(80, host("whole")), (81, host("port"))];
        assert_eq!(asked(&all), (expected, vec!["late".to_owned(), "later".to_owned()]));
        let older = [policy("whole", 2, ""), policy("port", 1, "b")];
        assert_eq!(asked(&older).0, [(80, host("whole")), (81, host("port"))], "whichever is older");
        let same = [policy("b", 1, ""), policy("a", 1, "")];
        let expected = vec![(80, host("a")), (81, host("a"))];
        assert_eq!(asked(&same), (expected, vec!["b".to_owned()]), "of one age the name decides");
    }
}
