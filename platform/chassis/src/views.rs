//! The views of a service: rebuilt in the background, looked at and asked for behind the internal door.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use tradewind_client::BoxFuture;
use tradewind_db::{Db, Tx, Work};
use tradewind_problem::{CONFLICT, NOT_FOUND, Problem};
use tradewind_views::{Cancel, Rebuild, Rebuilt, Refused, Register, RunnerOptions, Status, Tally};

use crate::http::{Call, Operation, Reply, Routes, operation};
use crate::instance::Environment;
use crate::metrics::{Kind, Metrics};
use crate::view_settings::ViewSettings;

/// The views of a service.
#[derive(Clone)]
pub(crate) struct Views {
    pub(crate) db: Db,
    pub(crate) views: Arc<[&'static dyn Rebuilt]>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RebuildBody {
    /// Whether it is swapped in although rows differ: the live ones are known to be wrong.
    #[serde(default)]
    accept: bool,
}

impl Views {
    /// Routes by which views are looked at and rebuilt; none, where there are no views.
    pub(crate) fn add_to<S: Send + Sync + 'static>(&self, routes: Routes<S>) -> Routes<S> {
        if self.views.is_empty() {
            return routes;
        }
        let [listing, showing, rebuilding, cancelling] = [(); 4].map(|()| self.clone());
        routes
            .get("/views", move |_, call| list(listing.clone(), call))
            .describe(operation("List the views").answers::<Vec<Status>>(200))
            .get("/views/{view}", move |_, call| show(showing.clone(), call))
            .describe(on_view("Show a view, and how far a rebuild of it is").answers::<Status>(200))
            .post("/views/{view}/rebuild", move |_, call| rebuild(rebuilding.clone(), call))
            .describe(
                changing("Make a view again beside the live one")
                    .takes::<RebuildBody>()
                    .answers::<Status>(200),
            )
            .delete("/views/{view}/rebuild", move |_, call| cancel(cancelling.clone(), call))
            .describe(changing("Call the rebuild of a view off").answers::<Status>(200))
    }

    fn view(&self, call: &Call) -> Result<&'static dyn Rebuilt, Problem> {
        let name: String = call.parameter("view")?;
        let found = self.views.iter().find(|view| view.outline().name == name);
        found.copied().ok_or_else(|| refused(Refused::Unknown))
    }
}

fn on_view(summary: &'static str) -> Operation {
    operation(summary).parameter::<String>("view")
}

fn changing(summary: &'static str) -> Operation {
    on_view(summary).command().problems(&[CONFLICT])
}

async fn list(views: Views, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let mut all = Vec::new();
    for view in views.views.iter() {
        all.extend(tradewind_views::status(&views.db, view.outline().name).await?);
    }
    Reply::ok(&all)
}

async fn show(views: Views, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let view = views.view(&call)?;
    let status = tradewind_views::status(&views.db, view.outline().name).await?;
    Reply::ok(&status.ok_or_else(|| refused(Refused::Unknown))?)
}

async fn rebuild(views: Views, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let view = views.view(&call)?.outline().name.to_owned();
    let RebuildBody { accept } = call.json().await?;
    call.command(&views.db, Answered(Rebuild { view, accepts: accept })).await
}

async fn cancel(views: Views, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let view = views.view(&call)?;
    call.no_body().await?;
    call.command(&views.db, Answered(Cancel(view))).await
}

/// A command on a view, answered with how it stands then.
struct Answered<W>(W);

impl<W: Work<Output = Status, Error = Refused>> Work for Answered<W> {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        Reply::ok(&self.0.run(tx).await.map_err(refused)?)
    }
}

fn refused(why: Refused) -> Problem {
    match why {
        Refused::Unknown => Problem::new(&NOT_FOUND).detail("The service has no view of this name."),
        Refused::UnderWay => Problem::new(&CONFLICT)
            .detail("A rebuild of the view is under way. Wait for it, or call it off first."),
        Refused::NotUnderWay => Problem::new(&CONFLICT).detail("No rebuild of the view is under way."),
        Refused::Db(error) => error.into(),
    }
}

/// What carries the rebuilds of a service's views on.
pub(crate) fn runners(
    views: &[&'static dyn Rebuilt],
    service: &'static str,
    environment: &Environment,
    metrics: &Metrics,
) -> Vec<BoxFuture<'static, ()>> {
    let ViewSettings { rebuild_batch, rebuild_rest } = environment.platform.views;
    let each = views.iter().map(|view| -> BoxFuture<'static, ()> {
        let (name, tally) = (view.outline().name, Arc::new(Tally::default()));
        observe(metrics, name, &tally);
        let options = RunnerOptions {
            service,
            db: environment.db.clone(),
            clock: environment.clock.clone(),
            entropy: environment.entropy.fork(&format!("view/{name}")),
            tally,
            batch: rebuild_batch,
            rest: rebuild_rest,
        };
        Box::pin(tradewind_views::run(*view, options))
    });
    each.collect()
}

/// Makes the views known to the database, once it is migrated.
pub(crate) async fn register(
    views: &[&'static dyn Rebuilt],
    service: &'static str,
    environment: &Environment,
) -> Result<(), String> {
    let principal = tradewind_kernel::Principal::Service(service.to_owned());
    let entropy = environment.entropy.fork("views");
    let context = tradewind_kernel::Context::begin(principal, &environment.clock, &entropy);
    for (at, view) in views.iter().enumerate() {
        let name = view.outline().name;
        if views[..at].iter().any(|before| before.outline().name == name) {
            return Err(format!("it has two views called {name}"));
        }
        environment.db.write(&context, Register(*view)).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Shows how far rebuilds are.
fn observe(metrics: &Metrics, view: &'static str, tally: &Arc<Tally>) {
    type Level = fn(&Tally) -> i64;
    let levels: [(&'static str, &'static str, Level); 3] = [
        ("view_rebuilding", "1 while the view is rebuilt, also while that waits", |tally| {
            i64::from(tally.is_rebuilding())
        }),
        ("view_rebuild_remaining", "Events that the rebuild has still to apply, about", Tally::remaining),
        ("view_rebuild_differing", "Rows by which the last rebuild differed, both ways", Tally::differing),
    ];
    type Count = fn(&Tally) -> u64;
    let counts: [(&'static str, &'static str, Count); 3] = [
        ("view_rebuild_applied_total", "Events that rebuilds have applied", Tally::applied),
        ("view_rebuild_swaps_total", "Rebuilds that were swapped in", Tally::swaps),
        ("view_rebuild_failures_total", "Steps of rebuilds that failed and are made again", Tally::failures),
    ];
    let labels = [("view", view.to_owned())];
    for (name, help, read) in levels {
        let tally = tally.clone();
        metrics.observe_with(name, help, Kind::Gauge, &labels, move || read(&tally));
    }
    for (name, help, read) in counts {
        let tally = tally.clone();
        metrics.observe_with(name, help, Kind::Counter, &labels, move || read(&tally));
    }
}
