//! How much there may be towards backends, over all threads.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use tradewind_data_plane::{Reached, Room, RoomBounds};
use tradewind_gateway_api::policy::backend::CircuitBreaker;
use tradewind_routing::BackendId;

/// The room of each backend, which threads share. There are as many as there are backends in documents.
#[derive(Debug, Default)]
pub(crate) struct Rooms(Mutex<BTreeMap<BackendId, Arc<Room>>>);

impl Rooms {
    /// The room of a backend, as a policy wants it. With other bounds there is another one; what goes on in the one
    /// before ends there.
    pub(crate) fn of(&self, backend: &BackendId, wanted: &CircuitBreaker, threads: u32) -> Arc<Room> {
        let bounds = RoomBounds {
            requests: wanted.max_parallel_requests,
            connections: wanted.max_connections,
            pending: wanted.max_pending_requests,
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = match all.get(backend) {
            Some(room) if room.bounds() == bounds => return room.clone(),
            Some(room) => Arc::new(room.with(bounds, threads)),
            None => Arc::new(Room::new(bounds, threads)),
        };
        all.insert(backend.clone(), room.clone());
        room
    }

    /// Appends what there is, and what was refused, as families of OpenMetrics.
    pub(crate) fn write(&self, text: &mut String) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut line = |line: std::fmt::Arguments<'_>| {
            // Writing into memory does not fail.
            text.write_fmt(line).unwrap_or_default();
            text.push('\n');
        };
        line(format_args!("# HELP gateway_broken Requests refused at a bound of circuitBreaker."));
        line(format_args!("# TYPE gateway_broken counter"));
        for (backend, room) in &*all {
            for reached in Reached::ALL {
                let labels = format_args!("backend=\"{backend}\",bound=\"{}\"", reached.name());
                line(format_args!("gateway_broken_total{{{labels}}} {}", room.count(reached)));
            }
        }
        line(format_args!("# HELP gateway_backend_connections Connections to a backend."));
        line(format_args!("# TYPE gateway_backend_connections gauge"));
        for (backend, room) in &*all {
            line(format_args!("gateway_backend_connections{{backend=\"{backend}\"}} {}", room.connections()));
        }
        line(format_args!("# HELP gateway_pending Requests that wait for a connection to a backend."));
        line(format_args!("# TYPE gateway_pending gauge"));
        for (backend, room) in &*all {
            line(format_args!("gateway_pending{{backend=\"{backend}\"}} {}", room.pending()));
        }
    }
}
