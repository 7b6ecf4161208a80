//! Commands: requests that change something, carried out once per `Idempotency-Key`.

use http::HeaderName;
use sha2::{Digest, Sha256};
use tradewind_db::{Db, Tx, Work};
use tradewind_kernel::{Context, Position};
use tradewind_problem::{IDEMPOTENCY_KEY_INVALID, IDEMPOTENCY_KEY_MISSING, Problem};

use crate::fault_points::{AFTER_RECORD, BEFORE_RECORD};
use crate::http::idempotency::{self, Key, Stored};
use crate::http::in_flight::reused;
use crate::http::{Call, Reply, json};
use crate::mutants;

/// The header that names a command (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Says that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The greatest length of a key, in characters.
const MAX_KEY_LENGTH: usize = 255;

impl Call {
    /// Carries out `command` in a transaction of `db`, once for the request's `Idempotency-Key`.
    ///
    /// The same key with the same body gives the same answer again, with `Idempotent-Replayed: true`;
    /// with another body it is refused, and so it is while the first request is being carried out. A refusal (4xx)
    /// of the command is kept like a success; a fault of ours (5xx) is not.
    ///
    /// A command decides before it writes: one that refuses after it has written is rolled back, and its
    /// refusal is not kept.
    ///
    /// The command runs in a task of its own, so that a caller who disconnects leaves nothing half-done.
    ///
    /// # Errors
    /// The command's problem, or what is wrong with the key.
    pub async fn command<W>(&mut self, db: &Db, command: W) -> Result<Reply, Problem>
    where
        W: Work<Output = Reply, Error = Problem>,
    {
        let key = self.command_key()?;
        let (db, context) = (db.clone(), self.context.clone());
        let place = self.in_flight().enter(&key)?;
        let apart = mutants::REPLY_APART.is_planted().then(|| key.clone());
        let once = Once { key, service: self.door.service, command };
        let carry_out = async move {
            let outcome = db.write(&context, once).await;
            if let Some(key) = apart {
                record_apart(&db, &context, key, &outcome).await;
            }
            drop(place);
            outcome
        };
        self.scope().clone().run("command", carry_out).await?
    }

    fn command_key(&self) -> Result<Key, Problem> {
        let text = self.idempotency_key()?;
        let (method, path) = (self.method().as_str(), self.uri().path());
        let mut hash = Sha256::new();
        for part in [method, path, self.uri().query().unwrap_or_default()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        hash.update(json::canonical(self.content.as_deref().unwrap_or_default()));
        let mut scope = format!("{} {method} {}", self.context().principal.scope(), self.template);
        if mutants::KEY_OF_EVERYBODY.is_planted() {
            scope = format!("- {method} {}", self.template);
        }
        Ok(Key { scope, key: text, fingerprint: hash.finalize().into() })
    }

    fn idempotency_key(&self) -> Result<String, Problem> {
        let invalid = |reason: &str| {
            Problem::new(&IDEMPOTENCY_KEY_INVALID)
                .detail(format!("The Idempotency-Key {reason}."))
                .error("Idempotency-Key", "send one key of 1 to 255 visible ASCII characters, such as a UUID")
        };
        let mut values = self.headers().get_all(&IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else {
            return Err(Problem::new(&IDEMPOTENCY_KEY_MISSING).detail(
                "Send an Idempotency-Key header with a new UUID for each new command, and the same one to repeat it.",
            ));
        };
        if values.next().is_some() {
            return Err(invalid("is sent more than once"));
        }
        let text = value.to_str().map_err(|_| invalid("holds characters that are not visible ASCII"))?;
        // The draft's own syntax is a quoted string; both forms name the same key.
        let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        match text.len() {
            0 => Err(invalid("is empty")),
            length if length > MAX_KEY_LENGTH => Err(invalid("is longer than 255 characters")),
            _ if !text.bytes().all(|byte| byte.is_ascii_graphic()) => Err(invalid("holds spaces")),
            _ => Ok(text.to_owned()),
        }
    }
}

/// A command with the answer that is kept for its key, in one transaction.
struct Once<W> {
    key: Key,
    service: &'static str,
    command: W,
}

impl<W: Work<Output = Reply, Error = Problem>> Work for Once<W> {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        if let Some(stored) = idempotency::find(tx, &self.key).await? {
            if stored.fingerprint != self.key.fingerprint && !mutants::FINGERPRINT_IGNORED.is_planted() {
                return Err(reused());
            }
            return stored.into_reply().header(REPLAYED, "true");
        }
        let outcome = self.command.run(tx).await;
        if let Err(problem) = &outcome
            && (problem.is_server_fault() || tx.has_written() || mutants::REFUSAL_FORGOTTEN.is_planted())
        {
            return outcome;
        }
        let outcome = outcome.map_err(|problem| told(problem, tx));
        let outcome = match (outcome, tx.noted()) {
            (Ok(reply), Some(position)) => Ok(reply.positioned(&Position::of(self.service, position))?),
            (outcome, _) => outcome,
        };
        let stored = Stored::of(&self.key, &outcome)?;
        BEFORE_RECORD.pass();
        if !mutants::REPLY_FORGOTTEN.is_planted() && !mutants::REPLY_APART.is_planted() {
            idempotency::record(tx, &self.key, &stored).await?;
        }
        AFTER_RECORD.pass();
        // A refusal is answered as a reply, because an error would roll its record back.
        Ok(stored.into_reply())
    }
}

/// What a mutant does: the answer is kept after the commit of what it tells of.
async fn record_apart(db: &Db, context: &Context, key: Key, outcome: &Result<Reply, Problem>) {
    let Ok(stored) = Stored::of(&key, outcome) else { return };
    let record = tradewind_db::work(move |tx| {
        let (key, stored) = (key.clone(), stored.clone());
        Box::pin(async move { idempotency::record(tx, &key, &stored).await })
    });
    // It is there already when the answer was given again.
    drop(db.write(context, record).await);
}

/// A refusal that is kept is told to the operator now; later it is only repeated.
fn told(problem: Problem, tx: &Tx) -> Problem {
    tracing::debug!(%problem, "a command was refused");
    match tx.context() {
        Some(context) => problem.trace_id(context.trace.trace_id()),
        None => problem,
    }
}
