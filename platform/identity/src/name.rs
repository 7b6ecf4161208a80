//! Names: trust domains and SPIFFE ids.

use std::fmt;
use std::str::FromStr;

/// The name of the command line, where a list names callers.
pub const OPERATOR: &str = "operator";

/// The greatest length of a SPIFFE id, in bytes (SPIFFE-ID §2.3).
const MAX_ID: usize = 2048;

/// The greatest length of a trust domain, in bytes (SPIFFE-ID §2.3).
const MAX_DOMAIN: usize = 255;

/// The greatest length of a service's name: it travels as a label of the server name.
const MAX_SERVICE: usize = 63;

/// The part of a path before the name of a service.
const SERVICE: &str = "service/";

/// A text is no name of the kind that was wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {wanted}")]
pub struct InvalidName {
    text: String,
    wanted: &'static str,
}

impl InvalidName {
    fn new(text: &str, wanted: &'static str) -> Self {
        Self { text: text.to_owned(), wanted }
    }
}

/// Those who trust the same authorities, such as `tradewind.local`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrustDomain(String);

impl TrustDomain {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the domain itself, which authorities carry.
    #[must_use]
    pub fn id(&self) -> SpiffeId {
        SpiffeId { domain: self.clone(), path: String::new() }
    }

    /// The id of `member` of this domain.
    #[must_use]
    pub fn member(&self, member: &Member) -> SpiffeId {
        let path = match member {
            Member::Service(name) => format!("{SERVICE}{name}"),
            Member::Operator => OPERATOR.to_owned(),
        };
        SpiffeId { domain: self.clone(), path }
    }
}

impl FromStr for TrustDomain {
    type Err = InvalidName;

    /// Lower-case letters, digits and `.-_`, at most 255 bytes (SPIFFE-ID §2.1).
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
        if text.is_empty() || text.len() > MAX_DOMAIN || !text.chars().all(is_good) {
            return Err(InvalidName::new(text, "trust domain: lower-case letters, digits and '.-_'"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for TrustDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who belongs to a fleet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Member {
    /// A service, by its name; all of its replicas share it.
    Service(String),
    /// The command line, and whoever looks after the processes.
    Operator,
}

impl Member {
    /// The service `name`: lower-case letters, digits and `-`, beginning with a letter, at most 63 characters.
    ///
    /// # Errors
    /// [`InvalidName`], also for `operator`, which is not a service.
    pub fn service(name: &str) -> Result<Self, InvalidName> {
        let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let begins_well = name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.ends_with('-');
        if !begins_well || name.len() > MAX_SERVICE || !name.chars().all(is_good) || name == OPERATOR {
            return Err(InvalidName::new(name, "name of a service: lower-case letters, digits and '-'"));
        }
        Ok(Self::Service(name.to_owned()))
    }

    /// The name in lists of callers: that of the service, or `operator`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Service(name) => name,
            Self::Operator => OPERATOR,
        }
    }
}

impl FromStr for Member {
    type Err = InvalidName;

    /// `operator`, or the name of a service.
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if text == OPERATOR { Ok(Self::Operator) } else { Self::service(text) }
    }
}

/// Who a certificate is for: `spiffe://<trust domain>/<path>`, written as the standard's §2 says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpiffeId {
    domain: TrustDomain,
    /// Without the leading slash; empty for the domain itself.
    path: String,
}

impl SpiffeId {
    /// The trust domain.
    #[must_use]
    pub fn domain(&self) -> &TrustDomain {
        &self.domain
    }

    /// Who of the fleet this is; `None` for names of another form, which may be valid and are nobody here.
    #[must_use]
    pub fn member(&self) -> Option<Member> {
        if self.path == OPERATOR {
            return Some(Member::Operator);
        }
        Member::service(self.path.strip_prefix(SERVICE)?).ok()
    }

    /// Whether it is that of a domain, which no single process may have.
    #[must_use]
    pub fn is_domain(&self) -> bool {
        self.path.is_empty()
    }
}

impl FromStr for SpiffeId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let wanted = "SPIFFE id: spiffe://<trust domain>/<path>";
        let refused = || InvalidName::new(text, wanted);
        let rest = text.strip_prefix("spiffe://").filter(|_| text.len() <= MAX_ID).ok_or_else(refused)?;
        let (domain, path) = rest.split_once('/').map_or((rest, None), |(domain, path)| (domain, Some(path)));
        let domain: TrustDomain = domain.parse().map_err(|_| refused())?;
        if path.is_some_and(|path| !path.split('/').all(is_segment)) {
            return Err(refused());
        }
        Ok(Self { domain, path: path.unwrap_or_default().to_owned() })
    }
}

/// Letters, digits and `.-_`, and none of the relative segments (SPIFFE-ID §2.2).
fn is_segment(segment: &str) -> bool {
    let is_good = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    !segment.is_empty() && segment != "." && segment != ".." && segment.chars().all(is_good)
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spiffe://{}", self.domain)?;
        if self.path.is_empty() { Ok(()) } else { write!(f, "/{}", self.path) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_the_standard_says() {
        for good in
            ["spiffe://a", "spiffe://a.b-c_1/service/lamps", "spiffe://a/ns/x/sa/Y.z", "spiffe://a/..."]
        {
            assert_eq!(good.parse::<SpiffeId>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "a",
            "https://a/b",
            "SPIFFE://a/b",
            "spiffe://",
            "spiffe:///a",
            "spiffe://A/b",
            "spiffe://a:1/b",
            "spiffe://u@a/b",
            "spiffe://a/",
            "spiffe://a/b/",
            "spiffe://a//b",
            "spiffe://a/./b",
            "spiffe://a/b/..",
            "spiffe://a/b?c",
            "spiffe://a/b#c",
            "spiffe://a/%41",
            "spiffe://a/ä",
        ] {
            assert!(bad.parse::<SpiffeId>().is_err(), "{bad}");
        }
        let long = format!("spiffe://a/{}", "b".repeat(MAX_ID));
        assert!(long.parse::<SpiffeId>().is_err() && "d".repeat(256).parse::<TrustDomain>().is_err());
    }

    #[test]
    fn only_the_operator_is_the_operator() {
        let member = |path: &str| format!("spiffe://a/{path}").parse::<SpiffeId>().unwrap().member();
        assert_eq!(member("operator"), Some(Member::Operator));
        assert_eq!(member("service/lamps"), Some(Member::Service("lamps".to_owned())));
        for nobody in
            ["service/operator", "operator/x", "service", "service/a/b", "service/Lamps", "ns/a/sa/b"]
        {
            assert_eq!(member(nobody), None, "{nobody}");
        }
        assert_eq!("operator".parse(), Ok(Member::Operator));
        assert!("spiffe://a".parse::<SpiffeId>().unwrap().is_domain());
    }

    #[test]
    fn a_member_comes_back_from_its_id() {
        let domain: TrustDomain = "tradewind.local".parse().unwrap();
        for member in [Member::Operator, Member::service("rooms").unwrap()] {
            let id = domain.member(&member);
            assert_eq!(id.to_string().parse::<SpiffeId>().unwrap().member(), Some(member));
        }
        assert!(
            Member::service("-a").is_err() && Member::service("a-").is_err() && Member::service("").is_err()
        );
    }
}
