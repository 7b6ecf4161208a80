//! Taking a dump into an empty database, and making sure that it is the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tradewind_kernel::Id;

use crate::dump::{
    BEGIN_BEHIND, COLUMNS, DumpError, DumpReader, DumpSummary, GO_ON, Heading, Kind, Line, REFERENCES, Table,
    tables,
};
use crate::history::{APPLIED, HISTORY, UNFINISHED, require_whole};
use crate::sql::Sql;
use crate::value::Bind;
use crate::{Db, DbError, MigrateMode, MigrationSet, Tx, Work, params};

/// Rows that go in together, and their size in bytes: bounds on a transaction.
const MAX_ROWS: usize = 1_000;
const MAX_BYTES: usize = 1024 * 1024;

crate::sql! {
    MARK = "insert into schema_migration (component, version, name, checksum, applied_at)
        values ($1, 0, 'load', '', $2)";
    UNMARK = "delete from schema_migration where component = $1";
}

/// A dump on its way into a database.
///
/// From the beginning to [`Loaded::accept`] the database says of itself that it is not whole: it is not migrated
/// and not dumped, so that nothing takes half of a dump for a database.
pub struct Load {
    db: Db,
    reader: DumpReader,
    tables: BTreeMap<String, Table>,
    /// The migrations that the database has: component, version, checksum.
    applied: BTreeSet<(String, u32, String)>,
    current: Option<Filling>,
    tally: Tally,
}

/// A dump that is in its database, and not accepted yet.
#[derive(Debug)]
pub struct Loaded {
    db: Db,
    tally: Tally,
    summary: DumpSummary,
}

/// The table that is being filled.
struct Filling {
    heading: Heading,
    insert: &'static Sql,
    kinds: Vec<Kind>,
    rows: Vec<Vec<Held>>,
    bytes: usize,
    history: Vec<Vec<Value>>,
}

/// A value that waits for its transaction.
#[derive(Debug, Clone)]
enum Held {
    Null,
    Bool(bool),
    Int(i64),
    Id(Id),
    Text(String),
    Json(String),
    Bytes(Vec<u8>),
}

impl Db {
    /// A table that the database has, if any; which migrations were applied does not count.
    ///
    /// # Errors
    /// The database's own failures, and [`DbError::Unfinished`].
    pub async fn occupied(&self) -> Result<Option<String>, DbError> {
        self.submit(Occupied, None).await
    }

    /// Begins to load a dump into this database, which has no tables yet and gets those of `sets`: the migrations
    /// that the dump tells of.
    ///
    /// # Errors
    /// [`DumpError::NotEmpty`] when there is a table, and the database's own failures.
    pub async fn load(&self, sets: &[MigrationSet]) -> Result<Load, DumpError> {
        if let Some(table) = self.occupied().await? {
            return Err(DumpError::NotEmpty { table });
        }
        self.migrate(sets, MigrateMode::Auto).await?;
        let (tables, applied) = self.submit(Begin, None).await?;
        let tables = tables.into_iter().map(|table| (table.name.clone(), table)).collect();
        let (reader, tally) = (DumpReader::default(), Tally::default());
        Ok(Load { db: self.clone(), reader, tables, applied, current: None, tally })
    }
}

impl Load {
    /// Takes the next piece. After an error the load is lost: the database remains marked as not whole.
    ///
    /// # Errors
    /// When it is not a dump, does not fit the schema, or the database fails.
    pub async fn take(&mut self, piece: &[u8]) -> Result<(), DumpError> {
        for line in self.reader.lines(piece)? {
            match line {
                Line::Begin { .. } | Line::End { .. } => {}
                Line::Table(heading) => self.begin(heading)?,
                Line::Row(values) => self.row(values).await?,
                Line::Rows { .. } => self.end_table().await?,
            }
        }
        Ok(())
    }

