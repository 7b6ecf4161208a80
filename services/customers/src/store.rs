//! Accounts and credit reservations in the database.

use std::time::Duration;

use tradewind_customers_contract::{Account, CustomerId};
use tradewind_db::{Db, DbError, Evidence, FromRow, Migration, MigrationSet, Row, Sql, Tx, params, sql};
use tradewind_kernel::{Currency, Id, Money};

use crate::mutants;

pub(crate) const MIGRATIONS: MigrationSet = MigrationSet {
    component: "customers",
    migrations: &[
        Migration {
            version: 1,
            name: "create_account",
            text: include_str!("../migrations/0001_create_account.sql"),
        },
        // What version 1 held may belong to open orders, of whose opening nobody will hear again: it is confirmed.
        Migration {
            version: 2,
            name: "reservation_expiry",
            text: include_str!("../migrations/0002_reservation_expiry.sql"),
        },
        Migration { version: 3, name: "invoices", text: include_str!("../migrations/0003_invoices.sql") },
        Migration {
            version: 4,
            name: "erased_people",
            text: include_str!("../migrations/0004_erased_people.sql"),
        },
    ],
};

/// What is shown to be checked; no names.
pub(crate) static EVIDENCE: &[Evidence] = &[
    Evidence { table: "account", rows: &SHOWN_ACCOUNTS },
    Evidence { table: "credit_reservation", rows: &SHOWN_RESERVATIONS },
];

sql! {
    SHOWN_ACCOUNTS = "select customer_id, currency, credit_limit, reserved, owed,
            case when name = '' then 0 else 1 end as named
        from account order by customer_id";
    SHOWN_RESERVATIONS = "select order_id, customer_id, amount, state from credit_reservation order by order_id";
    FIND = "select customer_id, name, currency, credit_limit, reserved, owed from account where customer_id = $1";
    PAGE = "select customer_id, name, currency, credit_limit, reserved, owed from account where customer_id > $1
        order by customer_id limit $2";
    REGISTER = "insert into account (customer_id, name, currency, credit_limit, reserved, changed_at)
        values ($1, $2, $3, $4, 0, $5)
        on conflict (customer_id) do update set name = excluded.name, changed_at = excluded.changed_at
            where account.erased_at is null";
    OPEN = "insert into account (customer_id, name, currency, credit_limit, reserved, changed_at)
        values ($1, '', $2, 0, 0, $3) on conflict (customer_id) do nothing";
    FORGET = "update account set name = '', erased_at = $2, changed_at = $2
        where customer_id = $1 and erased_at is null";
    SET_LIMIT = "update account set credit_limit = $2, changed_at = $3 where customer_id = $1";
    TAKE = "update account set reserved = reserved + $2, changed_at = $4
        where customer_id = $1 and currency = $3 and credit_limit - reserved - owed >= $2";
    TAKE_UNCHECKED = "update account set reserved = reserved + $2, changed_at = $4
        where customer_id = $1 and currency = $3";
    HOLD = "insert into credit_reservation
            (order_id, customer_id, amount, state, expires_at, correlation_id, changed_at)
        values ($1, $2, $3, 'held', $4, $5, $6) on conflict (order_id) do nothing";
    RESERVED = "select count(*) from credit_reservation where order_id = $1";
    RELEASE = "update credit_reservation set state = 'released', changed_at = $2
        where order_id = $1 and state in ('held', 'confirmed') returning customer_id, amount";
    EXPIRE = "update credit_reservation set state = 'expired', changed_at = $2
        where order_id = $1 and state = 'held' and expires_at <= $2 returning customer_id, amount";
    CONFIRM = "update credit_reservation set state = 'confirmed', expires_at = null, changed_at = $2
        where order_id = $1 and state = 'held'";
    REVIVE = "update credit_reservation set state = 'confirmed', expires_at = null, changed_at = $2
        where order_id = $1 and state = 'expired' returning customer_id, amount";
    pub(crate) HELD = "select order_id, expires_at, correlation_id from credit_reservation
        where state = 'held' and (expires_at, order_id) > ($1, $2)
        order by expires_at, order_id limit $3";
    /// The currency of an account never changes, so the amount is in it still.
    TAKE_AGAIN = "update account set reserved = reserved + $2, changed_at = $3
        where customer_id = $1 and credit_limit - reserved - owed >= $2 returning currency";
    INVOICE = "update credit_reservation set state = 'invoiced', expires_at = null, changed_at = $2
        where order_id = $1 and state in ('held', 'confirmed') returning customer_id, amount";
    CREDIT = "update credit_reservation set state = 'credited', changed_at = $2
        where order_id = $1 and state = 'invoiced' returning customer_id, amount";
    GIVE_UP_EXPIRED = "update credit_reservation set state = 'released', changed_at = $2
        where order_id = $1 and state = 'expired'";
    INVOICED = "select count(*) from credit_reservation where order_id = $1 and state = 'invoiced'";
    OWE = "update account set reserved = reserved - $2, owed = owed + $2, changed_at = $3
        where customer_id = $1 returning currency";
    OWE_LESS = "update account set owed = owed - $2, changed_at = $3 where customer_id = $1 returning currency";
    PUT_BACK = "update account set reserved = reserved - $2, changed_at = $3 where customer_id = $1";
}

