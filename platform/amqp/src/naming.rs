//! What exchanges and queues are called.

/// The longest name, in bytes, that the protocol allows.
const MAX_NAME: usize = 255;

/// The exchange of a producer.
pub(crate) fn exchange_of(namespace: &str, producer: &str) -> String {
    name(&format!("{namespace}.{producer}.events"))
}

/// The queue of a consumer for the events of a producer.
pub(crate) fn queue_of(namespace: &str, consumer: &str, producer: &str) -> String {
    name(&format!("{namespace}.{consumer}.{producer}"))
}

/// Where messages go that are no events.
pub(crate) fn dead_letters_of(namespace: &str) -> String {
    name(&format!("{namespace}.dead-letters"))
}

/// Names of services are short, and the namespace is bounded; a longer one is cut off rather than refused each time.
fn name(text: &str) -> String {
    if text.len() <= MAX_NAME { text.to_owned() } else { text.chars().take(60).collect() }
}
