//! A backup of a fleet that runs.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::try_join_all;
use http::Method;
use serde::{Deserialize, Serialize};
use tradewind_client::{Body, Caller, PhoneBook};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};
use tradewind_problem::{CONFLICT, Problem};

use crate::take::{Copy, complete};
use crate::{BackupError, Extras, Manifest, Part, Progress, Taken, files};

/// How long a service may take to begin its answer, and between two pieces of it.
const LIMIT: Duration = Duration::from_secs(10);

/// How long subscriptions are held when nobody lets them go: a backup that dies delays events by so much.
const HELD_FOR: Duration = Duration::from_secs(10);

/// Where subscriptions are held and let go.
const HOLD: &str = "/backup/hold";

/// A fleet that runs, seen through its internal doors.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// The services, in the order in which they start.
    pub services: Vec<String>,
    /// Where they are, as `service/internal`.
    pub book: PhoneBook,
    /// The secret of the internal doors.
    pub secret: Secret,
    /// The time.
    pub clock: Clock,
    /// The randomness of traces.
    pub entropy: Entropy,
}

/// What a service answers when its subscriptions are held, and takes when they are let go.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Held {
    held: serde_json::Value,
}

/// The copy of a service whose state is chosen.
struct Stream {
    service: String,
    body: Body,
    first: Bytes,
}

impl Fleet {
    /// Copies all databases into `folder`, which is new or empty, while the fleet takes commands. `program` is the
    /// version of the program.
    ///
    /// All subscriptions of all services are held before the state of the first database is chosen and until that
    /// of the last is: what a service did because of another's event is in the backup only with that event. They are
    /// held for as long as it takes to look at each database once, however much it holds.
    ///
    /// # Errors
    /// When a service refuses, breaks off, or could not be held for long enough. Nothing stays held longer than its
    /// own bound, and what is in the folder has no manifest.
    pub async fn copy(
        &self,
        folder: &Path,
        extras: &Extras,
        program: &str,
        progress: Progress<'_>,
    ) -> Result<Manifest, BackupError> {
        files::new_folder(folder)?;
        let held = self.hold().await?;
        let now = self.clock.now();
        let streams = self.begin_all().await;
        // Also when a stream did not begin: nothing shall wait for the bound.
        self.let_go(held).await?;
        let copies = streams?.into_iter().map(|stream| self.read(folder, stream));
        let parts: Vec<(Part, String)> = try_join_all(copies).await?;
        for (part, _) in &parts {
            progress(&part.service, part.rows(), part.file.bytes);
        }
        complete(folder, extras, (Taken::Running, now, program), parts)
    }

    /// Holds the subscriptions of all services; all or none.
    async fn hold(&self) -> Result<Vec<(String, Held)>, BackupError> {
        let hold = serde_json::json!({ "seconds": HELD_FOR.as_secs() });
        let mut held = Vec::new();
        for service in &self.services {
            match self.caller(service).send(Method::PUT, HOLD, &hold).await {
                Ok(these) => held.push((service.clone(), these)),
                Err(problem) => {
                    // What cannot be let go ends by itself.
                    self.let_go(held).await.unwrap_or_default();
                    return Err(BackupError::refused(service)(problem));
                }
            }
        }
        Ok(held)
    }

    /// Lets all go, and makes sure that all were held until now.
    async fn let_go(&self, held: Vec<(String, Held)>) -> Result<(), BackupError> {
        let mut outcome = Ok(());
        for (service, held) in held {
            let released: Result<(), Problem> = self.caller(&service).send(Method::DELETE, HOLD, &held).await;
            if let Err(problem) = released {
                outcome = Err(match problem.is(&CONFLICT) {
                    true => BackupError::HoldLost { service },
                    false => BackupError::refused(&service)(problem),
                });
            }
        }
        outcome
    }

    async fn begin_all(&self) -> Result<Vec<Stream>, BackupError> {
        let mut streams = Vec::new();
        for service in &self.services {
            streams.push(self.begin(service).await?);
        }
        Ok(streams)
    }

    /// Asks for a copy and waits until its state is chosen: its first piece is there.
    async fn begin(&self, service: &str) -> Result<Stream, BackupError> {
        let body = self.caller(service).stream("/backup").await;
        let mut body = body.map_err(BackupError::refused(service))?;
        let first = self.next(service, &mut body).await?;
        let first = first.ok_or_else(|| BackupError::BrokeOff { service: service.to_owned() })?;
        Ok(Stream { service: service.to_owned(), body, first })
    }

    async fn read(&self, folder: &Path, stream: Stream) -> Result<(Part, String), BackupError> {
        let Stream { service, mut body, first } = stream;
        let mut copy = Copy::begin(folder, &service)?;
        copy.take(&first)?;
        while let Some(piece) = self.next(&service, &mut body).await? {
            copy.take(&piece)?;
        }
        let (part, summary) = copy.finish()?;
        Ok((part, summary.engine))
    }

    async fn next(&self, service: &str, body: &mut Body) -> Result<Option<Bytes>, BackupError> {
        let broken = || BackupError::BrokeOff { service: service.to_owned() };
        let piece = self.clock.timeout(LIMIT, body.next()).await.map_err(|_| broken())?;
        piece.transpose().map_err(|_| broken())
    }

    fn caller(&self, service: &str) -> Caller {
        let context = Context::begin(Principal::Service("backup".to_owned()), &self.clock, &self.entropy);
        let deadline = Deadline::after(&self.clock, LIMIT);
        let peer = self.book.peer(&format!("{service}/internal"));
        Caller::new(peer, context, deadline, self.clock.clone(), self.entropy.clone())
            .bearer(self.secret.clone())
    }
}