struct AccountRow(Account);

impl FromRow for AccountRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let currency: Currency = row.get(2)?;
        let (limit, reserved, owed): (i64, i64, i64) = (row.get(3)?, row.get(4)?, row.get(5)?);
        let left = limit.saturating_sub(reserved).saturating_sub(owed);
        Ok(Self(Account {
            customer_id: row.get(0)?,
            name: row.get(1)?,
            credit_limit: Money::from_minor(limit, currency),
            reserved: Money::from_minor(reserved, currency),
            owed: Money::from_minor(owed, currency),
            // A limit lowered below what is used leaves nothing, not less than nothing.
            available: Money::from_minor(left.max(0), currency),
        }))
    }
}

pub(crate) async fn find(db: &Db, customer: CustomerId) -> Result<Option<Account>, DbError> {
    Ok(db.query_optional::<AccountRow>(&FIND, params![customer]).await?.map(|row| row.0))
}

pub(crate) async fn find_in(tx: &mut Tx, customer: CustomerId) -> Result<Option<Account>, DbError> {
    Ok(tx.query_optional::<AccountRow>(&FIND, params![customer]).await?.map(|row| row.0))
}

/// Up to `limit` accounts after `after`, by id.
pub(crate) async fn page(db: &Db, after: Id, limit: u16) -> Result<Vec<Account>, DbError> {
    let rows: Vec<AccountRow> = db.query(&PAGE, params![after, limit]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
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

/// Makes an account without a name and without credit; `false` when there is one already.
pub(crate) async fn open(tx: &mut Tx, customer: CustomerId, currency: Currency) -> Result<bool, DbError> {
    let now = tx.now();
    Ok(tx.execute(&OPEN, params![customer, currency, now]).await? == 1)
}

/// Removes the name of somebody, for good.
pub(crate) async fn forget(tx: &mut Tx, customer: CustomerId) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&FORGET, params![customer, now]).await.map(drop)
}

pub(crate) async fn set_limit(tx: &mut Tx, customer: CustomerId, limit: Money) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&SET_LIMIT, params![customer, limit.minor(), now]).await.map(drop)
}

/// Reserves if the limit allows; the check and the change are one statement.
pub(crate) async fn take(tx: &mut Tx, customer: CustomerId, amount: Money) -> Result<bool, DbError> {
    let now = tx.now();
    let statement = if mutants::TAKEN_UNCHECKED.is_planted() { &TAKE_UNCHECKED } else { &TAKE };
    let taken = tx.execute(statement, params![customer, amount.minor(), amount.currency(), now]).await?;
    Ok(taken == 1)
}

/// Writes down for whom credit was taken, and until when; `false`, and nothing written, when the order has a
/// reservation already, whatever became of it.
pub(crate) async fn hold(
    tx: &mut Tx,
    order: Id,
    customer: CustomerId,
    amount: Money,
    ttl: Duration,
) -> Result<bool, DbError> {
    let (now, correlation) = (tx.now(), tx.context().map(|context| context.correlation));
    let expires_at = now.plus(ttl);
    let amount = amount.minor();
    Ok(tx.execute(&HOLD, params![order, customer, amount, expires_at, correlation, now]).await? == 1)
}

/// Puts back what was taken and is held by nobody.
pub(crate) async fn put_back(tx: &mut Tx, customer: CustomerId, amount: Money) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&PUT_BACK, params![customer, amount.minor(), now]).await.map(drop)
}

pub(crate) async fn has_reservation(tx: &mut Tx, order: Id) -> Result<bool, DbError> {
    let (count,): (i64,) = tx.query_one(&RESERVED, params![order]).await?;
    Ok(count > 0)
}

/// Keeps for good what an order holds; `false` when it holds nothing that may still expire.
pub(crate) async fn confirm(tx: &mut Tx, order: Id) -> Result<bool, DbError> {
    let now = tx.now();
    Ok(tx.execute(&CONFIRM, params![order, now]).await? > 0)
}

