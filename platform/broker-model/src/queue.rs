//! One queue: what waits in it, in order, and who has what of it without having acknowledged it.

use std::collections::BTreeMap;

use tradewind_amqp::transport::{Parcel, QueueDeclaration};

/// A message in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// In which order messages came to the broker.
    pub(crate) number: u64,
    /// Under which key.
    pub(crate) key: String,
    pub(crate) parcel: Parcel,
    /// It was delivered before.
    pub(crate) is_again: bool,
}

/// A message that goes to a consumer now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Leaving {
    pub(crate) channel: u64,
    pub(crate) tag: u64,
    pub(crate) message: Message,
}

/// A delivery is acknowledged that the channel never had, or has acknowledged already.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownTag;

/// A queue with its consumers, in the order in which they came. A requeued message goes back to its place, so that the
/// order is that of the publishing whatever happens.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) declaration: QueueDeclaration,
    /// By number.
    ready: BTreeMap<u64, Message>,
    consumers: Vec<Consumer>,
}

#[derive(Debug)]
struct Consumer {
    channel: u64,
    prefetch: usize,
    tag: u64,
    /// By tag; none where the message went back to the queue although the consumer may still acknowledge it.
    held: BTreeMap<u64, Option<Message>>,
}

impl Queue {
    pub(crate) fn new(declaration: QueueDeclaration) -> Self {
        Self { declaration, ready: BTreeMap::new(), consumers: Vec::new() }
    }

    /// Keeps a message; gives the oldest one if there is no room for both.
    pub(crate) fn push(&mut self, message: Message) -> Option<Message> {
        self.ready.insert(message.number, message);
        let is_over =
            i64::try_from(self.ready.len()).is_ok_and(|length| length > self.declaration.max_length);
        if is_over { self.ready.pop_first().map(|(_, message)| message) } else { None }
    }

    pub(crate) fn consume(&mut self, channel: u64, prefetch: u16) {
        let held = BTreeMap::new();
        self.consumers.push(Consumer { channel, prefetch: usize::from(prefetch), tag: 0, held });
    }

    /// The consumer is gone; what it had not acknowledged is delivered again.
    pub(crate) fn leave(&mut self, channel: u64) {
        let Some(index) = self.consumers.iter().position(|each| each.channel == channel) else { return };
        let gone = self.consumers.remove(index);
        for message in gone.held.into_values().flatten() {
            self.ready.insert(message.number, Message { is_again: true, ..message });
        }
    }

    /// Everything that is not acknowledged is delivered again, although its consumers are there.
    pub(crate) fn deliver_again(&mut self) {
        for consumer in &mut self.consumers {
            for held in consumer.held.values_mut() {
                if let Some(message) = held.take() {
                    self.ready.insert(message.number, Message { is_again: true, ..message });
                }
            }
        }
    }

    /// Takes the next message that a consumer has room for. `twice` says whether it is to be delivered once more.
    pub(crate) fn next(&mut self, twice: impl FnOnce() -> bool) -> Option<Leaving> {
        let first = self.ready.first_entry()?;
        let all = if self.declaration.is_single_active { 1 } else { self.consumers.len() };
        let consumer = self.consumers.iter_mut().take(all).find(|each| each.has_room())?;
        let message = first.remove();
        consumer.tag += 1;
        let (channel, tag) = (consumer.channel, consumer.tag);
        // One that comes again by itself never comes a third time.
        if !message.is_again && twice() {
            consumer.held.insert(tag, None);
            self.ready.insert(message.number, Message { is_again: true, ..message.clone() });
        } else {
            consumer.held.insert(tag, Some(message.clone()));
        }
        Some(Leaving { channel, tag, message })
    }

    /// The delivery and all before it on the channel are done; gives how many messages are gone now.
    pub(crate) fn acknowledge(&mut self, channel: u64, tag: u64) -> Result<usize, UnknownTag> {
        let held = self.held(channel).filter(|held| held.contains_key(&tag)).ok_or(UnknownTag)?;
        let rest = held.split_off(&(tag + 1));
        Ok(std::mem::replace(held, rest).into_values().flatten().count())
    }

    /// The delivery is refused for good; gives the message, unless it went back to the queue.
    pub(crate) fn reject(&mut self, channel: u64, tag: u64) -> Result<Option<Message>, UnknownTag> {
        self.held(channel).and_then(|held| held.remove(&tag)).ok_or(UnknownTag)
    }

    fn held(&mut self, channel: u64) -> Option<&mut BTreeMap<u64, Option<Message>>> {
        self.consumers.iter_mut().find(|each| each.channel == channel).map(|each| &mut each.held)
    }

