//! Schema changes: numbered texts, applied once, never edited.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::history::{APPLIED, require_whole};
use crate::{DbError, Engine, Tx, Work, params};

/// One numbered change of a schema.
///
/// The text uses tokens where the engines' types differ: `{uuid}`, `{json}`, `{bytes}` and `{serial}` (a
/// primary key that counts up). Everything else is the same text on both, but for what only one of them has, such as its
/// index of words: that stands behind a line `-- engine: sqlite` or `-- engine: postgres`, until `-- engine: both`.
/// Columns are the same on both, so that a dump of one can be loaded into the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Counts from 1 without gaps within its set.
    pub version: u32,
    /// What it does, in a few words.
    pub name: &'static str,
    /// The statements.
    pub text: &'static str,
}

/// The changes of one part of a schema, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MigrationSet {
    /// The part's name, such as the service's.
    pub component: &'static str,
    /// Its changes.
    pub migrations: &'static [Migration],
}

/// What to do about missing migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MigrateMode {
    /// Apply them: for databases that belong to one process.
    #[default]
    Auto,
    /// Refuse to start: a deploy job applies them before.
    Require,
}

impl Migration {
    /// The text for one engine.
    #[must_use]
    pub fn text_for(&self, engine: Engine) -> String {
        let tokens: [(&str, &str); 4] = match engine {
            Engine::Sqlite => [
                ("{uuid}", "blob"),
                ("{json}", "text"),
                ("{bytes}", "blob"),
                ("{serial}", "integer primary key autoincrement"),
            ],
            Engine::Postgres => [
                ("{uuid}", "uuid"),
                ("{json}", "json"),
                ("{bytes}", "bytea"),
                ("{serial}", "bigint generated always as identity primary key"),
            ],
        };
        let text = self.lines_for(engine);
        tokens.iter().fold(text, |text, (token, kind)| text.replace(token, kind))
    }

    /// Leaves out what is for the other engine.
    fn lines_for(&self, engine: Engine) -> String {
        let mut is_kept = true;
        let kept = self.text.split_inclusive('\n').filter(|line| {
            if let Some(name) = line.trim_end().strip_prefix("-- engine: ") {
                is_kept = name == "both" || name == engine.name();
                return false;
            }
            is_kept
        });
        kept.collect()
    }

    /// A fingerprint of the text as written, before tokens are replaced.
    fn checksum(&self) -> String {
        Sha256::digest(self.text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

crate::sql! {
    LOCK = {
        postgres: "select 1::bigint from (select pg_advisory_xact_lock(5289271)) as locked",
        sqlite: "select 1",
    };
    HAS_HISTORY = {
        postgres: "select count(*) from pg_catalog.pg_class
            where relname = 'schema_migration' and pg_catalog.pg_table_is_visible(oid)",
        sqlite: "select count(*) from sqlite_master where name = 'schema_migration'",
    };
    RECORD = "insert into schema_migration (component, version, name, checksum, applied_at)
              values ($1, $2, $3, $4, $5)";
}

const HISTORY: &str = "create table schema_migration (
    component text not null, version integer not null, name text not null,
    checksum text not null, applied_at bigint not null, primary key (component, version))";

/// Brings a schema up to date as one work: all of it or nothing.
pub(crate) struct Migrate {
    sets: Vec<MigrationSet>,
    mode: MigrateMode,
}

impl Migrate {
    pub(crate) fn new(sets: &[MigrationSet], mode: MigrateMode) -> Self {
        Self { sets: sets.to_vec(), mode }
    }
}

impl Work for Migrate {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        if tx.engine() == Engine::Postgres {
            // Whoever waited for the lock has to see what was applied meanwhile.
            tx.execute_script("migrate", "set transaction isolation level read committed").await?;
            // Held until the end of the transaction; whoever comes second finds everything applied.
            tx.query_optional::<(i64,)>(&LOCK, &[]).await?;
        }
        let (has_history,): (i64,) = tx.query_one(&HAS_HISTORY, &[]).await?;
        if has_history == 0 {
            if let (MigrateMode::Require, Some(set)) = (self.mode, self.sets.first()) {
                return Err(schema(set, "nothing is applied yet; run the migration job first".to_owned()));
            }
            tx.execute_script("schema_migration", HISTORY).await?;
        }
        let rows: Vec<(String, u32, String)> = tx.query(&APPLIED, &[]).await?;
        require_whole(rows.iter().map(|(component, ..)| component.as_str()))?;
        let mut applied: BTreeMap<String, BTreeMap<u32, String>> = BTreeMap::new();
        for (component, version, checksum) in rows {
            applied.entry(component).or_default().insert(version, checksum);
        }
        for set in &self.sets {
            let known = applied.remove(set.component).unwrap_or_default();
            let pending = pending(set, &known)?;
            if let (MigrateMode::Require, Some(first)) = (self.mode, pending.first()) {
                let message =
                    format!("migration {} is not applied; run the migration job first", first.version);
                return Err(schema(set, message));
            }
            for migration in pending {
                apply(tx, set, &migration).await?;
            }
        }
        Ok(())
    }
}

/// The migrations that are still to be applied, after comparing those that were.
fn pending(set: &MigrationSet, known: &BTreeMap<u32, String>) -> Result<Vec<Migration>, DbError> {
    if let Some((newest, _)) = known.last_key_value()
        && !set.migrations.iter().any(|migration| migration.version == *newest)
    {
        let message =
            format!("it is at version {newest}, newer than this program knows; use a newer program");
        return Err(schema(set, message));
    }
    let mut pending = Vec::new();
    for migration in set.migrations {
        match known.get(&migration.version) {
            None => pending.push(*migration),
            Some(checksum) if *checksum == migration.checksum() => {}
            Some(_) => {
                let message =
                    format!("migration {} was edited after it was applied; add a new one", migration.version);
                return Err(schema(set, message));
            }
        }
    }
    Ok(pending)
}

async fn apply(tx: &mut Tx, set: &MigrationSet, migration: &Migration) -> Result<(), DbError> {
    let text = migration.text_for(tx.engine());
    tx.execute_script(migration.name, &text).await?;
    let now = tx.now();
    let checksum = migration.checksum();
    tx.execute(&RECORD, params![set.component, migration.version, migration.name, checksum, now]).await?;
    Ok(())
}

fn schema(set: &MigrationSet, message: String) -> DbError {
    DbError::Schema { component: set.component.to_owned(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_gets_its_own_lines_and_those_for_both() {
        let text = "a {json};\n-- engine: sqlite\nb;\n-- engine: postgres\nc;\n-- engine: both\nd;\n";
        let migration = Migration { version: 1, name: "words", text };
        assert_eq!(migration.text_for(Engine::Sqlite), "a text;\nb;\nd;\n");
        assert_eq!(migration.text_for(Engine::Postgres), "a json;\nc;\nd;\n");
    }
}
