//! Events between services, whichever way they travel: from the log of a service in the same process, from that of one
//! in another process, or by a broker. The same tests for all; then what only a broker can do to them.

mod conformance;
mod outages;
mod pair;
mod strangers;
mod switching;
