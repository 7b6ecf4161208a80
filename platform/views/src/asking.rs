//! What an operator asks of a view.

use tradewind_db::{DbError, Tx, Work, params, sql};

use crate::state::{TOPIC, alone};
use crate::{Phase, Rebuilt, Status};

sql! {
    ASK = "update view_state set phase = $2, accepts = $3 where view = $1";
    CANCEL = "update view_state set phase = 'live', building = null where view = $1";
}

/// Why something cannot be done with a view.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The service has no view of this name.
    #[error("there is no such view")]
    Unknown,
    /// A rebuild is under way.
    #[error("a rebuild is under way")]
    UnderWay,
    /// None is under way.
    #[error("no rebuild is under way")]
    NotUnderWay,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Asks for a rebuild. Where one differs, it is asked whether it is to be swapped in all the same.
#[derive(Debug, Clone)]
pub struct Rebuild {
    /// The view's name.
    pub view: String,
    /// Whether it is swapped in although rows differ: the live ones are known to be wrong.
    pub accepts: bool,
}

impl Work for Rebuild {
    type Output = Status;
    type Error = Refused;

    async fn run(&self, tx: &mut Tx) -> Result<Status, Refused> {
        let mut status = alone(tx, &self.view).await?.ok_or(Refused::Unknown)?;
        status.phase = match status.phase {
            Phase::Live => Phase::Asked,
            // Compared once more: what differed then may not be what differs now.
            Phase::Differs if self.accepts => Phase::Filled,
            _ => return Err(Refused::UnderWay),
        };
        status.accepts = self.accepts;
        let accepts = i64::from(self.accepts);
        tx.execute(&ASK, params![self.view, status.phase.name(), accepts]).await?;
        tx.signal(TOPIC);
        Ok(status)
    }
}

/// Calls a rebuild off; the live tables stay as they are.
pub struct Cancel(pub &'static dyn Rebuilt);

impl Work for Cancel {
    type Output = Status;
    type Error = Refused;

    async fn run(&self, tx: &mut Tx) -> Result<Status, Refused> {
        let name = self.0.outline().name;
        let mut status = alone(tx, name).await?.ok_or(Refused::Unknown)?;
        if matches!(status.phase, Phase::Live | Phase::Clearing) {
            return Err(Refused::NotUnderWay);
        }
        self.0.shadow().discard(tx).await?;
        tx.execute(&CANCEL, params![name]).await?;
        tx.signal(TOPIC);
        (status.phase, status.building) = (Phase::Live, None);
        Ok(status)
    }
}

impl std::fmt::Debug for Cancel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cancel({})", self.0.outline().name)
    }
}
