//! The service that the tests run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{Assembly, Definition, Host, Init, Network, NoSettings, Running, Service, Storage};
use tradewind_client::Body;
use tradewind_db::{Db, Migration, MigrationSet, Tx, Work, params, sql};
use tradewind_events::{Event, announce};
use tradewind_kernel::{Clock, Entropy, Timestamp};
use tradewind_problem::{CONFLICT, Problem};

pub const LAMPS: MigrationSet = MigrationSet {
    component: "lamps",
    migrations: &[Migration {
        version: 1,
        name: "create_lamp",
        text: "create table lamp (name text primary key, lit bigint not null);
            create table plug (lamp text references lamp (name) deferrable initially deferred)",
    }],
};

sql! {
    LIGHT = "insert into lamp (name, lit) values ($1, 1)
        on conflict (name) do update set lit = lamp.lit + 1 returning lit";
    PLUG = "insert into plug (lamp) values ('none')";
    ALL = "select name, lit from lamp order by name";
}

#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LampLit {
    pub name: String,
}

impl Event for LampLit {
    const TYPE: &'static str = "tradewind.lamps.lamp-lit.v1";

    fn partition_key(&self) -> String {
        self.name.clone()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LightLamp {
    pub name: String,
}

pub struct Lamps {
    pub db: Db,
    pub runs: AtomicU32,
}

/// Lights a lamp; names choose how it goes wrong.
struct Light {
    lamps: Arc<Lamps>,
    name: String,
}

impl Work for Light {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        self.lamps.runs.fetch_add(1, Ordering::Relaxed);
        if self.name == "broken" {
            return Err(Problem::new(&CONFLICT).detail("It is broken. Take another lamp."));
        }
        if self.name == "short circuit" {
            return Err(Problem::internal("the fuse blew"));
        }
        let (lit,): (i64,) = tx.query_one(&LIGHT, params![self.name]).await?;
        if self.name == "regretted" {
            return Err(Problem::new(&CONFLICT).detail("It was lit by mistake."));
        }
        if self.name == "unplugged" {
            // Noticed when it is to be committed.
            tx.execute(&PLUG, &[]).await?;
        }
        announce(tx, &LampLit { name: self.name.clone() }).await?;
        Reply::accepted(&format!("/lamps/{}", self.name), &lit)
    }
}

async fn light(lamps: Arc<Lamps>, mut call: Call) -> Result<Reply, Problem> {
    let LightLamp { name } = call.json().await?;
    let db = lamps.db.clone();
    call.command(&db, Light { lamps, name }).await
}

async fn list(lamps: Arc<Lamps>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    Reply::ok(&lamps.db.query::<(String, i64)>(&ALL, &[]).await?)
}

async fn show(_: Arc<Lamps>, call: Call) -> Result<Reply, Problem> {
    let number: u32 = call.parameter("number")?;
    let trace = call.context().trace.trace_id();
    let who = call.context().principal.scope();
    Reply::ok(&serde_json::json!({ "number": number, "trace": trace, "who": who }))
}

async fn slow(_: Arc<Lamps>, call: Call) -> Result<Reply, Problem> {
    call.clock().sleep(Duration::from_secs(60)).await;
    Reply::ok(&"late")
}

async fn panic(_: Arc<Lamps>, _: Call) -> Result<Reply, Problem> {
    panic!("on purpose")
}

/// Answers with the size of the body that it was sent.
async fn measure(_: Arc<Lamps>, mut call: Call) -> Result<Reply, Problem> {
    let text: String = call.json().await?;
    Reply::ok(&text.len())
}

pub fn routes() -> Routes<Lamps> {
    Routes::new()
        .get("/lamps", list)
        .post("/lamps", light)
        .get("/lamps/{number}", show)
        .get("/slow", slow)
        .get("/panic", panic)
        .put("/measure", measure)
}

pub fn start(init: &mut Init<NoSettings>) -> Result<Lamps, String> {
    Ok(Lamps { db: init.db.clone(), runs: AtomicU32::new(0) })
}

pub fn definition() -> Definition<NoSettings, Lamps> {
    Definition::new("lamps", "Lamps.", start)
        .migrations(LAMPS)
        .public(4010, routes())
        .internal(4110, Routes::new())
        .promises::<LampLit>()
}

pub fn service() -> Service {
    definition().build()
}

/// A host in memory and without sockets, in the virtual time of the test.
pub fn simulated() -> Host {
    Host {
        clock: Clock::simulated(Timestamp::from_micros(1_767_225_600_000_000)),
        entropy: Entropy::seeded(1),
        settings: SettingsSource::new().overrides(&["access.development_tokens=true".to_owned()]).unwrap(),
        storage: Storage::Memory,
        network: Network::None,
    }
}

pub async fn run(service: Service, host: Host) -> Running {
    let running = Assembly::new(vec![service]).start(host, &mut |_, _| {}).await.unwrap();
    running.mark_ready();
    running
}

pub async fn lamps() -> Running {
    run(service(), simulated()).await
}

/// Sends a request to a door of the lamps and reads the answer.
pub async fn ask(
    running: &Running,
    door: &str,
    request: Request<Body>,
) -> (StatusCode, http::HeaderMap, String) {
    let response = running.book().peer(&format!("lamps/{door}")).send(request).await.unwrap();
    read(response).await
}

pub async fn read(response: Response<Body>) -> (StatusCode, http::HeaderMap, String) {
    let (parts, body) = response.into_parts();
    let bytes = body.collect(1_000_000).await.unwrap();
    (parts.status, parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
}

pub fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

pub fn post(key: &str, body: &str) -> Request<Body> {
    Request::post("/lamps")
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(Body::from(body.to_owned()))
        .unwrap()
}

/// The code of the problem in `body`.
pub fn code(body: &str) -> String {
    let document: serde_json::Value = serde_json::from_str(body).unwrap();
    document["code"].as_str().unwrap().to_owned()
}
