//! Exchanges, and which queues get what is published there.

use std::collections::BTreeMap;

use tradewind_amqp::transport::{ExchangeKind, Failed};

/// All exchanges, by name.
#[derive(Debug, Default)]
pub(crate) struct Exchanges {
    all: BTreeMap<String, Exchange>,
}

#[derive(Debug)]
struct Exchange {
    kind: ExchangeKind,
    /// Pattern and queue.
    bindings: Vec<(String, String)>,
}

impl Exchanges {
    pub(crate) fn declare(&mut self, name: String, kind: ExchangeKind) -> Result<(), Failed> {
        let failed = mismatch(&name);
        let exchange = self.all.entry(name).or_insert(Exchange { kind, bindings: Vec::new() });
        if exchange.kind == kind { Ok(()) } else { Err(failed) }
    }

    pub(crate) fn bind(&mut self, queue: String, exchange: &str, pattern: String) -> Result<(), Failed> {
        let found = self.all.get_mut(exchange).ok_or_else(|| none(exchange))?;
        let binding = (pattern, queue);
        if !found.bindings.contains(&binding) {
            found.bindings.push(binding);
        }
        Ok(())
    }

    /// A queue is deleted.
    pub(crate) fn forget(&mut self, queue: &str) {
        for exchange in self.all.values_mut() {
            exchange.bindings.retain(|(_, bound)| bound != queue);
        }
    }

    /// The queues that get what is published under this key.
    pub(crate) fn route(&self, exchange: &str, key: &str) -> Vec<String> {
        let Some(exchange) = self.all.get(exchange) else { return Vec::new() };
        let mut queues: Vec<String> = Vec::new();
        for (pattern, queue) in &exchange.bindings {
            let takes = exchange.kind == ExchangeKind::Fanout || matches(pattern, key);
            if takes && !queues.contains(queue) {
                queues.push(queue.clone());
            }
        }
        queues
    }
}

/// Whether a key of words is one that the pattern means, as for a topic exchange of AMQP 0-9-1.
fn matches(pattern: &str, key: &str) -> bool {
    fn all(pattern: &[&str], key: &[&str]) -> bool {
        match (pattern.split_first(), key.split_first()) {
            (None, None) => true,
            (Some((&"#", rest)), after) => all(rest, key) || after.is_some_and(|(_, key)| all(pattern, key)),
            (Some((word, rest)), Some((first, key))) => (*word == "*" || word == first) && all(rest, key),
            _ => false,
        }
    }
    pattern == "#" || all(&pattern.split('.').collect::<Vec<_>>(), &key.split('.').collect::<Vec<_>>())
}

/// Something is there that was declared otherwise.
pub(crate) fn mismatch(name: &str) -> Failed {
    Failed::Mismatch(format!("{name} is there with other arguments"))
}

/// Something is not there.
pub(crate) fn none(name: &str) -> Failed {
    Failed::Refused(format!("there is no {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_topic_exchanges() {
        for (pattern, key, expected) in [
            ("#", "a.b", true),
            ("a.*", "a.b", true),
            ("a.*", "a.b.c", false),
            ("a.#", "a", true),
            ("a.#.c", "a.b.b.c", true),
            ("*.b", "b", false),
            ("a", "a.b", false),
        ] {
            assert_eq!(matches(pattern, key), expected, "{pattern} {key}");
        }
    }

    #[test]
    fn a_queue_gets_a_message_once_whatever_it_is_bound_by() {
        let mut exchanges = Exchanges::default();
        exchanges.declare("lamps".to_owned(), ExchangeKind::Topic).unwrap();
        assert!(exchanges.declare("lamps".to_owned(), ExchangeKind::Fanout).is_err());
        for pattern in ["#", "a.#"] {
            exchanges.bind("q".to_owned(), "lamps", pattern.to_owned()).unwrap();
        }
        assert_eq!(exchanges.route("lamps", "a.b"), ["q"]);
        exchanges.forget("q");
        assert_eq!(exchanges.route("lamps", "a.b"), Vec::<String>::new());
    }
}
