//! Shoppers of the shop, and what it owes them: what `tradewind sim` runs.

mod act;
mod judge;
mod shopper;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tradewind_kernel::Entropy;
use tradewind_orders_contract::OrderId;
use tradewind_sim::{Failure, Planned, Step, Workload, World};

use crate::seed::{LoadSize, Seeder};
use act::Act;
use shopper::Shopper;

/// Few pieces and little credit: refusals and what they undo are as common as orders that open.
const SIZE: LoadSize = LoadSize { products: 6, customers: 8, quantity: 40, credit_minor: 4_000 };

/// How many shop at the same time.
const SHOPPERS: u32 = 5;

/// What a shopper knows of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bought {
    customer: u32,
    key: String,
    lines: Vec<(u32, u32)>,
    /// The answer that arrived.
    id: Option<OrderId>,
    /// It was refused at once, for good.
    is_refused: bool,
}

/// Shoppers who order, look, come back with the same key when they heard nothing, and call orders off.
#[derive(Debug, Clone, Default)]
pub struct Shop {
    bought: Arc<Mutex<Vec<Bought>>>,
    examined: Arc<Mutex<BTreeMap<&'static str, u64>>>,
}

impl Shop {
    /// A shop that nobody has entered yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn bought(&self) -> Vec<Bought> {
        self.bought.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, bought: Bought) {
        self.bought.lock().unwrap_or_else(PoisonError::into_inner).push(bought);
    }

    fn count(&self, what: &'static str, more: u64) {
        *self.examined.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += more;
    }
}

fn name(number: u32) -> String {
    format!("shopper-{number}")
}

impl Workload for Shop {
    type Act = Act;

    fn prepare<'a>(&'a self, world: &'a World) -> Step<'a, Result<(), String>> {
        Box::pin(async move {
            let (clock, entropy) = (world.clock().clone(), world.entropy("seeder"));
            let seeder = Seeder::new(world.observer(), world.secret(), clock, entropy);
            seeder.load(SIZE, |_, _| {}).await.map_err(|problem| problem.to_string())
        })
    }

    fn draw(&self, dice: &Entropy, length: Duration) -> Vec<Planned<Act>> {
        act::draw(dice, &(1..=SHOPPERS).map(name).collect::<Vec<_>>(), length)
    }

    fn act<'a>(&'a self, world: &'a World, act: &'a Planned<Act>) -> Step<'a, Vec<Failure>> {
        Box::pin(async move { Shopper::new(world, act).carry_out(self, act).await })
    }

    fn judge<'a>(&'a self, world: &'a World) -> Step<'a, Vec<Failure>> {
        Box::pin(judge::judge(self, world))
    }

    fn figures(&self) -> BTreeMap<&'static str, u64> {
        let mut figures = self.examined.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let bought = self.bought();
        let count = |is: fn(&Bought) -> bool| bought.iter().filter(|bought| is(bought)).count() as u64;
        figures.insert("orders", bought.len() as u64);
        figures.insert("orders acknowledged", count(|bought| bought.id.is_some()));
        figures.insert("orders unanswered", count(|bought| bought.id.is_none() && !bought.is_refused));
        figures
    }
}
