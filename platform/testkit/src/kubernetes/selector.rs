//! Label selectors: equality, inequality and presence.

use serde_json::Value;

/// What labels must be like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Selector(Vec<Demand>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Demand {
    Is(String, String),
    IsNot(String, String),
    Has(String),
}

impl Selector {
    /// Reads a selector; `None` for one with sets, which this server does not know.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.contains('(') {
            return None;
        }
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let owned = |pair: (&str, &str)| (pair.0.trim().to_owned(), pair.1.trim().to_owned());
        let demand = |part: &str| {
            if let Some((name, value)) = part.split_once("!=").map(owned) {
                return Demand::IsNot(name, value);
            }
            match part.split_once("==").or_else(|| part.split_once('=')).map(owned) {
                Some((name, value)) => Demand::Is(name, value),
                None => Demand::Has(part.to_owned()),
            }
        };
        Some(Self(parts.map(demand).collect()))
    }

    /// Whether an object's labels are like that.
    pub(super) fn takes(&self, object: &Value) -> bool {
        let label = |name: &str| object["metadata"]["labels"].get(name).and_then(Value::as_str);
        self.0.iter().all(|demand| match demand {
            Demand::Is(name, value) => label(name) == Some(value),
            Demand::IsNot(name, value) => label(name) != Some(value),
            Demand::Has(name) => label(name).is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_selector_asks_for_labels() {
        let object = json!({"metadata": {"labels": {"a/b": "1", "c": "2"}}});
        let takes = |text: &str| Selector::read(text).unwrap().takes(&object);
        assert!(takes("") && takes("a/b=1") && takes("a/b==1,c!=3") && takes("c"));
        assert!(!takes("a/b=2") && !takes("c!=2") && !takes("d") && !takes("a/b=1,d=1"));
        assert_eq!(Selector::read("a in (b)"), None);
    }
}
