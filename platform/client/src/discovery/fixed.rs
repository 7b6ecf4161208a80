//! A list that was given.

use crate::BoxFuture;
use crate::discovery::{Discovery, Found};

/// Addresses that were given and do not change.
#[derive(Debug, Clone)]
pub struct Fixed(Option<Vec<Found>>);

impl Fixed {
    /// These addresses, each a `host:port`.
    #[must_use]
    pub fn new(addresses: &[String]) -> Self {
        let found = |address: &String| Found::at(address.clone());
        Self(Some(addresses.iter().map(found).collect()))
    }
}

impl Discovery for Fixed {
    fn next(&mut self) -> BoxFuture<'_, Result<Vec<Found>, String>> {
        Box::pin(async move {
            match self.0.take() {
                Some(found) => Ok(found),
                None => std::future::pending().await,
            }
        })
    }
}
