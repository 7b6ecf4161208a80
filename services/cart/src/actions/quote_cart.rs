//! Says what a cart costs, and holds to it for a while.

use std::fmt::Write;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tradewind_cart_contract::{BasisPoints, CartId, Quantity, Quote, QuoteId, QuoteLine};
use tradewind_db::{Tx, Work};
use tradewind_kernel::{Id, Money};
use tradewind_problem::Problem;

use crate::actions::change_cart::open;
use crate::domain::{Rates, Totals};
use crate::error;
use crate::store::carts::Cart;
use crate::store::{coupons, quotes, terms};
use crate::views::products;

/// The quotes of one cart that are kept; the oldest make room.
const MOST: u16 = 20;

pub(crate) struct Ask {
    pub(crate) cart: CartId,
    pub(crate) user: Option<Id>,
    /// How long it holds.
    pub(crate) ttl: Duration,
}

impl Work for Ask {
    type Output = Quote;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Quote, Problem> {
        let cart = open(tx, self.cart, self.user).await?;
        if cart.contents.is_empty() {
            return Err(error::empty());
        }
        let lines = priced(tx, &cart).await?;
        let rates = rates(tx, &cart).await?;
        let sums: Vec<(u32, Money)> =
            lines.iter().map(|line| (line.quantity.get(), line.unit_price)).collect();
        let totals = Totals::of(cart.currency, &sums, rates).map_err(error::sum)?;
        let quote = self.quote(tx, &cart, (lines, rates, totals))?;
        quotes::add(tx, &quote, cart.revision, MOST).await?;
        Ok(quote)
    }
}

impl Ask {
    fn quote(
        &self,
        tx: &Tx,
        cart: &Cart,
        (lines, rates, totals): (Vec<QuoteLine>, Rates, Totals),
    ) -> Result<Quote, Problem> {
        let points = |points: u32| BasisPoints::try_from(i64::from(points)).map_err(Problem::internal);
        let now = tx.now();
        let quote = Quote {
            id: QuoteId::new(tx.id()),
            cart_id: cart.id,
            lines,
            subtotal: totals.subtotal,
            discount_rate: points(rates.discount)?,
            discount: totals.discount,
            coupon: cart.coupon.clone(),
            country: cart.country,
            tax_rate: points(rates.tax)?,
            tax: totals.tax,
            total: totals.total,
            fingerprint: String::new(),
            made_at: now,
            expires_at: now.plus(self.ttl),
        };
        Ok(Quote { fingerprint: fingerprint(&quote), ..quote })
    }
}

/// The lines of a cart at the prices of now, or every product that has none in its currency.
pub(crate) async fn priced(tx: &mut Tx, cart: &Cart) -> Result<Vec<QuoteLine>, Problem> {
    let (mut lines, mut without) = (Vec::new(), Vec::new());
    for (product, quantity) in cart.contents.iter() {
        let found = products::find(tx, product).await?;
        let priced = found.and_then(|found| Some((found.price_in(cart.currency)?, found.name)));
        let Some((unit_price, name)) = priced else {
            without.push(product.clone());
            continue;
        };
        let quantity = Quantity::try_from(i64::from(quantity)).map_err(Problem::internal)?;
        lines.push(QuoteLine { product_id: product.clone(), name, quantity, unit_price });
    }
    if without.is_empty() { Ok(lines) } else { Err(error::not_priced(&without, cart.currency)) }
}

async fn rates(tx: &mut Tx, cart: &Cart) -> Result<Rates, Problem> {
    let coupon = match &cart.coupon {
        None => 0,
        Some(code) => {
            let found = coupons::find(tx, code).await?;
            let in_force = found.filter(|coupon| coupons::window(coupon).contains(tx.now()));
            in_force.ok_or_else(error::coupon_not_valid)?.discount.get()
        }
    };
    let promotion = terms::promotion(tx).await?.get();
    let tax = terms::tax(tx, cart.country).await?.ok_or_else(error::country_not_served)?;
    Ok(Rates::new(coupon, promotion, tax.get()))
}

/// A digest of all that is agreed. Each part ends with a character that none of them holds.
fn fingerprint(quote: &Quote) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update(text.as_bytes());
        hash.update([0]);
    };
    part(&quote.cart_id.to_string());
    for QuoteLine { product_id, name, quantity, unit_price } in &quote.lines {
        for text in [product_id.as_str(), name, &quantity.get().to_string(), &unit_price.to_string()] {
            part(text);
        }
    }
    part(quote.coupon.as_ref().map_or("", |code| code.as_str()));
    part(quote.country.code());
    for amount in [quote.subtotal, quote.discount, quote.tax, quote.total] {
        part(&amount.to_string());
    }
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
