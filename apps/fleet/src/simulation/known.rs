//! What clients know of a run so far: their orders, what they saw, and the history that is judged.

use std::collections::BTreeMap;

use tradewind_accounts_contract::IssuedTokens;
use tradewind_cart_contract::Quote;
use tradewind_history::{History, What};
use tradewind_kernel::Slug;
use tradewind_orders_contract::{OrderId, OrderState};

use crate::simulation::act::Wanted;

/// What a client knows of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bought {
    pub(super) wanted: Wanted,
    pub(super) key: String,
    /// The moment at which it was asked for first.
    pub(super) invoked: u64,
    /// The moment at which it was known to be accepted.
    pub(super) answered: Option<u64>,
    /// The answer that arrived.
    pub(super) id: Option<OrderId>,
    /// The code with which it was refused, for good.
    pub(super) refused: Option<String>,
    /// Whether its prices were seen.
    pub(super) is_priced: bool,
    /// The cart that it is made of, if it is.
    pub(super) quote: Option<Quote>,
}

/// A receipt of goods with a delivery note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) product: u32,
    pub(super) quantity: u32,
    /// How often its note was booked with other quantities: each time with another one, so that each that is accepted
    /// must have had an effect.
    pub(super) others: u32,
}

/// What clients know. All of it was seen by somebody.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// By the number of the act.
    pub(super) orders: BTreeMap<u32, Bought>,
    pub(super) receipts: BTreeMap<u32, Received>,
    /// The newest state that anybody saw.
    pub(super) states: BTreeMap<OrderId, OrderState>,
    /// How far the auditor has read the logs.
    pub(super) cursors: BTreeMap<&'static str, i64>,
    /// What the provider gave for a card that nothing is wrong with, and for one that refuses.
    pub(super) cards: Option<[Slug; 2]>,
    /// Who is signed in.
    pub(super) sessions: BTreeMap<u32, IssuedTokens>,
    pub(super) history: History,
    pub(super) figures: BTreeMap<&'static str, u64>,
}

impl Known {
    pub(super) fn count(&mut self, what: &'static str, more: u64) {
        *self.figures.entry(what).or_default() += more;
    }

    /// Writes down what a client was answered, or that it was not.
    pub(super) fn record(
        &mut self,
        is_answered: bool,
        session: &str,
        object: &str,
        invoked: u64,
        what: What,
    ) {
        if is_answered {
            self.history.answered(session, object, invoked, what);
        } else {
            self.history.unanswered(session, object, invoked, what);
        }
    }

    /// Whether orders may not have heard yet of an order that was made of a cart.
    pub(super) fn may_be_unheard(&self, bought: &Bought) -> bool {
        bought.quote.is_some() && bought.id.is_none_or(|id| !self.states.contains_key(&id))
    }

    /// The act that placed an order.
    pub(super) fn act_of(&self, id: OrderId) -> Option<u32> {
        self.orders.iter().find(|(_, bought)| bought.id == Some(id)).map(|(number, _)| *number)
    }
}