    /// Says that nothing follows.
    ///
    /// # Errors
    /// When the dump is not whole, or lacks a table of the schema.
    pub fn finish(self) -> Result<Loaded, DumpError> {
        let Self { db, reader, tables, tally, .. } = self;
        let summary = reader.finish()?;
        let missing = tables.keys().find(|name| !summary.tables.iter().any(|(known, _)| known == *name));
        match missing {
            Some(table) => Err(schema(format!("the dump has no table {table}"))),
            None => Ok(Loaded { db, tally, summary }),
        }
    }

    fn begin(&mut self, heading: Heading) -> Result<(), DumpError> {
        let name = &heading.table;
        let table = self.tables.get(name).ok_or_else(|| schema(format!("it has no table {name}")))?;
        let known: BTreeSet<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        if known != heading.columns.iter().map(String::as_str).collect()
            || known.len() != heading.columns.len()
        {
            return Err(schema(format!("{name} has other columns")));
        }
        let kinds = heading.columns.iter().map(|column| {
            let kind = table.column(column).and_then(|column| column.kind);
            kind.ok_or_else(|| schema(format!("{name}.{column} is of a type that no dump knows")))
        });
        let kinds = kinds.collect::<Result<_, _>>()?;
        let insert = table.insert(&heading.columns);
        self.tally.begin(&heading, table);
        self.current =
            Some(Filling { heading, insert, kinds, rows: Vec::new(), bytes: 0, history: Vec::new() });
        Ok(())
    }

