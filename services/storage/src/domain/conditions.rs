//! Conditions of requests (RFC 9110 §13): on the tag of an object, on its date, on whether there is one.

use tradewind_kernel::Timestamp;

use crate::domain::date;

/// What a request says of the state that the object is to have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
    modified_since: Option<i64>,
    unmodified_since: Option<i64>,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// It is carried out.
    Meant,
    /// Its sender has the object already; of a request that changes it, it is not in the state that was meant.
    Had,
    /// The object is not in the state that was meant.
    Other,
}

/// The tags of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Tags {
    /// `*`: any object at all.
    Any,
    /// Each with whether it is weak, and its quotes.
    Of(Vec<(bool, String)>),
}

/// A header that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

impl Conditions {
    /// The conditions of these headers, each as it came, further ones of its name behind a comma. A date that is none says
    /// nothing; a tag that is none cannot be met, and is refused instead.
    pub(crate) fn of(
        [if_match, if_none_match]: [Option<&str>; 2],
        [modified, unmodified]: [Option<&str>; 2],
    ) -> Result<Self, Malformed> {
        Ok(Self {
            if_match: if_match.map(Tags::read).transpose()?,
            if_none_match: if_none_match.map(Tags::read).transpose()?,
            modified_since: modified.and_then(date::seconds),
            unmodified_since: unmodified.and_then(date::seconds),
        })
    }

    /// Whether the request is meant for an object with this tag and date, or for none, in the sequence of RFC 9110 §13.2.2.
    pub(crate) fn judge(&self, object: Option<(&str, Timestamp)>) -> Judged {
        let second = object.map(|(_, time)| time.as_micros().div_euclid(1_000_000));
        let tag = object.map(|(tag, _)| tag);
        match (&self.if_match, self.unmodified_since) {
            (Some(tags), _) if !tags.hold(tag, false) => return Judged::Other,
            (None, Some(since)) if second.is_some_and(|second| second > since) => return Judged::Other,
            _ => {}
        }
        match (&self.if_none_match, self.modified_since) {
            (Some(tags), _) if tags.hold(tag, true) => Judged::Had,
            (None, Some(since)) if second.is_some_and(|second| second <= since) => Judged::Had,
            _ => Judged::Meant,
        }
    }

    /// Whether a change is meant for an object with this tag and date, or for none. `If-Modified-Since` is for reading.
    pub(crate) fn admit(&self, object: Option<(&str, Timestamp)>) -> bool {
        Self { modified_since: None, ..self.clone() }.judge(object) == Judged::Meant
    }
}

impl Tags {
    fn read(text: &str) -> Result<Self, Malformed> {
        if text.trim() == "*" {
            return Ok(Self::Any);
        }
        let tags: Result<Vec<_>, Malformed> =
            text.split(',').map(str::trim).filter(|text| !text.is_empty()).map(tag).collect();
        tags.and_then(|tags| if tags.is_empty() { Err(Malformed) } else { Ok(Self::Of(tags)) })
    }

    /// Whether one of them is that of the object; `weakly` takes those that say that it is about the same, too.
    fn hold(&self, object: Option<&str>, weakly: bool) -> bool {
        match (self, object) {
            (_, None) => false,
            (Self::Any, Some(_)) => true,
            (Self::Of(tags), Some(object)) => {
                tags.iter().any(|(is_weak, tag)| tag == object && (weakly || !is_weak))
            }
        }
    }
}

/// Tags of ours hold no comma; one of somebody else's that does is read as two that are none.
fn tag(text: &str) -> Result<(bool, String), Malformed> {
    let (is_weak, quoted) = text.strip_prefix("W/").map_or((false, text), |rest| (true, rest));
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or(Malformed)?;
    if inner.contains('"') { Err(Malformed) } else { Ok((is_weak, quoted.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: Timestamp = Timestamp::from_micros(784_111_777_500_000);
    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";

    fn judged(
        (if_match, if_none_match): (Option<&str>, Option<&str>),
        (modified, unmodified): (Option<&str>, Option<&str>),
        tag: Option<&str>,
    ) -> Judged {
        let conditions = Conditions::of([if_match, if_none_match], [modified, unmodified]).unwrap();
        conditions.judge(tag.map(|tag| (tag, NEW)))
    }

    #[test]
    fn tags_come_before_dates() {
        let (tag, none) = (Some("\"a\""), None);
        for (tags, dates, object, expected) in [
            ((None, None), (None, None), tag, Judged::Meant),
            ((None, None), (None, None), none, Judged::Meant),
            ((Some("\"a\""), None), (None, None), tag, Judged::Meant),
            ((Some("\"b\", \"a\""), None), (None, None), tag, Judged::Meant),
            ((Some("\"b\""), None), (None, None), tag, Judged::Other),
            ((Some("W/\"a\""), None), (None, None), tag, Judged::Other),
            ((Some("*"), None), (None, None), tag, Judged::Meant),
            ((Some("*"), None), (None, None), none, Judged::Other),
            ((None, Some("\"a\"")), (None, None), tag, Judged::Had),
            ((None, Some("W/\"a\"")), (None, None), tag, Judged::Had),
            ((None, Some("*")), (None, None), tag, Judged::Had),
            ((None, Some("*")), (None, None), none, Judged::Meant),
            ((None, Some("\"b\"")), (Some(DATE), None), tag, Judged::Meant),
            ((None, None), (Some(DATE), None), tag, Judged::Had),
            ((None, None), (Some(BEFORE), None), tag, Judged::Meant),
            ((None, None), (Some("never"), None), tag, Judged::Meant),
            ((None, None), (None, Some(DATE)), tag, Judged::Meant),
            ((None, None), (None, Some(BEFORE)), tag, Judged::Other),
            ((None, None), (None, Some(BEFORE)), none, Judged::Meant),
            ((Some("\"a\""), None), (None, Some(BEFORE)), tag, Judged::Meant),
            ((Some("\"a\""), Some("\"a\"")), (None, None), tag, Judged::Had),
        ] {
            assert_eq!(judged(tags, dates, object), expected, "{tags:?} {dates:?} {object:?}");
        }
    }

    #[test]
    fn a_change_does_not_ask_for_what_is_new() {
        let conditions = Conditions::of([None, None], [Some(DATE), None]).unwrap();
        assert!(conditions.admit(Some(("\"a\"", NEW))));
        let create = Conditions::of([None, Some("*")], [None, None]).unwrap();
        assert!(create.admit(None) && !create.admit(Some(("\"a\"", NEW))));
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for text in ["", "a", "\"a", "a\"", "\"a\"\"b\"", "w/\"a\"", ",", "\"a\", b", "*, \"a\""] {
            assert_eq!(Conditions::of([Some(text), None], [None, None]), Err(Malformed), "{text}");
        }
    }
}
