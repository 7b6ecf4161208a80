//! Changes of headers.

use std::borrow::Cow;

use http::{HeaderName, HeaderValue};

/// Headers to set, to add and to remove, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderEdits {
    set: Vec<(HeaderName, HeaderValue)>,
    add: Vec<(HeaderName, HeaderValue)>,
    remove: Vec<HeaderName>,
}

/// A header, borrowed from the message it came with or from the edit that it comes from.
pub(crate) type Header<'message> = (Cow<'message, [u8]>, Cow<'message, [u8]>);

impl HeaderEdits {
    /// Sets a header, whatever it was before.
    #[must_use]
    pub fn set(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.set.push((name, value));
        self
    }

    /// Adds a header beside those of the same name.
    #[must_use]
    pub fn add(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.add.push((name, value));
        self
    }

    /// Removes all headers of a name.
    #[must_use]
    pub fn remove(mut self, name: HeaderName) -> Self {
        self.remove.push(name);
        self
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.add.is_empty() && self.remove.is_empty()
    }

    pub(crate) fn apply<'message>(&'message self, headers: &mut Vec<Header<'message>>) {
        let is =
            |(found, _): &Header<'_>, name: &HeaderName| found.eq_ignore_ascii_case(name.as_str().as_bytes());
        let header = |(name, value): &'message (HeaderName, HeaderValue)| {
            (Cow::Borrowed(name.as_str().as_bytes()), Cow::Borrowed(value.as_bytes()))
        };
        for edit in &self.set {
            headers.retain(|found| !is(found, &edit.0));
            headers.push(header(edit));
        }
        headers.extend(self.add.iter().map(header));
        for name in &self.remove {
            headers.retain(|found| !is(found, name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_set_added_and_removed_in_this_order() {
        let name = HeaderName::from_static;
        let value = HeaderValue::from_static;
        let edits = HeaderEdits::default()
            .set(name("a"), value("1"))
            .add(name("a"), value("2"))
            .add(name("b"), value("3"))
            .remove(name("b"));
        assert!(!edits.is_empty());
        let mut headers: Vec<Header<'_>> = ["A", "B", "c", "a"]
            .iter()
            .map(|name| (Cow::Borrowed(name.as_bytes()), Cow::Borrowed(&b"0"[..])))
            .collect();
        edits.apply(&mut headers);
        let text = |part: &Cow<'_, [u8]>| String::from_utf8(part.to_vec()).unwrap();
        let found: Vec<_> = headers.iter().map(|(name, value)| text(name) + "=" + &text(value)).collect();
        assert_eq!(found, ["c=0", "a=1", "a=2"]);
    }
}