    async fn row(&mut self, values: Vec<Value>) -> Result<(), DumpError> {
        let line = self.reader.line();
        let Some(filling) = &mut self.current else { return Ok(()) };
        if filling.heading.table == HISTORY {
            filling.history.push(values);
            return Ok(());
        }
        self.tally.row(&values);
        let held =
            filling.kinds.iter().zip(values).zip(&filling.heading.columns).map(|((kind, value), column)| {
                let wrong = || DumpError::Malformed {
                    line,
                    reason: format!("{column} does not hold what it should"),
                };
                Held::of(*kind, value).ok_or_else(wrong)
            });
        let held = held.collect::<Result<Vec<_>, _>>()?;
        filling.bytes += held.iter().map(Held::size).sum::<usize>();
        filling.rows.push(held);
        if filling.rows.len() >= MAX_ROWS || filling.bytes >= MAX_BYTES {
            return self.flush().await;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), DumpError> {
        let Some(filling) = &mut self.current else { return Ok(()) };
        filling.bytes = 0;
        let fill = Fill { insert: filling.insert, rows: Arc::new(std::mem::take(&mut filling.rows)) };
        Ok(self.db.submit(fill, None).await?)
    }

    async fn end_table(&mut self) -> Result<(), DumpError> {
        self.flush().await?;
        let Some(Filling { heading, history, .. }) = self.current.take() else { return Ok(()) };
        if heading.table == HISTORY {
            return self.compare_history(&heading, &history);
        }
        if let Some((column, last)) = heading.identity.filter(|(_, last)| *last > 0) {
            self.db.submit(GoOn { table: heading.table, column, last }, None).await?;
        }
        Ok(())
    }

    /// A table may be the same in name and columns, and another in what it means.
    fn compare_history(&self, heading: &Heading, rows: &[Vec<Value>]) -> Result<(), DumpError> {
        let place = |name: &str| heading.columns.iter().position(|column| column == name).unwrap_or_default();
        let (component, version, checksum) = (place("component"), place("version"), place("checksum"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let of = |row: &Vec<Value>| {
            let number = row[version].as_u64().and_then(|number| u32::try_from(number).ok());
            (text(&row[component]), number.unwrap_or_default(), text(&row[checksum]))
        };
        let theirs: BTreeSet<(String, u32, String)> = rows.iter().map(of).collect();
        match theirs.symmetric_difference(&self.applied).next() {
            Some((component, version, _)) => {
                Err(schema(format!("migration {version} of {component} differs")))
            }
            None => Ok(()),
        }
    }
}

impl Loaded {
    /// What was loaded.
    #[must_use]
    pub fn summary(&self) -> &DumpSummary {
        &self.summary
    }

    /// Reads the database again and makes sure that it holds what the dump holds, row by row.
    ///
    /// # Errors
    /// [`DumpError::Differs`] with the first table that does not, and the database's own failures.
    pub async fn compare(&self) -> Result<(), DumpError> {
        let (tables, _) = self.db.submit(ReadTables, None).await?;
        let tables: BTreeMap<_, _> = tables.into_iter().map(|table| (table.name.clone(), table)).collect();
        let (mut reader, mut tally) = (DumpReader::default(), Tally::default());
        let mut history = false;
        let mut export = self.db.dump_unfinished().await?;
        while let Some(piece) = export.next().await {
            for line in reader.lines(&piece?)? {
                match line {
                    Line::Table(heading) => {
                        history = heading.table == HISTORY;
                        let table = tables.get(&heading.table);
                        tally.begin(&heading, table.ok_or_else(|| differs(&heading.table))?);
                    }
                    Line::Row(values) if !history => tally.row(&values),
                    Line::Row(_) | Line::Rows { .. } | Line::Begin { .. } | Line::End { .. } => {}
                }
            }
        }
        reader.finish()?;
        match self.tally.difference(&tally) {
            Some(table) => Err(differs(&table)),
            None => Ok(()),
        }
    }

    /// Says that the database is whole.
    ///
    /// # Errors
    /// The database's own failures.
    pub async fn accept(self) -> Result<DumpSummary, DumpError> {
        self.db.submit(Accept, None).await?;
        Ok(self.summary)
    }
}

fn schema(reason: String) -> DumpError {
    DumpError::Schema { reason }
}

fn differs(table: &str) -> DumpError {
    DumpError::Differs { table: table.to_owned() }
}

impl Held {
    /// `None`: this is nothing for a column of this kind.
    fn of(kind: Kind, value: Value) -> Option<Self> {
        Some(match (kind, value) {
            (_, Value::Null) => Self::Null,
            (Kind::Int, Value::Number(number)) => Self::Int(number.as_i64()?),
            (Kind::Bool, Value::Number(number)) => Self::Bool(number.as_i64()? != 0),
            (Kind::Text, Value::String(text)) => Self::Text(text),
            (Kind::Json, Value::String(text)) => Self::Json(text),
            (Kind::Id, Value::String(text)) => Self::Id(text.parse().ok()?),
            (Kind::Bytes, Value::String(text)) => match text.parse::<Id>() {
                Ok(id) => Self::Bytes(id.as_bytes().to_vec()),
                Err(_) => Self::Bytes(bytes(&text)?),
            },
            _ => return None,
        })
    }

    fn size(&self) -> usize {
        match self {
            Self::Text(text) | Self::Json(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Id(_) => 16,
        }
    }

    fn bind(&self) -> Bind<'_> {
        match self {
            Self::Null => Bind::Null,
            Self::Bool(truth) => Bind::Bool(*truth),
            Self::Int(number) => Bind::Int(*number),
            Self::Id(id) => Bind::Id(*id),
            Self::Text(text) => Bind::Text(text.into()),
            Self::Json(text) => Bind::Json(text.clone()),
            Self::Bytes(bytes) => Bind::Bytes(bytes),
        }
    }
}

/// The bytes of pairs of hexadecimal digits in lower case.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    if !text.len().is_multiple_of(2) || !text.as_bytes().iter().all(is_digit) {
        return None;
    }
    let pairs = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok());
    pairs.collect()
}

/// What the rows of each table are, in few bytes; the same on every engine.
#[derive(Debug, Default)]
struct Tally {
    tables: BTreeMap<String, (u64, Sha256)>,
    current: String,
    /// The places of the columns in the order of their names, and whether each holds documents in the engine's
    /// own spelling.
    columns: Vec<(usize, bool)>,
}

