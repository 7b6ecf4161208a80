//! Changes an open cart: what is in it, where it goes, its coupon.

use std::time::Duration;

use tradewind_cart_contract::{CartId, MAX_LINES, MAX_QUANTITY, SetDestination};
use tradewind_db::{Tx, Work};
use tradewind_kernel::{Id, Slug};
use tradewind_problem::Problem;

use crate::error;
use crate::store::carts::{self, Cart};
use crate::store::{coupons, terms};
use crate::views::products;

/// What is to be different.
#[derive(Debug, Clone)]
pub(crate) enum Difference {
    /// So many of a product; 0 takes it out.
    Line {
        product: Slug,
        quantity: u32,
    },
    Destination(SetDestination),
    Coupon(Option<Slug>),
}

pub(crate) struct Change {
    pub(crate) id: CartId,
    /// Who asks; nobody, when it is a guest.
    pub(crate) user: Option<Id>,
    pub(crate) difference: Difference,
    pub(crate) expiry: Duration,
}

impl Work for Change {
    type Output = Cart;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Cart, Problem> {
        let cart = open(tx, self.id, self.user).await?;
        let changed = self.apply(tx, cart.clone()).await?;
        // Said again it is no change, so that a quote made in between still fits.
        let is_same = (&cart.contents, &cart.coupon, cart.country, cart.currency)
            == (&changed.contents, &changed.coupon, changed.country, changed.currency);
        if is_same {
            return Ok(cart);
        }
        carts::change(tx, &changed, self.expiry).await?;
        open(tx, self.id, self.user).await
    }
}

/// A cart that this user may change.
pub(crate) async fn open(tx: &mut Tx, id: CartId, user: Option<Id>) -> Result<Cart, Problem> {
    let cart = carts::find(tx, id, user).await?.ok_or_else(error::no_cart)?;
    if cart.order.is_some() { Err(error::completed()) } else { Ok(cart) }
}

impl Change {
    async fn apply(&self, tx: &mut Tx, mut cart: Cart) -> Result<Cart, Problem> {
        match &self.difference {
            Difference::Line { product, quantity } => {
                if *quantity > MAX_QUANTITY {
                    return Err(error::field("/quantity", "a quantity is a whole number from 0 to 10000"));
                }
                if *quantity > 0 && products::find(tx, product).await?.is_none() {
                    return Err(error::unknown_product(product));
                }
                let contents = cart.contents.with(product.clone(), *quantity, MAX_LINES);
                cart.contents = contents.map_err(|_| error::full())?;
            }
            Difference::Destination(SetDestination { country, currency }) => {
                if terms::tax(tx, *country).await?.is_none() {
                    return Err(error::country_not_served());
                }
                (cart.country, cart.currency) = (*country, *currency);
            }
            Difference::Coupon(code) => {
                if let Some(code) = code {
                    check(tx, code).await?;
                }
                cart.coupon.clone_from(code);
            }
        }
        Ok(cart)
    }
}

/// Whether a coupon could be redeemed now. Whether it can be in the end is decided when a quote is taken.
async fn check(tx: &mut Tx, code: &Slug) -> Result<(), Problem> {
    let coupon = coupons::find(tx, code).await?.ok_or_else(error::coupon_not_valid)?;
    if !coupons::window(&coupon).contains(tx.now()) {
        return Err(error::coupon_not_valid());
    }
    if coupons::has_room(&coupon) { Ok(()) } else { Err(error::coupon_used_up()) }
}
