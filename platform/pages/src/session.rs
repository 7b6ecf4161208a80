//! Who is signed in. The tokens that say so stay here: the browser has a key that opens nothing elsewhere, and no script
//! ever sees either.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tradewind_chassis::http::Call;
use tradewind_db::{Db, DbError};
use tradewind_kernel::{Context, Entropy, Id, Principal, Secret, Timestamp};
use tradewind_problem::{Problem, UNAVAILABLE};
use tradewind_token::Sealer;

use crate::VisitorKey;
use crate::session_store::{self as store, Change, Digest, Forget, Kept, Write};

/// The secret that a service keeps to seal tokens with, unless its settings give one.
pub const SESSION_SECRET: &str = "session-key";

/// Tokens are renewed so long before they expire: whatever they are shown to has time to answer.
const RENEWED_BEFORE: Duration = Duration::from_secs(60);

/// One who renews tokens and does not come back holds the others up for no longer.
const RENEWING: Duration = Duration::from_secs(10);

/// The pause before another look at tokens that somebody else is renewing.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Tokens of somebody who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// What is shown to others.
    pub access: Secret,
    /// What the next ones are had for.
    pub refresh: Option<Secret>,
    /// When `access` is good no more.
    pub expires_at: Timestamp,
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Who.
    pub user: Id,
    /// What is shown to others on their behalf.
    pub access: Secret,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Inside {
    user: Id,
    access: String,
    refresh: Option<String>,
    expires_at: Timestamp,
}

/// The sessions of a service that shows pages.
pub struct Sessions {
    db: Db,
    sealer: Sealer,
    entropy: Entropy,
    lifetime: Duration,
}

impl Sessions {
    /// Sessions in `db`, sealed with `secret`, which all replicas share. They last for `lifetime` at most.
    ///
    /// # Errors
    /// When the cryptographic library refuses to work.
    pub fn new(db: Db, secret: &Secret, entropy: Entropy, lifetime: Duration) -> Result<Self, String> {
        let sealer = Sealer::new(secret).ok_or("nothing can be sealed here")?;
        Ok(Self { db, sealer, entropy, lifetime })
    }

    /// Somebody has signed in: gives the key by which their browser is known from now on. It is always a new one, so
    /// that a key that somebody else gave the browser before is worth nothing.
    ///
    /// # Errors
    /// That it could not be kept.
    pub async fn begin(&self, context: &Context, user: Id, tokens: &Tokens) -> Result<VisitorKey, Problem> {
        let key = VisitorKey::new(&self.entropy);
        let digest = key.digest();
        let sealed = self.seal(&digest, &Inside::of(user, tokens))?;
        let change = Change::Begin { sealed, lifetime: self.lifetime };
        self.write(context, digest, change).await?;
        Ok(key)
    }

    /// Ends a session, if there is one.
    ///
    /// # Errors
    /// That it could not be written down.
    pub async fn end(&self, context: &Context, key: &VisitorKey) -> Result<(), Problem> {
        self.write(context, key.digest(), Change::End).await.map(drop)
    }

    /// Who is signed in, with a token that is good for a while. When it is about to expire, `renew` gets the next ones:
    /// by one request only, however many come at once, as a refresh token is often good for one use. A refusal of it
    /// (a status below 500) ends the session. Whoever leaves meanwhile does not stop it half-way.
    ///
    /// # Errors
    /// That the session could not be read, or that the token has expired and no other could be had now.
    pub async fn signed<F, R>(
        self: &Arc<Self>,
        call: &Call,
        key: &VisitorKey,
        renew: F,
    ) -> Result<Option<Signed>, Problem>
    where
        F: FnOnce(Secret) -> R + Send + 'static,
        R: Future<Output = Result<Tokens, Problem>> + Send + 'static,
    {
        let digest = key.digest();
        let clock = call.clock();
        loop {
            let Some(Kept { sealed, revision }) = store::find(&self.db, &digest, clock.now()).await? else {
                return Ok(None);
            };
            // Sealed with another secret: they sign in again.
            let Some(inside) = self.open(&digest, &sealed) else { return Ok(None) };
            let is_good = inside.expires_at > clock.now();
            if inside.expires_at > clock.now().plus(RENEWED_BEFORE) {
                return Ok(Some(inside.signed()));
            }
            let claim = Change::Claim { revision, within: RENEWING };
            if self.write(call.context(), digest, claim).await? {
                let (sessions, context) = (self.clone(), call.context().clone());
                let renewed =
                    async move { sessions.renewed(&context, (digest, revision), inside, renew).await };
                return call.scope().run("renew", renewed).await?;
            }
            if is_good {
                return Ok(Some(inside.signed()));
            }
            if call.deadline().remaining(clock) < LOOK_AGAIN {
                return Err(Problem::new(&UNAVAILABLE).operator("somebody else is still renewing the tokens"));
            }
            clock.sleep(LOOK_AGAIN).await;
        }
    }

    async fn renewed<F, R>(
        &self,
        context: &Context,
        (digest, revision): (Digest, i64),
        inside: Inside,
        renew: F,
    ) -> Result<Option<Signed>, Problem>
    where
        F: FnOnce(Secret) -> R,
        R: Future<Output = Result<Tokens, Problem>> + Send,
    {
        let is_good = inside.expires_at > self.db.clock().now();
        let Some(refresh) = inside.refresh.clone().map(Secret::new) else {
            return Ok(is_good.then(|| inside.signed()));
        };
        match renew(refresh).await {
            Ok(tokens) => {
                let next = Inside::of(inside.user, &tokens);
                let sealed = self.seal(&digest, &next)?;
                self.write(context, digest, Change::Renew { revision, sealed }).await?;
                Ok(Some(next.signed()))
            }
            Err(problem) if problem.is_server_fault() || problem.status() == 429 => {
                self.write(context, digest, Change::Release { revision }).await?;
                if is_good { Ok(Some(inside.signed())) } else { Err(problem) }
            }
            Err(problem) => {
                tracing::debug!(%problem, "the tokens are not renewed; the session ends");
                self.write(context, digest, Change::End).await?;
                Ok(None)
            }
        }
    }

    /// Throws away what has expired; for a job.
    ///
    /// # Errors
    /// That the database failed.
    pub async fn forget(&self, service: &str) -> Result<(), DbError> {
        let context =
            || Context::begin(Principal::Service(service.to_owned()), self.db.clock(), &self.entropy);
        while self.db.write(&context(), Forget).await? {}
        Ok(())
    }

    async fn write(&self, context: &Context, digest: Digest, change: Change) -> Result<bool, Problem> {
        Ok(self.db.write(context, Write { digest, change }).await?)
    }

    fn seal(&self, digest: &Digest, inside: &Inside) -> Result<Vec<u8>, Problem> {
        let plain = serde_json::to_vec(inside).map_err(Problem::internal)?;
        self.sealer.seal(&label(digest), &plain, &self.entropy).map_err(Problem::internal)
    }

    fn open(&self, digest: &Digest, sealed: &[u8]) -> Option<Inside> {
        let plain = self.sealer.open(&label(digest), sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}

/// What is moved to another row does not open there.
fn label(digest: &Digest) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Inside {
    fn of(user: Id, tokens: &Tokens) -> Self {
        let refresh = tokens.refresh.as_ref().map(|refresh| refresh.expose().to_owned());
        Self { user, access: tokens.access.expose().to_owned(), refresh, expires_at: tokens.expires_at }
    }

    fn signed(&self) -> Signed {
        Signed { user: self.user, access: Secret::new(self.access.clone()) }
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}
