//! Carts, quotes and what comes of them, over real sockets.

use tradewind_cart_contract::{
    CartAdminClient, CartClient, CartId, CompleteCart, Country, CreateCart, Payment, Quote, SetCoupon,
};
use tradewind_kernel::{Context, Currency, Deadline, Principal};
use tradewind_orders_contract::{Order, OrderId, OrderState};
use tradewind_problem::Problem;
use tradewind_testkit::LIMIT;

use crate::Fleet;

impl Fleet {
    /// Carts as the owner of this token uses them, through the gateway.
    #[must_use]
    pub fn carts(&self, token: &str) -> CartClient {
        CartClient::new(self.caller("gateway/data-plane", token))
    }

    /// Carts as somebody uses them who has not signed in, through the gateway.
    #[must_use]
    pub fn guest_carts(&self) -> CartClient {
        let (clock, entropy) = (self.running.clock().clone(), self.running.entropy().clone());
        let context = Context::begin(Principal::Anonymous, &clock, &entropy);
        let deadline = Deadline::after(&clock, LIMIT);
        let peer = self.peer("gateway/data-plane");
        CartClient::new(tradewind_client::Caller::new(peer, context, deadline, clock, entropy))
    }

    /// The internal door of cart.
    #[must_use]
    pub fn offers(&self) -> CartAdminClient {
        CartAdminClient::new(self.internal("cart"))
    }

    /// Makes a coupon that takes `discount` hundredths of a percent off.
    pub async fn coupon(&self, code: &str, discount: i64, limit: Option<u32>) {
        let coupon =
            SetCoupon { discount: discount.try_into().unwrap(), limit, valid_from: None, valid_until: None };
        self.offers().set_coupon(&code.parse().unwrap(), &coupon).await.unwrap();
    }

    /// A cart for pounds and the United Kingdom, with these products and quantities in it.
    pub async fn filled_cart(&self, carts: &CartClient, lines: &[(&str, u32)]) -> CartId {
        let wanted = CreateCart { country: Country::GB, currency: Currency::GBP };
        let id = carts.create(&wanted).await.unwrap().id;
        for (product, quantity) in lines {
            carts.put(id, &product.parse().unwrap(), *quantity).await.unwrap();
        }
        id
    }

    /// Takes a quote under a key of its own.
    ///
    /// # Errors
    /// Why it was refused.
    pub async fn take(&self, token: &str, quote: &Quote, payment: Payment) -> Result<OrderId, Problem> {
        let key = self.running.entropy().id(self.running.clock()).to_string();
        let taken = CompleteCart { quote_id: quote.id, payment };
        Ok(OrderId::new(self.carts(token).complete(quote.cart_id, &taken, &key).await?.id))
    }

    /// Asks what a cart costs, takes that, and gives the order as it is when it is decided.
    pub async fn check_out(&self, token: &str, cart: CartId, payment: Payment) -> Order {
        let quote = self.carts(token).quote(cart).await.unwrap();
        let id = self.take(token, &quote, payment).await.unwrap();
        self.quiet().await;
        self.comes_to(token, id, |order| order.state != OrderState::New).await
    }
}
