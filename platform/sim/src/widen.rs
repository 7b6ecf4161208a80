//! What the other version of a service keeps besides: see [`crate::version`].

use std::sync::PoisonError;

use crate::world::World;

impl World {
    /// Makes the database of a service ready for its other version, once.
    pub(crate) fn widen(&self, service: &str) -> Result<(), String> {
        let mut widened = self.inner.widened.lock().unwrap_or_else(PoisonError::into_inner);
        if !widened.insert(service.to_owned()) {
            return Ok(());
        }
        for table in self.inner.volume.tables(service)? {
            let add = format!("alter table \"{table}\" add column added_by_the_other_version text");
            self.inner.volume.execute(service, &add).map_err(|error| format!("{add}: {error}"))?;
        }
        Ok(())
    }
}
