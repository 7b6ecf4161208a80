//! A service that announces and one that follows it, in one process or two, with or without a broker.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_chassis::http::Routes;
use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{
    Assembly, DataFolder, Definition, Following, Host, Network, NoSettings, Running, Service, Storage,
};
use tradewind_db::{
    Db, DbError, Migration, MigrationSet, PostgresOptions, Tx, Work, params, provision, sql, work,
};
use tradewind_events::{Event, Received, Start, Subscription, announce};
use tradewind_kernel::{Clock, Context, Entropy, Principal, Secret};
use tradewind_testkit::postgres::fresh_name;
use tradewind_testkit::{Folder, Postgres, RabbitMq, Request, until};

/// The lamp whose events no handler can handle.
pub const BROKEN: &str = "broken";

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct LampLit {
    pub lamp: String,
    pub count: i64,
}

impl Event for LampLit {
    const TYPE: &'static str = "tradewind.lamps.lamp-lit.v1";

    fn partition_key(&self) -> String {
        self.lamp.clone()
    }
}

/// Nobody listens to it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct LampDimmed {
    pub lamp: String,
}

impl Event for LampDimmed {
    const TYPE: &'static str = "tradewind.lamps.lamp-dimmed.v1";

    fn partition_key(&self) -> String {
        self.lamp.clone()
    }
}

const SEEN: MigrationSet = MigrationSet {
    component: "watchers",
    migrations: &[Migration {
        version: 1,
        name: "create_seen",
        text: "create table seen (place {serial}, lamp text not null, count bigint not null)",
    }],
};

sql! {
    INSERT = "insert into seen (lamp, count) values ($1, $2)";
    ALL = "select lamp, count from seen order by place";
    LETTERS = "select partition_key, sequence from dead_letters order by position";
    STORED = "select position from event_cursor where subscription = 'lamps'";
}

/// How events come to the follower.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the log beside it.
    Near,
    /// From a log in another process.
    Far,
    /// By a broker, both in one process.
    Broker,
    /// By a broker, in two processes.
    FarBroker,
}

impl Way {
    fn is_far(self) -> bool {
        matches!(self, Self::Far | Self::FarBroker)
    }

    fn is_broker(self) -> bool {
        matches!(self, Self::Broker | Self::FarBroker)
    }
}

/// Where both keep their data, and what leads to the broker.
pub struct Place {
    pub way: Way,
    pub namespace: String,
    folder: Folder,
    settings: Vec<String>,
}

/// What the follower can be told to do.
#[derive(Default)]
struct Switch {
    fails: AtomicBool,
}

struct Watchers(Arc<Switch>);

struct See {
    event: LampLit,
    fails: bool,
}

impl Work for See {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        tx.execute(&INSERT, params![self.event.lamp, self.event.count]).await?;
        match self.fails {
            true => Err(DbError::Column { message: "it is broken".to_owned() }),
            false => Ok(()),
        }
    }
}

fn see(watchers: &Watchers, received: Received<LampLit>) -> See {
    let fails = received.lamp == BROKEN && watchers.0.fails.load(Ordering::Relaxed);
    See { event: received.event, fails }
}

fn lamps() -> Service {
    Definition::new("lamps", "Lamps.", |_: &mut tradewind_chassis::Init<NoSettings>| Ok(()))
        .internal(4110, Routes::new())
        .promises::<LampLit>()
        .promises::<LampDimmed>()
        .build()
}

fn watchers(switch: Arc<Switch>, start: Start) -> Service {
    let init = move |_: &mut tradewind_chassis::Init<NoSettings>| Ok(Watchers(switch));
    Definition::new("watchers", "Who looks at lamps.", init)
        .migrations(SEEN)
        .internal(4120, Routes::new())
        .follows(Subscription::to("lamps").start(start).on::<LampLit, _>(see))
        .build()
}

