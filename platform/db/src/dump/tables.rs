//! Which tables a database has: what the engines answer differently, and the statements made from it.

use std::collections::BTreeMap;

use crate::beside::is_beside;
use crate::sql::{Engine, Sql};

crate::sql! {
    /// Table, column, type, place in the primary key (0: none), whether it counts up (1). Not the tables of an index
    /// of words, which triggers fill from those that are here.
    pub(crate) COLUMNS = {
        postgres: "select tables.relname::text, attribute.attname::text, format_type(attribute.atttypid, null),
                coalesce(array_position(key.conkey, attribute.attnum), 0)::bigint,
                (attribute.attidentity <> '')::integer::bigint
            from pg_class as tables
            join pg_attribute as attribute on attribute.attrelid = tables.oid and attribute.attnum > 0
                and not attribute.attisdropped
            left join pg_constraint as key on key.conrelid = tables.oid and key.contype = 'p'
            where tables.relkind = 'r' and tables.relnamespace = current_schema()::regnamespace
            order by tables.relname::text collate \"C\", attribute.attnum",
        sqlite: "select tables.name, info.name, lower(info.type), info.pk,
                info.pk = 1 and lower(tables.sql) like '%autoincrement%'
            from sqlite_master as tables, pragma_table_info(tables.name) as info
            where tables.type = 'table' and substr(tables.name, 1, 7) <> 'sqlite_'
                and tables.name in (select name from pragma_table_list where schema = 'main' and type = 'table')
            order by tables.name, info.cid",
    };
    /// Table, and one that it refers to.
    pub(crate) REFERENCES = {
        postgres: "select referring.relname::text, referred.relname::text
            from pg_constraint as reference
            join pg_class as referring on referring.oid = reference.conrelid
            join pg_class as referred on referred.oid = reference.confrelid
            where reference.contype = 'f' and referring.relnamespace = current_schema()::regnamespace",
        sqlite: "select tables.name, reference.\"table\"
            from sqlite_master as tables, pragma_foreign_key_list(tables.name) as reference
            where tables.type = 'table'",
    };
    /// Table, and the greatest number that its counting column ever gave.
    pub(crate) LAST = {
        postgres: "select tables.relname::text, coalesce(pg_sequence_last_value(
                pg_get_serial_sequence(quote_ident(tables.relname::text), attribute.attname::text)::regclass), 0)
            from pg_class as tables
            join pg_attribute as attribute on attribute.attrelid = tables.oid and attribute.attidentity <> ''
            where tables.relkind = 'r' and tables.relnamespace = current_schema()::regnamespace",
        sqlite: "select name, seq from sqlite_sequence",
    };
    /// Makes the counting column $2 of table $1 go on behind $3, which is 1 or more.
    pub(crate) GO_ON = {
        postgres: "select setval(pg_get_serial_sequence(quote_ident($1::text), $2::text), $3::bigint)",
        sqlite: "update sqlite_sequence set seq = max(seq, $3) where name = $1 and $2 is not null returning seq",
    };
    /// The same for a table into which nothing was ever put.
    pub(crate) BEGIN_BEHIND = {
        postgres: "select $3::bigint where $1::text is null and $2::text is null",
        sqlite: "insert into sqlite_sequence (name, seq) select $1, $3 where $2 is not null
            and not exists (select 1 from sqlite_sequence where name = $1) returning seq",
    };
}

/// What a column holds, by its declared type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A whole number.
    Int,
    /// A truth value.
    Bool,
    /// A text, or a JSON document where the engine has no type for these.
    Text,
    /// A JSON document: it is given back in the engine's own spelling.
    Json,
    /// An id, where the engine has a type for it.
    Id,
    /// Bytes, or an id where the engine has no type for it.
    Bytes,
}