    /// The channels that consume it.
    pub(crate) fn channels(&self) -> Vec<u64> {
        self.consumers.iter().map(|each| each.channel).collect()
    }

    /// How many messages wait.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.ready.len()
    }

    /// Whether nothing waits, and everything that was delivered is acknowledged.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.ready.is_empty() && self.consumers.iter().all(|each| each.held.is_empty())
    }
}

impl Consumer {
    fn has_room(&self) -> bool {
        self.held.values().flatten().count() < self.prefetch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(max_length: i64) -> Queue {
        let name = "lamps".to_owned();
        Queue::new(QueueDeclaration { name, max_length, is_single_active: true, dead_letters: None })
    }

    fn message(number: u64) -> Message {
        Message { number, key: String::new(), parcel: Parcel::default(), is_again: false }
    }

    fn filled(queue: &mut Queue, numbers: std::ops::RangeInclusive<u64>) {
        numbers.for_each(|number| assert_eq!(queue.push(message(number)), None));
    }

    /// Everything that leaves now: channel, tag, number, again.
    fn leaving(queue: &mut Queue) -> Vec<(u64, u64, u64, bool)> {
        let next = || queue.next(|| false);
        std::iter::from_fn(next)
            .map(|each| (each.channel, each.tag, each.message.number, each.message.is_again))
            .collect()
    }

    #[test]
    fn only_the_first_consumer_gets_messages_in_order_and_no_more_than_it_has_room_for() {
        let mut queue = queue(10);
        filled(&mut queue, 1..=5);
        queue.consume(7, 2);
        queue.consume(8, 2);
        assert_eq!(leaving(&mut queue), [(7, 1, 1, false), (7, 2, 2, false)]);
        assert_eq!(queue.acknowledge(7, 1), Ok(1));
        assert_eq!(leaving(&mut queue), [(7, 3, 3, false)]);
    }

    #[test]
    fn what_a_lost_consumer_had_comes_again_before_what_is_behind_it() {
        let mut queue = queue(10);
        filled(&mut queue, 1..=4);
        queue.consume(7, 3);
        queue.consume(8, 3);
        assert_eq!(leaving(&mut queue).len(), 3);
        assert_eq!(queue.acknowledge(7, 1), Ok(1));
        queue.leave(7);
        assert_eq!(leaving(&mut queue), [(8, 1, 2, true), (8, 2, 3, true), (8, 3, 4, false)]);
    }

    #[test]
    fn what_is_acknowledged_twice_is_unknown_and_what_came_again_meanwhile_is_not() {
        let mut queue = queue(10);
        filled(&mut queue, 1..=3);
        queue.consume(7, 10);
        assert_eq!(leaving(&mut queue).len(), 3);
        assert_eq!(queue.acknowledge(7, 2), Ok(2));
        assert_eq!(queue.acknowledge(7, 2), Err(UnknownTag));
        queue.deliver_again();
        assert_eq!(leaving(&mut queue), [(7, 4, 3, true)]);
        assert_eq!(queue.acknowledge(7, 3), Ok(0), "the consumer cannot know that it came again");
        assert_eq!(queue.acknowledge(7, 4), Ok(1));
    }

    #[test]
    fn a_message_that_is_delivered_twice_has_two_tags_and_is_acknowledged_once() {
        let mut queue = queue(10);
        filled(&mut queue, 1..=1);
        queue.consume(7, 10);
        assert_eq!(queue.next(|| true).map(|each| (each.tag, each.message.is_again)), Some((1, false)));
        assert_eq!(queue.next(|| true).map(|each| (each.tag, each.message.is_again)), Some((2, true)));
        assert_eq!(queue.next(|| true), None);
        assert_eq!(queue.acknowledge(7, 2), Ok(1));
    }

    #[test]
    fn a_full_queue_drops_its_oldest_message() {
        let mut queue = queue(2);
        filled(&mut queue, 1..=2);
        assert_eq!(queue.push(message(3)).map(|dropped| dropped.number), Some(1));
        assert_eq!(queue.len(), 2);
    }

    #[test]
    fn a_refused_message_is_given_out_once() {
        let mut queue = queue(2);
        filled(&mut queue, 1..=1);
        queue.consume(7, 10);
        assert_eq!(leaving(&mut queue).len(), 1);
        assert_eq!(queue.reject(7, 1).map(|given| given.map(|message| message.number)), Ok(Some(1)));
        assert_eq!(queue.reject(7, 1), Err(UnknownTag));
    }
}
