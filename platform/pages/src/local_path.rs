//! Addresses on this site, to which a browser may be sent.

use std::fmt;

/// The greatest length of such an address.
const MAX_LENGTH: usize = 2_000;

/// An address on this site: an absolute path, perhaps with a query. It leads to no other site, whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalPath(String);

/// The text leads elsewhere, or nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotLocal;

impl LocalPath {
    /// An address that was written by somebody else.
    ///
    /// # Errors
    /// When it could lead to another site, in whatever browser, or is no address.
    pub fn parse(text: &str) -> Result<Self, NotLocal> {
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let path = text.strip_prefix('/').ok_or(NotLocal)?;
        if !plain || path.starts_with('/') || climbs(path) || text.len() > MAX_LENGTH {
            return Err(NotLocal);
        }
        Ok(Self(text.to_owned()))
    }

    /// An address that was written by somebody else, below `prefix`; else `otherwise`, which the program wrote.
    #[must_use]
    pub fn below(prefix: &str, text: &str, otherwise: &str) -> Self {
        let parsed = Self::parse(text).ok().filter(|path| path.is_below(prefix));
        parsed.unwrap_or_else(|| Self::own(otherwise))
    }

    /// An address that the program made; one that is not local becomes `/`.
    #[must_use]
    pub fn own(text: impl AsRef<str>) -> Self {
        Self::parse(text.as_ref()).unwrap_or_else(|_| Self("/".to_owned()))
    }

    fn is_below(&self, prefix: &str) -> bool {
        let rest = self.0.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a path holds dots that lead elsewhere than it says, written as they are or not.
fn climbs(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    path.split('/').any(|part| matches!(part.replace("%2e", ".").as_str(), "." | ".."))
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NotLocal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an address on this site")
    }
}

impl std::error::Error for NotLocal {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_address_leads_to_another_site() {
        for text in [
            "",
            "a",
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil",
            "javascript:alert(1)",
            "/a b",
            "/a\r\nSet-Cookie: x=1",
            "/\u{e9}",
            "/a\u{0}",
            " /a",
            "/a\\b",
            "///evil.example",
            "/\t/evil.example",
            "/a/../b",
            "/a/%2E./b",
            "/.",
        ] {
            assert_eq!(LocalPath::parse(text), Err(NotLocal), "{text:?}");
            assert_eq!(LocalPath::below("/pages", text, "/pages").as_str(), "/pages");
        }
        assert!(LocalPath::parse(&format!("/{}", "a".repeat(3_000))).is_err());
        for text in ["/", "/pages", "/pages/a?b=c&d=%2F", "/pages?to=https://evil.example"] {
            assert_eq!(LocalPath::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn below_a_prefix_means_below_it() {
        for text in ["/pages", "/pages/a", "/pages?a=1"] {
            assert_eq!(LocalPath::below("/pages", text, "/").as_str(), text);
        }
        for text in ["/pagesx", "/other", "/pages/../api", "/pages/%2e%2E/api", "/pages/.%2e/api"] {
            assert_eq!(LocalPath::below("/pages", text, "/pages").as_str(), "/pages", "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_has_one_slash_in_front(text in ".{0,40}") {
            if let Ok(path) = LocalPath::parse(&text) {
                prop_assert!(path.as_str().starts_with('/') && !path.as_str().starts_with("//"));
                prop_assert!(!path.as_str().contains(['\\', '\r', '\n']));
            }
        }
    }
}
