//! What shoppers do with carts, until what they took is an order like others.

use tradewind_cart_contract::{
    CartClient, CartId, CompleteCart, Country, CreateCart, Payment, Quote, QuoteLine,
};
use tradewind_history::{Operation, What};
use tradewind_kernel::{Currency, Money, Slug};
use tradewind_orders_contract::{Accepted, OrderId};
use tradewind_problem::Problem;
use tradewind_sim::Failure;

use crate::seed::LoadSize;
use crate::simulation::COUPON;
use crate::simulation::act::{Pays, Wanted, Way};
use crate::simulation::client::{Answer, Client, broken};
use crate::simulation::edition::Edition;
use crate::simulation::known::Bought;
use crate::simulation::objects::Object;
use crate::simulation::shopper::SAME;

/// The session in whose name cart reads prices: one place follows the catalogue for all.
const CART: &str = "cart";

/// What filling a cart and asking what it costs may be refused with: cart may be behind the catalogue, and others may be
/// faster.
const REFUSALS: [&str; 2] = ["unknown-product", "coupon-used-up"];

const FILLED: &str = "a cart takes what is on sale";

const QUOTED: &str = "a quote is of what is in the cart, at prices of the catalogue, and adds up";

/// Why there is no quote: nobody heard, or something is broken.
type Unquoted = Vec<Failure>;

