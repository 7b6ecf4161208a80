//! The views of a running fleet, through the internal doors.

use std::fmt;
use std::time::Duration;

use http::{HeaderName, Method};
use serde_json::{Value, json};
use tradewind_client::{Caller, PhoneBook};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};
use tradewind_problem::{NOT_FOUND, Problem};
use tradewind_views::Status;

/// How long one command may take.
const LIMIT: Duration = Duration::from_secs(10);

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Why a command on views was not carried out.
#[derive(Debug, Clone, PartialEq)]
pub enum ViewsError {
    /// The fleet has no such service.
    UnknownService {
        /// The name that was given.
        name: String,
        /// The services there are.
        known: String,
    },
    /// The service has several views, or none, and the command does not say which.
    Which {
        /// The service.
        service: String,
        /// Its views.
        views: String,
    },
    /// A service refused, or did not answer.
    Refused {
        /// The service.
        service: String,
        /// What it said.
        problem: Problem,
    },
}

impl fmt::Display for ViewsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownService { name, known } => {
                write!(f, "there is no service {name:?}; known are: {known}")
            }
            Self::Which { service, views } if views.is_empty() => write!(f, "{service} has no view"),
            Self::Which { service, views } => write!(f, "say which view of {service}: {views}"),
            Self::Refused { service, problem } => write!(f, "{service}: {problem}"),
        }
    }
}

impl std::error::Error for ViewsError {}

/// Where the views of a fleet are looked at and made again.
#[derive(Debug, Clone)]
pub struct ViewDesk {
    services: Vec<String>,
    book: PhoneBook,
    secret: Secret,
    clock: Clock,
    entropy: Entropy,
}

impl ViewDesk {
    /// Talks to the internal doors of `services` in `book`, showing `secret`.
    #[must_use]
    pub fn new(
        services: Vec<String>,
        book: PhoneBook,
        secret: Secret,
        clock: Clock,
        entropy: Entropy,
    ) -> Self {
        Self { services, book, secret, clock, entropy }
    }

    /// The views of one service or of all, with the service of each.
    ///
    /// # Errors
    /// When a service is unknown or does not answer.
    pub async fn list(&self, service: Option<&str>) -> Result<Vec<(String, Status)>, ViewsError> {
        let mut found = Vec::new();
        for service in self.chosen(service)? {
            match self.caller(service).get::<Vec<Status>>("/views").await {
                Ok(views) => found.extend(views.into_iter().map(|view| (service.to_owned(), view))),
                // It has no views.
                Err(problem) if problem.is(&NOT_FOUND) => {}
                Err(problem) => return Err(refused(service)(problem)),
            }
        }
        Ok(found)
    }

    /// The name of the view that is meant: the only one, if none is named.
    ///
    /// # Errors
    /// When that is not clear, or the service is unknown or does not answer.
    pub async fn which(&self, service: &str, view: Option<&str>) -> Result<String, ViewsError> {
        if let Some(view) = view {
            return self.chosen(Some(service)).map(|_| view.to_owned());
        }
        let all = self.list(Some(service)).await?;
        match all.as_slice() {
            [(_, only)] => Ok(only.view.clone()),
            several => {
                let views: Vec<&str> = several.iter().map(|(_, status)| status.view.as_str()).collect();
                Err(ViewsError::Which { service: service.to_owned(), views: views.join(", ") })
            }
        }
    }

    /// How far a rebuild of a view is.
    ///
    /// # Errors
    /// What the service said.
    pub async fn status(&self, service: &str, view: &str) -> Result<Status, ViewsError> {
        self.caller(service).get(&format!("/views/{view}")).await.map_err(refused(service))
    }

    /// Asks for a rebuild; `accept` swaps it in although rows differ.
    ///
    /// # Errors
    /// What the service said.
    pub async fn rebuild(&self, service: &str, view: &str, accept: bool) -> Result<Status, ViewsError> {
        self.send(service, Method::POST, view, &json!({ "accept": accept })).await
    }

    /// Calls a rebuild off.
    ///
    /// # Errors
    /// What the service said.
    pub async fn cancel(&self, service: &str, view: &str) -> Result<Status, ViewsError> {
        self.send(service, Method::DELETE, view, &Value::Null).await
    }

    async fn send(
        &self,
        service: &str,
        method: Method,
        view: &str,
        body: &Value,
    ) -> Result<Status, ViewsError> {
        let path = format!("/views/{view}/rebuild");
        let key = self.entropy.id(&self.clock).to_string();
        let caller = self.caller(service).header(IDEMPOTENCY_KEY, key);
        caller.send(method, &path, body).await.map_err(refused(service))
    }

    fn chosen<'a>(&'a self, service: Option<&'a str>) -> Result<Vec<&'a str>, ViewsError> {
        let known: Vec<&str> = self.services.iter().map(String::as_str).collect();
        match service {
            None => Ok(known),
            Some(name) if known.contains(&name) => Ok(vec![name]),
            Some(name) => Err(ViewsError::UnknownService { name: name.to_owned(), known: known.join(", ") }),
        }
    }

    fn caller(&self, service: &str) -> Caller {
        let context = Context::begin(Principal::Service("views".to_owned()), &self.clock, &self.entropy);
        let deadline = Deadline::after(&self.clock, LIMIT);
        let peer = self.book.peer(&format!("{service}/internal"));
        Caller::new(peer, context, deadline, self.clock.clone(), self.entropy.clone())
            .bearer(self.secret.clone())
    }
}

fn refused(service: &str) -> impl Fn(Problem) -> ViewsError {
    let service = service.to_owned();
    move |problem| ViewsError::Refused { service: service.clone(), problem }
}
