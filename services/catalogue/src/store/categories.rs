//! Categories in the database.

use tradewind_db::{Db, DbError, FromRow, Json, Row, Tx, params, sql};
use tradewind_kernel::Slug;

use crate::domain::categories::{Kept, Tree};

sql! {
    ALL = "select category, parent, position, names from category order by category";
    SAVE = "insert into category (category, parent, position, names) values ($1, $2, $3, $4)
        on conflict (category) do update set parent = excluded.parent, position = excluded.position,
            names = excluded.names";
}

struct CategoryRow(Kept);

impl FromRow for CategoryRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let Json(names) = row.get(3)?;
        Ok(Self(Kept { slug: row.get(0)?, parent: row.get(1)?, position: row.get(2)?, names }))
    }
}

fn tree(rows: Vec<CategoryRow>) -> Tree {
    Tree::new(rows.into_iter().map(|row| row.0).collect())
}

pub(crate) async fn all(db: &Db) -> Result<Tree, DbError> {
    db.query(&ALL, &[]).await.map(tree)
}

pub(crate) async fn all_in(tx: &mut Tx) -> Result<Tree, DbError> {
    tx.query(&ALL, &[]).await.map(tree)
}

pub(crate) async fn save(tx: &mut Tx, slug: &Slug, kept: &Kept) -> Result<(), DbError> {
    let Kept { parent, position, names, .. } = kept;
    tx.execute(&SAVE, params![slug, parent, *position, Json(names)]).await.map(drop)
}
