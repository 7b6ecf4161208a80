//! Values of every kind, there and back.

use tradewind_db::{Bind, DbError, Json, MigrateMode, Migration, MigrationSet, Tx, Work, params, sql, work};
use tradewind_kernel::Id;

use super::support::{context, database};

const KINDS: MigrationSet = MigrationSet {
    component: "kinds",
    migrations: &[Migration {
        version: 1,
        name: "create_kinds",
        text: "create table kinds (key bigint primary key, flag boolean, small integer, large bigint,
            ident {uuid}, words text, document {json}, raw {bytes})",
    }],
};

sql! {
    PUT = "insert into kinds (key, flag, small, large, ident, words, document, raw)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    FLAGS = "select flag, small, large from kinds order by key";
    TEXTS = "select words, document from kinds order by key";
    BYTES = "select ident, raw from kinds order by key";
    PUT_WORDS = "insert into kinds (key, words) values (1, $1)";
    PUT_SMALL = "insert into kinds (key, small) values (1, $1)";
    PUT_FLAG = "insert into kinds (key, flag) values (1, $1)";
    PUT_DOCUMENT = "insert into kinds (key, document) values (1, $1)";
    SUM = "select sum(large) from kinds";
    NUMBER = "select 1 + $1";
}

/// JSON that a parser and a printer would change.
const DOCUMENT: &str = "{ \"b\": 1.50, \"a\": \"\\u0000\\u00e9\",\t\"b\": 1e400 }";

struct Put {
    key: i64,
    filled: bool,
}

impl Work for Put {
    type Output = u64;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<u64, DbError> {
        let id = Id::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001);
        let filled = |value| if self.filled { value } else { Bind::Null };
        let values = [
            Bind::Int(self.key),
            filled(Bind::Bool(true)),
            filled(Bind::Int(i64::from(i32::MIN))),
            filled(Bind::Int(i64::MAX)),
            filled(Bind::Id(id)),
            filled(Bind::Text("ä'\"\\ \u{1f980}\n".into())),
            filled(Bind::Json(DOCUMENT.to_owned())),
            filled(Bind::Bytes(&[0, 255, b'\''])),
        ];
        tx.execute(&PUT, &values).await
    }
}

#[tokio::test]
async fn every_kind_comes_back_as_it_went_and_so_does_its_absence() {
    let (db, _) = database("kinds", 2).await;
    db.migrate(&[KINDS], MigrateMode::Auto).await.unwrap();
    for (key, filled) in [(1, true), (2, false)] {
        assert_eq!(db.write(&context(), Put { key, filled }).await, Ok(1));
    }
    let flags: Vec<(Option<bool>, Option<i32>, Option<i64>)> = db.query(&FLAGS, &[]).await.unwrap();
    assert_eq!(flags, [(Some(true), Some(i32::MIN), Some(i64::MAX)), (None, None, None)]);
    let texts: Vec<(Option<String>, Option<String>)> = db.query(&TEXTS, &[]).await.unwrap();
    assert_eq!(texts, [(Some("ä'\"\\ \u{1f980}\n".to_owned()), Some(DOCUMENT.to_owned())), (None, None)]);
    let bytes: Vec<(Option<Id>, Option<Vec<u8>>)> = db.query(&BYTES, &[]).await.unwrap();
    let id = Id::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001);
    assert_eq!(bytes, [(Some(id), Some(vec![0, 255, b'\''])), (None, None)]);
}

#[tokio::test]
async fn a_value_of_a_wrong_kind_is_refused_by_the_name_of_its_statement() {
    let (db, _) = database("wrong_kinds", 1).await;
    db.migrate(&[KINDS], MigrateMode::Auto).await.unwrap();
    let cases: [(&'static tradewind_db::Sql, Bind<'static>, &str); 6] = [
        (&PUT_WORDS, Bind::Int(714_714), "PUT_WORDS"),
        (&PUT_SMALL, Bind::Int(714_714_714_714), "PUT_SMALL"),
        (&PUT_SMALL, Bind::Text("714714".into()), "PUT_SMALL"),
        (&PUT_FLAG, Bind::Int(714_714), "PUT_FLAG"),
        (&PUT_DOCUMENT, Bind::Json("{714714".to_owned()), "PUT_DOCUMENT"),
        (&PUT_DOCUMENT, Bind::Bytes(b"714714"), "PUT_DOCUMENT"),
    ];
    for (statement, value, name) in cases {
        let put = work(move |tx| {
            let value = value.clone();
            Box::pin(async move { tx.execute(statement, &[value]).await })
        });
        let error: DbError = db.write(&context(), put).await.unwrap_err();
        assert!(!error.is_transient(), "{error:?}");
        let told = format!("{error} {error:?}");
        assert!(told.contains(name) && !told.contains("714"), "{name}: {told}");
    }
    let text: DbError = db.write(&context(), put_text("714\0")).await.unwrap_err();
    let told = "PUT_WORDS: a text holds the character U+0000".to_owned();
    assert_eq!(text, DbError::Column { message: told });
    let few: DbError = db.query::<(i64,)>(&NUMBER, &[]).await.unwrap_err();
    assert!(matches!(&few, DbError::Column { message } if message.contains("1 parameters")), "{few:?}");
    let sum = db.query::<(i64,)>(&SUM, &[]).await.map(|_| ());
    assert_eq!(sum, Err(DbError::Column { message: "column 0: expected a whole number, found null".into() }));
    db.write(&context(), Put { key: 1, filled: true }).await.unwrap();
    let sum = db.query::<(i64,)>(&SUM, &[]).await.unwrap_err().to_string();
    assert!(sum.contains("cast sums to bigint"), "{sum}");
    let empty = db.write(&context(), put_words(Json(vec![1_u8]))).await;
    assert!(empty.is_err(), "the key is taken: {empty:?}");
}

fn put_text(text: &'static str) -> impl Work<Output = u64, Error = DbError> {
    work(move |tx| Box::pin(async move { tx.execute(&PUT_WORDS, params![text]).await }))
}

fn put_words(document: Json<Vec<u8>>) -> impl Work<Output = u64, Error = DbError> {
    work(move |tx| {
        let document = document.clone();
        Box::pin(async move { tx.execute(&PUT_DOCUMENT, params![document]).await })
    })
}
