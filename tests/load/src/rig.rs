//! A fleet with its servers and its clients, and what every run on one asks of it in the end.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::client_log::ClientLog;
use crate::figures::Figures;
use crate::folder::Folder;
use crate::home::Home;
use crate::judge;
use crate::parts::Part;
use crate::place::Clients;
use crate::process::{self, Fleet, Signal};
use crate::servers::Servers;
use crate::setup::Setup;
use crate::verify::verify;

/// How long the fleet may take to have handled everything once nobody disturbs.
const CATCH_UP: Duration = Duration::from_secs(120);

/// How long a process may take until it takes requests.
const READY_LIMIT: Duration = Duration::from_secs(90);

/// How long after the last disturbance nothing may be stuck any more.
const REST_LIMIT: Duration = Duration::from_secs(30);

/// The pause before the processes of orders are looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// The pause before a process is looked at again.
const LOOK: Duration = Duration::from_millis(10);

/// How the supervisor tells of an end that it did not ask for.
const ENDED: &str = " | the process ended: ";

/// A running fleet with goods to sell.
pub(crate) struct Rig {
    pub(crate) fleet: Fleet,
    pub(crate) home: Home,
    pub(crate) servers: Servers,
    pub(crate) clients: Clients,
    /// What all processes say.
    log: PathBuf,
}

impl Rig {
    /// Starts servers and fleet, with these variables, and fills the shop; each client rests after an order.
    pub(crate) async fn start(
        binary: &Path,
        folder: &Folder,
        setup: &Setup,
        environment: Vec<(String, String)>,
        rest: Duration,
    ) -> Result<Self, String> {
        let (mut home, servers) = Home::make(setup, binary, folder).await?;
        home.environment.extend(environment);
        let log = folder.part("fleet.log");
        let file = File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let fleet = Fleet::start_with(&home, None, file.into()).await?;
        let mut clients = Clients::new(ClientLog::create(folder.part("clients.ndjson"))?).resting(rest);
        clients.fill(&fleet.book, &fleet.secret).await.map_err(|problem| problem.to_string())?;
        Ok(Self { fleet, home, servers, clients, log })
    }

    /// The fleet's only process or its supervisor runs.
    pub(crate) async fn alive(&mut self) -> Result<(), String> {
        match self.fleet.ended(Duration::ZERO).await? {
            Some(status) => Err(format!("the fleet ended by itself: {status}")),
            None => Ok(()),
        }
    }

    /// Waits until a process runs under this name and takes requests.
    pub(crate) async fn ready_part(&mut self, label: &str) -> Result<Part, String> {
        let started = Instant::now();
        while started.elapsed() < READY_LIMIT {
            self.alive().await?;
            let part = Part::find(&self.home.data, label)?.filter(|part| !process::is_gone(part.process()));
            if let Some(part) = part
                && self.fleet.is_ready(&part).await
            {
                return Ok(part);
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(format!("{label} took no requests within {READY_LIMIT:?}"))
    }

    /// What is left when nobody disturbs any more, held against what the clients know. `ended` processes were to end
    /// by themselves.
    pub(crate) async fn judge(&self, ended: u32, figures: &mut Figures) -> Result<(), String> {
        if let Err(problem) = self.fleet.quiet().caught_up(CATCH_UP).await {
            figures.failure("subscriptions_caught_up", &problem.to_string());
        }
        judge::orders(&self.fleet.book, &self.clients, figures).await?;
        figures.at_most("letters", self.fleet.letters().await?, 0.0);
        figures.at_most("processes_that_ended_unasked", self.ends()? - f64::from(ended), 0.0);
        Ok(())
    }

    /// What the processes of orders are so long after the last disturbance, at most; ends early when all have ended.
    pub(crate) async fn rested(&self, since: Instant, figures: &mut Figures) -> Result<(), String> {
        loop {
            let all = self.fleet.under_way().await?;
            let elapsed = since.elapsed();
            if all.under_way > 0 && elapsed < REST_LIMIT {
                tokio::time::sleep(LOOK_AGAIN).await;
                continue;
            }
            figures.note("seconds_of_rest", elapsed.as_secs_f64());
            figures.note("processes_under_way_then", all.under_way as f64);
            figures.at_most("stuck_after_30_s", all.stuck as f64, 0.0);
            return Ok(());
        }
    }

    /// `tradewind verify`, whose table stands above its figure.
    pub(crate) fn verify(&self, figures: &mut Figures) -> Result<(), String> {
        verify(&self.home, figures)
    }

    /// Asks the fleet to drain, and keeps what the servers said if something was found.
    pub(crate) async fn end(self, folder: &Folder, figures: &mut Figures) -> Result<(), String> {
        if figures.failed() {
            self.servers.keep_logs(folder);
        }
        let clean = self.fleet.end(Signal::Term).await?;
        figures.at_least("clean_exit", f64::from(u32::from(clean)), 1.0);
        Ok(())
    }

    /// Ends of processes that nobody asked the supervisor for.
    fn ends(&self) -> Result<f64, String> {
        let text = std::fs::read_to_string(&self.log);
        let text = text.map_err(|error| format!("{}: {error}", self.log.display()))?;
        Ok(text.lines().filter(|line| line.contains(ENDED)).count() as f64)
    }
}