/// Ends the reservation of an order; `false` when there was none to end.
pub(crate) async fn release(tx: &mut Tx, order: Id) -> Result<bool, DbError> {
    end(tx, &RELEASE, order).await
}

/// Ends the reservation of an order that is over; `false` when there was none to end.
pub(crate) async fn expire(tx: &mut Tx, order: Id) -> Result<bool, DbError> {
    end(tx, &EXPIRE, order).await
}

async fn end(tx: &mut Tx, sql: &Sql, order: Id) -> Result<bool, DbError> {
    let Some((customer, amount)) = change(tx, sql, order).await? else {
        return Ok(false);
    };
    let now = tx.now();
    if !mutants::CREDIT_KEPT.is_planted() {
        tx.execute(&PUT_BACK, params![customer, amount, now]).await?;
    }
    Ok(true)
}

/// What became of a reservation that had expired.
pub(crate) enum Revived {
    /// It is confirmed.
    Confirmed { customer: CustomerId, amount: Money },
    /// The limit does not allow it any more; it is released.
    Lost,
    /// No reservation of the order has expired.
    Nothing,
}

/// Takes again what an order held until it expired, if the limit allows.
pub(crate) async fn revive(tx: &mut Tx, order: Id) -> Result<Revived, DbError> {
    let Some((customer, amount)) = change(tx, &REVIVE, order).await? else {
        return Ok(Revived::Nothing);
    };
    let now = tx.now();
    let taken: Option<(Currency,)> = tx.query_optional(&TAKE_AGAIN, params![customer, amount, now]).await?;
    if let Some((currency,)) = taken {
        return Ok(Revived::Confirmed { customer, amount: Money::from_minor(amount, currency) });
    }
    // Nothing was taken, so nothing is put back.
    change(tx, &RELEASE, order).await?;
    Ok(Revived::Lost)
}

/// What is on an invoice.
pub(crate) struct Invoiced {
    pub(crate) customer: CustomerId,
    pub(crate) amount: Money,
}

/// Turns what an order has reserved into a debt; `None` when it has nothing reserved.
pub(crate) async fn invoice(tx: &mut Tx, order: Id) -> Result<Option<Invoiced>, DbError> {
    move_debt(tx, (&INVOICE, &OWE), order).await
}

/// Takes the debt of an order back; `None` when there is none. What had expired is given up, so that no invoice can be
/// written for it any more.
pub(crate) async fn credit(tx: &mut Tx, order: Id) -> Result<Option<Invoiced>, DbError> {
    let now = tx.now();
    tx.execute(&GIVE_UP_EXPIRED, params![order, now]).await?;
    move_debt(tx, (&CREDIT, &OWE_LESS), order).await
}

pub(crate) async fn is_invoiced(tx: &mut Tx, order: Id) -> Result<bool, DbError> {
    let (count,): (i64,) = tx.query_one(&INVOICED, params![order]).await?;
    Ok(count > 0)
}

async fn move_debt(
    tx: &mut Tx,
    (state, account): (&Sql, &Sql),
    order: Id,
) -> Result<Option<Invoiced>, DbError> {
    let Some((customer, amount)) = change(tx, state, order).await? else { return Ok(None) };
    let now = tx.now();
    let (currency,): (Currency,) = tx.query_one(account, params![customer, amount, now]).await?;
    Ok(Some(Invoiced { customer, amount: Money::from_minor(amount, currency) }))
}

async fn change(tx: &mut Tx, sql: &Sql, order: Id) -> Result<Option<(CustomerId, i64)>, DbError> {
    let now = tx.now();
    tx.query_optional(sql, params![order, now]).await
}

#[cfg(test)]
mod tests {
    use tradewind_chassis::Due;
    use tradewind_db::{Execution, Location, MigrateMode, Options, Work};
    use tradewind_kernel::{Clock, Context, Entropy, Principal};

    use super::*;

    sql! {
        ACCOUNT = "insert into account (customer_id, name, currency, credit_limit, reserved, changed_at)
            values ($1, 'Ada', 'GBP', 9, 2, 7)";
        RESERVATION = "insert into credit_reservation (order_id, customer_id, amount, state, changed_at)
            values ($1, $1, $2, $3, 7)";
        OVERDUE = "insert into credit_reservation (order_id, customer_id, amount, state, expires_at, changed_at)
            values ($1, $1, 1, 'held', 1, 1)";
        STATES = "select amount, state from credit_reservation order by amount";
        RESERVED_NOW = "select reserved from account where customer_id = $1";
    }

    /// Data of the release before reservations could expire.
    struct Old;

    impl Work for Old {
        type Output = ();
        type Error = DbError;

