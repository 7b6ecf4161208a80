//! Sends mails: each by one attempt at a time, of all no more than a bound.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::{self, BoxFuture, Either};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tradewind_accounts_contract::{AccountsClient, Contact};
use tradewind_chassis::Dependency;
use tradewind_chassis::metrics::Counter;
use tradewind_db::{Db, DbError};
use tradewind_kernel::{Clock, Context, Entropy, Id, Principal};
use tradewind_mail_contract::SERVICE;
use tradewind_problem::NOT_FOUND;
use tradewind_smtp::{Draft, Mail, Mailbox, Relay, Sent};

use crate::actions::attempt::{Claim, End, Ending, PutApart};
use crate::domain::{Schedule, Tongue};
use crate::mutants;
use crate::store::mailbox::Arrival;
use crate::store::mails::{self, Claimed, Due, Said, WRITTEN};
use crate::templates::{self, Written};
use crate::way::Way;

/// How long accounts may take to say where somebody is reached.
pub(crate) const CONTACT_LIMIT: Duration = Duration::from_secs(5);

/// The longest time without a look at what is due; a mail that is written wakes at once.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// How many mails were sent, and what became of the others.
#[derive(Debug, Clone)]
pub(crate) struct Counts {
    pub(crate) sent: Counter,
    pub(crate) attempts_failed: Counter,
    pub(crate) unknown: Counter,
    pub(crate) given_up: Counter,
}

/// Sends mails.
#[derive(Clone)]
pub(crate) struct Courier {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    /// Knows where people are reached.
    pub(crate) accounts: Dependency,
    pub(crate) way: Way,
    /// Who mails are from.
    pub(crate) sender: Mailbox,
    /// Where people find the shop.
    pub(crate) shop_url: String,
    pub(crate) schedule: Schedule,
    /// For how long an attempt has a mail to itself.
    pub(crate) hold: Duration,
    pub(crate) concurrency: usize,
    pub(crate) counts: Counts,
}

/// The mails that are being sent.
#[derive(Default)]
struct UnderWay {
    mails: BTreeSet<Id>,
    attempts: FuturesUnordered<BoxFuture<'static, (Id, Result<(), DbError>)>>,
}

impl UnderWay {
    /// Waits for the end of an attempt.
    async fn next(&mut self) -> Result<(), DbError> {
        let Some((id, ended)) = self.attempts.next().await else { return Ok(()) };
        self.mails.remove(&id);
        ended
    }
}

/// How an attempt ended, with what is written down of it.
type Outcome = (Ending, Said);

impl Courier {
    /// Sends everything that is due, and waits until there may be more.
    pub(crate) async fn run(&self) -> Result<(), DbError> {
        let mut signal = self.db.signal(WRITTEN);
        let mut under_way = UnderWay::default();
        loop {
            signal.mark_seen();
            let rest = self.fill(&mut under_way).await?;
            let woken = self.clock.timeout(rest, signal.changed());
            if under_way.mails.is_empty() {
                woken.await.unwrap_or_default();
                return Ok(());
            }
            let (woken, next) = (std::pin::pin!(woken), std::pin::pin!(under_way.next()));
            match future::select(next, woken).await {
                Either::Left((ended, _)) => ended?,
                Either::Right(_) => {}
            }
        }
    }

    /// Begins what is due as far as there is room; gives how long nothing else will be.
    async fn fill(&self, under_way: &mut UnderWay) -> Result<Duration, DbError> {
        let room = self.concurrency.saturating_sub(under_way.mails.len());
        // One that is under way and not claimed yet shows as due; and one more says how long to rest.
        let limit = u16::try_from(self.concurrency + 1).unwrap_or(u16::MAX);
        let (now, mut rest, mut begun) = (self.clock.now(), LONGEST_REST, 0);
        for due in mails::due(&self.db, limit).await? {
            if under_way.mails.contains(&due.id) {
                continue;
            }
            if due.at > now {
                rest = rest.min(due.at.since(now));
            } else if begun < room {
                // Whatever ends makes room, and is followed by a look.
                self.begin(under_way, due);
                begun += 1;
            }
        }
        Ok(rest)
    }

    fn begin(&self, under_way: &mut UnderWay, due: Due) {
        under_way.mails.insert(due.id);
        let courier = self.clone();
        let attempt = async move { (due.id, courier.attempt(due).await) };
        under_way.attempts.push(Box::pin(attempt));
    }

    /// Sends a mail once.
    async fn attempt(&self, due: Due) -> Result<(), DbError> {
        let context = Context::begin(Principal::Service(SERVICE.to_owned()), &self.clock, &self.entropy);
        let claim = Claim { due, hold: self.hold };
        let Some((claimed, until)) = self.db.write(&context, claim).await? else { return Ok(()) };
        // Where somebody is reached is asked anew for each attempt, and no part of what the mail tells of.
        let (ending, said) = Box::pin(self.carry(&context, due.id, &claimed)).await;
        let context = Context { correlation: claimed.correlation, ..context };
        self.tell(due.id, &ending, &said);
        if let (true, Ending::Arrives(arrival)) = (mutants::ARRIVES_APART.is_planted(), &ending) {
            self.db.write(&context, PutApart(Arrival::clone(arrival))).await?;
            let end = End { id: due.id, until, ending: Ending::Sent, said };
            return self.db.write(&context, end).await;
        }
        self.db.write(&context, End { id: due.id, until, ending, said }).await
    }

