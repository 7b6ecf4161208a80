//! Somebody who looks at the shop: what is known of them, and the others as they are asked on their behalf.

use std::sync::Arc;
use std::time::Duration;

use tradewind_accounts_contract::{AccountsClient, IssuedTokens, Password, TokenRequest};
use tradewind_cart_contract::{Cart, CartClient, CartId, Country, CreateCart};
use tradewind_chassis::Dependency;
use tradewind_chassis::http::Call;
use tradewind_client::{Caller, Seen};
use tradewind_customers_contract::CustomersClient;
use tradewind_kernel::{Currency, Position, Secret, Timestamp};
use tradewind_orders_contract::OrdersClient;
use tradewind_pages::{Cookie, Flash, Html, Language, Message, Signed, Tokens, Visit};
use tradewind_payments_contract::PaymentsClient;
use tradewind_problem::{Problem, UNAUTHENTICATED};
use tradewind_shipping_contract::ShippingClient;

use crate::shop::words;
use crate::state::Shopfront;

/// The cookie with the browser's key.
const VISIT: &str = "visit";
const CART: &str = "cart";
const CURRENCY: &str = "currency";

/// As long as a cart lasts that nobody changes.
const CART_KEPT: Duration = Duration::from_secs(30 * 24 * 3_600);
const CURRENCY_KEPT: Duration = Duration::from_secs(365 * 24 * 3_600);

const FORWARDED_FOR: http::HeaderName = http::HeaderName::from_static("x-forwarded-for");

/// Somebody who looks at the shop.
pub(crate) struct Shopper {
    pub(crate) shop: Arc<Shopfront>,
    pub(crate) call: Call,
    pub(crate) visit: Visit,
    pub(crate) signed: Option<Signed>,
    pub(crate) currency: Currency,
    pub(crate) cart_id: Option<CartId>,
    pub(crate) flash: Option<Flash>,
}

impl Shopper {
    /// Finds out who it is.
    pub(crate) async fn arrive(shop: Arc<Shopfront>, call: Call) -> Result<Self, (Problem, Box<Self>)> {
        let visit = Visit::of(&call, VISIT);
        let currency = Cookie::read(&call, CURRENCY).and_then(|text| chosen_currency(&text));
        let cart_id = Cookie::read(&call, CART).and_then(|text| text.parse().ok());
        let flash = Flash::read(&call, words::ALL);
        let currency = currency.unwrap_or_else(|| usual_currency(visit.language));
        let mut shopper = Self { shop, call, visit, signed: None, currency, cart_id, flash };
        match shopper.who().await {
            Ok(signed) => shopper.signed = signed,
            Err(problem) => return Err((problem, Box::new(shopper))),
        }
        Ok(shopper)
    }

    async fn who(&self) -> Result<Option<Signed>, Problem> {
        if self.visit.is_new {
            return Ok(None);
        }
        let accounts = AccountsClient::new(self.accounts_caller());
        let clock = self.call.clock().clone();
        let renew = move |refresh: Secret| async move {
            let asked = TokenRequest::refresh(Password::new(refresh.expose()));
            accounts.token(&asked).await.map(|issued| tokens(&issued, clock.now()))
        };
        self.shop.sessions.signed(&self.call, &self.visit.key, renew).await
    }

    pub(crate) fn language(&self) -> Language {
        self.visit.language
    }