impl Place {
    /// A new place; on files, or on databases of a server.
    pub async fn new(way: Way, is_served: bool) -> Self {
        let mut settings = Vec::new();
        if is_served {
            settings.extend(databases().await);
        }
        let namespace = fresh_name("events");
        if way.is_broker() {
            settings.extend(broker(RabbitMq::shared().await, &namespace));
        }
        Self { way, namespace, folder: Folder::new("events"), settings }
    }

    /// The same, on a broker of the test's own.
    pub async fn on(way: Way, server: &RabbitMq) -> Self {
        let namespace = fresh_name("events");
        let settings = broker(server, &namespace);
        Self { way, namespace, folder: Folder::new("events"), settings }
    }

    /// From the next start on.
    pub fn set(&mut self, settings: &[&str]) {
        self.settings.extend(settings.iter().map(|&setting| setting.to_owned()));
    }

    async fn start(&self, services: Vec<Service>, part: (&str, u32), more: &[String]) -> Running {
        let settings = [self.settings.clone(), more.to_vec()].concat();
        let host = Host {
            clock: Clock::system(),
            entropy: Entropy::system(),
            settings: SettingsSource::new().overrides(&settings).unwrap(),
            storage: Storage::Folder(DataFolder::open_part(self.folder.path(), part.0, part.1).unwrap()),
            network: Network::Free,
        };
        let beside = ["lamps".to_owned(), "watchers".to_owned()];
        let assembly = Assembly::new(services).beside(&beside);
        let running = assembly.start(host, &mut |_, _| {}).await.unwrap_or_else(|error| panic!("{error}"));
        running.mark_ready();
        running
    }

    pub async fn pair(&self) -> Pair {
        self.pair_from(Start::Beginning).await
    }

    pub async fn pair_from(&self, start: Start) -> Pair {
        let switch = Arc::new(Switch { fails: AtomicBool::new(true) });
        if !self.way.is_far() {
            let services = vec![lamps(), watchers(switch, start)];
            return Pair { one: self.start(services, ("both", 0), &[]).await, other: None };
        }
        let one = self.start(vec![lamps()], ("lamps", 0), &[]).await;
        let other = self.follower(&one, 0, start).await;
        Pair { one, other: Some(other) }
    }

    /// Another process that follows.
    pub async fn follower(&self, lamps: &Running, replica: u32, start: Start) -> Running {
        let switch = Arc::new(Switch { fails: AtomicBool::new(true) });
        let address = lamps.doors().iter().find(|door| door.service == "lamps").unwrap().address;
        let leads = format!("peers.lamps.internal={address}");
        self.start(vec![watchers(switch, start)], ("watchers", replica), &[leads]).await
    }
}

fn broker(server: &RabbitMq, namespace: &str) -> Vec<String> {
    vec![format!("broker.url={}", server.url()), format!("broker.namespace={namespace}")]
}

/// New databases for both.
async fn databases() -> Vec<String> {
    let server = Postgres::shared().await;
    let prefix = format!("{}_", fresh_name("events"));
    let admin = PostgresOptions::parse(&server.url("postgres")).unwrap();
    let mut settings =
        vec![format!("database.url=postgres://{}", server.host_port()), format!("database.prefix={prefix}")];
    for service in ["lamps", "watchers"] {
        let (name, password) = (format!("{prefix}{service}"), "p-events");
        provision::provision(&admin, &name, &Secret::new(password), &Clock::system()).await.unwrap();
        settings.push(format!("database.passwords.{service}={password}"));
    }
    settings
}

/// Both, running.
pub struct Pair {
    pub one: Running,
    pub other: Option<Running>,
}

impl Pair {
    pub fn producer(&self) -> &Db {
        self.one.database("lamps").unwrap()
    }

    pub fn follower(&self) -> &Running {
        self.other.as_ref().unwrap_or(&self.one)
    }

    pub fn consumer(&self) -> &Db {
        self.follower().database("watchers").unwrap()
    }

    pub async fn tell<E: Event + Clone>(&self, event: E) -> i64 {
        tell(self.producer(), event).await
    }

