//! Events on a message broker that speaks AMQP 0-9-1, which is RabbitMQ.
//!
//! The producer's log stays the truth, and the broker is how its events travel. A relay publishes the log in order
//! ([`Broker::relay`]); a subscription reads the messages through a [`Feed`](tradewind_events::Feed)
//! ([`Broker::feed`]), so that everything else about it is as without a broker. Each message says which position it
//! has and which one came before it. What the broker does not bring, because it is away, lost a queue, or met a full
//! disk, is missing from that chain, and is read from the producer's log.
//!
//! See `docs/adr/0028-events-on-rabbitmq.md`.

#![warn(missing_docs)]

mod broker;
mod bus;
mod chain;
mod counts;
#[cfg(feature = "fault-points")]
mod disturb;
mod fault_points;
mod feed;
mod headers;
mod link;
mod message;
mod mutants;
mod naming;
mod options;
mod outlet;
mod partition;
mod topology;
pub mod transport;

pub use broker::Broker;
pub use counts::{FeedCounts, LinkState, RelayCounts};
pub use fault_points::FAULT_POINTS;
pub use mutants::MUTANTS;
pub use options::{BrokerOptions, check_namespace};
pub use partition::{PARTITIONS, partition};
