//! The letters of a running fleet, through the internal doors.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use http::{HeaderName, Method};
use serde_json::value::RawValue;
use tradewind_client::{Caller, PhoneBook};
use tradewind_events::letters::{Letter, LetterSummary, MAX_PAGE, Replayed};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};
use tradewind_problem::{NOT_FOUND, Problem};

/// How long one command may take.
const LIMIT: Duration = Duration::from_secs(10);

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The name of a letter within its service: `subscription/position`, such as `orders/17`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterName {
    /// The subscription, named after its producer.
    pub subscription: String,
    /// The event's position in the producer's log.
    pub position: i64,
}

impl fmt::Display for LetterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.subscription, self.position)
    }
}

impl FromStr for LetterName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} names no letter; write SUBSCRIPTION/POSITION, such as orders/17");
        let (subscription, position) = text.split_once('/').ok_or_else(wrong)?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if subscription.is_empty() || !subscription.chars().all(is_plain) {
            return Err(wrong());
        }
        let position = position.parse().map_err(|_| wrong())?;
        Ok(Self { subscription: subscription.to_owned(), position })
    }
}

/// Why a command on letters was not carried out.
#[derive(Debug, Clone, PartialEq)]
pub enum LettersError {
    /// The fleet has no such service.
    UnknownService {
        /// The name that was given.
        name: String,
        /// The services there are.
        known: String,
    },
    /// No service holds a letter of this name.
    NoLetter(LetterName),
    /// Several services hold a letter of this name.
    Ambiguous {
        /// The name that was given.
        name: LetterName,
        /// The services that hold one.
        services: String,
    },
    /// A service refused, or did not answer.
    Refused {
        /// The service.
        service: String,
        /// What it said.
        problem: Problem,
    },
}

impl fmt::Display for LettersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownService { name, known } => {
                write!(f, "there is no service {name:?}; known are: {known}")
            }
            Self::NoLetter(name) => write!(f, "there is no letter {name}; see `tradewind letters list`"),
            Self::Ambiguous { name, services } => {
                write!(f, "several services hold a letter {name}: {services}; say which with --service")
            }
            Self::Refused { service, problem } => write!(f, "{service}: {problem}"),
        }
    }
}

impl std::error::Error for LettersError {}

/// Where the letters of a fleet are looked at and dealt with.
#[derive(Debug, Clone)]
pub struct LetterDesk {
    services: Vec<String>,
    book: PhoneBook,
    secret: Secret,
    clock: Clock,
    entropy: Entropy,
}

impl LetterDesk {
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

    /// All letters of one service or of all, with the service that holds each.
    ///
    /// # Errors
    /// When a service is unknown or does not answer.
    pub async fn list(&self, service: Option<&str>) -> Result<Vec<(String, LetterSummary)>, LettersError> {
        let mut found = Vec::new();
        for service in self.chosen(service)? {
            let (mut subscription, mut position) = (String::new(), 0);
            loop {
                let path = format!(
                    "/letters?limit={MAX_PAGE}&afterSubscription={subscription}&afterPosition={position}"
                );
                let page: Vec<LetterSummary> =
                    self.caller(service).get(&path).await.map_err(refused(service))?;
                let Some(last) = page.last() else { break };
                (subscription, position) = (last.subscription.clone(), last.position);
                found.extend(page.into_iter().map(|letter| (service.to_owned(), letter)));
            }
        }
        Ok(found)
    }

    /// The service that holds the letter.
    ///
    /// # Errors
    /// When none holds it, or several do and `service` does not say which.
    pub async fn locate(&self, name: &LetterName, service: Option<&str>) -> Result<String, LettersError> {
        let mut holders = Vec::new();
        for service in self.chosen(service)? {
            match self.show(service, name).await {
                Ok(_) => holders.push(service.to_owned()),
                Err(LettersError::Refused { problem, .. }) if problem.is(&NOT_FOUND) => {}
                Err(error) => return Err(error),
            }
        }
        match holders.as_slice() {
            [] => Err(LettersError::NoLetter(name.clone())),
            [only] => Ok(only.clone()),
            several => Err(LettersError::Ambiguous { name: name.clone(), services: several.join(", ") }),
        }
    }

    /// A letter with its event.
    ///
    /// # Errors
    /// What the service said.
    pub async fn show(&self, service: &str, name: &LetterName) -> Result<Letter, LettersError> {
        self.caller(service).get(&format!("/letters/{name}")).await.map_err(refused(service))
    }

    /// Replaces what the event of a letter says.
    ///
    /// # Errors
    /// What the service said.
    pub async fn edit(
        &self,
        service: &str,
        name: &LetterName,
        data: &RawValue,
        reason: &str,
    ) -> Result<Letter, LettersError> {
        let body = serde_json::json!({ "data": data, "reason": reason });
        self.send(service, Method::PUT, name, &body).await
    }

    /// Gives a letter up, or the first one of its key.
    ///
    /// # Errors
    /// What the service said.
    pub async fn discard(
        &self,
        service: &str,
        name: &LetterName,
        head: bool,
        reason: &str,
    ) -> Result<Letter, LettersError> {
        let body = serde_json::json!({ "head": head, "reason": reason });
        self.send(service, Method::DELETE, name, &body).await
    }

    /// Handles the letters of the letter's key again, in order, until all are gone or one fails.
    ///
    /// # Errors
    /// What the service said; letters handled before are gone all the same.
    pub async fn replay(&self, service: &str, name: &LetterName) -> Result<Replayed, LettersError> {
        let mut name = name.clone();
        let mut all = Replayed { replayed: 0, next: None, failed: None };
        loop {
            let path = format!("/letters/{name}/replay");
            let part: Replayed = self.command(service).post(&path).await.map_err(refused(service))?;
            all = Replayed { replayed: all.replayed + part.replayed, ..part };
            match (all.next, &all.failed) {
                (Some(next), None) => name.position = next,
                _ => return Ok(all),
            }
        }
    }

    async fn send(
        &self,
        service: &str,
        method: Method,
        name: &LetterName,
        body: &serde_json::Value,
    ) -> Result<Letter, LettersError> {
        let path = format!("/letters/{name}");
        self.command(service).send(method, &path, body).await.map_err(refused(service))
    }

    fn chosen<'a>(&'a self, service: Option<&'a str>) -> Result<Vec<&'a str>, LettersError> {
        let known: Vec<&str> = self.services.iter().map(String::as_str).collect();
        match service {
            None => Ok(known),
            Some(name) if known.contains(&name) => Ok(vec![name]),
            Some(name) => {
                Err(LettersError::UnknownService { name: name.to_owned(), known: known.join(", ") })
            }
        }
    }

    /// A caller for one new command.
    fn command(&self, service: &str) -> Caller {
        self.caller(service).header(IDEMPOTENCY_KEY, self.entropy.id(&self.clock).to_string())
    }

    fn caller(&self, service: &str) -> Caller {
        let context = Context::begin(Principal::Service("letters".to_owned()), &self.clock, &self.entropy);
        let deadline = Deadline::after(&self.clock, LIMIT);
        let peer = self.book.peer(&format!("{service}/internal"));
        Caller::new(peer, context, deadline, self.clock.clone(), self.entropy.clone())
            .bearer(self.secret.clone())
    }
}

fn refused(service: &str) -> impl Fn(Problem) -> LettersError {
    let service = service.to_owned();
    move |problem| LettersError::Refused { service: service.clone(), problem }
}
