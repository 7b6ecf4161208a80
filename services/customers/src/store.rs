//! Accounts and credit reservations in the database.

use tradewind_customers_contract::{Account, CustomerId};
use tradewind_db::{Db, DbError, Evidence, FromRow, Migration, MigrationSet, Row, Tx, params, sql};
use tradewind_kernel::{Currency, Id, Money};

pub(crate) const MIGRATIONS: MigrationSet = MigrationSet {
    component: "customers",
    migrations: &[Migration {
        version: 1,
        name: "create_account",
        text: include_str!("../migrations/0001_create_account.sql"),
    }],
};

/// What is shown to be checked; no names.
pub(crate) static EVIDENCE: &[Evidence] = &[
    Evidence { table: "account", rows: &SHOWN_ACCOUNTS },
    Evidence { table: "credit_reservation", rows: &SHOWN_RESERVATIONS },
];

sql! {
    SHOWN_ACCOUNTS = "select customer_id, currency, credit_limit, reserved from account order by customer_id";
    SHOWN_RESERVATIONS = "select order_id, customer_id, amount, state from credit_reservation order by order_id";
    FIND = "select customer_id, name, currency, credit_limit, reserved from account where customer_id = $1";
    REGISTER = "insert into account (customer_id, name, currency, credit_limit, reserved, changed_at)
        values ($1, $2, $3, $4, 0, $5)
        on conflict (customer_id) do update set name = excluded.name, changed_at = excluded.changed_at";
    SET_LIMIT = "update account set credit_limit = $2, changed_at = $3 where customer_id = $1";
    TAKE = "update account set reserved = reserved + $2, changed_at = $4
        where customer_id = $1 and currency = $3 and credit_limit - reserved >= $2";
    HOLD = "insert into credit_reservation (order_id, customer_id, amount, state, changed_at)
        values ($1, $2, $3, 'held', $4)";
    RESERVED = "select count(*) from credit_reservation where order_id = $1";
    RELEASE = "update credit_reservation set state = 'released', changed_at = $2
        where order_id = $1 and state = 'held' returning customer_id, amount";
    PUT_BACK = "update account set reserved = reserved - $2, changed_at = $3 where customer_id = $1";
}

struct AccountRow(Account);

impl FromRow for AccountRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let currency: Currency = row.get(2)?;
        let (limit, reserved): (i64, i64) = (row.get(3)?, row.get(4)?);
        Ok(Self(Account {
            customer_id: row.get(0)?,
            name: row.get(1)?,
            credit_limit: Money::from_minor(limit, currency),
            reserved: Money::from_minor(reserved, currency),
            // A limit lowered below what is reserved leaves nothing, not less than nothing.
            available: Money::from_minor(limit.saturating_sub(reserved).max(0), currency),
        }))
    }
}

pub(crate) async fn find(db: &Db, customer: CustomerId) -> Result<Option<Account>, DbError> {
    Ok(db.query_optional::<AccountRow>(&FIND, params![customer]).await?.map(|row| row.0))
}

pub(crate) async fn find_in(tx: &mut Tx, customer: CustomerId) -> Result<Option<Account>, DbError> {
    Ok(tx.query_optional::<AccountRow>(&FIND, params![customer]).await?.map(|row| row.0))
}

/// Makes an account, or renames it; its limit and currency are not touched then.
pub(crate) async fn register(
    tx: &mut Tx,
    customer: CustomerId,
    name: &str,
    limit: Money,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&REGISTER, params![customer, name, limit.currency(), limit.minor(), now]).await.map(drop)
}

pub(crate) async fn set_limit(tx: &mut Tx, customer: CustomerId, limit: Money) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&SET_LIMIT, params![customer, limit.minor(), now]).await.map(drop)
}

/// Reserves if the limit allows; the check and the change are one statement.
pub(crate) async fn take(tx: &mut Tx, customer: CustomerId, amount: Money) -> Result<bool, DbError> {
    let now = tx.now();
    let taken = tx.execute(&TAKE, params![customer, amount.minor(), amount.currency(), now]).await?;
    Ok(taken == 1)
}

pub(crate) async fn hold(tx: &mut Tx, order: Id, customer: CustomerId, amount: Money) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&HOLD, params![order, customer, amount.minor(), now]).await.map(drop)
}

pub(crate) async fn has_reservation(tx: &mut Tx, order: Id) -> Result<bool, DbError> {
    let (count,): (i64,) = tx.query_one(&RESERVED, params![order]).await?;
    Ok(count > 0)
}

/// Ends the reservation of an order; `false` when there was none to end.
pub(crate) async fn release(tx: &mut Tx, order: Id) -> Result<bool, DbError> {
    let now = tx.now();
    let released: Option<(CustomerId, i64)> = tx.query_optional(&RELEASE, params![order, now]).await?;
    let Some((customer, amount)) = released else {
        return Ok(false);
    };
    tx.execute(&PUT_BACK, params![customer, amount, now]).await?;
    Ok(true)
}
