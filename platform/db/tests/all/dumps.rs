//! A database taken apart into lines and put together again.

use tradewind_db::{
    Db, DbError, DumpError, DumpReader, Execution, Location, MigrateMode, Migration, MigrationSet, Sql,
    params, sql, work,
};

use crate::support::{context, options};

const SHOP: MigrationSet = MigrationSet {
    component: "shop",
    migrations: &[
        Migration {
            version: 1,
            name: "create_tables",
            text: "create table answer (
                    entry {serial}, key text not null, done boolean not null, fingerprint {bytes}, document {json});
                create table thing (id {uuid} primary key, answer bigint references answer (entry), \"order\" text);
                create table aisle (thing {uuid} references thing (id), number integer);",
        },
        Migration { version: 2, name: "create_extra", text: "create table extra (name text primary key); insert into extra (name) values ('made')",
        },
    ],
};

/// The same name and columns, another meaning.
const OTHER: MigrationSet = MigrationSet {
    component: "shop",
    migrations: &[Migration {
        version: 1,
        name: "create_tables",
        text: "create table answer (entry {serial})",
    }],
};

sql! {
    FILL_ANSWER = "insert into answer (key, done, fingerprint, document) values
        ('b', true, x'00ff', '{\"b\": 1,  \"a\":\"ä\"}'), ('a', false, x'01980000000070008000000000000001', null),
        ('line\nbreak \"quoted\"', true, null, '[]'), ('gone', true, null, null)";
    FORGET = "delete from answer where key = 'gone'";
    FILL_THING = "insert into thing (id, answer, \"order\") values (x'01980000000070008000000000000002', 1, 'second'),
        (x'01980000000070008000000000000001', 3, null)";
    FILL_AISLE = "insert into aisle (thing, number) values (x'01980000000070008000000000000002', 7)";
    NEXT = "insert into answer (key, done) values ('next', false) returning entry";
    SPOIL = "update thing set \"order\" = 'third' where \"order\" = 'second'";
    FORGET_ALL = "delete from answer where key <> ''";
    FORGET_AISLES = "delete from aisle where number > 0";
    FORGET_THINGS = "delete from thing where answer > 0";
}

fn new() -> Db {
    Db::open(options(Location::Memory, Execution::Inline)).unwrap()
}

async fn empty() -> Db {
    let db = new();
    db.migrate(&[SHOP], MigrateMode::Auto).await.unwrap();
    db
}

async fn run(db: &Db, statement: &'static Sql) {
    let changed = work(move |tx| Box::pin(async move { tx.execute(statement, &[]).await }));
    assert!(db.write(&context(), changed).await.unwrap() > 0);
}

async fn next(db: &Db) -> i64 {
    let next = work(|tx| Box::pin(async move { tx.query_one::<(i64,)>(&NEXT, params![]).await }));
    db.write(&context(), next).await.unwrap().0
}

async fn filled() -> Db {
    let db = empty().await;
    for statement in [&FILL_ANSWER, &FORGET, &FILL_THING, &FILL_AISLE] {
        run(&db, statement).await;
    }
    db
}

async fn dumped(db: &Db) -> String {
    let mut dump = db.dump().await.unwrap();
    let mut text = Vec::new();
    while let Some(piece) = dump.next().await {
        text.extend(piece.unwrap());
    }
    String::from_utf8(text).unwrap()
}

/// Everything but when the schema was made.
fn content(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with("[\"shop\",")).collect()
}

/// Loads a text in pieces of a few bytes; gives the database with it.
async fn loaded(text: &str) -> Result<Db, DumpError> {
    let db = new();
    let mut load = db.load(&[SHOP]).await?;
    for piece in text.as_bytes().chunks(7) {
        load.take(piece).await?;
    }
    let loaded = load.finish()?;
    loaded.compare().await?;
    loaded.accept().await?;
    Ok(db)
}

fn read(text: &str) -> Result<u64, DumpError> {
    let mut reader = DumpReader::default();
    reader.take(text.as_bytes())?;
    Ok(reader.finish()?.rows())
}

