//! Puts what is in a guest's cart into one's own.

use std::time::Duration;

use tradewind_cart_contract::{CartId, MAX_LINES, MAX_QUANTITY};
use tradewind_db::{Tx, Work};
use tradewind_kernel::Id;
use tradewind_problem::{CONFLICT, Problem};

use crate::actions::change_cart::open;
use crate::error;
use crate::store::carts::{self, Cart};

pub(crate) struct Merge {
    pub(crate) guest: CartId,
    pub(crate) into: CartId,
    pub(crate) user: Id,
    pub(crate) expiry: Duration,
}

impl Work for Merge {
    type Output = Cart;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Cart, Problem> {
        let own = carts::find(tx, self.into, Some(self.user)).await?.ok_or_else(error::no_cart)?;
        if own.owner.is_none() {
            return Err(error::field("/into", "this is a guest's cart: name one of your own"));
        }
        // Said again it is done; who names another cart of their own finds nothing any more.
        if carts::merged_into(tx, self.guest).await? == Some(self.into) {
            return Ok(own);
        }
        if own.order.is_some() {
            return Err(error::completed());
        }
        let guest = open(tx, self.guest, Some(self.user)).await?;
        if guest.owner.is_some() {
            return Err(Problem::new(&CONFLICT).detail("This cart is your own already. Merge a guest's."));
        }
        let contents = own.contents.clone().merged(&guest.contents, (MAX_LINES, MAX_QUANTITY));
        let contents = contents.map_err(|_| error::full())?;
        carts::merge(tx, &guest, self.into).await?;
        let mut fuller = own;
        fuller.contents = contents;
        fuller.coupon = fuller.coupon.or(guest.coupon);
        carts::change(tx, &fuller, self.expiry).await?;
        open(tx, self.into, Some(self.user)).await
    }
}