    /// Finds out where the recipient is reached, writes the mail and gives it on its way.
    async fn carry(&self, context: &Context, id: Id, claimed: &Claimed) -> Outcome {
        let accounts = AccountsClient::new(self.accounts.caller_in(context.clone()));
        let contact = match accounts.contact(claimed.recipient).await {
            Ok(contact) => contact,
            Err(problem) if problem.is(&NOT_FOUND) => return (Ending::NoRecipient, Said::default()),
            Err(problem) => {
                tracing::info!(mail = %id, %problem, "nobody says where the recipient of a mail is reached");
                return self.again(claimed, said("accounts did not say where the recipient is reached"));
            }
        };
        let tongue = Tongue::tagged(&claimed.language).unwrap_or(Tongue::English);
        let written = claimed
            .content
            .as_ref()
            .and_then(|content| templates::write(content, tongue, &contact.name, &self.shop_url));
        let Some(written) = written else {
            return (Ending::Failed, said("this version does not know what the mail tells of"));
        };
        match &self.way {
            Way::Mailbox { most } => {
                let arrival = arrival((id, claimed.recipient), contact, (tongue, written), *most);
                (Ending::Arrives(Box::new(arrival)), Said::default())
            }
            Way::Smtp(relay) => self.send(relay, id, claimed, &contact, (tongue, &written)).await,
        }
    }

    async fn send(
        &self,
        relay: &Relay,
        id: Id,
        claimed: &Claimed,
        contact: &Contact,
        (tongue, written): (Tongue, &Written),
    ) -> Outcome {
        let Ok(address) = contact.email.parse() else {
            return (Ending::NoRecipient, said("the address of the recipient is none"));
        };
        let page = templates::preferences_page(&self.shop_url);
        let mail = Mail::compose(&Draft {
            id,
            from: &self.sender,
            to: &Mailbox::new(&contact.name, address),
            at: self.clock.now(),
            subject: &written.subject,
            language: tongue.tag(),
            text: &written.text,
            html: &written.html,
            unsubscribe: Some(&page),
        });
        match mail {
            Ok(mail) => self.judge(claimed, relay.send(&mail).await, contact),
            Err(error) => (Ending::Failed, said(&error.to_string())),
        }
    }

    fn judge(&self, claimed: &Claimed, sent: Sent, contact: &Contact) -> Outcome {
        // What a server says may hold the address, which is kept by accounts alone.
        let shown = |text: &str| text.replace(&contact.email, "(the address)");
        match sent {
            Sent::Accepted { code } => (Ending::Sent, Said { code: Some(code), ..Said::default() }),
            Sent::Refused { phase, code, text, is_permanent } => {
                let text = Some(format!("{phase}: {}", shown(&text)));
                let said = Said { code: Some(code), text, is_unsure: false };
                if is_permanent { (Ending::Failed, said) } else { self.again(claimed, said) }
            }
            Sent::NotSent { phase, text } => self.again(claimed, said(&format!("{phase}: {}", shown(&text)))),
            Sent::Unknown { text } => self.again(claimed, Said { is_unsure: true, ..said(&shown(&text)) }),
        }
    }

    /// It is tried again, unless it was often enough.
    fn again(&self, claimed: &Claimed, said: Said) -> Outcome {
        match self.schedule.pause(claimed.tries, self.entropy.below(1_000)) {
            Some(pause) => (Ending::Again(pause), said),
            None => (Ending::Failed, said),
        }
    }

    fn tell(&self, mail: Id, ending: &Ending, said: &Said) {
        let code = said.code.unwrap_or_default();
        if said.is_unsure {
            self.counts.unknown.increment();
        }
        match ending {
            Ending::Sent | Ending::Arrives(_) => {
                self.counts.sent.increment();
                tracing::debug!(%mail, code, "a mail is sent");
            }
            Ending::NoRecipient => tracing::info!(%mail, "a mail has no recipient"),
            Ending::Again(_) => {
                self.counts.attempts_failed.increment();
                let unknown = said.is_unsure;
                tracing::info!(%mail, code, unknown, "a mail was not taken; it is sent again");
            }
            Ending::Failed => {
                self.counts.attempts_failed.increment();
                self.counts.given_up.increment();
                tracing::warn!(%mail, code, "a mail is given up");
            }
        }
    }
}

fn said(text: &str) -> Said {
    Said { text: Some(text.to_owned()), ..Said::default() }
}

fn arrival(
    (mail, recipient): (Id, Id),
    contact: Contact,
    (tongue, written): (Tongue, Written),
    most: u32,
) -> Arrival {
    let Contact { name, email: address } = contact;
    let Written { subject, text, html } = written;
    Arrival { mail, recipient, name, address, subject, language: tongue.tag(), text, html, most }
}
