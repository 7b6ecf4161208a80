use tradewind_architecture::rules::public_api::check;

use crate::support::{expect_at, expect_none, here, manifest, planted};

#[test]
fn the_platform_shows_no_foreign_type() {
    expect_none(&check(&here()));
}

const NEEDS: &str = "[dependencies]\nrusqlite.workspace = true\nhttp.workspace = true\n\
                     serde_json.workspace = true\ntokio-util.workspace = true\n";

/// Plants a source in a platform crate and lists the lines that are refused.
fn refused(text: &str) -> Vec<usize> {
    let workspace = planted(&[
        ("platform/db/Cargo.toml", &manifest("tradewind-db", NEEDS)),
        ("platform/db/src/lib.rs", text),
    ]);
    check(&workspace).iter().map(|violation| violation.line).collect()
}

#[test]
fn foreign_types_are_found_wherever_they_show() {
    let lines = [
        "use rusqlite::{Connection, types::Value as SqlValue};",
        "pub fn a(connection: &Connection) {}",
        "pub fn b() -> Result<(), rusqlite::Error> { Ok(()) }",
        "pub fn c<T: rusqlite::ToSql>(x: T) where T: Clone {}",
        "pub struct D { pub value: SqlValue, inner: Connection }",
        "pub enum E { One(Vec<SqlValue>) }",
        "pub type F = serde_json::Map<String, u8>;",
        "pub trait G { fn g(&self, token: tokio_util::sync::CancellationToken); }",
        "impl D { pub fn h(&self) -> &Connection { &self.inner } }",
        "pub use rusqlite::Row;",
        "pub use rusqlite as sqlite;",
        "pub trait I: rusqlite::ToSql { type J: Into<SqlValue>; }",
    ];
    assert_eq!(refused(&lines.join("\n")), [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12]);
}

#[test]
fn own_and_welcome_types_may_show() {
    let lines = [
        "use rusqlite::Connection;",
        "use crate::row::Row as OwnRow;",
        "pub struct A { pub row: OwnRow, connection: Connection }",
        "pub fn b(uri: http::Uri, body: serde_json::Value, raw: Box<serde_json::value::RawValue>) {}",
        "pub(crate) fn c(connection: &Connection) {}",
        "fn d(connection: &Connection) -> rusqlite::Result<()> { Ok(()) }",
        "pub fn e() { let _ = Connection::open_in_memory(); }",
        "#[doc(hidden)] pub mod private { pub use rusqlite::Row; }",
        "#[doc(hidden)] pub fn f(connection: &Connection) {}",
        "#[cfg(test)] mod tests { pub fn g(connection: &rusqlite::Connection) {} }",
        "impl From<rusqlite::Error> for A { fn from(e: rusqlite::Error) -> Self { todo!() } }",
    ];
    assert_eq!(refused(&lines.join("\n")), Vec::<usize>::new());
}

#[test]
fn only_the_platform_is_fenced() {
    let needs = manifest("tradewind-stock", NEEDS);
    let text = "pub fn a(connection: rusqlite::Connection) {}\n";
    let workspace = planted(&[("services/stock/Cargo.toml", &needs), ("services/stock/src/lib.rs", text)]);
    expect_at(&check(&workspace), &[]);
}
