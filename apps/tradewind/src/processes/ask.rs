//! Asking the supervisor of a running fleet.

use std::path::Path;
use std::time::Duration;

use tradewind_chassis::{DataFolder, INTERNAL_SECRET};
use tradewind_client::{Address, Caller, PhoneBook};
use tradewind_fleet::FleetFile;
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};

use crate::processes::desk::{NAME, ProcessView};

/// The door of a supervisor.
#[derive(Debug)]
pub(crate) struct Supervisor {
    book: PhoneBook,
    secret: Secret,
    clock: Clock,
    entropy: Entropy,
}

impl Supervisor {
    /// That of the fleet which runs on a data folder.
    pub(crate) fn of(data: &Path) -> Result<Self, String> {
        let file = FleetFile::read(data).map_err(|error| error.to_string())?;
        let client = file.supervisor(NAME).map_err(|error| error.to_string())?;
        let client = client.ok_or("this fleet runs in one process; start it with `up --processes`")?;
        let secret = DataFolder::read_secret(data, INTERNAL_SECRET).map_err(|error| error.to_string())?;
        let secret = secret.ok_or_else(|| format!("{} holds no secret of a fleet", data.display()))?;
        let book = PhoneBook::default();
        book.enter(NAME, Address::Far(client));
        Ok(Self { book, secret, clock: Clock::system(), entropy: Entropy::system() })
    }

    /// The processes of the fleet, in the order in which they start.
    pub(crate) async fn processes(&self, limit: Duration) -> Result<Vec<ProcessView>, String> {
        self.caller(limit).get("/processes").await.map_err(|problem| problem.to_string())
    }

    /// Swaps a process for a new one.
    pub(crate) async fn restart(
        &self,
        service: &str,
        replica: u32,
        limit: Duration,
    ) -> Result<ProcessView, String> {
        let path = format!("/processes/{service}/{replica}/restart");
        let swapped = self.caller(limit).post(&path).await;
        swapped.map_err(|problem| problem.to_string())
    }

    fn caller(&self, limit: Duration) -> Caller {
        let context = Context::begin(Principal::Anonymous, &self.clock, &self.entropy);
        let deadline = Deadline::after(&self.clock, limit);
        let (clock, entropy) = (self.clock.clone(), self.entropy.clone());
        Caller::new(self.book.peer(NAME), context, deadline, clock, entropy).bearer(self.secret.clone())
    }
}
