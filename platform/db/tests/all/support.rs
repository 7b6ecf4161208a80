use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, mpsc};

use tradewind_db::{
    Db, DbError, Execution, Location, MigrateMode, Migration, MigrationSet, Options, Tx, Work,
};
use tradewind_db::{params, sql};
use tradewind_kernel::{Clock, Context, Entropy, Principal};

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
    LINK = "insert into link (to_key) values ($1)";
    pub KEYS = "select key from entry order by key";
    pub COUNT = "select count(*), count(distinct key / 2) from entry";
}

/// A folder of its own, removed at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("tradewind-db-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self) -> PathBuf {
        self.0.join("test.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

pub fn options(location: Location, execution: Execution) -> Options {
    Options { location, execution, readers: 2, clock: Clock::system(), entropy: Entropy::system() }
}

pub async fn open(path: &Path) -> Db {
    let db = Db::open(options(Location::File(path.to_owned()), Execution::Threaded)).unwrap();
    db.migrate(&[SCHEMA], MigrateMode::Auto).await.unwrap();
    db
}

pub async fn in_memory() -> Db {
    let db = Db::open(options(Location::Memory, Execution::Inline)).unwrap();
    db.migrate(&[SCHEMA], MigrateMode::Auto).await.unwrap();
    db
}

pub fn context() -> Context {
    Context::begin(Principal::Service("test".into()), &Clock::system(), &Entropy::system())
}

pub async fn keys(db: &Db) -> Vec<i64> {
    db.query::<(i64,)>(&KEYS, &[]).await.unwrap().into_iter().map(|(key,)| key).collect()
}

/// What a test work does after (or before) it wrote its two rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Keep,
    RefuseUnwritten,
    RefuseWritten,
    Panic,
    HideFailure,
    AwaitForeign,
    /// What it wrote is wrong only when it is to be committed.
    RefusedByCommit,
}

/// Writes the rows `2 * number` and `2 * number + 1`: both or none must be found.
pub struct Pair {
    pub number: i64,
    pub ending: Ending,
}

impl Work for Pair {
    type Output = i64;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<i64, DbError> {
        let refusal = || DbError::Column { message: "refused".into() };
        if self.ending == Ending::RefuseUnwritten {
            return Err(refusal());
        }
        tx.execute(&INSERT, params![2 * self.number, self.number]).await?;
        match self.ending {
            Ending::RefuseWritten => return Err(refusal()),
            Ending::Panic => panic!("on purpose"),
            Ending::HideFailure => {
                let hidden = tx.execute(&INSERT, params![2 * self.number, self.number]).await;
                assert!(matches!(hidden, Err(DbError::Constraint { .. })));
                return Ok(self.number);
            }
            Ending::AwaitForeign => std::future::pending().await,
            Ending::RefusedByCommit => drop(tx.execute(&LINK, params![-1_i64]).await?),
            Ending::Keep | Ending::RefuseUnwritten => {}
        }
        tx.execute(&INSERT, params![2 * self.number + 1, self.number]).await?;
        Ok(self.number)
    }
}

/// Holds the writer thread until the test lets it go, so that works gather into one batch.
pub struct Gate(Mutex<mpsc::Receiver<()>>);

impl Gate {
    pub fn new() -> (Self, mpsc::Sender<()>) {
        let (open, wait) = mpsc::channel();
        (Self(Mutex::new(wait)), open)
    }
}

impl Work for Gate {
    type Output = ();
    type Error = DbError;

    async fn run(&self, _: &mut Tx) -> Result<(), DbError> {
        self.0.lock().unwrap().recv().unwrap_or_default();
        Ok(())
    }
}