impl Tally {
    fn begin(&mut self, heading: &Heading, table: &Table) {
        let documents = |name: &String| table.column(name).and_then(|column| column.kind) == Some(Kind::Json);
        let mut columns: Vec<(&String, usize)> =
            heading.columns.iter().enumerate().map(|(at, name)| (name, at)).collect();
        columns.sort();
        self.columns = columns.into_iter().map(|(name, at)| (at, documents(name))).collect();
        self.current.clone_from(&heading.table);
        self.tables.insert(heading.table.clone(), (0, Sha256::new()));
    }

    fn row(&mut self, values: &[Value]) {
        let Some((rows, digest)) = self.tables.get_mut(&self.current) else { return };
        *rows += 1;
        for (at, is_document) in &self.columns {
            let value = match &values[*at] {
                Value::String(text) if *is_document => {
                    // Sorted and without spaces; what is no document is compared as it stands.
                    serde_json::from_str::<Value>(text).unwrap_or_else(|_| Value::String(text.clone()))
                }
                other => other.clone(),
            };
            digest.update(value.to_string().as_bytes());
            digest.update(b"\n");
        }
    }

    /// The first table that is not the same in both.
    fn difference(&self, other: &Self) -> Option<String> {
        let state = |tally: &Self, name: &str| {
            tally.tables.get(name).map(|(rows, digest)| (*rows, digest.clone().finalize().to_vec()))
        };
        let names: BTreeSet<&String> = self.tables.keys().chain(other.tables.keys()).collect();
        names.into_iter().find(|name| state(self, name) != state(other, name)).cloned()
    }
}

/// Reads which tables there are.
struct ReadTables;

impl Work for ReadTables {
    type Output = (Vec<Table>, BTreeSet<(String, u32, String)>);
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, DbError> {
        let columns = tx.query(&COLUMNS, &[]).await?;
        let references: Vec<(String, String)> = tx.query(&REFERENCES, &[]).await?;
        let applied: Vec<(String, u32, String)> = tx.query(&APPLIED, &[]).await?;
        Ok((tables(columns, &references), applied.into_iter().collect()))
    }
}

/// Finds a table.
struct Occupied;

impl Work for Occupied {
    type Output = Option<String>;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Option<String>, DbError> {
        let tables = tables(tx.query(&COLUMNS, &[]).await?, &[]);
        if tables.iter().any(|table| table.name == HISTORY) {
            let applied: Vec<(String, u32, String)> = tx.query(&APPLIED, &[]).await?;
            require_whole(applied.iter().map(|(component, ..)| component.as_str()))?;
        }
        Ok(tables.into_iter().map(|table| table.name).find(|name| name != HISTORY))
    }
}

/// Marks the database as not whole, and takes out what its migrations put in: the dump has that too.
struct Begin;

impl Work for Begin {
    type Output = <ReadTables as Work>::Output;
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, DbError> {
        let (tables, applied) = ReadTables.run(tx).await?;
        // Those that refer to others come last.
        for table in tables.iter().rev().filter(|table| table.name != HISTORY) {
            tx.execute(table.clear(), &[]).await?;
        }
        let now = tx.now();
        tx.execute(&MARK, params![UNFINISHED, now]).await?;
        Ok((tables, applied))
    }
}

/// Puts rows into a table.
struct Fill {
    insert: &'static Sql,
    rows: Arc<Vec<Vec<Held>>>,
}

impl Work for Fill {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        for row in self.rows.iter() {
            let values: Vec<Bind<'_>> = row.iter().map(Held::bind).collect();
            tx.execute(self.insert, &values).await?;
        }
        Ok(())
    }
}

/// Makes a column count on behind the greatest number that it ever gave.
struct GoOn {
    table: String,
    column: String,
    last: i64,
}

impl Work for GoOn {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let _: Vec<(i64,)> = tx.query(&GO_ON, params![self.table, self.column, self.last]).await?;
        let _: Vec<(i64,)> = tx.query(&BEGIN_BEHIND, params![self.table, self.column, self.last]).await?;
        Ok(())
    }
}

struct Accept;

impl Work for Accept {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        tx.execute(&UNMARK, params![UNFINISHED]).await.map(drop)
    }
}

impl fmt::Debug for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load").field("db", &self.db).finish_non_exhaustive()
    }
}