        async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
            for (number, amount, state) in [(1, 2, "held"), (2, 3, "released")] {
                let id = Id::from_u128(number);
                tx.execute(&ACCOUNT, params![id]).await?;
                tx.execute(&RESERVATION, params![id, amount, state]).await?;
            }
            Ok(())
        }
    }

    struct Release(Id);

    impl Work for Release {
        type Output = bool;
        type Error = DbError;

        async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
            release(tx, self.0).await
        }
    }

    /// A database without tables, and a context for what is written.
    fn empty() -> (Db, Context) {
        let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
        let context = Context::begin(Principal::Anonymous, &clock, &entropy);
        let (location, execution) = (Location::Memory, Execution::Inline);
        (Db::open(Options { location, execution, readers: 1, clock, entropy }).unwrap(), context)
    }

    #[tokio::test]
    async fn what_was_held_before_reservations_could_expire_never_does() {
        let (db, context) = empty();
        let first = MigrationSet { migrations: &MIGRATIONS.migrations[..1], ..MIGRATIONS };
        db.migrate(&[first], MigrateMode::Auto).await.unwrap();
        db.write(&context, Old).await.unwrap();
        db.migrate(&[MIGRATIONS], MigrateMode::Auto).await.unwrap();
        let states: Vec<(i64, String)> = db.query(&STATES, &[]).await.unwrap();
        assert_eq!(states, [(2, "confirmed".to_owned()), (3, "released".to_owned())]);
        let first = Id::from_u128(0);
        let held: Vec<Due> = db.query(&HELD, params![i64::MIN, first, 10_i64]).await.unwrap();
        assert_eq!(held, []);
        // It is released as it would have been, and once.
        assert!(db.write(&context, Release(Id::from_u128(1))).await.unwrap());
        assert!(!db.write(&context, Release(Id::from_u128(1))).await.unwrap());
        let reserved: Vec<(i64,)> = db.query(&RESERVED_NOW, params![Id::from_u128(1)]).await.unwrap();
        assert_eq!(reserved, [(0,)]);
    }

    /// Takes five of the seven that a customer may still owe, again and again.
    struct TakeFive(CustomerId);

    impl Work for TakeFive {
        type Output = Vec<bool>;
        type Error = DbError;

        async fn run(&self, tx: &mut Tx) -> Result<Vec<bool>, DbError> {
            tx.execute(&ACCOUNT, params![self.0]).await?;
            let mut taken = Vec::new();
            for _ in 0..2 {
                taken.push(take(tx, self.0, Money::from_minor(5, Currency::GBP)).await?);
            }
            Ok(taken)
        }
    }

    /// Many orders are handled in one transaction: what was checked before it is out of date within it.
    #[tokio::test]
    async fn what_was_taken_in_the_same_transaction_cannot_be_taken_again() {
        let (db, context) = empty();
        db.migrate(&[MIGRATIONS], MigrateMode::Auto).await.unwrap();
        let id = Id::from_u128(1);
        assert_eq!(db.write(&context, TakeFive(CustomerId::new(id))).await, Ok(vec![true, false]));
        let reserved: Vec<(i64,)> = db.query(&RESERVED_NOW, params![id]).await.unwrap();
        assert_eq!(reserved, [(7,)]);
    }

    /// Ends reservations that are over, and ends them again in another way.
    struct EndAgain;

    impl Work for EndAgain {
        type Output = ();
        type Error = DbError;

        async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
            let [released, expired, confirmed] = [1, 2, 3].map(Id::from_u128);
            for order in [released, expired, confirmed] {
                tx.execute(&ACCOUNT, params![order]).await?;
                tx.execute(&OVERDUE, params![order]).await?;
            }
            assert!(release(tx, released).await?);
            assert!(expire(tx, expired).await?);
            assert!(confirm(tx, confirmed).await?);
            for order in [released, expired, confirmed] {
                assert!(!expire(tx, order).await?, "{order} expires");
                assert!(!confirm(tx, order).await?, "{order} is confirmed");
            }
            for order in [released, confirmed] {
                assert!(matches!(revive(tx, order).await?, Revived::Nothing), "{order} is revived");
            }
            for order in [released, expired] {
                assert!(!release(tx, order).await?, "{order} is released");
            }
            Ok(())
        }
    }

    /// A sweep reads what is over before it gives it back: meanwhile it may have been released or confirmed.
    #[tokio::test]
    async fn a_reservation_ends_once_whoever_is_first() {
        let (db, context) = empty();
        db.migrate(&[MIGRATIONS], MigrateMode::Auto).await.unwrap();
        db.write(&context, EndAgain).await.unwrap();
    }
}
