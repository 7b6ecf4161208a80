//! Databases in memory that outlive their handles, as files outlive a process: for simulation.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use rusqlite::types::Value;
use tradewind_kernel::Id;

use crate::DbError;
use crate::signal::{Beside, Signals};
use crate::sqlite::open;

const TABLES: &str =
    "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name";

/// A disk of databases that lie in memory. They are there until the last clone of it is dropped, whatever becomes of
/// the handles on them.
///
/// What was committed is kept when a process ends at whatever point ([`Volume::cut`], [`Volume::cut_at_commit`]); what
/// was not is lost. Databases of one volume with the same name are one, for as many handles as there are, on one thread.
#[derive(Clone, Default)]
pub struct Volume {
    kept: Arc<Mutex<BTreeMap<String, Kept>>>,
    /// Hears whose commit is kept.
    watcher: Option<Watcher>,
}

type Watcher = Arc<dyn Fn(&str) + Send + Sync>;

struct Kept {
    /// The engine forgets a database in memory with its last connection.
    anchor: Connection,
    /// By the names of handles, what is still kept of what they commit.
    lives: BTreeMap<String, Arc<Mutex<Life>>>,
    /// Every handle hears of the commits of the others.
    signals: Beside,
}

/// What becomes of the commits of one life of a process.
#[derive(Default)]
struct Life {
    is_over: bool,
    fuse: Option<Fuse>,
}

struct Fuse {
    /// Commits until it is over, and whether the last of them is kept.
    commits: u32,
    keeps_last: bool,
    tell: Box<dyn FnOnce() + Send>,
}

impl Life {
    /// Whether the commit that is about to be made is kept.
    fn keeps_commit(&mut self) -> bool {
        if self.is_over {
            return false;
        }
        let Some(fuse) = &mut self.fuse else { return true };
        fuse.commits = fuse.commits.saturating_sub(1);
        if fuse.commits > 0 {
            return true;
        }
        let Some(fuse) = self.fuse.take() else { return true };
        self.is_over = true;
        (fuse.tell)();
        fuse.keeps_last
    }
}

impl Volume {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty one whose commits `watcher` hears of, each within that commit: it is given the holder, and must not use
    /// a database.
    #[must_use]
    pub fn watched(watcher: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { watcher: Some(Arc::new(watcher)), ..Self::default() }
    }

    /// From now on nothing that `holder` does to `database` is kept, as if its process had ended here: commits that it
    /// still tries are rolled back. A handle that is opened later is another life.
    pub fn cut(&self, database: &str, holder: &str) {
        self.with_life(database, holder, |life| (life.is_over, life.fuse) = (true, None));
    }

    /// The same at the commit with number `commits` from now, which is kept or not, as `keeps_last` says. `tell` hears
    /// of it within that commit: it must not use the database.
    pub fn cut_at_commit(
        &self,
        (database, holder): (&str, &str),
        commits: u32,
        keeps_last: bool,
        tell: impl FnOnce() + Send + 'static,
    ) {
        let fuse = Fuse { commits, keeps_last, tell: Box::new(tell) };
        self.with_life(database, holder, |life| life.fuse = Some(fuse));
    }

    /// What was to happen at a commit does not happen any more.
    pub fn spare(&self, database: &str, holder: &str) {
        self.with_life(database, holder, |life| life.fuse = None);
    }

    fn with_life(&self, database: &str, holder: &str, change: impl FnOnce(&mut Life)) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(life) = kept.get(database).and_then(|kept| kept.lives.get(holder)) {
            change(&mut life.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Runs statements on `database` from outside, as whoever migrates it for a later version does.
    ///
    /// # Errors
    /// What the engine says.
    pub fn execute(&self, database: &str, statements: &str) -> Result<(), String> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.get(database).ok_or_else(|| format!("there is no database {database}"))?;
        place.anchor.execute_batch(statements).map_err(|error| error.to_string())
    }

    /// The tables of `database`.
    ///
    /// # Errors
    /// What the engine says.
    pub fn tables(&self, database: &str) -> Result<Vec<String>, String> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.get(database).ok_or_else(|| format!("there is no database {database}"))?;
        let list = || -> rusqlite::Result<Vec<String>> {
            let mut statement = place.anchor.prepare(TABLES)?;
            statement.query_map([], |row| row.get(0))?.collect()
        };
        list().map_err(|error| error.to_string())
    }

