//! Which migrations a database has, and whether it is whole.

use crate::DbError;

/// Where it is written which migrations were applied.
pub(crate) const HISTORY: &str = "schema_migration";

/// The component under which a database says that it is not whole: a load into it was begun and not accepted.
pub(crate) const UNFINISHED: &str = "(unfinished restore)";

crate::sql! {
    pub(crate) APPLIED = "select component, version, checksum from schema_migration order by component, version";
}

/// Refuses a database into which a dump was loaded and not accepted.
pub(crate) fn require_whole<'a>(mut components: impl Iterator<Item = &'a str>) -> Result<(), DbError> {
    if components.any(|component| component == UNFINISHED) { Err(DbError::Unfinished) } else { Ok(()) }
}
