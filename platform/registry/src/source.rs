//! What the registry says of one door, for those who call it.

use std::collections::BTreeMap;

use tradewind_client::{BoxFuture, Discovery, Found};

use crate::client::{Cache, RegistryClient};
use crate::instance::Registered;

impl RegistryClient {
    /// Where the doors of this kind of all instances of `service` are, as the registry says, told on each change.
    #[must_use]
    pub fn source(&self, service: impl Into<String>, door: impl Into<String>) -> Box<dyn Discovery> {
        Box::new(Source { client: self.clone(), service: service.into(), door: door.into(), said: None })
    }
}

struct Source {
    client: RegistryClient,
    service: String,
    door: String,
    /// What was said last.
    said: Option<Result<Vec<Found>, String>>,
}

impl Source {
    /// What is to be said now; nothing before the registry has answered or failed.
    fn present(&self, cache: &Cache) -> Option<Result<Vec<Found>, String>> {
        match (&cache.trouble, &cache.instances) {
            (Some(trouble), _) => Some(Err(trouble.clone())),
            (None, Some(instances)) => Some(Ok(self.doors(instances))),
            (None, None) => None,
        }
    }

    fn doors(&self, instances: &BTreeMap<String, Registered>) -> Vec<Found> {
        // Of two lives behind one address the newer one is meant: the other one has not been missed yet.
        let mut newest: BTreeMap<&String, &Registered> = BTreeMap::new();
        for each in instances.values().filter(|each| each.instance.service == self.service) {
            let Some(address) = each.instance.doors.get(&self.door) else { continue };
            let place = newest.entry(address).or_insert(each);
            if place.number < each.number {
                *place = each;
            }
        }
        let found = newest.into_iter().map(|(address, each)| Found {
            address: address.clone(),
            instance: Some(each.id.clone()),
            is_leaving: each.instance.is_leaving,
            is_elsewhere: false,
        });
        found.collect()
    }
}

impl Discovery for Source {
    fn next(&mut self) -> BoxFuture<'_, Result<Vec<Found>, String>> {
        Box::pin(async move {
            loop {
                // Before the look: a change between the two is not missed.
                let client = self.client.clone();
                let changed = client.changed().notified();
                let present = self.present(&client.cache());
                if let Some(present) = present.filter(|present| self.said.as_ref() != Some(present)) {
                    self.said = Some(present.clone());
                    return present;
                }
                changed.await;
            }
        })
    }
}
