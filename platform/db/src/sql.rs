//! Statements: one text for both engines, with a text per engine only where they differ.

/// An SQL engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The embedded engine.
    Sqlite,
    /// The served engine.
    Postgres,
}

impl Engine {
    /// Its name in settings and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A statement with `$1`, `$2`, … placeholders; declare it with [`sql!`](crate::sql!).
#[derive(Debug)]
pub struct Sql {
    module: &'static str,
    name: &'static str,
    postgres: &'static str,
    sqlite: &'static str,
}

impl Sql {
    #[doc(hidden)]
    #[must_use]
    pub const fn declare(
        module: &'static str,
        name: &'static str,
        postgres: &'static str,
        sqlite: &'static str,
    ) -> Self {
        Self { module, name, postgres, sqlite }
    }

    /// A statement for a schema that is known only when the program runs; not registered.
    ///
    /// Its texts stay in memory: for the few statements of a tool that ends, never for one per request.
    pub(crate) fn made(name: &'static str, postgres: String, sqlite: String) -> &'static Self {
        let (postgres, sqlite) = (String::leak(postgres), String::leak(sqlite));
        Box::leak(Box::new(Self { module: module_path!(), name, postgres, sqlite }))
    }

    /// The module that declares it, such as `my_service::store`.
    #[must_use]
    pub fn module(&self) -> &'static str {
        self.module
    }

    /// The name of the constant that holds it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The text for `engine`.
    #[must_use]
    pub fn text(&self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }
}

#[doc(hidden)]
#[derive(Debug)]
pub struct Registered(pub &'static Sql);

inventory::collect!(Registered);

/// Every statement declared in the program, sorted by module and name.
#[must_use]
pub fn statements() -> Vec<&'static Sql> {
    let mut all: Vec<_> = inventory::iter::<Registered>.into_iter().map(|entry| entry.0).collect();
    all.sort_by_key(|statement| (statement.module, statement.name));
    all
}

/// `$1` becomes `?1`: the embedded engine numbers `$` names by first use, not by their digits.
#[doc(hidden)]
#[must_use]
pub const fn numbered<const N: usize>(text: &str) -> [u8; N] {
    let bytes = text.as_bytes();
    let mut out = [0; N];
    let mut i = 0;
    while i < N {
        let placeholder = bytes[i] == b'$' && i + 1 < N && bytes[i + 1].is_ascii_digit();
        out[i] = if placeholder { b'?' } else { bytes[i] };
        i += 1;
    }
    out
}

/// Declares and registers statements.
///
/// ```
/// tradewind_db::sql! {
///     /// Takes a thing off the shelf if it is there.
///     TAKE = "update shelf set things = things - $2 where name = $1 and things >= $2";
///     /// The same task in two dialects.
///     CLAIM = {
///         postgres: "select id from task limit 1 for update skip locked",
///         sqlite: "select id from task limit 1",
///     };
///     /// What several statements share may be joined in.
///     COUNT = concat!("select count(*) ", "from shelf");
/// }
/// ```
#[macro_export]
macro_rules! sql {
    () => {};
    ($(#[$meta:meta])* $vis:vis $name:ident = { postgres: $postgres:expr, sqlite: $sqlite:expr $(,)? }; $($rest:tt)*) => {
        $crate::sql! { @declare [$(#[$meta])*] $vis $name, $postgres, $sqlite }
        $crate::sql! { $($rest)* }
    };
    ($(#[$meta:meta])* $vis:vis $name:ident = $text:expr; $($rest:tt)*) => {
        $crate::sql! { @declare [$(#[$meta])*] $vis $name, $text, $text }
        $crate::sql! { $($rest)* }
    };
    (@declare [$(#[$meta:meta])*] $vis:vis $name:ident, $postgres:expr, $sqlite:expr) => {
        $(#[$meta])*
        $vis static $name: $crate::Sql = {
            const BYTES: [u8; $sqlite.len()] = $crate::private::numbered($sqlite);
            const TEXT: &str = match ::core::str::from_utf8(&BYTES) {
                Ok(text) => text,
                Err(_) => panic!("placeholders are ASCII"),
            };
            $crate::Sql::declare(::core::module_path!(), ::core::stringify!($name), $postgres, TEXT)
        };
        $crate::private::inventory::submit! { $crate::private::Registered(&$name) }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    sql! {
        SECOND_FIRST = "select $2, $1, '$', 'ä$'";
        SPLIT = { postgres: "select 1 for update", sqlite: "select 1" };
        JOINED = concat!("select $1", " where $1 > 0");
    }

    #[test]
    fn placeholders_are_numbered_for_the_embedded_engine() {
        assert_eq!(SECOND_FIRST.text(Engine::Sqlite), "select ?2, ?1, '$', 'ä$'");
        assert_eq!(SECOND_FIRST.text(Engine::Postgres), "select $2, $1, '$', 'ä$'");
        assert_eq!(SPLIT.text(Engine::Sqlite), "select 1");
        assert_eq!(JOINED.text(Engine::Sqlite), "select ?1 where ?1 > 0");
    }

    #[test]
    fn declared_statements_are_registered() {
        let names: Vec<_> = statements().iter().map(|sql| (sql.module(), sql.name())).collect();
        assert!(names.contains(&("tradewind_db::sql::tests", "SECOND_FIRST")));
    }
}
