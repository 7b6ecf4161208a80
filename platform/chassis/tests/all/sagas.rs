//! A service with a saga: its tables, its runner, what it shows.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tradewind_chassis::{Assembly, Definition, Drained, NoSettings, Service};
use tradewind_db::{DbError, Tx, Work, work};
use tradewind_events::announce;
use tradewind_kernel::{Context, Id, Principal};
use tradewind_saga::{Call, Chore, Errand, Instances, Local, Saga, State};

use crate::lamps::{LampLit, Lamps, ask, definition, get, run, simulated};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Evening {
    lamp: String,
}

struct Light(Chore<Evening>);

impl Work for Light {
    type Output = Evening;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Evening, DbError> {
        announce(tx, &LampLit { name: self.0.data.lamp.clone() }).await?;
        Ok(self.0.data.clone())
    }
}

fn evening(name: &'static str) -> Saga<Lamps, Evening> {
    Saga::new(name, 1)
        .call(Call::new("wire", |_: Arc<Lamps>, errand: Errand<Evening>| async { Ok(errand.data) }))
        .local(Local::new("light", |_: &Lamps, chore| Light(chore)))
}

fn with(sagas: Vec<Saga<Lamps, Evening>>) -> Service {
    let lamps: Definition<NoSettings, Lamps> = definition();
    sagas.into_iter().fold(lamps, Definition::saga).build()
}

#[tokio::test(start_paused = true)]
async fn an_instance_goes_to_its_end_and_is_counted() {
    let service = with(vec![evening("evening")]);
    let described = service.description();
    assert_eq!(described.sagas, [evening("evening").outline().clone()]);
    assert!(described.schema.contains(&"sagas".to_owned()));
    assert!(described.evidence.contains(&"saga_instance".to_owned()));
    let running = run(service, simulated()).await;
    let db = running.database("lamps").unwrap().clone();
    let (instances, id) = (evening("evening").instances(), Id::from_u128(7));
    let begin = instances.clone();
    let begin = work(move |tx| {
        let begin = begin.clone();
        Box::pin(async move { begin.start(tx, id, &Evening { lamp: "porch".to_owned() }).await })
    });
    let context = Context::begin(Principal::Anonymous, running.clock(), running.entropy());
    db.write(&context, begin).await.unwrap();
    let ended = |instances: Instances<Evening>| {
        let (db, clock) = (db.clone(), running.clock().clone());
        async move {
            while instances.history(&db, id).await.unwrap().unwrap().state != State::Done {
                clock.sleep(Duration::from_millis(10)).await;
            }
        }
    };
    running.clock().timeout(Duration::from_secs(10), ended(instances)).await.unwrap();
    assert_eq!(tradewind_events::head(&db).await.unwrap(), 1, "announced with the step");
    let (_, _, metrics) = ask(&running, "internal", get("/metrics")).await;
    for line in [
        "saga_done_total{service=\"lamps\",saga=\"evening\"} 1",
        "saga_stuck{service=\"lamps\",saga=\"evening\"} 0",
    ] {
        assert!(metrics.lines().any(|written| written == line), "{line} is not in {metrics}");
    }
    assert_eq!(running.shutdown().await, Drained::Clean);
}

#[tokio::test(start_paused = true)]
async fn sagas_that_cannot_be_run_stop_the_start() {
    let cases = [
        (
            vec![evening("evening"), evening("evening")],
            "it has two sagas called evening: carry an older version",
        ),
        (vec![Saga::new("night", 1)], "saga night 1 is not well defined: it has no step"),
    ];
    for (sagas, says) in cases {
        let started = Assembly::new(vec![with(sagas)]).start(simulated(), &mut |_, _| {}).await;
        let wrong = started.unwrap_err().to_string();
        assert!(wrong.contains(says), "{wrong}");
    }
}
