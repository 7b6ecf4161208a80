//! Paths of the API server.

/// A kind of objects, as a path names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) plural: String,
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) resource: Resource,
    /// Empty for all namespaces, and for kinds that belong to none.
    pub(super) namespace: String,
    /// Nothing for a list.
    pub(super) name: Option<String>,
    pub(super) subresource: Option<String>,
}

impl Target {
    /// Reads a path, as far as it leads to objects.
    pub(super) fn read(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        let (group, version, rest) = match parts[..] {
            ["api", version, ref rest @ ..] => ("", version, rest),
            ["apis", group, version, ref rest @ ..] => (group, version, rest),
            _ => return None,
        };
        let (namespace, rest) = match rest {
            // `namespaces/lamps/status` is that of a namespace.
            ["namespaces", namespace, rest @ ..] if !matches!(rest, [] | ["status"]) => (*namespace, rest),
            _ => ("", rest),
        };
        let (plural, name, subresource) = match *rest {
            [plural] => (plural, None, None),
            [plural, name] => (plural, Some(name), None),
            [plural, name, subresource] => (plural, Some(name), Some(subresource)),
            _ => return None,
        };
        let owned = |text: &str| text.to_owned();
        let resource = Resource { group: owned(group), version: owned(version), plural: owned(plural) };
        let (name, subresource) = (name.map(owned), subresource.map(owned));
        Some(Self { resource, namespace: owned(namespace), name, subresource })
    }
}

/// What paths call a kind.
pub(super) fn plural(kind: &str) -> String {
    let kind = kind.to_ascii_lowercase();
    let is_vowel = |letter: char| "aeiou".contains(letter);
    if let Some(stem) = kind.strip_suffix('y').filter(|stem| !stem.ends_with(is_vowel)) {
        return format!("{stem}ies");
    }
    let hisses = ["s", "x", "ch", "sh"].iter().any(|end| kind.ends_with(end));
    if hisses { format!("{kind}es") } else { format!("{kind}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_the_plurals_of_kubernetes() {
        let pairs = [
            ("Service", "services"),
            ("GatewayClass", "gatewayclasses"),
            ("Gateway", "gateways"),
            ("BackendTLSPolicy", "backendtlspolicies"),
            ("EndpointSlice", "endpointslices"),
        ];
        for (kind, expected) in pairs {
            assert_eq!(plural(kind), expected);
        }
    }

    #[test]
    fn a_path_is_a_list_an_object_or_a_part_of_one() {
        let read = |path: &str| {
            let target = Target::read(path)?;
            let Resource { group, version, plural } = target.resource;
            let name = target.name.unwrap_or_default();
            Some([group, version, target.namespace, plural, name, target.subresource.unwrap_or_default()])
        };
        let is = |parts: [&str; 6]| Some(parts.map(str::to_owned));
        assert_eq!(read("/api/v1/services"), is(["", "v1", "", "services", "", ""]));
        assert_eq!(read("/api/v1/namespaces/a"), is(["", "v1", "", "namespaces", "a", ""]));
        assert_eq!(read("/api/v1/namespaces/a/services/b"), is(["", "v1", "a", "services", "b", ""]));
        assert_eq!(
            read("/apis/g.x/v1/namespaces/a/bs/c/status"),
            is(["g.x", "v1", "a", "bs", "c", "status"])
        );
        assert_eq!(read("/version"), None);
    }
}