    /// The rows that `query` gives on `database`, as text: ids as UUIDs, nothing where there is no value.
    ///
    /// # Errors
    /// What the engine says.
    pub fn rows(&self, database: &str, query: &str) -> Result<Vec<Vec<String>>, String> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.get(database).ok_or_else(|| format!("there is no database {database}"))?;
        let read = || -> rusqlite::Result<Vec<Vec<String>>> {
            let mut statement = place.anchor.prepare(query)?;
            let columns = statement.column_count();
            let row = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at).map(text)).collect();
            statement.query_map([], row)?.collect()
        };
        read().map_err(|error| error.to_string())
    }

    pub(crate) fn open(
        &self,
        database: &str,
        holder: &str,
        signals: &Arc<Signals>,
    ) -> Result<Connection, DbError> {
        // The engine knows databases in memory by their names, in the whole process.
        let name = format!("file:/{:p}/{database}?vfs=memdb", Arc::as_ptr(&self.kept));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.contains_key(database) {
            let place =
                Kept { anchor: open::shared(&name)?, lives: BTreeMap::new(), signals: Beside::default() };
            kept.insert(database.to_owned(), place);
        }
        let mut connection = open::shared(&name)?;
        let lives = Arc::new(Mutex::new(Life::default()));
        let (life, watcher, name_of_holder) = (lives.clone(), self.watcher.clone(), holder.to_owned());
        let loses = move || {
            let keeps = life.lock().unwrap_or_else(PoisonError::into_inner).keeps_commit();
            if keeps && let Some(watcher) = &watcher {
                watcher(&name_of_holder);
            }
            !keeps
        };
        let hooked = connection.commit_hook(Some(loses));
        hooked.map_err(|error| open::failed(Path::new(&name), &error))?;
        if let Some(kept) = kept.get_mut(database) {
            kept.lives.insert(holder.to_owned(), lives);
            signals.join(&kept.signals);
        }
        Ok(connection)
    }
}

fn text(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text,
        Value::Blob(bytes) => match <[u8; 16]>::try_from(bytes) {
            Ok(bytes) => Id::from_bytes(bytes).to_string(),
            Err(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        },
    }
}

impl fmt::Debug for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_tuple("Volume").field(&kept.keys().collect::<Vec<_>>()).finish()
    }
}

/// Two volumes are equal when they are one.
impl PartialEq for Volume {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.kept, &other.kept)
    }
}

impl Eq for Volume {}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(volume: &Volume, database: &str, holder: &str) -> Result<Connection, DbError> {
        volume.open(database, holder, &Arc::default())
    }

    fn rows(connection: &Connection) -> i64 {
        connection.query_row("select count(*) from t", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn what_was_committed_outlives_the_handle_and_what_was_not_is_lost() {
        let volume = Volume::new();
        let first = open(&volume, "lamps", "a").unwrap();
        first.execute_batch("create table t (x integer); insert into t values (1)").unwrap();
        first.execute_batch("begin immediate; insert into t values (2)").unwrap();
        drop(first);
        assert_eq!(rows(&open(&volume, "lamps", "a").unwrap()), 1);
        assert!(open(&volume, "bulbs", "a").unwrap().prepare("select * from t").is_err());
        assert!(open(&Volume::new(), "lamps", "a").unwrap().prepare("select * from t").is_err());
    }

    #[test]
    fn a_life_ends_at_the_commit_that_was_chosen() {
        for (keeps_last, kept) in [(true, 2), (false, 1)] {
            let volume = Volume::new();
            let connection = open(&volume, "lamps", "a").unwrap();
            connection.execute_batch("create table t (x integer)").unwrap();
            let told = Arc::new(Mutex::new(0));
            let hears = told.clone();
            volume.cut_at_commit(("lamps", "a"), 2, keeps_last, move || *hears.lock().unwrap() += 1);
            let outcomes: Vec<bool> =
                (0..4).map(|_| connection.execute_batch("insert into t values (1)").is_ok()).collect();
            assert_eq!(outcomes, [true, keeps_last, false, false]);
            assert_eq!((*told.lock().unwrap(), rows(&open(&volume, "lamps", "a").unwrap())), (1, kept));
        }
    }

    #[test]
    fn rows_are_read_as_text() {
        let volume = Volume::new();
        let connection = open(&volume, "lamps", "a").unwrap();
        connection.execute_batch("create table t (a, b, c, d)").unwrap();
        connection.execute_batch("insert into t values (1, 'x', null, zeroblob(16))").unwrap();
        let rows = volume.rows("lamps", "select * from t").unwrap();
        assert_eq!(rows, [["1", "x", "", "00000000-0000-0000-0000-000000000000"]]);
        assert!(volume.rows("bulbs", "select 1").is_err());
    }

    #[test]
    fn the_watcher_hears_of_commits_that_are_kept() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hears = heard.clone();
        let volume = Volume::watched(move |holder| hears.lock().unwrap().push(holder.to_owned()));
        let connection = open(&volume, "lamps", "a").unwrap();
        connection.execute_batch("create table t (x integer); insert into t values (1)").unwrap();
        connection.execute_batch("begin; insert into t values (2); rollback").unwrap();
        volume.cut("lamps", "a");
        assert!(connection.execute_batch("insert into t values (3)").is_err());
        assert_eq!(*heard.lock().unwrap(), ["a", "a"]);
    }

    #[test]
    fn after_the_cut_nothing_of_that_life_is_kept_and_the_next_one_goes_on() {
        let volume = Volume::new();
        let (first, other) = (open(&volume, "lamps", "a").unwrap(), open(&volume, "lamps", "b").unwrap());
        first.execute_batch("create table t (x integer); begin immediate; insert into t values (1)").unwrap();
        volume.cut("lamps", "a");
        assert!(first.execute_batch("commit").is_err());
        assert!(first.execute_batch("insert into t values (2)").is_err());
        other.execute_batch("insert into t values (3)").unwrap();
        let next = open(&volume, "lamps", "a").unwrap();
        next.execute_batch("insert into t values (4)").unwrap();
        assert_eq!(rows(&next), 2);
    }
}
