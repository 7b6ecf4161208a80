//! Reading events that were written by older programs.

use serde_json::Value;
use tradewind_db::DbError;

use crate::{DomainEvent, Upcaster};

/// The most steps from an event as it was written to one that is known: a chain that is longer runs in a circle.
const MAX_STEPS: usize = 100;

/// Reads an event that was written under `name` in `version`: through the upcasters of its type, where there are any
/// for it.
///
/// # Errors
/// [`DbError::Column`] when an upcaster refuses, when none is there for an older version, or when what comes out is
/// no event of this type.
pub fn read_event<E: DomainEvent>(name: &str, version: u32, json: &str) -> Result<E, DbError> {
    let failed =
        |reason: String| DbError::Column { message: format!("{name} in version {version}: {reason}") };
    let Some(first) = upcaster::<E>(name, version) else {
        let event: E = serde_json::from_str(json).map_err(|error| failed(error.to_string()))?;
        return checked(event, name, version).map_err(failed);
    };
    let mut value: Value = serde_json::from_str(json).map_err(|error| failed(error.to_string()))?;
    let mut step = first;
    for _ in 0..MAX_STEPS {
        value = (step.upcast)(value).map_err(failed)?;
        let (name, version) = step.to;
        match upcaster::<E>(name, version) {
            Some(next) => step = next,
            None => {
                let event: E = serde_json::from_value(value).map_err(|error| failed(error.to_string()))?;
                return checked(event, name, version).map_err(failed);
            }
        }
    }
    Err(failed("its upcasters run in a circle".to_owned()))
}

fn upcaster<E: DomainEvent>(name: &str, version: u32) -> Option<Upcaster> {
    E::UPCASTERS.iter().find(|each| each.version == version && each.name == name).copied()
}

/// What was read must be what it was written as: another version that happens to be readable is not guessed at.
fn checked<E: DomainEvent>(event: E, name: &str, version: u32) -> Result<E, String> {
    let (known, current) = (event.name(), event.version());
    if known == name && current == version {
        return Ok(event);
    }
    Err(format!("nothing makes it into {known} in version {current}; add an upcaster"))
}
