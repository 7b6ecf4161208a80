//! Holders and tickets in the database of the service.

use tradewind_db::{Db, DbError, FromRow, Migration, MigrationSet, Row, Tx, Work, params, sql};
use tradewind_events::announce;
use tradewind_kernel::{Id, Slug};

use crate::contract::{State, Ticket, TicketChanged};

const SCHEMA: Migration =
    Migration { version: 1, name: "create_ticket", text: include_str!("../../migrations/tickets.sql") };

pub(super) const MIGRATIONS: MigrationSet = MigrationSet { component: "tickets", migrations: &[SCHEMA] };

sql! {
    LEARN = "insert into holder (holder) values ($1) on conflict (holder) do nothing";
    KNOWS = "select count(*) from holder where holder = $1";
    ADD = "insert into ticket (ticket_id, holder, state, correlation_id) values ($1, $2, 'wanted', $3)";
    FIND = "select ticket_id, holder, state from ticket where ticket_id = $1";
    WANTED = "select ticket_id, holder, correlation_id from ticket where state = 'wanted'
        order by ticket_id limit 100";
    SETTLE = "update ticket set state = $2 where ticket_id = $1 and state = 'wanted'";
}

impl FromRow for Ticket {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let state: String = row.get(2)?;
        let state = match state.as_str() {
            "paid" => State::Paid,
            "refused" => State::Refused,
            _ => State::Wanted,
        };
        Ok(Self { id: row.get(0)?, holder: row.get(1)?, state })
    }
}

/// A ticket that is wanted, its holder, and the process that it belongs to.
pub(super) type Wanted = (Id, String, Option<Id>);

pub(super) async fn find(db: &Db, id: Id) -> Result<Option<Ticket>, DbError> {
    db.query_optional(&FIND, params![id]).await
}

pub(super) async fn wanted(db: &Db) -> Result<Vec<Wanted>, DbError> {
    db.query(&WANTED, &[]).await
}

pub(super) async fn knows(tx: &mut Tx, holder: &str) -> Result<bool, DbError> {
    let (count,): (i64,) = tx.query_one(&KNOWS, params![holder]).await?;
    Ok(count > 0)
}

pub(super) async fn add(tx: &mut Tx, holder: &str) -> Result<Ticket, DbError> {
    let (id, correlation) = (tx.id(), tx.context().map(|context| context.correlation));
    tx.execute(&ADD, params![id, holder, correlation]).await?;
    announce(tx, &TicketChanged { id, state: State::Wanted }).await?;
    Ok(Ticket { id, holder: holder.to_owned(), state: State::Wanted })
}

/// Remembers who has a wallet.
pub(super) struct Learn(pub(super) Slug);

impl Work for Learn {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        tx.execute(&LEARN, params![self.0]).await.map(drop)
    }
}

/// Ends the sale of a ticket.
pub(super) struct Settle {
    pub(super) ticket: Id,
    pub(super) is_paid: bool,
}

impl Work for Settle {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let (text, state) = if self.is_paid { ("paid", State::Paid) } else { ("refused", State::Refused) };
        // Another replica may have been faster.
        if tx.execute(&SETTLE, params![self.ticket, text]).await? > 0 {
            announce(tx, &TicketChanged { id: self.ticket, state }).await?;
        }
        Ok(())
    }
}
