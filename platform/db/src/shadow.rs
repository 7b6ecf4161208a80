//! Tables beside tables: made like the live ones, filled by the same statements, compared with them, and swapped.
//!
//! The shadow of `t` is `t__next`. While a transaction is [`in`](Shadow::enter) the shadow, its statements mean the
//! shadows instead of the live tables, and nobody is woken. After a [swap](Shadow::swap) the shadow has the name of the
//! live table, and every statement means it.

use std::fmt;

pub use crate::beside::{Shadow, Table};
use crate::dump::{COLUMNS, Kind, Table as Columns, tables};
use crate::{Bind, Column, DbError, Engine, FromColumn, Sql, ToBind, Tx, params};

crate::sql! {
    /// How a table and its indexes were made; indexes that belong to constraints come with the table.
    DEFINITIONS = {
        postgres: "select '', '' where $1::text is null",
        sqlite: "select type, sql from sqlite_master where tbl_name = $1 and sql is not null order by type desc, name",
    };
    IS_THERE = {
        postgres: "select count(*) from pg_catalog.pg_class
            where relname = $1 and pg_catalog.pg_table_is_visible(oid)",
        sqlite: "select count(*) from sqlite_master where type = 'table' and name = $1",
    };
}

/// The key of a row, to go on behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct RowKey(Bind<'static>);

impl FromColumn for RowKey {
    fn from_column(column: Column<'_>) -> Result<Self, DbError> {
        Ok(Self(match column {
            Column::Int(number) => Bind::Int(number),
            Column::Text(text) => Bind::Text(text.to_owned().into()),
            bytes => Bind::Id(FromColumn::from_column(bytes)?),
        }))
    }
}

impl ToBind for RowKey {
    fn to_bind(&self) -> Bind<'_> {
        self.0.clone()
    }
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Bind::Int(number) => number.fmt(f),
            Bind::Text(text) => text.fmt(f),
            Bind::Id(id) => id.fmt(f),
            _ => f.write_str("?"),
        }
    }
}

/// How a part of a table differs from its shadow.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Compared {
    /// The last key of the part; `None` behind the end of both.
    pub last: Option<RowKey>,
    /// Rows that only the live table has.
    pub only_live: u64,
    /// Rows that only the shadow has.
    pub only_shadow: u64,
    /// The keys of some of them.
    pub sample: Vec<String>,
}

impl Shadow {
    /// From here on the statements of the transaction mean the shadows, and its signals wake nobody.
    pub fn enter(&'static self, tx: &mut Tx) {
        tx.turn_to(Some(self));
    }

    /// The statements of the transaction mean the live tables again.
    pub fn leave(&self, tx: &mut Tx) {
        tx.turn_to(None);
    }

    /// Makes empty shadows like the live tables, with the same constraints and indexes. `round` counts how often that
    /// was done, so that the names of indexes differ from those of the live tables, which may have been shadows once.
    ///
    /// # Errors
    /// Any failure of the database; the transaction is lost then.
    pub async fn create(&self, tx: &mut Tx, round: i64) -> Result<(), DbError> {
        for table in self.tables() {
            let script = match tx.engine() {
                Engine::Postgres => {
                    format!("create table {} (like {} including all)", table.next(), table.name)
                }
                Engine::Sqlite => {
                    let made: Vec<(String, String)> = tx.query(&DEFINITIONS, params![table.name]).await?;
                    like(*table, &made, round)
                }
            };
            tx.execute_script("create_shadow", &script).await?;
        }
        Ok(())
    }

