//! Asking a running fleet how it is.

use std::time::Duration;

use tradewind_client::Caller;
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal};
use tradewind_problem::Problem;

use crate::{FleetFile, FleetFileError};

/// Asks every service of the fleet whether it is ready.
///
/// # Errors
/// When the file of the fleet cannot be used; what a service answers is in the list.
pub async fn ready(
    file: &FleetFile,
    clock: &Clock,
    entropy: &Entropy,
    limit: Duration,
) -> Result<Vec<(String, Result<(), Problem>)>, FleetFileError> {
    let book = file.phone_book()?;
    let mut answers = Vec::new();
    for (door, _) in file.doors.iter().chain(&file.replicas) {
        let Some(service) = door.strip_suffix("/internal") else {
            continue;
        };
        let context = Context::begin(Principal::Anonymous, clock, entropy);
        let deadline = Deadline::after(clock, limit);
        let caller = Caller::new(book.peer(door), context, deadline, clock.clone(), entropy.clone());
        answers.push((service.to_owned(), caller.probe("/readyz").await));
    }
    Ok(answers)
}
