//! Counts an attempt before it is made, or says how long to wait.

use std::time::Duration;

use tradewind_db::{DbError, Tx, Work};

use crate::domain::attempts::{Attempts, Rule};
use crate::store::attempts;

/// Somebody or something that attempts are held against: a digest, and when they cost time.
#[derive(Clone)]
pub(crate) struct Subject {
    pub(crate) digest: Vec<u8>,
    pub(crate) rule: Rule,
}

/// Counts an attempt against all of these, unless one of them has to wait: then it counts against none.
///
/// Counted is what is about to be tried, and taken back when it succeeds. If only failures were counted, as many
/// passwords could be tried as requests fit at once before the first of them failed.
pub(crate) struct Attempt {
    pub(crate) subjects: Vec<Subject>,
}

impl Work for Attempt {
    type Output = Result<(), Duration>;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Result<(), Duration>, DbError> {
        let (now, mut counted) = (tx.now(), Vec::new());
        for Subject { digest, rule } in &self.subjects {
            match Attempts::another(attempts::find(tx, digest).await?, now, *rule) {
                Ok(held) => counted.push((digest, held)),
                Err(wait) => return Ok(Err(wait)),
            }
        }
        for (digest, held) in counted {
            attempts::set(tx, digest, held).await?;
        }
        Ok(Ok(()))
    }
}

/// Takes an attempt back that succeeded: nothing is held against its first subject any more, and one less against the
/// others. An address that many share is not cleared by one of them.
pub(crate) async fn succeeded(tx: &mut Tx, subjects: &[Subject]) -> Result<(), DbError> {
    let Some((first, others)) = subjects.split_first() else { return Ok(()) };
    attempts::remove(tx, &first.digest).await?;
    for Subject { digest, rule } in others {
        if let Some(held) = attempts::find(tx, digest).await? {
            attempts::set(tx, digest, held.less_one(*rule)).await?;
        }
    }
    Ok(())
}

/// Takes an attempt back that succeeded, where nothing else is written.
pub(crate) struct Succeeded {
    pub(crate) subjects: Vec<Subject>,
}

impl Work for Succeeded {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        succeeded(tx, &self.subjects).await
    }
}
