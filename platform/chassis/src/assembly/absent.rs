//! A service that does not run because of its database, beside others that do: its doors say so.

use std::pin::Pin;
use std::time::Duration;

use tradewind_client::{Address, Handler, NearReceiver, PhoneBook, handler, near};
use tradewind_events::{Feed, FeedError, Horizon, Recorded};
use tradewind_kernel::Context;
use tradewind_problem::{Problem, UNAVAILABLE};

use crate::assembly::identify::Serving;
use crate::assembly::sockets::Sockets;
use crate::assembly::start::NEAR_QUEUE;
use crate::description::{Description, DoorKind, book_names};
use crate::instance::OpenDoor;
use crate::serve::{Accepting, accept};
use crate::start_error::StartError;
use crate::tasks::Scope;

/// When a caller may ask again: somebody has to mend something before.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// A service without its database.
#[derive(Debug)]
pub(crate) struct Absent {
    pub(super) name: String,
    pub(super) error: StartError,
    pub(super) scope: Scope,
    description: Description,
    open: Vec<OpenDoor>,
}

impl Absent {
    pub(super) fn new(description: &Description, error: StartError) -> Self {
        let name = description.name.clone();
        tracing::error!(service = name, reason = error.reason(), "a service does not run; the others go on");
        let scope = Scope::new(format!("{name}/absent"));
        Self { name, error, scope, description: description.clone(), open: Vec::new() }
    }

    pub(super) fn reason(&self) -> &str {
        self.error.reason()
    }

    /// Whoever runs the fleet is told why at the internal door; users are not.
    fn handler(&self, kind: DoorKind) -> Handler {
        let detail = match kind {
            DoorKind::Internal => format!("{} does not run: {}", self.name, self.reason()),
            _ => format!("{} does not run at the moment.", self.name),
        };
        handler(move |_| {
            let problem = Problem::new(&UNAVAILABLE).detail(detail.clone()).retry_after(RETRY_AFTER);
            async move { problem.to_response().map(Into::into) }
        })
    }

    /// Enters its doors into the phone book, so that whoever calls it is told.
    pub(super) fn enter(&self, book: &PhoneBook) -> Vec<(Scope, Handler, NearReceiver)> {
        let mut receivers = Vec::new();
        for door in &self.description.doors {
            let (sender, receiver) = near(NEAR_QUEUE);
            for name in book_names(&self.description, door.kind, door.port) {
                book.enter(name, Address::Near(sender.clone()));
            }
            receivers.push((self.scope.clone(), self.handler(door.kind), receiver));
        }
        receivers
    }

    pub(super) fn listen(&mut self, sockets: &mut Sockets, serving: &Serving<'_>) {
        for door in &self.description.doors {
            let Some(listener) = sockets.remove(&(self.name.clone(), door.kind)) else { continue };
            let open = OpenDoor { service: self.name.clone(), kind: door.kind, address: listener.address };
            self.open.push(open);
            let serving = Accepting {
                handler: self.handler(door.kind),
                guard: None,
                wire: serving.wire(&self.name, door.kind),
                limits: serving.limits,
                clock: serving.clock.clone(),
                scope: self.scope.clone(),
            };
            self.scope.spawn("accept", accept(listener, serving));
        }
    }

    pub(super) fn open_doors(&self) -> Vec<OpenDoor> {
        self.open.clone()
    }
}

/// The feed of a service that does not run.
#[derive(Debug)]
pub(super) struct AbsentFeed {
    pub(super) producer: &'static str,
}

impl AbsentFeed {
    fn error(&self) -> FeedError {
        FeedError::Unreadable(format!("{} does not run", self.producer))
    }
}

impl Feed for AbsentFeed {
    fn read(
        &mut self,
        _position: i64,
        _limit: u16,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Recorded>, FeedError>> + Send + '_>> {
        let error = self.error();
        Box::pin(async move { Err(error) })
    }

    fn wait(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }

    fn head(&mut self) -> Pin<Box<dyn Future<Output = Result<i64, FeedError>> + Send + '_>> {
        let error = self.error();
        Box::pin(async move { Err(error) })
    }

    fn horizon(&mut self) -> Pin<Box<dyn Future<Output = Result<Horizon, FeedError>> + Send + '_>> {
        let error = self.error();
        Box::pin(async move { Err(error) })
    }

    fn report<'a>(
        &'a mut self,
        _context: &'a Context,
        _subscriber: &'a str,
        _position: i64,
    ) -> Pin<Box<dyn Future<Output = Result<(), FeedError>> + Send + 'a>> {
        let error = self.error();
        Box::pin(async move { Err(error) })
    }
}
