//! Conditions as JSON.

use serde_json::{Value, json};
use tradewind_routing::Condition;

/// The most characters of a message; the definitions take 32,768.
const LONGEST: usize = 1_024;

/// What is said by whom, and when.
#[derive(Clone, Copy)]
pub(super) struct Saying<'scene> {
    /// What it is about.
    pub(super) generation: i64,
    pub(super) now: &'scene str,
}

impl Saying<'_> {
    /// Our conditions in the place of those of the same kinds; the others stay where they are.
    pub(super) fn among(&self, current: Option<&Value>, ours: &[Condition]) -> Value {
        let known = current.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let is_ours = |one: &&Value| ours.iter().any(|condition| one["type"] == condition.kind);
        let mut all: Vec<Value> = known
            .iter()
            .map(|one| {
                let mine = ours.iter().find(|condition| one["type"] == condition.kind);
                mine.map_or_else(|| one.clone(), |condition| self.one(Some(one), condition))
            })
            .collect();
        let told: Vec<&Value> = known.iter().filter(is_ours).collect();
        let is_new = |condition: &&Condition| told.iter().all(|one| one["type"] != condition.kind);
        all.extend(ours.iter().filter(is_new).map(|condition| self.one(None, condition)));
        Value::Array(all)
    }

    /// Our conditions alone.
    pub(super) fn alone(&self, current: Option<&Value>, ours: &[Condition]) -> Value {
        let known = current.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let one = |condition: &Condition| {
            self.one(known.iter().find(|one| one["type"] == condition.kind), condition)
        };
        Value::Array(ours.iter().map(one).collect())
    }

    /// The time of a condition changes with what it says, and not with why.
    fn one(&self, current: Option<&Value>, condition: &Condition) -> Value {
        let status = if condition.holds { "True" } else { "False" };
        let before = current.filter(|one| one["status"] == status);
        let since = before.and_then(|one| one["lastTransitionTime"].as_str()).unwrap_or(self.now);
        let message: String = condition.message.chars().take(LONGEST).collect();
        json!({
            "type": condition.kind,
            "status": status,
            "reason": condition.reason,
            "message": message,
            "observedGeneration": self.generation,
            "lastTransitionTime": since,
        })
    }
}

/// A condition.
pub(super) fn condition(
    kind: &'static str,
    holds: bool,
    reason: &'static str,
    message: impl Into<String>,
) -> Condition {
    Condition { kind, holds, reason, message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAYING: Saying<'_> = Saying { generation: 2, now: "2026-01-02T00:00:00Z" };

    #[test]
    fn the_time_changes_with_the_status_alone() {
        let first = Saying { generation: 1, now: "2026-01-01T00:00:00Z" }
            .alone(None, &[condition("Accepted", true, "Accepted", "a")]);
        let same = SAYING.alone(Some(&first), &[condition("Accepted", true, "Other", "b")]);
        assert_eq!(same[0]["lastTransitionTime"], "2026-01-01T00:00:00Z");
        assert_eq!((&same[0]["reason"], &same[0]["observedGeneration"]), (&json!("Other"), &json!(2)));
        let other = SAYING.alone(Some(&first), &[condition("Accepted", false, "Other", "b")]);
        assert_eq!(other[0]["lastTransitionTime"], SAYING.now);
    }

    #[test]
    fn conditions_of_others_stay() {
        let known = json!([{"type": "Theirs", "status": "True"}, {"type": "Accepted", "status": "Unknown"}]);
        let ours =
            [condition("Programmed", true, "Programmed", ""), condition("Accepted", true, "Accepted", "")];
        let all = SAYING.among(Some(&known), &ours);
        let kinds: Vec<&str> =
            all.as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["Theirs", "Accepted", "Programmed"]);
        assert_eq!(all[0], known[0]);
        assert_eq!(SAYING.among(Some(&all), &ours), all, "said again it is the same");
    }
}
