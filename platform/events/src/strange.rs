//! Types of events that a subscription does not know and perhaps should: another version of one that it handles, or
//! one that no event of its producer has.

use std::collections::BTreeMap;

/// Types that are remembered, so that each is told once.
const REMEMBERED: usize = 1_000;

/// What is strange about a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strange {
    /// Another version of a type that is handled.
    Version,
    /// Its name begins like none of those that are handled.
    Name,
}

/// The types met so far.
#[derive(Debug, Default)]
pub(crate) struct Met {
    types: BTreeMap<String, Option<Strange>>,
}

impl Met {
    /// What is strange about `kind`, which has no handler, and whether it is met for the first time.
    pub(crate) fn meet(&mut self, handled: &[&'static str], kind: &str) -> Option<(Strange, bool)> {
        if let Some(known) = self.types.get(kind) {
            return known.map(|strange| (strange, false));
        }
        let strange = judge(handled, kind);
        let is_new = self.types.len() < REMEMBERED;
        if is_new {
            self.types.insert(kind.to_owned(), strange);
        }
        strange.map(|strange| (strange, is_new))
    }
}

fn judge(handled: &[&'static str], kind: &str) -> Option<Strange> {
    if handled.iter().any(|known| family(known) == family(kind)) {
        return Some(Strange::Version);
    }
    (!handled.iter().any(|known| teller(known) == teller(kind))).then_some(Strange::Name)
}

/// `tradewind.lamps.lamp-lit.v1` without its version.
fn family(kind: &str) -> &str {
    match kind.rsplit_once(".v") {
        Some((family, version)) if version.bytes().all(|byte| byte.is_ascii_digit()) => family,
        _ => kind,
    }
}

/// Who tells it: the first two parts.
fn teller(kind: &str) -> Option<&str> {
    let (second, _) = kind.match_indices('.').nth(1)?;
    kind.get(..second)
}

/// A type as it may be shown: what is foreign may be long, and hold what forges a line of a log.
pub(crate) fn shown(kind: &str) -> String {
    kind.chars().filter(|c| !c.is_control()).take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HANDLED: [&str; 2] = ["tradewind.lamps.lamp-lit.v1", "tradewind.lamps.lamp-sold.v2"];

    #[test]
    fn another_version_and_another_teller_are_strange_and_what_is_only_not_wanted_is_not() {
        for (kind, expected) in [
            ("tradewind.lamps.lamp-lit.v2", Some(Strange::Version)),
            ("tradewind.lamps.lamp-sold.v1", Some(Strange::Version)),
            ("tradewind.lamps.lamp-lit", Some(Strange::Version)),
            ("tradewind.lamps.lamp-dimmed.v1", None),
            ("tradewind.candles.lamp-lit.v1", Some(Strange::Name)),
            ("lamp", Some(Strange::Name)),
            ("", Some(Strange::Name)),
        ] {
            assert_eq!(judge(&HANDLED, kind), expected, "{kind}");
        }
    }

    #[test]
    fn each_is_new_once_and_no_more_are_remembered_than_allowed() {
        let mut met = Met::default();
        assert_eq!(met.meet(&HANDLED, "a.b.c"), Some((Strange::Name, true)));
        assert_eq!(met.meet(&HANDLED, "a.b.c"), Some((Strange::Name, false)));
        for number in 0..2 * REMEMBERED {
            assert!(met.meet(&HANDLED, &format!("a.b.{number}")).is_some());
        }
        assert_eq!(met.types.len(), REMEMBERED);
    }
}
