//! What the running supervisor can be asked for: a service of its own, with an internal door.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_chassis::http::{Call, Reply, Routes, operation};
use tradewind_chassis::{Definition, NoSettings, Service};
use tradewind_problem::{CONFLICT, NOT_FOUND, Problem};

use crate::processes::keeper::Kept;

/// The name of the service that the supervisor is.
pub(crate) const NAME: &str = "supervisor";

/// The port that its door would have; it is handed a socket.
const PORT: u16 = 8199;

/// A process of the fleet, as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcessView {
    /// The service, or the name of a process that is no service of ours.
    pub(crate) service: String,
    /// Which of its replicas, from 1.
    pub(crate) replica: u32,
    /// The number of the process; absent while there is none.
    pub(crate) process: Option<u32>,
    /// Whether it takes requests.
    pub(crate) ready: bool,
    /// How often it was started again because it ended by itself.
    pub(crate) restarts: u32,
    /// How it ended last, if it has.
    pub(crate) last_end: Option<String>,
    /// Whether it is left alone until somebody asks for a restart: another start would end the same way.
    pub(crate) gave_up: bool,
    /// Its doors: kind and address.
    pub(crate) doors: Vec<(String, String)>,
}

impl ProcessView {
    fn of(kept: &Kept) -> Self {
        let condition = kept.condition();
        Self {
            service: kept.member.service.clone(),
            replica: kept.member.replica,
            process: condition.process,
            ready: condition.ready,
            restarts: condition.restarts,
            last_end: condition.last_end,
            gave_up: condition.gave_up,
            doors: condition.part.map(|part| part.doors).unwrap_or_default(),
        }
    }
}

/// The service as a value.
pub(crate) fn service(kept: Vec<Kept>) -> Service {
    let routes = Routes::<Vec<Kept>>::new()
        .get("/processes", |desk, call| async move { list(&desk, &call) })
        .describe(operation("Show the processes of the fleet").answers::<Vec<ProcessView>>(200))
        .post(
            "/processes/{service}/{replica}/restart",
            |desk, call| async move { restart(&desk, call).await },
        )
        .describe(
            operation("Swap a process for a new one, and answer when that takes requests")
                .parameter::<String>("service")
                .parameter::<u32>("replica")
                .answers::<ProcessView>(200)
                .problems(&[NOT_FOUND, CONFLICT]),
        );
    Definition::<NoSettings, Vec<Kept>>::new(NAME, "Keeps the processes of a fleet running.", |_| Ok(kept))
        .internal(PORT, routes)
        .build()
}

fn list(desk: &[Kept], call: &Call) -> Result<Reply, Problem> {
    call.no_query()?;
    Reply::ok(&desk.iter().map(ProcessView::of).collect::<Vec<_>>())
}

async fn restart(desk: &[Kept], mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    call.no_body().await?;
    let (service, replica): (String, u32) = (call.parameter("service")?, call.parameter("replica")?);
    let of_service = || desk.iter().filter(|kept| kept.member.service == service);
    let Some(kept) = of_service().find(|kept| kept.member.replica == replica) else {
        let known: BTreeSet<String> = desk.iter().map(|kept| kept.member.label()).collect();
        let known: Vec<String> = known.into_iter().collect();
        return Err(Problem::new(&NOT_FOUND).detail(format!("There are the processes {}.", known.join(", "))));
    };
    kept.restart()
        .await
        .map_err(|why| Problem::new(&CONFLICT).detail(format!("{}: {why}.", kept.member.label())))?;
    Reply::ok(&ProcessView::of(kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_can_be_asked_is_described() {
        assert_eq!(service(Vec::new()).undescribed(), [""; 0]);
    }
}
