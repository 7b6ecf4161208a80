//! What the engine itself can do, on the same disk and in the same minute: one row, one commit, again and again.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tradewind_db::{
    Db, DbError, Execution, Location, MigrateMode, Migration, MigrationSet, Options, Tx, Work, sql,
};
use tradewind_kernel::{Clock, Context, Entropy, Principal};

const SCHEMA: MigrationSet = MigrationSet {
    component: "engine",
    migrations: &[Migration {
        version: 1,
        name: "create_line",
        text: "create table line (place {serial}, text text not null)",
    }],
};

sql! {
    INSERT = "insert into line (text) values ('a line of a hundred characters, as short rows have them, give or take some, and no more of it now')";
}

struct Insert;

impl Work for Insert {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        tx.execute(&INSERT, &[]).await.map(drop)
    }
}

/// Opens a file with the settings that services have.
pub(crate) async fn open(path: PathBuf, sets: &[MigrationSet]) -> Result<Db, String> {
    open_at(Location::File(path), sets).await
}

/// The same, wherever it lies.
pub(crate) async fn open_at(location: Location, sets: &[MigrationSet]) -> Result<Db, String> {
    let options = Options {
        location,
        execution: Execution::Threaded,
        readers: 2,
        clock: Clock::system(),
        entropy: Entropy::system(),
    };
    let db = Db::open(options).map_err(|error| error.to_string())?;
    db.migrate(sets, MigrateMode::Auto).await.map_err(|error| error.to_string())?;
    Ok(db)
}

/// Commits per second of one writer that waits for each, `synchronous=FULL`.
pub(crate) async fn single_row_commits(folder: &Path, how_long: Duration) -> Result<f64, String> {
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let db = open(folder.join("engine.db"), &[SCHEMA]).await?;
    let context = Context::begin(Principal::Service("load".to_owned()), &Clock::system(), &Entropy::system());
    let (started, mut commits) = (Instant::now(), 0_u32);
    while started.elapsed() < how_long {
        db.write(&context, Insert).await.map_err(|error| error.to_string())?;
        commits += 1;
    }
    let rate = f64::from(commits) / started.elapsed().as_secs_f64();
    db.close().await;
    Ok(rate)
}
