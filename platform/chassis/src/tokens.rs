//! Who asks, by the token that they show: verified here with the keys of whoever issues tokens.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tradewind_client::{Caller, Peer, PhoneBook};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Id, Principal, Timestamp};
use tradewind_problem::{Problem, UNAUTHENTICATED, UNAVAILABLE};
use tradewind_token::{Claims, Expected, KeySet, LEEWAY, Refusal, key_id, verify};

use crate::host::AccessSettings;

/// Where whoever issues tokens shows the keys for verifying them.
const KEYS: &str = "/.well-known/jwks.json";

/// How long keys are used before they are asked for again: so long does one that was withdrawn live on here.
const KEYS_AGE: Duration = Duration::from_secs(300);

/// The pause after keys came, however many tokens name a key that is not among them: made-up ones must not make us ask
/// and ask.
const PAUSE: Duration = Duration::from_secs(10);

/// The pause after they did not come.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// How long a request waits for keys.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many verified tokens are remembered.
const REMEMBERED: usize = 4_096;

/// Verifies the tokens that are shown at the doors of a process.
///
/// The keys are asked for when a token first needs them, and again when they are five minutes old or a token names one
/// that is not there. While nobody answers, those that are known stay good: an outage of whoever issues tokens locks
/// nobody out who has one.
pub(crate) struct Tokens {
    settings: AccessSettings,
    peer: Peer,
    book: PhoneBook,
    clock: Clock,
    entropy: Entropy,
    /// Held by whoever asks for keys, so that all who need them wait for one answer.
    asking: tokio::sync::Mutex<()>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    keys: KeySet,
    /// When the keys came, on the stopwatch; `None` before the first time.
    came: Option<Duration>,
    /// Before this moment nobody asks for them again.
    not_before: Duration,
    has_failed: bool,
    verified: BTreeMap<[u8; 32], Verified>,
}

struct Verified {
    principal: Principal,
    key: String,
    until: Timestamp,
}

impl Tokens {
    pub(crate) fn new(settings: &AccessSettings, book: &PhoneBook, clock: Clock, entropy: Entropy) -> Self {
        Self {
            settings: settings.clone(),
            peer: book.peer(&settings.issued_by),
            book: book.clone(),
            clock,
            entropy,
            asking: tokio::sync::Mutex::new(()),
            known: Mutex::default(),
        }
    }

    /// Who shows this token.
    ///
    /// # Errors
    /// 401 with what is wrong with it; 503 when it cannot be judged because the keys are not to be had.
    pub(crate) async fn principal(&self, token: &str) -> Result<Principal, Problem> {
        let key = key_id(token).map_err(refused)?;
        if self.are_old() {
            // Those at hand do as long as there are no newer ones.
            self.ask().await;
        }
        let now = self.clock.now();
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        if let Some(principal) = self.known().remembered(&digest, now) {
            return Ok(principal);
        }
        if self.known().keys.find(&key).is_none() {
            self.ask_for(&key).await?;
        }
        let AccessSettings { issuer, audience, .. } = &self.settings;
        let keys = self.known().keys.clone();
        let claims = verify(token, &keys, Expected { issuer, audience, now }).map_err(refused)?;
        let principal = principal_of(&claims)?;
        let until = claims.expires_at.plus(LEEWAY);
        self.known().remember(digest, Verified { principal: principal.clone(), key, until }, now);
        Ok(principal)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is time to look for newer keys. Whoever is told so is the one to ask: the others go on meanwhile.
    fn are_old(&self) -> bool {
        let (now, mut known) = (self.clock.monotonic(), self.known());
        let is_due = known.came.is_some_and(|came| now.saturating_sub(came) >= KEYS_AGE);
        let is_due = is_due && now >= known.not_before;
        if is_due {
            known.not_before = now.saturating_add(PAUSE_AFTER_FAILURE);
        }
        is_due
    }

    /// Asks for keys because a token names one that is not at hand.
    async fn ask_for(&self, key: &str) -> Result<(), Problem> {
        if self.book.require(&self.settings.issued_by).is_err() {
            let nobody = "The token is not accepted: nobody here issues tokens.";
            return Err(Problem::new(&UNAUTHENTICATED).detail(nobody));
        }
        let _turn = self.asking.lock().await;
        let may_ask = {
            let (now, mut known) = (self.clock.monotonic(), self.known());
            let may_ask = known.keys.find(key).is_none() && now >= known.not_before;
            if may_ask {
                // Also for the case that this request is given up while it waits.
                known.not_before = now.saturating_add(PAUSE_AFTER_FAILURE);
            }
            may_ask
        };
        if may_ask {
            self.ask().await;
        }
        let known = self.known();
        if known.has_failed && known.keys.find(key).is_none() {
            return Err(Problem::new(&UNAVAILABLE)
                .detail("Tokens cannot be verified now. Try again.")
                .retry_after(PAUSE_AFTER_FAILURE));
        }
        Ok(())
    }

    async fn ask(&self) {
        let context = Context::begin(Principal::Service("verifier".to_owned()), &self.clock, &self.entropy);
        let deadline = Deadline::after(&self.clock, PATIENCE);
        let caller =
            Caller::new(self.peer.clone(), context, deadline, self.clock.clone(), self.entropy.clone());
        let answer = caller.get::<serde_json::Value>(KEYS).await.map_err(|problem| problem.to_string());
        let keys = answer.and_then(|keys| {
            KeySet::from_json(keys.to_string().as_bytes()).map_err(|error| error.to_string())
        });
        let (now, mut known) = (self.clock.monotonic(), self.known());
        match keys {
            Ok(keys) => {
                known.verified.retain(|_, verified| keys.find(&verified.key).is_some());
                (known.keys, known.came, known.has_failed) = (keys, Some(now), false);
                known.not_before = now.saturating_add(PAUSE);
            }
            Err(error) => {
                let peer = self.peer.name();
                tracing::warn!(peer, error, "the keys for verifying tokens did not come");
                known.has_failed = true;
                known.not_before = now.saturating_add(PAUSE_AFTER_FAILURE);
            }
        }
    }
}

impl Known {
    fn remembered(&self, digest: &[u8; 32], now: Timestamp) -> Option<Principal> {
        let verified = self.verified.get(digest)?;
        (now < verified.until).then(|| verified.principal.clone())
    }

    fn remember(&mut self, digest: [u8; 32], verified: Verified, now: Timestamp) {
        if self.verified.len() >= REMEMBERED {
            self.verified.retain(|_, each| now < each.until);
        }
        if self.verified.len() >= REMEMBERED {
            let nearest = self.verified.iter().min_by_key(|(_, each)| each.until);
            let nearest = nearest.map(|(digest, _)| *digest);
            nearest.and_then(|digest| self.verified.remove(&digest));
        }
        self.verified.insert(digest, verified);
    }
}

/// Who a token speaks of: a person who works here, a program, or else a person who owns what is theirs.
fn principal_of(claims: &Claims) -> Result<Principal, Problem> {
    let person = || {
        let id = claims.subject.parse::<Id>();
        id.map_err(|_| Problem::new(&UNAUTHENTICATED).detail("The token names nobody who is known here."))
    };
    if claims.has_role("admin") {
        return person().map(Principal::Admin);
    }
    if claims.has_role("staff") {
        return person().map(Principal::Staff);
    }
    if claims.has_role("service") {
        return Ok(Principal::Service(claims.client.clone()));
    }
    person().map(Principal::User)
}

fn refused(refusal: Refusal) -> Problem {
    Problem::new(&UNAUTHENTICATED).detail(format!("The token is not accepted: {refusal}."))
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({})", self.settings.issued_by)
    }
}
