//! Schema changes.

use tradewind_db::{Db, DbError, Engine, Execution, Location, MigrateMode, Migration, MigrationSet};

use crate::support::{Folder, options};

const FIRST: Migration =
    Migration { version: 1, name: "one", text: "create table one (id {uuid} primary key)" };
const SECOND: Migration = Migration { version: 2, name: "two", text: "create table two (body {json})" };
const EDITED: Migration = Migration { text: "create table one (id {uuid})", ..FIRST };

fn set(migrations: &'static [Migration]) -> MigrationSet {
    MigrationSet { component: "test", migrations }
}

#[tokio::test]
async fn migrations_apply_once_and_changes_are_noticed() {
    let folder = Folder::new();
    let open = || Db::open(options(Location::File(folder.file()), Execution::Threaded)).unwrap();
    let db = open();
    let require = db.migrate(&[set(&[FIRST])], MigrateMode::Require).await;
    assert!(matches!(require, Err(DbError::Schema { .. })), "{require:?}");
    db.migrate(&[set(&[FIRST])], MigrateMode::Auto).await.unwrap();
    db.migrate(&[set(&[FIRST])], MigrateMode::Require).await.unwrap();
    db.migrate(&[set(&[FIRST, SECOND])], MigrateMode::Auto).await.unwrap();
    db.close().await;

    let db = open();
    let messages = [(set(&[FIRST]), "newer than this program"), (set(&[EDITED, SECOND]), "was edited")];
    for (set, message) in messages {
        let error = db.migrate(&[set], MigrateMode::Auto).await.unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing() {
    const BROKEN: Migration =
        Migration { version: 2, name: "two", text: "create table two (a); create tabel x" };
    let db = Db::open(options(Location::Memory, Execution::Inline)).unwrap();
    assert!(db.migrate(&[set(&[FIRST, BROKEN])], MigrateMode::Auto).await.is_err());
    db.migrate(&[set(&[FIRST, SECOND])], MigrateMode::Auto).await.unwrap();
}

#[test]
fn tokens_become_the_types_of_the_engine() {
    assert_eq!(FIRST.text_for(Engine::Postgres), "create table one (id uuid primary key)");
    assert_eq!(FIRST.text_for(Engine::Sqlite), "create table one (id blob primary key)");
}

#[test]
fn what_has_no_common_text_is_for_one_engine() {
    let text = "one;\n-- engine: sqlite\ntwo;\n-- engine: postgres\nthree;\n-- engine: both\nfour;\n";
    let migration = Migration { version: 1, name: "parts", text };
    assert_eq!(migration.text_for(Engine::Sqlite), "one;\ntwo;\nfour;\n");
    assert_eq!(migration.text_for(Engine::Postgres), "one;\nthree;\nfour;\n");
}