    /// Says something in their language.
    pub(crate) fn say(&self, message: Message) -> &'static str {
        message.to(self.language())
    }

    /// The same with its places filled.
    pub(crate) fn say_with(&self, message: Message, places: &[(&str, &str)]) -> String {
        message.with(self.language(), places)
    }

    /// The same as markup, for places that hold what people wrote.
    pub(crate) fn show_with(&self, message: Message, places: &[(&str, Html)]) -> Html {
        message.html(self.language(), places)
    }

    /// Whoever is not signed in is sent to where they can be.
    pub(crate) fn require_signed(&self) -> Result<&Signed, Problem> {
        self.signed.as_ref().ok_or_else(|| Problem::new(&UNAUTHENTICATED).detail("Sign in first."))
    }

    /// Calls a peer on their behalf.
    pub(crate) fn caller(&self, peer: &Dependency) -> Caller {
        let caller = peer.caller(&self.call);
        match &self.signed {
            Some(signed) => caller.bearer(signed.access.clone()),
            None => caller,
        }
    }

    pub(crate) fn carts(&self) -> CartClient {
        CartClient::new(self.caller(&self.shop.peers.cart))
    }

    /// Orders, which waits until it has heard of what `seen` tells of.
    pub(crate) fn orders(&self, seen: Option<Position>) -> OrdersClient {
        let caller = self.caller(&self.shop.peers.orders);
        OrdersClient::new(match seen {
            Some(position) => caller.seen(Seen::of(position)),
            None => caller,
        })
    }

    pub(crate) fn customers(&self) -> CustomersClient {
        CustomersClient::new(self.caller(&self.shop.peers.customers))
    }

    pub(crate) fn payments(&self) -> PaymentsClient {
        PaymentsClient::new(self.caller(&self.shop.peers.payments))
    }

    pub(crate) fn shipping(&self) -> ShippingClient {
        ShippingClient::new(self.caller(&self.shop.peers.shipping))
    }

    /// Accounts on behalf of whoever is signed in.
    pub(crate) fn own_account(&self) -> AccountsClient {
        AccountsClient::new(self.caller(&self.shop.peers.accounts))
    }

    /// Accounts, which counts attempts by where they come from: from the browser, and not from here.
    pub(crate) fn accounts(&self) -> AccountsClient {
        AccountsClient::new(self.accounts_caller())
    }

    fn accounts_caller(&self) -> Caller {
        let caller = self.shop.peers.accounts.caller(&self.call);
        match self.call.client_address() {
            Some(address) => caller.header(FORWARDED_FOR, address.to_string()),
            None => caller,
        }
    }

    /// Their cart, if they have one. A cart that is gone is none.
    pub(crate) async fn cart(&self) -> Result<Option<Cart>, Problem> {
        if let Some(id) = self.cart_id {
            match self.carts().cart(id).await {
                Ok(cart) if cart.order_id.is_none() => return Ok(Some(cart)),
                Ok(_) => {}
                Err(problem) if problem.status() == 404 => {}
                Err(problem) => return Err(problem),
            }
        }
        if self.signed.is_none() {
            return Ok(None);
        }
        Ok(self.carts().carts().await?.items.into_iter().next())
    }

    /// Their cart, which is made when there is none.
    pub(crate) async fn cart_or_new(&self) -> Result<Cart, Problem> {
        match self.cart().await? {
            Some(cart) => Ok(cart),
            None => self.carts().create(&CreateCart { country: Country::GB, currency: self.currency }).await,
        }
    }

    pub(crate) fn cart_cookie(&self, id: CartId) -> Cookie {
        Cookie::new(&self.call, CART, &id.to_string()).lasting(CART_KEPT)
    }

    pub(crate) fn no_cart_cookie(&self) -> Cookie {
        Cookie::gone(&self.call, CART)
    }

    pub(crate) fn currency_cookie(&self, currency: Currency) -> Cookie {
        Cookie::new(&self.call, CURRENCY, currency.code()).lasting(CURRENCY_KEPT)
    }

    /// A message for the next page.
    pub(crate) fn flash(&self, flash: Flash) -> Cookie {
        flash.cookie(&self.call, words::ALL)
    }
}

/// What was issued, as it is kept.
pub(crate) fn tokens(issued: &IssuedTokens, now: Timestamp) -> Tokens {
    Tokens {
        access: issued.access_token.secret().clone(),
        refresh: issued.refresh_token.as_ref().map(|token| token.secret().clone()),
        expires_at: now.plus(Duration::from_secs(issued.expires_in)),
    }
}

/// The currencies that can be chosen.
pub(crate) const CURRENCIES: [&str; 2] = ["GBP", "EUR"];

pub(crate) fn chosen_currency(text: &str) -> Option<Currency> {
    CURRENCIES.contains(&text).then(|| text.parse().ok()).flatten()
}

fn usual_currency(_: Language) -> Currency {
    // That of the shop: not everything has a price in another one.
    Currency::GBP
}
