//! What is recorded in a running fleet of who did what, through the internal doors.

use std::fmt;
use std::time::Duration;

use tradewind_audit::{Broken, Filter, Head, MAX_PAGE, Record, Verifier};
use tradewind_client::{Caller, PhoneBook};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal, Secret};
use tradewind_problem::{NOT_FOUND, Problem};

/// How long one question may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Why records could not be read.
#[derive(Debug, Clone, PartialEq)]
pub enum AuditError {
    /// The fleet has no such service.
    UnknownService {
        /// The name that was given.
        name: String,
        /// The services there are.
        known: String,
    },
    /// The service records nothing.
    Unrecorded {
        /// The service.
        service: String,
    },
    /// A service refused, or did not answer.
    Refused {
        /// The service.
        service: String,
        /// What it said.
        problem: Problem,
    },
    /// Whoever takes the records takes no more.
    Given {
        /// Why.
        reason: String,
    },
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownService { name, known } => {
                write!(f, "there is no service {name:?}; known are: {known}")
            }
            Self::Unrecorded { service } => write!(f, "{service} records nothing of who did what"),
            Self::Refused { service, problem } => write!(f, "{service}: {problem}"),
            Self::Given { reason } => f.write_str(reason),
        }
    }
}

impl std::error::Error for AuditError {}

/// Where the records of a fleet are read and verified.
#[derive(Debug, Clone)]
pub struct AuditDesk {
    services: Vec<String>,
    book: PhoneBook,
    secret: Secret,
    clock: Clock,
    entropy: Entropy,
}

impl AuditDesk {
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

    /// Where the chains of one service or of all end; services that record nothing have none.
    ///
    /// # Errors
    /// When a service is unknown, records nothing though it was asked for, or does not answer.
    pub async fn heads(&self, service: Option<&str>) -> Result<Vec<Head>, AuditError> {
        let mut heads = Vec::new();
        for name in self.chosen(service)? {
            match self.caller(name).get::<Head>("/audit/head").await {
                Ok(head) => heads.push(head),
                Err(problem) if problem.is(&NOT_FOUND) && service.is_none() => {}
                Err(problem) if problem.is(&NOT_FOUND) => {
                    return Err(AuditError::Unrecorded { service: name.to_owned() });
                }
                Err(problem) => return Err(refused(name)(problem)),
            }
        }
        Ok(heads)
    }

    /// Goes along the whole chain up to `head`, which its service gave, and holds it against a head that was kept.
    ///
    /// # Errors
    /// When the service does not answer. What is wrong with the chain is the answer.
    pub async fn verify(&self, head: &Head, kept: Option<Head>) -> Result<Result<Head, Broken>, AuditError> {
        let mut verifier = Verifier::new(&head.chain);
        if let Some(kept) = kept {
            verifier = match verifier.against(kept) {
                Ok(verifier) => verifier,
                Err(broken) => return Ok(Err(broken)),
            };
        }
        let mut broken = None;
        self.each(head, |record| {
            broken = broken.take().or(verifier.take(record).err());
            // Nothing is known of what stands behind the first place.
            broken.is_none().then_some(()).ok_or_else(String::new)
        })
        .await
        .or_else(|error| if matches!(error, AuditError::Given { .. }) { Ok(()) } else { Err(error) })?;
        Ok(broken.map_or_else(|| verifier.finish(head), Err))
    }

    /// Gives every record of a chain up to `head`, oldest first, until `take` refuses one.
    ///
    /// # Errors
    /// When the service does not answer, or with the reason of `take`.
    pub async fn each(
        &self,
        head: &Head,
        mut take: impl FnMut(&Record) -> Result<(), String>,
    ) -> Result<(), AuditError> {
        let service = head.chain.as_str();
        let mut after = 0;
        while after < head.records {
            let path = format!("/audit/records?after={after}&limit={MAX_PAGE}");
            let records: Vec<Record> = self.caller(service).get(&path).await.map_err(refused(service))?;
            let Some(last) = records.last() else { break };
            // A chain that is out of its sequence must not have us ask for ever.
            let next = last.sequence.max(after.saturating_add(1));
            for record in records.iter().filter(|record| record.sequence <= head.records) {
                take(record).map_err(|reason| AuditError::Given { reason })?;
            }
            after = next;
        }
        Ok(())
    }

    /// The newest records that pass the filter, of one service or of all, newest first.
    ///
    /// # Errors
    /// When a service is unknown, records nothing though it was asked for, or does not answer.
    pub async fn list(
        &self,
        service: Option<&str>,
        filter: &Filter,
        limit: u16,
    ) -> Result<Vec<(String, Record)>, AuditError> {
        let mut found = Vec::new();
        for head in self.heads(service).await? {
            let path = format!("/audit?limit={}{}", limit.clamp(1, MAX_PAGE), conditions(filter));
            let records: Vec<Record> =
                self.caller(&head.chain).get(&path).await.map_err(refused(&head.chain))?;
            found.extend(records.into_iter().map(|record| (head.chain.clone(), record)));
        }
        found.sort_by_key(|(_, record)| std::cmp::Reverse(record.at));
        found.truncate(usize::from(limit));
        Ok(found)
    }

    fn chosen<'a>(&'a self, service: Option<&'a str>) -> Result<Vec<&'a str>, AuditError> {
        let known: Vec<&str> = self.services.iter().map(String::as_str).collect();
        match service {
            None => Ok(known),
            Some(name) if known.contains(&name) => Ok(vec![name]),
            Some(name) => Err(AuditError::UnknownService { name: name.to_owned(), known: known.join(", ") }),
        }
    }

    fn caller(&self, service: &str) -> Caller {
        let context = Context::begin(Principal::Service("audit".to_owned()), &self.clock, &self.entropy);
        let deadline = Deadline::after(&self.clock, LIMIT);
        let peer = self.book.peer(&format!("{service}/internal"));
        Caller::new(peer, context, deadline, self.clock.clone(), self.entropy.clone())
            .bearer(self.secret.clone())
    }
}

/// The filter as parameters, each behind an `&`.
fn conditions(filter: &Filter) -> String {
    let Filter { actor, action, target_kind, target_id } = filter;
    let all = [("actor", actor), ("action", action), ("targetKind", target_kind), ("targetId", target_id)];
    all.into_iter().map(|(name, value)| format!("&{name}={}", escaped(value))).collect()
}

/// As a value in an address: whatever is no letter, digit, hyphen, dot or underscore is escaped.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

fn refused(service: &str) -> impl Fn(Problem) -> AuditError {
    let service = service.to_owned();
    move |problem| AuditError::Refused { service: service.clone(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_one_condition_whatever_is_in_it() {
        let filter = Filter { actor: "a&b=ü".to_owned(), ..Filter::default() };
        assert_eq!(conditions(&filter), "&actor=a%26b%3D%C3%BC&action=&targetKind=&targetId=");
    }
}
