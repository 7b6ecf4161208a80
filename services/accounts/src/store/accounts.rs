//! People.

use tradewind_accounts_contract::Role;
use tradewind_db::{Db, DbError, FromRow, Row, Tx, params, sql};
use tradewind_kernel::{Id, Timestamp};

sql! {
    ADD = "insert into account (account_id, email, name, password, roles, state, created_at, changed_at)
        values ($1, $2, $3, $4, $5, 'active', $6, $6)";
    CHANGE = "update account set email = $2, name = $3, password = $4, roles = $5, changed_at = $6
        where account_id = $1 and state = 'active'";
    GRANT = "update account set roles = $2, changed_at = $3 where account_id = $1 and state = 'active'";
    FIND = "select account_id, email, name, password, roles, created_at from account
        where account_id = $1 and state = 'active'";
    FIND_BY_EMAIL = "select account_id, email, name, password, roles, created_at from account where email = $1";
    IS_ERASED = "select count(*) from account where account_id = $1 and state = 'erased'";
    ERASE = "update account set email = null, name = null, password = null, roles = '', state = 'erased',
            changed_at = $2
        where account_id = $1 and state = 'active'";
    ADD_KEY = "insert into person_key (account_id, sealed) values ($1, $2)";
    FIND_KEY = "select sealed from person_key where account_id = $1";
    REMOVE_KEY = "delete from person_key where account_id = $1";
}

/// Somebody who has an account.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) id: Id,
    /// In lower case.
    pub(crate) email: String,
    pub(crate) name: String,
    /// What is kept of the password.
    pub(crate) password: String,
    pub(crate) roles: Vec<Role>,
    pub(crate) created_at: Timestamp,
}

impl FromRow for Account {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let roles: String = row.get(4)?;
        Ok(Self {
            id: row.get(0)?,
            email: row.get(1)?,
            name: row.get(2)?,
            password: row.get(3)?,
            roles: roles.split_whitespace().filter_map(role_named).collect(),
            created_at: row.get(5)?,
        })
    }
}

const ROLES: [(&str, Role); 4] = [
    ("customer", Role::Customer),
    ("staff", Role::Staff),
    ("admin", Role::Admin),
    ("service", Role::Service),
];

/// What a role is called in tokens, and here.
pub(crate) fn role_name(role: Role) -> &'static str {
    ROLES.into_iter().find(|(_, known)| *known == role).map_or("", |(name, _)| name)
}

fn role_named(name: &str) -> Option<Role> {
    ROLES.into_iter().find(|(known, _)| *known == name).map(|(_, role)| role)
}

fn roles_text(roles: &[Role]) -> String {
    roles.iter().map(|role| role_name(*role)).collect::<Vec<_>>().join(" ")
}

pub(crate) async fn find(db: &Db, id: Id) -> Result<Option<Account>, DbError> {
    db.query_optional(&FIND, params![id]).await
}

pub(crate) async fn find_by_email(db: &Db, email: &str) -> Result<Option<Account>, DbError> {
    db.query_optional(&FIND_BY_EMAIL, params![email]).await
}

pub(crate) async fn find_in(tx: &mut Tx, id: Id) -> Result<Option<Account>, DbError> {
    tx.query_optional(&FIND, params![id]).await
}

pub(crate) async fn find_by_email_in(tx: &mut Tx, email: &str) -> Result<Option<Account>, DbError> {
    tx.query_optional(&FIND_BY_EMAIL, params![email]).await
}

pub(crate) async fn is_erased(tx: &mut Tx, id: Id) -> Result<bool, DbError> {
    let (count,): (i64,) = tx.query_one(&IS_ERASED, params![id]).await?;
    Ok(count > 0)
}

pub(crate) async fn was_erased(db: &Db, id: Id) -> Result<bool, DbError> {
    let rows: Vec<(i64,)> = db.query(&IS_ERASED, params![id]).await?;
    Ok(rows.iter().any(|(count,)| *count > 0))
}

/// Makes an account with the key of its person, sealed.
pub(crate) async fn add(tx: &mut Tx, account: &Account, sealed_key: &[u8]) -> Result<(), DbError> {
    let Account { id, email, name, password, roles, .. } = account;
    let (now, roles) = (tx.now(), roles_text(roles));
    tx.execute(&ADD, params![id, email, name, password, roles, now]).await?;
    tx.execute(&ADD_KEY, params![id, sealed_key]).await.map(drop)
}

pub(crate) async fn change(tx: &mut Tx, account: &Account) -> Result<(), DbError> {
    let Account { id, email, name, password, roles, .. } = account;
    let (now, roles) = (tx.now(), roles_text(roles));
    tx.execute(&CHANGE, params![id, email, name, password, roles, now]).await.map(drop)
}

/// `false` when there is no such account.
pub(crate) async fn grant(tx: &mut Tx, id: Id, roles: &[Role]) -> Result<bool, DbError> {
    let now = tx.now();
    Ok(tx.execute(&GRANT, params![id, roles_text(roles), now]).await? == 1)
}

/// Removes who it was and the key; `false` when there is no such account any more.
pub(crate) async fn erase(tx: &mut Tx, id: Id) -> Result<bool, DbError> {
    let now = tx.now();
    tx.execute(&REMOVE_KEY, params![id]).await?;
    Ok(tx.execute(&ERASE, params![id, now]).await? == 1)
}

/// The sealed key of a person.
pub(crate) async fn key(db: &Db, id: Id) -> Result<Option<Vec<u8>>, DbError> {
    let row: Option<(Vec<u8>,)> = db.query_optional(&FIND_KEY, params![id]).await?;
    Ok(row.map(|(sealed,)| sealed))
}
