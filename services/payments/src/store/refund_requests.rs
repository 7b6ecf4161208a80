//! Money that customers ask for, in the database. At most one request of an order is open: an index sees to it.

use tradewind_db::{Db, DbError, FromRow, Row, Tx, params, sql};
use tradewind_kernel::{Currency, Id, Money};
use tradewind_payments_contract::{
    AskRefund, Note, RefundReason, RefundRequest, RefundRequestState, RefusalReason, RefuseRefund,
};

sql! {
    /// Without what people wrote.
    pub(crate) SHOWN = "select order_id, number, customer_id, state, amount, granted, refund_id,
            case when note is null and refusal_note is null then 0 else 1 end as noted
        from refund_request order by order_id, number";
    ADD = "insert into refund_request (order_id, number, customer_id, state, currency, amount, reason, note, asked_at,
            changed_at)
        values ($1, $2, $3, 'asked', $4, $5, $6, $7, $8, $8)
        on conflict do nothing";
    OF = "select order_id, number, customer_id, state, currency, amount, reason, note, asked_at, granted, refund_id,
            refusal, refusal_note, changed_at
        from refund_request where order_id = $1 order by number";
    OPEN = "select order_id, number, customer_id, state, currency, amount, reason, note, asked_at, granted, refund_id,
            refusal, refusal_note, changed_at
        from refund_request where state = 'asked' and order_id > $1 order by order_id limit $2";
    GRANT = "update refund_request set state = 'granted', granted = $3, refund_id = $4, changed_at = $5
        where order_id = $1 and number = $2 and state = 'asked'";
    REFUSE = "update refund_request set state = 'refused', refusal = $3, refusal_note = $4, changed_at = $5
        where order_id = $1 and number = $2 and state = 'asked'";
    END = "update refund_request set state = $2, changed_at = $3 where refund_id = $1 and state = 'granted'";
    FORGET = "update refund_request set note = null, refusal_note = null where customer_id = $1";
    ADD_ERASED = "insert into erased_customer (customer_id) values ($1) on conflict (customer_id) do nothing";
    IS_ERASED = "select count(*) from erased_customer where customer_id = $1";
}

struct RequestRow(RefundRequest);

impl FromRow for RequestRow {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let currency: Currency = row.get(4)?;
        let (state, reason): (String, String) = (row.get(3)?, row.get(6)?);
        let (granted, refusal): (Option<i64>, Option<String>) = (row.get(9)?, row.get(11)?);
        Ok(Self(RefundRequest {
            order_id: row.get(0)?,
            number: row.get(1)?,
            customer_id: row.get(2)?,
            state: RefundRequestState::named(&state),
            amount: Money::from_minor(row.get(5)?, currency),
            reason: RefundReason::named(&reason),
            note: note(row.get(7)?)?,
            asked_at: row.get(8)?,
            granted: granted.map(|minor| Money::from_minor(minor, currency)),
            refund_id: row.get(10)?,
            refusal: refusal.map(|reason| RefusalReason::named(&reason)),
            refusal_note: note(row.get(12)?)?,
            changed_at: row.get(13)?,
        }))
    }
}

fn note(text: Option<String>) -> Result<Option<Note>, DbError> {
    let read = text.map(|text| text.parse()).transpose();
    read.map_err(|_| DbError::Column { message: "a note is none".to_owned() })
}

fn requests(rows: Vec<RequestRow>) -> Vec<RefundRequest> {
    rows.into_iter().map(|row| row.0).collect()
}

/// Those of an order, the first one first.
pub(crate) async fn of(db: &Db, order: Id) -> Result<Vec<RefundRequest>, DbError> {
    db.query(&OF, params![order]).await.map(requests)
}

/// The same in a transaction.
pub(crate) async fn of_in(tx: &mut Tx, order: Id) -> Result<Vec<RefundRequest>, DbError> {
    tx.query(&OF, params![order]).await.map(requests)
}

/// Up to `limit` open ones of orders after `after`.
pub(crate) async fn open(db: &Db, after: Id, limit: u16) -> Result<Vec<RefundRequest>, DbError> {
    db.query(&OPEN, params![after, limit]).await.map(requests)
}

/// `false` when there is one of this number, or an open one.
pub(crate) async fn add(
    tx: &mut Tx,
    (order, number): (Id, u16),
    customer: Id,
    asked: &AskRefund,
) -> Result<bool, DbError> {
    let (now, note) = (tx.now(), asked.note.as_ref().map(Note::as_str));
    let (minor, currency, reason) = (asked.amount.minor(), asked.amount.currency(), asked.reason.name());
    let values = params![order, number, customer, currency, minor, reason, note, now];
    Ok(tx.execute(&ADD, values).await? == 1)
}

/// `false` when it is decided already.
pub(crate) async fn grant(
    tx: &mut Tx,
    (order, number): (Id, u16),
    amount: Money,
    refund: Id,
) -> Result<bool, DbError> {
    let now = tx.now();
    Ok(tx.execute(&GRANT, params![order, number, amount.minor(), refund, now]).await? == 1)
}

/// `false` when it is decided already.
pub(crate) async fn refuse(
    tx: &mut Tx,
    (order, number): (Id, u16),
    refused: &RefuseRefund,
) -> Result<bool, DbError> {
    let (now, note) = (tx.now(), refused.note.as_ref().map(Note::as_str));
    Ok(tx.execute(&REFUSE, params![order, number, refused.reason.name(), note, now]).await? == 1)
}

/// How the refund ended that a request became; that of none changes nothing.
pub(crate) async fn end(tx: &mut Tx, refund: Id, state: RefundRequestState) -> Result<(), DbError> {
    let now = tx.now();
    tx.execute(&END, params![refund, state.name(), now]).await.map(drop)
}

/// Forgets what was written by and to somebody, of whom nothing is written any more.
pub(crate) async fn forget(tx: &mut Tx, customer: Id) -> Result<(), DbError> {
    tx.execute(&ADD_ERASED, params![customer]).await?;
    tx.execute(&FORGET, params![customer]).await.map(drop)
}

/// Whether nothing may be written of somebody any more.
pub(crate) async fn is_erased(tx: &mut Tx, customer: Id) -> Result<bool, DbError> {
    let (count,): (i64,) = tx.query_one(&IS_ERASED, params![customer]).await?;
    Ok(count > 0)
}
