//! One round of each race.

use futures_util::future::{join_all, try_join_all};
use serde::Serialize;
use tradewind_cart_contract::{
    CartAdminClient, CartClient, CompleteCart, Country, CreateCart, Payment, Quote, SetCoupon,
};
use tradewind_fleet::LoadSize;
use tradewind_kernel::{Currency, Slug};
use tradewind_orders_contract::{Order, OrderState, PaymentMethod};
use tradewind_payments_contract::{PaymentsClient, RefundPayment};
use tradewind_problem::Problem;
use tradewind_provider_contract::{CARDS_PATH, Card, ProviderClient};

use super::crowd::{Crowd, PLENTY, poor};
use super::{Race, Tally};
use crate::place::CARD;

/// What became of each client: whether they got it, else why not.
type Outcomes = Vec<Result<(), String>>;

impl Crowd {
    pub(super) async fn race(&self, race: Race, round: u32, tally: &mut Tally) {
        let (outcomes, reason) = match race {
            Race::Unit => (self.last_unit(round).await, "sold-out"),
            Race::Credit => (self.last_credit(round).await, "credit-limit-exceeded"),
            Race::Coupon => (self.last_coupon(round).await, "coupon-used-up"),
            Race::Refund => (self.last_refund(round).await, "refund-exceeds-capture"),
        };
        let outcomes = outcomes.unwrap_or_else(|problem| vec![Err(problem.to_string())]);
        let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let others = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
        let unexpected: Vec<&String> = others.filter(|why| *why != reason).collect();
        tally.won += u32::from(won == 1);
        if won != 1 || !unexpected.is_empty() {
            tally.wrong += 1;
            println!("{race:?}, round {round}: {won} got it; {unexpected:?}");
        }
    }

    async fn last_unit(&self, round: u32) -> Result<Outcomes, Problem> {
        let product = LoadSize::product(round);
        let buy = async |number: u32| {
            let key = format!("unit-{round}-{number}");
            outcome(self.buy(|| self.client(number), &product, PaymentMethod::Account, &key).await)
        };
        Ok(join_all((0..self.clients).map(buy)).await)
    }

    async fn last_credit(&self, round: u32) -> Result<Outcomes, Problem> {
        let buy = async |number: u32| {
            let key = format!("credit-{round}-{number}");
            outcome(self.buy(|| self.user(poor(round)), PLENTY, PaymentMethod::Account, &key).await)
        };
        Ok(join_all((0..self.clients).map(buy)).await)
    }

    /// Everybody has a quote with the coupon before anybody takes theirs.
    async fn last_coupon(&self, round: u32) -> Result<Outcomes, Problem> {
        let code: Slug = format!("RACE-{round}").parse().map_err(Problem::internal)?;
        let discount = 1_000.try_into().map_err(|message: &str| Problem::internal(message))?;
        let coupon = SetCoupon { discount, limit: Some(1), valid_from: None, valid_until: None };
        let desk = || CartAdminClient::new(self.internal("cart"));
        desk().set_coupon(&code, &coupon).await?;
        let quotes = (0..self.clients).map(|number| self.quoted(number, &code));
        let quotes = try_join_all(quotes).await?;
        let take = async |(number, quote): (u32, &Quote)| {
            let (key, taken) = (
                format!("coupon-{round}-{number}"),
                CompleteCart { quote_id: quote.id, payment: Payment::Account },
            );
            let carts = || CartClient::new(self.client(number));
            let accepted = self.insist(async || carts().complete(quote.cart_id, &taken, &key).await).await;
            accepted.map(drop).map_err(|problem| problem.code().to_owned())
        };
        let outcomes = join_all((0..).zip(&quotes).map(take)).await;
        let redeemed = desk().coupon(&code).await?.redeemed;
        if redeemed == 1 {
            return Ok(outcomes);
        }
        Err(Problem::internal(format!("{code} is redeemed {redeemed} times")))
    }

    async fn quoted(&self, number: u32, code: &Slug) -> Result<Quote, Problem> {
        let carts = || CartClient::new(self.client(number));
        let wanted = CreateCart { country: Country::GB, currency: Currency::GBP };
        let product = PLENTY.parse().map_err(Problem::internal)?;
        let cart = self.insist(async || carts().create(&wanted).await).await?.id;
        self.insist(async || carts().put(cart, &product, 1).await).await?;
        self.insist(async || carts().enter_coupon(cart, code).await).await?;
        self.insist(async || carts().quote(cart).await).await
    }

    /// Everybody gives all of it back.
    async fn last_refund(&self, round: u32) -> Result<Outcomes, Problem> {
        let buyer = || self.client(round % self.clients);
        let payment = PaymentMethod::Card { token: self.card().await? };
        let order = self.buy(buyer, PLENTY, payment, &format!("refund-{round}")).await?;
        let order = self.comes_to(buyer, order.id, |order| order.state != OrderState::Open).await?;
        let all = RefundPayment { amount: order.total };
        let give_back = async |number: u32| {
            let key = format!("refund-{round}-{number}");
            let desk = || PaymentsClient::new(self.staff());
            let given = self.insist(async || desk().refund(order.id.id(), &all, &key).await).await;
            given.map(drop).map_err(|problem| problem.code().to_owned())
        };
        let outcomes = join_all((0..self.clients).map(give_back)).await;
        let charge = ProviderClient::new(self.internal("provider")).charge(order.id.id()).await?;
        if charge.refunded.minor() <= charge.captured.minor() {
            return Ok(outcomes);
        }
        Err(Problem::internal(format!("{charge:?}: more is given back than was taken")))
    }

    async fn card(&self) -> Result<Slug, Problem> {
        #[derive(Serialize)]
        struct Given {
            number: &'static str,
            expiry: &'static str,
            cvc: &'static str,
        }
        let given = Given { number: CARD, expiry: "12/99", cvc: "123" };
        let card: Card = self.public("provider").send(http::Method::POST, CARDS_PATH, &given).await?;
        card.token.to_string().parse().map_err(Problem::internal)
    }
}

/// Whether an order came to something, or why it did not.
fn outcome(order: Result<Order, Problem>) -> Result<(), String> {
    let order = order.map_err(|problem| problem.to_string())?;
    match order.state {
        OrderState::Open | OrderState::Completed => Ok(()),
        _ => Err(order.reason.unwrap_or_else(|| format!("{:?}", order.state))),
    }
}
