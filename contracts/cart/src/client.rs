//! Calls to cart.

use http::{HeaderName, Method};
use tradewind_client::Caller;
use tradewind_kernel::{Page, Slug};
use tradewind_problem::Problem;

use crate::{
    Accepted, CARTS_PATH, Cart, CartId, CompleteCart, Country, Coupon, CreateCart, EnterCoupon, MergeCart,
    Promotion, Quote, SetCoupon, SetDestination, SetLine, SetPromotion, SetTax, TaxRate,
};

/// Calls cart as a shopper. Each change may be said again: the cart is the same.
#[derive(Debug, Clone)]
pub struct CartClient(Caller);

impl CartClient {
    /// Calls through `caller`; without a token as a guest.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// Makes an empty cart. Said again, it makes another.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn create(&self, cart: &CreateCart) -> Result<Cart, Problem> {
        self.0.send(Method::POST, CARTS_PATH, cart).await
    }

    /// The first open carts of the caller by id, for those who come from another device.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn carts(&self) -> Result<Page<Cart>, Problem> {
        self.0.get(CARTS_PATH).await
    }

    /// Reads a cart.
    ///
    /// # Errors
    /// `not-found` when there is none, it has expired or it is another customer's; or that there was no answer.
    pub async fn cart(&self, id: CartId) -> Result<Cart, Problem> {
        self.0.get(&of(id, "")).await
    }

    /// Sets how many of a product are wanted; 0 takes the line out.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn put(&self, id: CartId, product: &Slug, quantity: u32) -> Result<Cart, Problem> {
        self.0.send(Method::PUT, &of(id, &format!("/lines/{product}")), &SetLine { quantity }).await
    }

    /// Sets country and currency.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn send_to(&self, id: CartId, destination: &SetDestination) -> Result<Cart, Problem> {
        self.0.send(Method::PUT, &of(id, "/destination"), destination).await
    }

    /// Enters the code of a coupon.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn enter_coupon(&self, id: CartId, code: &Slug) -> Result<Cart, Problem> {
        self.0.send(Method::PUT, &of(id, "/coupon"), &EnterCoupon { code: code.clone() }).await
    }

    /// Takes the coupon out again.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn remove_coupon(&self, id: CartId) -> Result<Cart, Problem> {
        self.0.delete(&of(id, "/coupon")).await
    }

    /// Puts what is in a guest's cart into the caller's own.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn merge(&self, guest: CartId, into: CartId) -> Result<Cart, Problem> {
        self.0.send(Method::POST, &of(guest, "/merge"), &MergeCart { into }).await
    }

    /// Asks what a cart costs.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn quote(&self, id: CartId) -> Result<Quote, Problem> {
        self.0.post(&of(id, "/quotes")).await
    }

    /// Takes a quote. A cart that was completed gives the same order again, whatever the `key`.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn complete(&self, id: CartId, taken: &CompleteCart, key: &str) -> Result<Accepted, Problem> {
        let caller = self.0.clone().header(HeaderName::from_static("idempotency-key"), key);
        caller.send(Method::POST, &of(id, "/completion"), taken).await
    }
}

/// Calls cart for those who work for the shop, whose token the caller shows: staff sees, admins set.
#[derive(Debug, Clone)]
pub struct CartDeskClient(Caller);

impl CartDeskClient {
    /// Calls through `caller`.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// Coupons by code.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn coupons(&self, after: Option<&Slug>, limit: u16) -> Result<Page<Coupon>, Problem> {
        self.0.get(&desk("coupons", after.map(Slug::as_str), limit)).await
    }

    /// Promotions by name.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn promotions(&self, after: Option<&Slug>, limit: u16) -> Result<Page<Promotion>, Problem> {
        self.0.get(&desk("promotions", after.map(Slug::as_str), limit)).await
    }

    /// Rates of tax by country.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn taxes(&self, after: Option<Country>, limit: u16) -> Result<Page<TaxRate>, Problem> {
        self.0.get(&desk("taxes", after.as_ref().map(Country::code), limit)).await
    }

    /// Makes a coupon or changes it.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn set_coupon(&self, code: &Slug, coupon: &SetCoupon) -> Result<Coupon, Problem> {
        self.0.send(Method::PUT, &format!("{DESK_PATH}/coupons/{code}"), coupon).await
    }

    /// Makes a promotion or changes it.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn set_promotion(&self, name: &Slug, promotion: &SetPromotion) -> Result<Promotion, Problem> {
        self.0.send(Method::PUT, &format!("{DESK_PATH}/promotions/{name}"), promotion).await
    }

    /// Sets the rate of tax of a country.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn set_tax(&self, country: Country, tax: &SetTax) -> Result<TaxRate, Problem> {
        self.0.send(Method::PUT, &format!("{DESK_PATH}/taxes/{country}"), tax).await
    }
}

/// Where those who work for the shop find what changes prices.
const DESK_PATH: &str = "/api/cart/v1/admin";

fn desk(what: &str, after: Option<&str>, limit: u16) -> String {
    let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
    format!("{DESK_PATH}/{what}?limit={limit}{after}")
}

/// Calls the internal door of cart.
#[derive(Debug, Clone)]
pub struct CartAdminClient(Caller);

impl CartAdminClient {
    /// Calls through `caller`.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// Makes a coupon or changes it.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn set_coupon(&self, code: &Slug, coupon: &SetCoupon) -> Result<Coupon, Problem> {
        self.0.send(Method::PUT, &format!("/admin/coupons/{code}"), coupon).await
    }

    /// Reads a coupon.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn coupon(&self, code: &Slug) -> Result<Coupon, Problem> {
        self.0.get(&format!("/admin/coupons/{code}")).await
    }

    /// Makes a promotion or changes it.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn set_promotion(&self, name: &Slug, promotion: &SetPromotion) -> Result<Promotion, Problem> {
        self.0.send(Method::PUT, &format!("/admin/promotions/{name}"), promotion).await
    }

    /// Sets the rate of tax of a country.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn set_tax(&self, country: Country, tax: &SetTax) -> Result<TaxRate, Problem> {
        self.0.send(Method::PUT, &format!("/admin/taxes/{country}"), tax).await
    }
}

fn of(id: CartId, rest: &str) -> String {
    format!("{CARTS_PATH}/{id}{rest}")
}