impl Client<'_> {
    pub(super) async fn check_out(&self, wanted: &Wanted, way: Way) -> Vec<Failure> {
        let (quote, invoked) = match self.quoted(wanted, way).await {
            Ok(quoted) => quoted,
            Err(failures) => return failures,
        };
        let bought = self.begin_with(wanted, Some(quote.clone()));
        let failures = self.see_quote(&bought, &quote, invoked);
        if !failures.is_empty() {
            return failures;
        }
        self.rest().await;
        let mut failures = self.place(self.number).await;
        if self.acknowledged(self.number).is_some() {
            self.rest().await;
            failures.extend(self.look(self.number).await);
            if way.calls_off {
                failures.extend(self.call_off(self.number, false).await);
            }
        }
        failures
    }

    /// Fills a cart and asks what it costs; gives the moment as well at which that was asked.
    async fn quoted(&self, wanted: &Wanted, way: Way) -> Result<(Quote, u64), Unquoted> {
        let own = CartClient::new(self.user(wanted.customer));
        let filled = if way.as_guest { CartClient::new(self.guest()) } else { own.clone() };
        let cart = self.filled(&filled, wanted, way).await?;
        let cart = if way.as_guest {
            let destination = destination(way).map_err(|problem| broken(FILLED, problem.to_string()))?;
            let mine = self.given(async || own.create(&destination).await).await?.id;
            self.given(async || own.merge(cart, mine).await).await?.id
        } else {
            cart
        };
        let invoked = self.moment();
        let quote = self.given(async || own.quote(cart).await).await?;
        self.shop.count("quotes", 1);
        Ok((quote, invoked))
    }

    async fn filled(&self, carts: &CartClient, wanted: &Wanted, way: Way) -> Result<CartId, Unquoted> {
        let failed = |problem: Problem| broken(FILLED, problem.to_string());
        let destination = destination(way).map_err(failed)?;
        let cart = self.given(async || carts.create(&destination).await).await?.id;
        for (product, pieces) in &wanted.lines {
            let product = slug(&LoadSize::product(*product)).map_err(failed)?;
            self.given(async || carts.put(cart, &product, *pieces).await).await?;
        }
        if way.has_coupon {
            let code = slug(COUPON).map_err(failed)?;
            match self.insist(async || carts.enter_coupon(cart, &code).await).await {
                // Whoever finds it used up goes without.
                Answer::Refused(problem) if !REFUSALS.contains(&problem.code()) => {
                    return Err(failed(problem));
                }
                Answer::Given(_) | Answer::Nothing | Answer::Refused(_) => {}
            }
        }
        Ok(cart)
    }

    /// What was answered in the end; nothing is broken when there was no answer, or a refusal that may be.
    async fn given<T>(&self, send: impl AsyncFn() -> Result<T, Problem>) -> Result<T, Unquoted> {
        match self.insist(send).await {
            Answer::Given(given) => Ok(given),
            Answer::Nothing => Err(Vec::new()),
            Answer::Refused(problem) if REFUSALS.contains(&problem.code()) => Err(Vec::new()),
            Answer::Refused(problem) => {
                Err(broken(FILLED, format!("{}-{}: {problem}", self.name, self.number)))
            }
        }
    }

    /// Takes in which prices a quote was made with, and says what it must not look like.
    fn see_quote(&self, bought: &Bought, quote: &Quote, invoked: u64) -> Vec<Failure> {
        let line = |line: &QuoteLine| (line.product_id.to_string(), line.quantity.get());
        let is_of_cart = quote.lines.iter().map(line).eq(crate::simulation::sight::wanted(bought));
        let mut editions = Vec::new();
        for QuoteLine { product_id, name, unit_price, .. } in &quote.lines {
            let known = bought.wanted.lines.iter().map(|(product, _)| *product);
            let product = known.into_iter().find(|known| LoadSize::product(*known) == product_id.as_str());
            let edition = Edition::named(name)
                .filter(|edition| edition.price_in(unit_price.currency()) == Some(*unit_price));
            editions.extend(product.zip(edition));
        }
        if !is_of_cart || editions.len() != quote.lines.len() || !adds_up(quote) {
            return broken(QUOTED, format!("{}: {quote:?}", bought.key));
        }
        self.shop.with(|known| {
            let completed = Some(known.history.moment());
            for (product, edition) in editions {
                let what = What::Read { version: edition.number() };
                let (session, object) = (CART.to_owned(), Object::Priced(product).to_string());
                known.history.record(Operation { session, object, invoked, completed, what });
            }
        });
        Vec::new()
    }

    /// Takes a quote under a key.
    pub(super) async fn complete(
        &self,
        bought: &Bought,
        quote: &Quote,
        key: &str,
    ) -> Result<Accepted, Problem> {
        let cards = self.shop.with(|known| known.cards.clone());
        let payment = match (bought.wanted.pays, cards) {
            (Pays::ByCard, Some([token, _])) | (Pays::ByEmptyCard, Some([_, token])) => {
                Payment::Card { token }
            }
            _ => Payment::Account,
        };
        let taken = CompleteCart { quote_id: quote.id, payment };
        let carts = CartClient::new(self.user(bought.wanted.customer));
        let accepted = carts.complete(quote.cart_id, &taken, key).await?;
        Ok(Accepted { id: accepted.id.into(), position: accepted.position })
    }

    /// Completes the cart of an order under a key of its own: it is the same order.
    pub(super) async fn complete_again(&self, bought: &Bought, id: OrderId) -> Vec<Failure> {
        let Some(quote) = &bought.quote else { return Vec::new() };
        let key = self.key("again");
        match self.insist(async || self.complete(bought, quote, &key).await).await {
            Answer::Given(accepted) if accepted.id == id => {
                self.shop.count("carts completed again", 1);
                Vec::new()
            }
            Answer::Nothing => Vec::new(),
            Answer::Given(accepted) => broken(SAME, format!("{}: {id} and {}", bought.key, accepted.id)),
            Answer::Refused(problem) => broken(SAME, format!("{}: {id}, then {problem}", bought.key)),
        }
    }
}

fn destination(way: Way) -> Result<CreateCart, Problem> {
    let currency = if way.in_euro { "EUR".parse().map_err(Problem::internal)? } else { Currency::GBP };
    Ok(CreateCart { country: Country::GB, currency })
}

fn adds_up(quote: &Quote) -> bool {
    let Quote { subtotal, discount, tax, total, lines, .. } = quote;
    let sum = lines.iter().try_fold(Money::from_minor(0, total.currency()), |sum, line| {
        sum.plus(line.unit_price.times(i64::from(line.quantity.get())).ok()?).ok()
    });
    let minor = subtotal.minor() - discount.minor() + tax.minor();
    sum == Some(*subtotal) && total.minor() == minor && discount.minor() >= 0 && tax.minor() >= 0
}

fn slug(text: &str) -> Result<Slug, Problem> {
    text.parse().map_err(Problem::internal)
}
