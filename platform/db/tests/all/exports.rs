//! Rows of one state of the database, on their way out.

use std::time::Duration;

use tradewind_db::{DbError, Evidence, Export, params, sql, work};
use tradewind_kernel::Clock;

use crate::support::{Folder, INSERT, KEYS, context, in_memory, open};

sql! {
    FILL = "insert into entry (key, half) with recursive number (key) as
        (select 1 union all select key + 1 from number where key < 100000) select key, key from number";
    VALUES = "select 1 as number, 'a \"b\"' as text, null as missing, x'0102' as bytes,
        x'01980000000070008000000000000001' as id";
    MISSING = "select 1 from no_such_table";
}

async fn lines(mut export: Export) -> Result<Vec<String>, DbError> {
    let mut text = Vec::new();
    while let Some(chunk) = export.next().await {
        text.extend(chunk?);
    }
    Ok(String::from_utf8(text).unwrap().lines().map(str::to_owned).collect())
}

#[tokio::test]
async fn an_export_is_one_state_of_the_database_while_writes_go_on() {
    let folder = Folder::new();
    let db = open(&folder.file()).await;
    // More than the chunks that wait for a slow reader.
    let fill = work(|tx| Box::pin(async move { tx.execute(&FILL, &[]).await }));
    db.write(&context(), fill).await.unwrap();
    let tables = vec![Evidence { table: "entry", rows: &KEYS }, Evidence { table: "again", rows: &KEYS }];
    let mut export = db.export(tables).await.unwrap();
    // The first piece is there: the state is chosen.
    let first = export.next().await.unwrap().unwrap();
    let more = work(|tx| Box::pin(async move { tx.execute(&INSERT, params![900_000_i64, 1_i64]).await }));
    db.write(&context(), more).await.unwrap();
    let rest = lines(export).await.unwrap();
    let lines: Vec<String> =
        String::from_utf8(first).unwrap().lines().map(str::to_owned).chain(rest).collect();
    assert_eq!(lines.first().unwrap(), r#"{"columns":["key"],"table":"entry"}"#);
    assert_eq!(lines.last().unwrap(), r#"{"end":true}"#);
    assert_eq!(lines.len(), 2 * 100_000 + 3);
    assert!(!lines.contains(&"[900000]".to_owned()));
}

#[tokio::test]
async fn values_keep_what_they_are() {
    let db = in_memory().await;
    let lines = lines(db.export(vec![Evidence { table: "values", rows: &VALUES }]).await.unwrap()).await;
    let row = r#"[1,"a \"b\"",null,"0102","01980000-0000-7000-8000-000000000001"]"#;
    assert_eq!(lines.unwrap()[1], row);
}

#[tokio::test]
async fn a_query_that_fails_ends_the_export_without_its_last_line() {
    let folder = Folder::new();
    let db = open(&folder.file()).await;
    let tables = vec![Evidence { table: "entry", rows: &KEYS }, Evidence { table: "none", rows: &MISSING }];
    let error = lines(db.export(tables).await.unwrap()).await.unwrap_err();
    assert!(matches!(error, DbError::Statement { statement: "MISSING", .. }), "{error}");
}

#[tokio::test]
async fn only_so_many_exports_are_under_way_and_one_that_is_dropped_makes_room() {
    let folder = Folder::new();
    let db = open(&folder.file()).await;
    // More than the chunks that wait for a slow reader.
    let fill = work(|tx| Box::pin(async move { tx.execute(&FILL, &[]).await }));
    db.write(&context(), fill).await.unwrap();
    let export = async || db.export(vec![Evidence { table: "entry", rows: &KEYS }]).await;
    let (first, second) = (export().await.unwrap(), export().await.unwrap());
    assert_eq!(export().await.map(drop), Err(DbError::Busy { waited_ms: 0 }));
    drop(first);
    // Its thread notices when it hands on the next piece.
    let room = async {
        while export().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    Clock::system().timeout(Duration::from_secs(30), room).await.unwrap();
    drop(second);
}