#[tokio::test]
async fn what_is_loaded_is_what_was_dumped_and_counts_on_behind_what_is_gone() {
    let db = filled().await;
    let text = dumped(&db).await;
    assert!(text.starts_with("{\"dump\":1,\"engine\":\"sqlite\"}\n"), "{text}");
    assert!(text.contains(r#"[2,"a",0,"01980000-0000-7000-8000-000000000001",null]"#), "{text}");
    assert!(text.contains(r#""identity":["entry",4]"#), "{text}");
    let at = |name: &str| text.find(&format!("\"table\":\"{name}\"")).unwrap();
    assert!(at("schema_migration") < at("answer") && at("answer") < at("thing") && at("thing") < at("aisle"));
    let copy = loaded(&text).await.unwrap();
    assert_eq!(content(&dumped(&copy).await), content(&text));
    // Number 4 was given once, and is never given again.
    assert_eq!(next(&copy).await, 5);
    copy.migrate(&[SHOP], MigrateMode::Require).await.unwrap();
}

#[tokio::test]
async fn a_table_that_is_empty_counts_on_too() {
    let db = filled().await;
    for statement in [&FORGET_AISLES, &FORGET_THINGS, &FORGET_ALL] {
        run(&db, statement).await;
    }
    let copy = loaded(&dumped(&db).await).await.unwrap();
    assert_eq!(next(&copy).await, 5);
    assert_eq!(next(&loaded(&dumped(&empty().await).await).await.unwrap()).await, 1);
}

#[tokio::test]
async fn more_rows_than_one_transaction_takes_arrive_all() {
    let db = empty().await;
    for _ in 0..2_500 {
        next(&db).await;
    }
    let text = dumped(&db).await;
    assert_eq!(read(&text), Ok(2_503));
    assert!(content(&dumped(&loaded(&text).await.unwrap()).await) == content(&text));
}

#[tokio::test]
async fn a_dump_that_is_cut_off_is_noticed_wherever_it_is_cut() {
    let text = dumped(&filled().await).await;
    for cut in 0..text.len() {
        if !text.is_char_boundary(cut) {
            continue;
        }
        let outcome = read(&text[..cut]);
        assert!(matches!(outcome, Err(DumpError::Incomplete { .. })), "cut at {cut}: {outcome:?}");
    }
    let cut = text.rsplit_once("{\"end\"").unwrap().0;
    assert!(matches!(loaded(cut).await.map(drop), Err(DumpError::Incomplete { .. })));
}

#[tokio::test]
async fn a_line_that_is_missing_added_or_no_line_is_noticed() {
    let text = dumped(&filled().await).await;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for (at, line) in lines.iter().enumerate() {
        let without = lines.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, line)| *line);
        assert!(read(&without.collect::<String>()).is_err(), "without {line}");
        let twice = [&lines[..=at], &lines[at..]].concat().concat();
        assert!(read(&twice).is_err(), "{line} twice");
    }
    for wrong in
        ["nonsense\n", "{}\n", "{\"dump\":\"1\"}\n", "[1]\n", "{\"end\":true,\"tables\":0,\"rows\":0}\n"]
    {
        assert!(matches!(read(wrong), Err(DumpError::Malformed { line: 1, .. })), "{wrong}");
    }
    assert_eq!(read("{\"dump\":2,\"engine\":\"x\"}\n"), Err(DumpError::Newer { found: 2, known: 1 }));
}

#[tokio::test]
async fn a_value_that_its_column_cannot_hold_is_refused_with_its_line() {
    let text = dumped(&filled().await).await;
    for (right, wrong) in [
        (r#"[1,"b",1,"00ff""#, r#"[1,"b",1,"00f""#),
        (r#"[1,"b",1,"00ff""#, r#"[1,"b",1,"00fg""#),
        (r#"[1,"b",1,"00ff""#, r#"[1,"b","1","00ff""#),
        (r#"[1,"b",1,"00ff""#, r#"[1,2,1,"00ff""#),
        (r#"[1,"b",1,"00ff""#, r#"[1.5,"b",1,"00ff""#),
    ] {
        assert!(text.contains(right), "{text}");
        let error = loaded(&text.replace(right, wrong)).await.map(drop).unwrap_err();
        let DumpError::Malformed { line, .. } = error else { panic!("{wrong}: {error}") };
        assert_eq!(
            text.lines().nth(usize::try_from(line).unwrap() - 1).unwrap().split('"').next(),
            Some("[1,")
        );
    }
}

#[tokio::test]
async fn a_schema_that_is_not_the_dumps_is_refused() {
    let text = dumped(&filled().await).await;
    let schema = |outcome: Result<Db, DumpError>| matches!(outcome, Err(DumpError::Schema { .. }));
    assert!(schema(loaded(&text.replace(r#""table":"extra""#, r#""table":"other""#)).await));
    assert!(schema(loaded(&text.replace(r#""order""#, r#""rank""#)).await));
    assert!(schema(loaded(&text.replacen(r#"["shop",2,"#, r#"["shop",3,"#, 1)).await));
    let mut load = new().load(&[OTHER]).await.unwrap();
    assert!(matches!(load.take(text.as_bytes()).await, Err(DumpError::Schema { .. })));
}

#[tokio::test]
async fn a_database_with_tables_takes_no_dump() {
    let db = filled().await;
    let before = dumped(&db).await;
    let error = db.load(&[SHOP]).await.unwrap_err();
    assert_eq!(error, DumpError::NotEmpty { table: "aisle".to_owned() });
    assert_eq!(dumped(&db).await, before);
}

#[tokio::test]
async fn until_it_is_accepted_a_load_is_no_database() {
    let text = dumped(&filled().await).await;
    let db = new();
    let mut load = db.load(&[SHOP]).await.unwrap();
    load.take(&text.as_bytes()[..text.len() / 2]).await.unwrap();
    drop(load);
    assert_eq!(db.migrate(&[SHOP], MigrateMode::Auto).await, Err(DbError::Unfinished));
    let mut dump = db.dump().await;
    let first = match &mut dump {
        Ok(export) => export.next().await.unwrap().map(drop),
        Err(error) => Err(error.clone()),
    };
    assert_eq!(first, Err(DbError::Unfinished));
    assert!(matches!(db.load(&[SHOP]).await, Err(DumpError::Db(DbError::Unfinished))));
}

#[tokio::test]
async fn what_is_read_back_and_differs_is_not_accepted() {
    let text = dumped(&filled().await).await;
    let db = new();
    let mut load = db.load(&[SHOP]).await.unwrap();
    load.take(text.as_bytes()).await.unwrap();
    let loaded = load.finish().unwrap();
    loaded.compare().await.unwrap();
    run(&db, &SPOIL).await;
    assert_eq!(loaded.compare().await, Err(DumpError::Differs { table: "thing".to_owned() }));
}
