//! The domain name system, by the resolver of the operating system.

use std::time::Duration;

use tradewind_kernel::Clock;

use crate::BoxFuture;
use crate::discovery::{Discovery, Found};

/// How long the resolver may take.
const LIMIT: Duration = Duration::from_secs(5);

/// The pause after the resolver could not be asked, unless the usual one is shorter.
const PAUSE: Duration = Duration::from_secs(1);

/// A name that stands for several addresses, asked for again and again. That it cannot be asked changes nothing.
#[derive(Debug)]
pub struct Dns {
    name: String,
    port: u16,
    every: Duration,
    clock: Clock,
    /// What was said last; nothing after a failure, so that its end is told.
    last: Option<Vec<String>>,
    pause: Duration,
}

impl Dns {
    /// The addresses of `name`, asked for each `every`; the door is at `port` of each.
    #[must_use]
    pub fn new(name: impl Into<String>, port: u16, every: Duration, clock: Clock) -> Self {
        Self { name: name.into(), port, every, clock, last: None, pause: Duration::ZERO }
    }

    async fn resolve(&self) -> Result<Vec<String>, String> {
        let asked = tokio::net::lookup_host((self.name.as_str(), self.port));
        let answer = self.clock.timeout(LIMIT, asked).await;
        let answer = answer.map_err(|_| format!("{}: the resolver did not answer in time", self.name))?;
        let found = answer.map_err(|error| format!("{}: {error}", self.name))?;
        let mut addresses: Vec<String> = found.map(|address| address.to_string()).collect();
        // Resolvers turn their answers round, so that callers do not all begin with the same one.
        addresses.sort();
        addresses.dedup();
        Ok(addresses)
    }
}

impl Discovery for Dns {
    fn next(&mut self) -> BoxFuture<'_, Result<Vec<Found>, String>> {
        Box::pin(async move {
            loop {
                self.clock.sleep(self.pause).await;
                let addresses = match self.resolve().await {
                    Ok(addresses) => addresses,
                    Err(trouble) => {
                        self.last = None;
                        self.pause = self.every.min(PAUSE);
                        return Err(trouble);
                    }
                };
                self.pause = self.every;
                if self.last.as_ref() != Some(&addresses) {
                    let all = addresses.iter().cloned().map(Found::at).collect();
                    self.last = Some(addresses);
                    return Ok(all);
                }
            }
        })
    }
}
