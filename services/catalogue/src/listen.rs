//! Door for events: event in, call one action.

use tradewind_events::Subscription;
use tradewind_stock_contract::{SERVICE, StockLevelChanged};

use crate::actions::note_stock::Note;
use crate::state::Catalogue;

pub(crate) fn stock() -> Subscription<Catalogue> {
    Subscription::to(SERVICE).on::<StockLevelChanged, _>(|_, event| Note {
        product: event.product_id.clone(),
        level: event.amount,
    })
}
