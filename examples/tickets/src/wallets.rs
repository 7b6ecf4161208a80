//! Wallets: who has how much money.

use std::sync::Arc;

use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_chassis::{Definition, Init, NoSettings, Service};
use tradewind_db::{Db, Migration, MigrationSet, Tx, Work, params, sql};
use tradewind_events::announce;
use tradewind_kernel::Slug;
use tradewind_problem::{CONFLICT, INVALID_BODY, NOT_FOUND, Problem};

use crate::contract::{Charge, TopUp, ToppedUp, WALLETS, Wallet};

const SCHEMA: Migration =
    Migration { version: 1, name: "create_wallet", text: include_str!("../migrations/wallets.sql") };

const MIGRATIONS: MigrationSet = MigrationSet { component: "wallets", migrations: &[SCHEMA] };

sql! {
    TOP_UP = "insert into wallet (holder, cents) values ($1, $2)
        on conflict (holder) do update set cents = wallet.cents + excluded.cents";
    TAKE = "update wallet set cents = cents - $2 where holder = $1 and cents >= $2";
    WRITE_DOWN = "insert into charge (charge_id, holder, purpose, cents) values ($1, $2, $3, $4)";
    FIND = "select cents from wallet where holder = $1";
    CHARGES = "select purpose, cents from charge where holder = $1 order by charge_id";
}

/// The service as a value.
pub(crate) fn service() -> Service {
    let start = |init: &mut Init<NoSettings>| Ok(init.db.clone());
    Definition::new(WALLETS, "Who has how much money.", start)
        .migrations(MIGRATIONS)
        .public(8210, routes())
        .internal(8310, Routes::new())
        .promises::<ToppedUp>()
        .build()
}

fn routes() -> Routes<Db> {
    Routes::new()
        .get("/wallets/{holder}", show)
        .post("/wallets/{holder}/top-ups", top_up)
        .post("/wallets/{holder}/charges", charge)
}

async fn show(db: Arc<Db>, call: Call) -> Result<Reply, Problem> {
    let holder: Slug = call.parameter("holder")?;
    let found: Option<(i64,)> = db.query_optional(&FIND, params![holder]).await?;
    let (cents,) = found.ok_or_else(|| Problem::new(&NOT_FOUND).detail("Nobody has topped it up yet."))?;
    let charges: Vec<(String, i64)> = db.query(&CHARGES, params![holder]).await?;
    let charges = charges.into_iter().map(|(purpose, cents)| Charge { purpose, cents });
    Reply::ok(&Wallet { cents, charges: charges.collect() })
}

async fn top_up(db: Arc<Db>, mut call: Call) -> Result<Reply, Problem> {
    let holder = call.parameter("holder")?;
    let TopUp { cents } = call.json().await?;
    call.command(&db, PutIn(ToppedUp { holder, cents })).await
}

async fn charge(db: Arc<Db>, mut call: Call) -> Result<Reply, Problem> {
    let holder = call.parameter("holder")?;
    let charge = call.json().await?;
    call.command(&db, Take { holder, charge }).await
}

/// Puts money in and tells of it, in one transaction.
struct PutIn(ToppedUp);

impl Work for PutIn {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        more_than_nothing(self.0.cents)?;
        tx.execute(&TOP_UP, params![self.0.holder, self.0.cents]).await?;
        announce(tx, &self.0).await?;
        Ok(Reply::no_content())
    }
}

/// Takes money out, if there is as much.
struct Take {
    holder: Slug,
    charge: Charge,
}

impl Work for Take {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        let Charge { purpose, cents } = &self.charge;
        more_than_nothing(*cents)?;
        if tx.execute(&TAKE, params![self.holder, *cents]).await? == 0 {
            return Err(Problem::new(&CONFLICT).detail("The wallet holds too little. Top it up."));
        }
        let id = tx.id();
        tx.execute(&WRITE_DOWN, params![id, self.holder, *purpose, *cents]).await?;
        Ok(Reply::no_content())
    }
}

fn more_than_nothing(cents: i64) -> Result<(), Problem> {
    let refusal = || Problem::new(&INVALID_BODY).error("/cents", "give a number above zero");
    if cents > 0 { Ok(()) } else { Err(refusal()) }
}
