//! Telling apart what happens at one moment of virtual time.

use std::collections::BTreeMap;
use std::time::Duration;

/// Counts what is made at one moment, so that no two have the same randomness. What was made at other moments does not
/// matter: an act that is left out changes nothing for those after it.
#[derive(Debug, Default)]
pub(crate) struct Moment {
    at: Duration,
    made: BTreeMap<String, u32>,
}

impl Moment {
    pub(crate) fn count(&mut self, at: Duration, label: &str) -> u32 {
        if self.at != at {
            (self.at, self.made) = (at, BTreeMap::new());
        }
        let count = self.made.entry(label.to_owned()).or_default();
        *count += 1;
        *count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_at_one_moment_is_told_apart_and_another_moment_does_not_matter() {
        let (first, later) = (Duration::from_secs(1), Duration::from_secs(2));
        let mut moment = Moment::default();
        let made = [(first, "a"), (first, "b"), (first, "a"), (later, "a")];
        assert_eq!(made.map(|(at, label)| moment.count(at, label)), [1, 1, 2, 1]);
    }
}
