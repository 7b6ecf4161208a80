//! Full-text search, in one way for each engine.
//!
//! The embedded engine has FTS5 for products and, with its trigrams, for words; the served one has `tsvector` and
//! `pg_trgm`. What a word is, and which words are sought, is the same for both (`domain/words.rs`), so that both find the
//! same; only in which sequence they put it may differ.

use tradewind_db::{Engine, Sql, sql};

use crate::domain::words;

sql! {
    /// Words that are perhaps like one, by what each engine knows of likeness; which of them was meant is decided by
    /// their letters.
    ALIKE_FTS5 = {
        postgres: "select word from search_word where $1::text is null",
        sqlite: "select word.word from word_search as likeness
            join search_word as word on word.number = likeness.rowid
            where word_search match $1 order by likeness.rank limit 200",
    };
    ALIKE_TRGM = {
        postgres: "select word from search_word order by word <-> $1::text limit 100",
        sqlite: "select word from search_word where $1 is null",
    };
    /// Where the role may not have `pg_trgm`: words of about the same length that share the first or the second letter.
    ALIKE_PLAIN = "select word from search_word
        where length(word) between length(cast($1 as text)) - 2 and length(cast($1 as text)) + 2
            and (substr(word, 1, 1) = substr(cast($1 as text), 1, 1)
                or substr(word, 2, 1) = substr(cast($1 as text), 2, 1))
        order by word limit 5000";
    /// Whether the index of likeness is there.
    pub(crate) HAS_TRGM = {
        postgres: "select count(*) from pg_catalog.pg_class
            where relname = 'search_word_alike' and pg_catalog.pg_table_is_visible(oid)",
        sqlite: "select 0",
    };
}

/// How an engine searches text.
pub(crate) trait FullText: Send + Sync {
    /// The words as the engine's query. They are letters and digits alone, so that nothing in them is syntax.
    fn query(&self, words: &[String]) -> String;

    /// The statement that gives words like one.
    fn alike(&self) -> &'static Sql;

    /// The parameter of [`FullText::alike`] for a word.
    fn likeness(&self, word: &str) -> String;
}

/// FTS5 of the embedded engine.
struct Fts5;

/// `tsvector` and `pg_trgm` of the served engine.
struct Tsvector {
    has_trgm: bool,
}

/// The way of an engine; of the served one whether it has `pg_trgm`.
pub(crate) fn of(engine: Engine, has_trgm: bool) -> Box<dyn FullText> {
    match engine {
        Engine::Sqlite => Box::new(Fts5),
        Engine::Postgres => Box::new(Tsvector { has_trgm }),
    }
}

impl FullText for Fts5 {
    fn query(&self, sought: &[String]) -> String {
        let quoted = sought.iter().map(|word| format!("\"{}\"", words::kept(word)));
        let query = quoted.collect::<Vec<_>>().join(" AND ");
        if query.is_empty() { query } else { query + "*" }
    }

    fn alike(&self) -> &'static Sql {
        &ALIKE_FTS5
    }

    /// The trigrams of the word, any of which is enough. The blanks around it make its ends count.
    fn likeness(&self, word: &str) -> String {
        let letters: Vec<char> = format!("  {word} ").chars().collect();
        let grams = letters.windows(3).map(|gram| format!("\"{}\"", gram.iter().collect::<String>()));
        grams.collect::<Vec<_>>().join(" OR ")
    }
}

impl FullText for Tsvector {
    fn query(&self, sought: &[String]) -> String {
        let query = sought.iter().map(|word| words::kept(word)).collect::<Vec<_>>().join(" & ");
        if query.is_empty() { query } else { query + ":*" }
    }

    fn alike(&self) -> &'static Sql {
        if self.has_trgm { &ALIKE_TRGM } else { &ALIKE_PLAIN }
    }

    fn likeness(&self, word: &str) -> String {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_what_is_typed_is_syntax() {
        let sought = words::words("\"an\" OR vil* NOT (x:y) & '");
        let expected = "\"wan\" AND \"wor\" AND \"wvil\" AND \"wnot\" AND \"wx\" AND \"wy\"*";
        assert_eq!(of(Engine::Sqlite, false).query(&sought), expected);
        let expected = "wan & wor & wvil & wnot & wx & wy:*";
        assert_eq!(of(Engine::Postgres, true).query(&sought), expected);
        assert_eq!(of(Engine::Sqlite, false).likeness("ab"), "\"  a\" OR \" ab\" OR \"ab \"");
    }
}
