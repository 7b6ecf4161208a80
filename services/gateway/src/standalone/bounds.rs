//! What policies say of the connections of a port.

use tradewind_data_plane::{Bounds, Settings};
use tradewind_routing::EffectiveListenerPolicy;

/// What a policy, over what holds anyway, comes to.
pub(crate) fn bounds(policy: &EffectiveListenerPolicy, settings: &Settings) -> Bounds {
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
