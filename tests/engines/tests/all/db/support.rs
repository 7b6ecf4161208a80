//! A database of one test, on the server that tests share.

use tradewind_db::{
    Db, Execution, Location, MigrateMode, Migration, MigrationSet, Options, PostgresOptions, params,
    provision, sql, work,
};
use tradewind_kernel::{Clock, Context, Entropy, Principal, Secret};
use tradewind_testkit::Postgres;
use tradewind_testkit::postgres::fresh_name;

pub const SCHEMA: MigrationSet = MigrationSet {
    component: "test",
    migrations: &[Migration {
        version: 1,
        name: "create_entry",
        text: "create table entry (key bigint primary key, half bigint not null);
            create table link (to_key bigint references entry (key) deferrable initially deferred)",
    }],
};

sql! {
    pub INSERT = "insert into entry (key, half) values ($1, $2)";
    pub LINK = "insert into link (to_key) values ($1)";
    pub KEYS = "select key from entry order by key";
    pub HALF = "select half from entry where key = $1";
    pub SET_HALF = "update entry set half = $2 where key = $1";
}

/// An empty database, who may open it, and the password.
pub async fn place(server: &Postgres, label: &str) -> (PostgresOptions, Secret) {
    let name = fresh_name(label);
    let password = Secret::new(format!("pw-{}", Entropy::system().id(&Clock::system())));
    let admin = PostgresOptions::parse(&server.url("postgres")).unwrap();
    provision::provision(&admin, &name, &password, &Clock::system()).await.unwrap();
    let address = format!("postgres://{}", server.host_port());
    let options = PostgresOptions::parse(&address).unwrap().role(&name).database(&name);
    (options.password(&password), password)
}

/// A handle on a database, as a process of its own has one.
pub fn handle(options: &PostgresOptions) -> Db {
    let options = Options {
        location: Location::Postgres(options.clone()),
        execution: Execution::Threaded,
        readers: 1,
        clock: Clock::system(),
        entropy: Entropy::system(),
    };
    Db::open(options).unwrap()
}

/// A new database with the tables of these tests, over so many connections.
pub async fn database(label: &str, connections: u32) -> (Db, PostgresOptions) {
    let (options, _) = place(Postgres::shared().await, label).await;
    let options = options.connections(connections);
    let db = handle(&options);
    db.migrate(&[SCHEMA], MigrateMode::Auto).await.unwrap();
    (db, options)
}

pub fn context() -> Context {
    Context::begin(Principal::Service("test".into()), &Clock::system(), &Entropy::system())
}

pub async fn keys(db: &Db) -> Vec<i64> {
    db.query::<(i64,)>(&KEYS, &[]).await.unwrap().into_iter().map(|(key,)| key).collect()
}

/// Writes one row.
pub async fn insert(db: &Db, key: i64) -> Result<u64, tradewind_db::DbError> {
    let insert = work(move |tx| Box::pin(async move { tx.execute(&INSERT, params![key, 0_i64]).await }));
    db.write(&context(), insert).await
}
