//! Takes a quote: the cart is completed, its coupon redeemed, and the order told that is to be made of it.

use tradewind_cart_contract::{Accepted, CartCompleted, CartId, CompleteCart, Payment, Quote, SERVICE};
use tradewind_chassis::http::Reply;
use tradewind_db::{Tx, Work};
use tradewind_events::announce;
use tradewind_kernel::{Id, Position};
use tradewind_orders_contract::ORDERS_PATH;
use tradewind_problem::Problem;

use crate::actions::quote_cart::priced;
use crate::store::carts::{self, Cart};
use crate::store::{coupons, quotes};
use crate::{error, mutants};

pub(crate) struct Complete {
    pub(crate) cart: CartId,
    pub(crate) user: Id,
    pub(crate) taken: CompleteCart,
}

impl Work for Complete {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        let cart = carts::find(tx, self.cart, Some(self.user)).await?.ok_or_else(error::no_cart)?;
        // Whoever completes it, as often as they like: there is one order.
        if let Some((order, position)) = cart.order.filter(|_| !mutants::COMPLETED_AGAIN.is_planted()) {
            return accepted(order, position);
        }
        if cart.owner.is_none() {
            return Err(error::guest_cart());
        }
        let quote = self.quote(tx, &cart).await?;
        self.check_payment(&quote)?;
        let order = tx.id();
        // First of all that is written: what is refused here has changed nothing, and the refusal is kept for its key.
        if let Some(code) = &quote.coupon
            && !coupons::redeem(tx, code, order).await?
        {
            return Err(error::coupon_used_up());
        }
        if cart.order.is_none() {
            carts::complete(tx, &cart, quote.id, order).await?;
            quotes::take(tx, quote.id).await?;
        }
        let told = self.told(tx, &cart, quote, order).await?;
        let position = announce(tx, &told).await?;
        carts::set_position(tx, cart.id, position).await?;
        accepted(order, position)
    }
}

impl Complete {
    /// The quote that is taken, if it holds and the cart is still what was quoted.
    async fn quote(&self, tx: &mut Tx, cart: &Cart) -> Result<Quote, Problem> {
        let kept = quotes::find(tx, self.taken.quote_id, cart.id).await?.ok_or_else(error::quote_expired)?;
        if kept.revision != cart.revision && cart.order.is_none() {
            return Err(error::changed());
        }
        Ok(kept.quote)
    }

    fn check_payment(&self, quote: &Quote) -> Result<(), Problem> {
        match self.taken.payment {
            Payment::Other => Err(error::payment("pay by account or by card")),
            Payment::Card { .. } if quote.total.minor() == 0 => {
                Err(error::payment("there is nothing to pay: a card moves no amount of nothing"))
            }
            Payment::Card { .. } | Payment::Account => Ok(()),
        }
    }

    async fn told(
        &self,
        tx: &mut Tx,
        cart: &Cart,
        quote: Quote,
        order: Id,
    ) -> Result<CartCompleted, Problem> {
        let lines = if mutants::PRICED_LATE.is_planted() { priced(tx, cart).await? } else { quote.lines };
        Ok(CartCompleted {
            order_id: order,
            cart_id: cart.id,
            customer_id: self.user,
            quote_id: quote.id,
            fingerprint: quote.fingerprint,
            lines,
            discount: quote.discount,
            tax: quote.tax,
            total: quote.total,
            country: quote.country,
            coupon: quote.coupon,
            payment: self.taken.payment.clone(),
        })
    }
}

/// 202: the order is made as soon as orders hears of it.
fn accepted(order: Id, position: i64) -> Result<Reply, Problem> {
    let position = Position::of(SERVICE, position);
    Reply::accepted(&format!("{ORDERS_PATH}/{order}"), &Accepted { id: order, position })
}
