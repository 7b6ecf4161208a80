//! In which language and currency the shop is shown.

use std::sync::Arc;

use tradewind_cart_contract::SetDestination;
use tradewind_kernel::Currency;
use tradewind_pages::{Fields, Flash, Language, LocalPath, Visit};

use crate::shop::routed::{Answer, Answered};
use crate::shop::shopper::{Shopper, chosen_currency};
use crate::shop::words::PREFERENCES_KEPT;

pub(crate) async fn choose(shopper: Arc<Shopper>, fields: Fields) -> Answered {
    let back = LocalPath::below("/shop", fields.raw("back").unwrap_or_default(), "/shop");
    let mut cookies = vec![shopper.flash(Flash::good(PREFERENCES_KEPT))];
    if let Some(language) = fields.raw("language").and_then(Language::parse) {
        cookies.push(Visit::language_cookie(&shopper.call, language));
    }
    if let Some(currency) = fields.raw("currency").and_then(chosen_currency) {
        cookies.push(shopper.currency_cookie(currency));
        if currency != shopper.currency {
            pay_in(&shopper, currency).await;
        }
    }
    Ok(Answer::Go(back, cookies))
}

/// A cart that there is already is paid in the new currency, too. Where it cannot be, the cart says so when it is shown.
async fn pay_in(shopper: &Shopper, currency: Currency) {
    let Ok(Some(cart)) = shopper.cart().await else { return };
    let destination = SetDestination { country: cart.country, currency };
    if let Err(problem) = shopper.carts().send_to(cart.id, &destination).await {
        tracing::debug!(%problem, "the cart stays in its currency");
    }
}
