//! What policies say of the connections of a port.

use std::collections::BTreeMap;

use tradewind_data_plane::{Bounds, ListenerBounds, Settings};
use tradewind_routing::{EffectiveListenerPolicy, Table};

/// The bounds of each port that is open.
#[derive(Debug, Default)]
pub(crate) struct OfPorts(BTreeMap<u16, ListenerBounds>);

impl OfPorts {
    /// Those that the policies of a table ask for.
    pub(crate) fn of(table: &Table, settings: &Settings) -> Self {
        let of_port = |port| (port, ListenerBounds::new(bounds(table.listener_policy(port), settings)));
        Self(table.ports().map(of_port).collect())
    }

    pub(crate) fn get(&self, port: u16) -> Option<ListenerBounds> {
        self.0.get(&port).cloned()
    }

    /// Others hold from the next connection on.
    pub(crate) fn follow(&self, table: &Table, settings: &Settings) {
        for (port, held) in &self.0 {
            held.replace(bounds(table.listener_policy(*port), settings));
        }
    }
}

fn bounds(policy: &EffectiveListenerPolicy, settings: &Settings) -> Bounds {
    let (limits, timeouts, http2) = (&policy.limits, &policy.timeouts, &policy.http2);
    let mut bounds = Bounds::from(settings);
    let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    bounds.connections = size(limits.max_connections);
    bounds.connections_of_client = size(limits.max_connections_per_client);
    bounds.requests = limits.max_requests_per_connection;
    bounds.head.max_head_bytes = size(limits.max_head_bytes);
    bounds.head.max_headers = size(limits.max_headers);
    bounds.handshake = timeouts.tls_handshake;
    bounds.idle = timeouts.idle;
    bounds.head_time = timeouts.request_head;
    bounds.body = timeouts.request_body_idle;
    bounds.write = timeouts.write_stall;
    bounds.age = Some(timeouts.max_connection_age);
    bounds.streams = http2.max_concurrent_streams;
    bounds.resets = http2.max_resets_per_minute;
    bounds.stream_window = http2.initial_stream_window_size;
    bounds.connection_window = http2.initial_connection_window_size;
    bounds
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The guide names what holds where no policy says anything.
    #[test]
    fn without_a_policy_the_defaults_of_the_guide_hold() {
        let bounds = bounds(&EffectiveListenerPolicy::default(), &Settings::default());
        assert_eq!(
            (bounds.connections, bounds.connections_of_client, bounds.requests),
            (10_000, 1_000, 10_000)
        );
        assert_eq!((bounds.head.max_head_bytes, bounds.head.max_headers), (32 * 1024, 100));
        assert_eq!(bounds.idle, Duration::from_secs(75));
        assert_eq!(bounds.age, Some(Duration::from_secs(3_600)));
        assert_eq!((bounds.streams, bounds.resets), (100, 600));
    }
}