    /// Whether there are shadows.
    ///
    /// # Errors
    /// Any failure of the database; the transaction is lost then.
    pub async fn is_there(&self, tx: &mut Tx) -> Result<bool, DbError> {
        for table in self.tables() {
            let (count,): (i64,) = tx.query_one(&IS_THERE, params![table.next()]).await?;
            if count == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Removes what there is of the shadows, and of tables that were swapped out.
    ///
    /// # Errors
    /// Any failure of the database; the transaction is lost then.
    pub async fn discard(&self, tx: &mut Tx) -> Result<(), DbError> {
        for table in self.tables() {
            let script =
                format!("drop table if exists {}; drop table if exists {}", table.next(), table.old());
            tx.execute_script("discard_shadow", &script).await?;
        }
        Ok(())
    }

    /// Puts the shadows into the places of the live tables. Whoever reads sees the ones or the others, and no error.
    ///
    /// What was live stays beside until it is [cleared](Shadow::clear). On the served engine it waits for readers that
    /// are under way, a fifth of a second at most, and is then run again, so that those who come later do not queue up.
    ///
    /// # Errors
    /// Any failure of the database; the transaction is lost then.
    pub async fn swap(&self, tx: &mut Tx) -> Result<(), DbError> {
        if tx.engine() == Engine::Postgres {
            tx.execute_script("swap_shadow", "set local lock_timeout = '200ms'").await?;
        }
        for table in self.tables() {
            let (name, next, old) = (table.name, table.next(), table.old());
            let script = format!("alter table {name} rename to {old}; alter table {next} rename to {name}");
            tx.execute_script("swap_shadow", &script).await?;
        }
        Ok(())
    }

    /// Removes up to `rows` rows of the tables that were swapped out, and the tables when they are empty; says whether
    /// there is more. A large table at once would hold up the writer of the embedded engine.
    ///
    /// # Errors
    /// Any failure of the database; the transaction is lost then.
    pub async fn clear(&self, tx: &mut Tx, rows: u32) -> Result<bool, DbError> {
        for table in self.tables() {
            let old = table.old();
            let (count,): (i64,) = tx.query_one(&IS_THERE, params![old]).await?;
            if count == 0 {
                continue;
            }
            if tx.engine() == Engine::Sqlite {
                let text = format!("delete from {old} where rowid in (select rowid from {old} limit $1)");
                let removed = tx.execute(self.made("clear", text), params![rows]).await?;
                if removed == u64::from(rows) {
                    return Ok(true);
                }
            }
            tx.execute_script("clear_shadow", &format!("drop table {old}")).await?;
        }
        Ok(false)
    }

    /// Compares a part of a live table with its shadow: up to `rows` keys behind `after`, every column, both ways.
    ///
    /// # Errors
    /// Any failure of the database; the transaction is lost then.
    pub async fn compare(
        &self,
        tx: &mut Tx,
        table: Table,
        after: Option<&RowKey>,
        rows: u32,
    ) -> Result<Compared, DbError> {
        let last: Option<(RowKey,)> = match after {
            None => tx.query_optional(self.bound(table, ""), params![rows]).await?,
            Some(after) => {
                tx.query_optional(self.bound(table, "where {key} > $2"), params![rows, after]).await?
            }
        };
        let Some((last,)) = last else { return Ok(Compared::default()) };
        let columns = columns(tx, table).await?;
        let part = if after.is_some() { "{key} > $2 and {key} <= $1" } else { "{key} <= $1" };
        let mut compared = Compared::default();
        let (live, next) = (table.name.to_owned(), table.next());
        for (has, lacks, count) in
            [(&live, &next, &mut compared.only_live), (&next, &live, &mut compared.only_shadow)]
        {
            let text = format!(
                "select {{key}} from (select {columns} from {has} where {part}
                    except select {columns} from {lacks} where {part}) as differing order by {{key}}"
            );
            let statement = self.made("compare", text.replace("{key}", table.key));
            let keys: Vec<(RowKey,)> = match after {
                None => tx.query(statement, params![last]).await?,
                Some(after) => tx.query(statement, params![last, after]).await?,
            };
            *count = keys.len() as u64;
            compared.sample.extend(keys.iter().take(3).map(|(key,)| format!("{} {key}", table.name)));
        }
        compared.last = Some(last);
        Ok(compared)
    }

    /// The last of the next keys of both tables together.
    fn bound(&self, table: Table, part: &str) -> &'static Sql {
        let Table { name, key } = table;
        let side = |name: &str, alias: &str| {
            let part = part.replace("{key}", key);
            format!("select {key} from (select {key} from {name} {part} order by {key} limit $1) as {alias}")
        };
        let (live, next) = (side(name, "live"), side(&table.next(), "next"));
        let text = format!(
            "select {key} from (select {key} from ({live} union {next}) as either order by {key} limit $1) as part
                order by {key} desc limit 1"
        );
        self.made("bound", text)
    }
}

/// The columns of a table as they can be compared: a JSON document of the served engine by what it holds.
async fn columns(tx: &mut Tx, table: Table) -> Result<String, DbError> {
    let all: Vec<Columns> = tables(tx.query(&COLUMNS, &[]).await?, &[]);
    let found = all.into_iter().find(|each| each.name == table.name);
    let found = found.ok_or_else(|| DbError::column(format!("there is no table {}", table.name)))?;
    let is_served = tx.engine() == Engine::Postgres;
    let each = found.columns.iter().map(|column| match column.kind {
        Some(Kind::Json) if is_served => format!("cast({0} as jsonb) as {0}", column.name),
        _ => column.name.clone(),
    });
    Ok(each.collect::<Vec<_>>().join(", "))
}

/// The script that makes a shadow from how a table of the embedded engine and its indexes were made.
fn like(table: Table, made: &[(String, String)], round: i64) -> String {
    let next = table.next();
    let mut script = String::new();
    for (at, (kind, text)) in made.iter().enumerate() {
        // What stands before the first parenthesis says the names, and nothing else that matters.
        let Some((head, rest)) = text.split_once('(') else { continue };
        let head = head.to_ascii_lowercase();
        let made = match kind.as_str() {
            "table" => format!("create table {next} ({rest};\n"),
            "index" if head.contains(" unique ") => {
                format!("create unique index {next}_{round}_{at} on {next} ({rest};\n")
            }
            "index" => format!("create index {next}_{round}_{at} on {next} ({rest};\n"),
            _ => continue,
        };
        script.push_str(&made);
    }
    script
}