impl Kind {
    fn of(declared: &str) -> Option<Self> {
        Some(match declared {
            "bigint" | "integer" | "smallint" | "int" => Self::Int,
            "boolean" => Self::Bool,
            "text" | "character varying" => Self::Text,
            "json" | "jsonb" => Self::Json,
            "uuid" => Self::Id,
            "bytea" | "blob" => Self::Bytes,
            _ => return None,
        })
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// `None`: of a type that no dump knows.
    pub(crate) kind: Option<Kind>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// The columns of its primary key, in their order; all columns, if it has none.
    key: Vec<usize>,
    /// The column that counts up.
    pub(crate) identity: Option<String>,
}

/// A row of [`COLUMNS`].
pub(crate) type ColumnRow = (String, String, String, i64, i64);

/// The tables that are dumped: those that others refer to first, otherwise by name; the history before all.
pub(crate) fn tables(columns: Vec<ColumnRow>, references: &[(String, String)]) -> Vec<Table> {
    let mut found: BTreeMap<String, (Table, Vec<(i64, usize)>)> = BTreeMap::new();
    let is_held = |table: &str| !super::NOT_HELD.contains(&table) && !is_beside(table);
    let held = columns.into_iter().filter(|(table, ..)| is_held(table));
    for (table, name, declared, place, counts) in held {
        let (table, key) = found.entry(table).or_insert_with_key(|name| {
            let (columns, key) = (Vec::new(), Vec::new());
            (Table { name: name.clone(), columns, key, identity: None }, Vec::new())
        });
        if place > 0 {
            key.push((place, table.columns.len()));
        }
        if counts == 1 {
            table.identity = Some(name.clone());
        }
        table.columns.push(Column { name, kind: Kind::of(&declared) });
    }
    let mut left: Vec<Table> = found.into_values().map(|(table, key)| with_key(table, key)).collect();
    left.sort_by_key(|table| table.name != super::HISTORY);
    let mut sorted: Vec<Table> = Vec::new();
    while !left.is_empty() {
        let waits = |table: &Table| {
            let mut referred = references.iter().filter(|(from, to)| *from == table.name && to != from);
            referred.any(|(_, to)| left.iter().any(|other| other.name == *to))
        };
        // Tables that refer to each other in a circle have no order; the first of them then goes first.
        let next = left.iter().position(|table| !waits(table)).unwrap_or(0);
        sorted.push(left.remove(next));
    }
    sorted
}

fn with_key(table: Table, mut key: Vec<(i64, usize)>) -> Table {
    key.sort_unstable();
    let all = 0..table.columns.len();
    let key = if key.is_empty() { all.collect() } else { key.into_iter().map(|(_, at)| at).collect() };
    Table { key, ..table }
}

impl Table {
    /// Gives all rows in the order of the primary key, the same on every engine.
    pub(crate) fn select(&self, engine: Engine) -> String {
        let columns: Vec<String> = self.columns.iter().map(|column| quoted(&column.name)).collect();
        let order = self.key.iter().map(|at| match (engine, self.columns[*at].kind) {
            (Engine::Postgres, Some(Kind::Text)) => format!("{} collate \"C\"", columns[*at]),
            _ => columns[*at].clone(),
        });
        let order: Vec<String> = order.collect();
        format!("select {} from {} order by {}", columns.join(", "), quoted(&self.name), order.join(", "))
    }

    /// Takes all rows out.
    pub(crate) fn clear(&self) -> &'static Sql {
        let text = format!("delete from {}", quoted(&self.name));
        Sql::made("CLEAR", text.clone(), text)
    }

    /// Puts a row with these columns in.
    pub(crate) fn insert(&self, columns: &[String]) -> &'static Sql {
        let names: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
        let (table, names) = (quoted(&self.name), names.join(", "));
        let places = |mark: &str| {
            let places: Vec<String> = (1..=columns.len()).map(|number| format!("{mark}{number}")).collect();
            places.join(", ")
        };
        // The engine itself counts up otherwise, and refuses given numbers.
        let own = if self.identity.is_some() { " overriding system value" } else { "" };
        let postgres = format!("insert into {table} ({names}){own} values ({})", places("$"));
        let sqlite = format!("insert into {table} ({names}) values ({})", places("?"));
        Sql::made("LOAD", postgres, sqlite)
    }

    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// A name as an identifier, whatever it holds.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(table: &str, name: &str, kind: &str, place: i64) -> ColumnRow {
        (table.to_owned(), name.to_owned(), kind.to_owned(), place, 0)
    }

    #[test]
    fn tables_come_after_those_they_refer_to_and_the_history_before_all() {
        let columns = ["a", "b", "c", "schema_migration", "z"].map(|table| column(table, "id", "uuid", 1));
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        let references = [pair("a", "z"), pair("z", "b"), pair("b", "b")];
        let sorted = tables(columns.to_vec(), &references);
        let names: Vec<&str> = sorted.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["schema_migration", "b", "c", "z", "a"]);
        let circle = tables(columns.to_vec(), &[pair("a", "b"), pair("b", "a")]);
        assert_eq!(circle.len(), 5);
    }

    #[test]
    fn rows_come_in_the_order_of_their_key_by_bytes_on_both_engines() {
        let columns =
            vec![column("t", "x", "text", 2), column("t", "y", "bigint", 1), column("t", "z", "jsonb", 0)];
        let table = tables(columns, &[]).remove(0);
        let select = "select \"x\", \"y\", \"z\" from \"t\" order by \"y\", \"x\"";
        assert_eq!(table.select(Engine::Sqlite), select);
        assert_eq!(table.select(Engine::Postgres), format!("{select} collate \"C\""));
        let insert = table.insert(&["z".to_owned(), "x".to_owned()]);
        assert_eq!(insert.text(Engine::Postgres), "insert into \"t\" (\"z\", \"x\") values ($1, $2)");
    }
}
