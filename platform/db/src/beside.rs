//! Tables beside live ones: what they are called, and the statements that mean them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::sql::{Engine, Sql};

/// What follows the name of a live table in that of its shadow.
const NEXT: &str = "__next";

/// What follows it in that of a table that was swapped out and is being emptied.
const OLD: &str = "__old";

/// Whether a table is one of those beside: part of no backup.
pub(crate) fn is_beside(table: &str) -> bool {
    table.ends_with(NEXT) || table.ends_with(OLD)
}

/// A live table that can have a shadow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The only column of its primary key: an id, a text or a whole number.
    pub key: &'static str,
}

impl Table {
    pub(crate) fn next(self) -> String {
        format!("{}{NEXT}", self.name)
    }

    pub(crate) fn old(self) -> String {
        format!("{}{OLD}", self.name)
    }
}

/// The shadows of some tables. A `static`, because the statements made for it stay in memory.
pub struct Shadow {
    tables: &'static [Table],
    /// Statements that mean the shadows, by the address of those that mean the live tables.
    turned: Mutex<BTreeMap<usize, &'static Sql>>,
    /// Statements that compare, by their text.
    made: Mutex<BTreeMap<String, &'static Sql>>,
}

impl Shadow {
    /// The shadows of these tables.
    #[must_use]
    pub const fn of(tables: &'static [Table]) -> Self {
        Self { tables, turned: Mutex::new(BTreeMap::new()), made: Mutex::new(BTreeMap::new()) }
    }

    /// The live tables.
    #[must_use]
    pub fn tables(&self) -> &'static [Table] {
        self.tables
    }

    /// The statement that means the shadows where `sql` means the live tables.
    pub(crate) fn turned(&self, sql: &Sql) -> &'static Sql {
        // Every statement lives as long as the program, so that its address is its name.
        let address = std::ptr::from_ref(sql).addr();
        let mut turned = self.turned.lock().unwrap_or_else(PoisonError::into_inner);
        turned.entry(address).or_insert_with(|| {
            let text = |engine| self.turn(sql.text(engine));
            Sql::made(sql.name(), text(Engine::Postgres), text(Engine::Sqlite))
        })
    }

    /// The text with the shadows' names where those of the live tables stand as whole words.
    fn turn(&self, text: &str) -> String {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut out = String::with_capacity(text.len() + 16);
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            out.push_str(word);
            if self.tables.iter().any(|table| table.name == word) {
                out.push_str(NEXT);
            }
            let gap = behind.find(is_word).unwrap_or(behind.len());
            out.push_str(&behind[..gap]);
            rest = &behind[gap..];
        }
        out
    }

    /// A statement that is made once and kept.
    pub(crate) fn made(&self, name: &'static str, text: String) -> &'static Sql {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get(&text) {
            return known;
        }
        let statement = Sql::made(name, text.clone(), text.replace('$', "?"));
        made.insert(text, statement);
        statement
    }
}

impl fmt::Debug for Shadow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shadow").field("tables", &self.tables).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_are_turned() {
        static SHADOW: Shadow = Shadow::of(&[Table { name: "note", key: "id" }]);
        let turned = SHADOW.turn("insert into note (note_id) select id from a_note, note where note.id = $1");
        assert_eq!(
            turned,
            "insert into note__next (note_id) select id from a_note, note__next where note__next.id = $1"
        );
        assert_eq!(SHADOW.turn(" (note)"), " (note__next)");
    }
}