    pub async fn light(&self, lamp: &str, count: i64) -> i64 {
        self.tell(LampLit { lamp: lamp.to_owned(), count }).await
    }

    /// Events of three lamps.
    pub async fn light_all(&self, counts: std::ops::Range<i64>) {
        for count in counts {
            self.light(["x", "y", "z"][usize::try_from(count % 3).unwrap()], count).await;
        }
    }

    pub async fn seen(&self) -> Vec<(String, i64)> {
        seen(self.consumer()).await
    }

    /// Waits until as many effects were done, and looks whether each was done once and in the order of its lamp.
    pub async fn has_seen(&self, counts: std::ops::Range<i64>) {
        has_seen(self.consumer(), counts).await;
    }

    /// Waits until the follower has committed everything that was told.
    pub async fn caught_up(&self) {
        let head = tradewind_events::head(self.producer()).await.unwrap();
        until("the follower to come to the head", async || (self.reached().await >= head).then_some(()))
            .await;
    }

    /// How far the follower says that it is.
    pub async fn reached(&self) -> i64 {
        let text = get(self.follower(), "watchers", "/subscriptions").await;
        let following: Vec<Following> = serde_json::from_str(&text).unwrap();
        following[0].position
    }

    /// Waits until the follower has chosen where it begins.
    pub async fn has_begun(&self) {
        let stored = async || self.consumer().query_optional::<(i64,)>(&STORED, &[]).await.unwrap();
        until("a cursor", stored).await;
    }

    pub async fn letters(&self) -> Vec<(String, i64)> {
        self.consumer().query(&LETTERS, &[]).await.unwrap()
    }

    /// The value of a metric of the follower, all labels but the service's included in its name.
    pub async fn watches(&self, metric: &str) -> u64 {
        metric_of(self.follower(), "watchers", metric).await
    }

    pub async fn tells(&self, metric: &str) -> u64 {
        metric_of(&self.one, "lamps", metric).await
    }

    pub async fn end(self) {
        if let Some(other) = self.other {
            other.shutdown().await;
        }
        self.one.shutdown().await;
    }

    /// Ends the follower only.
    pub async fn end_follower(&mut self) {
        self.other.take().unwrap().shutdown().await;
    }
}

pub async fn tell<E: Event + Clone>(db: &Db, event: E) -> i64 {
    let context = Context::begin(Principal::Anonymous, &Clock::system(), &Entropy::system());
    let tell = work(move |tx| {
        let event = event.clone();
        Box::pin(async move { announce(tx, &event).await })
    });
    db.write(&context, tell).await.unwrap()
}

pub async fn seen(db: &Db) -> Vec<(String, i64)> {
    db.query(&ALL, &[]).await.unwrap()
}

pub async fn has_seen(db: &Db, counts: std::ops::Range<i64>) {
    let expected = usize::try_from(counts.end - counts.start).unwrap();
    until("all effects", async || (seen(db).await.len() >= expected).then_some(())).await;
    let seen = seen(db).await;
    for lamp in ["x", "y", "z"] {
        let of: Vec<i64> = seen.iter().filter(|(name, _)| name == lamp).map(|(_, count)| *count).collect();
        assert!(of.is_sorted_by(|one, next| one < next), "{lamp}: {of:?}");
    }
    let mut all: Vec<i64> = seen.into_iter().map(|(_, count)| count).collect();
    all.sort_unstable();
    assert_eq!(all, counts.collect::<Vec<_>>(), "each once");
}

pub async fn get(running: &Running, service: &str, path: &str) -> String {
    let door = running.doors().into_iter().find(|door| door.service == service).unwrap();
    let request = Request::new("GET", path).bearer(running.secret().expose());
    request.send(door.address).await.text()
}

/// The sum of a metric over all its labels.
pub async fn metric_of(running: &Running, service: &str, metric: &str) -> u64 {
    let text = get(running, service, "/metrics").await;
    let values = text.lines().filter(|line| line.starts_with(&format!("{metric}{{")));
    values.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
}
