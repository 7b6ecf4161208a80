//! Reservations that nobody confirms in time, in simulated time.

mod alone;
mod chaos;
mod together;

use std::time::Duration;

/// How long a reservation holds by itself.
const TTL: Duration = Duration::from_secs(15 * 60);

/// Long enough for a reservation to be over and for everybody to have heard of it.
const LATER: Duration = Duration::from_secs(16 * 60);

/// Long enough for a service that was held back to try again.
const SOON: Duration = Duration::from_secs(20);
