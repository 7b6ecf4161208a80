//! The door for users.

use std::sync::Arc;

use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_db::{Tx, Work};
use tradewind_problem::{INVALID_BODY, NOT_FOUND, Problem};

use super::{Tickets, store};
use crate::contract::Buy;

pub(super) fn public() -> Routes<Tickets> {
    Routes::new().post("/tickets", buy).get("/tickets/{id}", show)
}

async fn buy(tickets: Arc<Tickets>, mut call: Call) -> Result<Reply, Problem> {
    let buy: Buy = call.json().await?;
    call.command(&tickets.db, buy).await
}

async fn show(tickets: Arc<Tickets>, call: Call) -> Result<Reply, Problem> {
    let found = store::find(&tickets.db, call.parameter("id")?).await?;
    Reply::ok(&found.ok_or_else(|| Problem::new(&NOT_FOUND).detail("There is no such ticket."))?)
}

/// Writes down who wants a ticket. Nothing is paid yet: within a transaction nobody else is asked.
impl Work for Buy {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        if !store::knows(tx, &self.holder).await? {
            return Err(Problem::new(&INVALID_BODY).error("/holder", "has no wallet; top it up first"));
        }
        let ticket = store::add(tx, &self.holder).await?;
        Reply::accepted(&format!("/tickets/{}", ticket.id), &ticket)
    }
}
