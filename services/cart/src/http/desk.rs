//! Coupons, promotions and taxes for those who work for the shop: staff sees them, admins set them.

use std::str::FromStr;
use std::sync::Arc;

use tradewind_cart_contract::{Country, Coupon, Promotion, SetCoupon, SetPromotion, SetTax, TaxRate};
use tradewind_chassis::http::{Call, Operation, Reply, Routes, operation};
use tradewind_kernel::{Page, PageRequest, Slug};
use tradewind_problem::{CONFLICT, FORBIDDEN, INVALID_PARAMETER, Problem};

use crate::actions::{set_coupon, set_promotion, set_tax};
use crate::state::Carts;
use crate::store::{coupons, terms};

pub(super) fn add_to(routes: Routes<Carts>) -> Routes<Carts> {
    routes
        .get("/api/cart/v1/admin/coupons", coupons)
        .describe(listing("List coupons by code; for staff").answers::<Page<Coupon>>(200))
        .put("/api/cart/v1/admin/coupons/{code}", put_coupon)
        .describe(
            setting("Make a coupon or change it; for admins")
                .parameter::<Slug>("code")
                .takes::<SetCoupon>()
                .answers::<Coupon>(200)
                .problems(&[CONFLICT]),
        )
        .get("/api/cart/v1/admin/promotions", promotions)
        .describe(listing("List promotions by name; for staff").answers::<Page<Promotion>>(200))
        .put("/api/cart/v1/admin/promotions/{name}", put_promotion)
        .describe(
            setting("Make a promotion or change it; for admins")
                .parameter::<Slug>("name")
                .takes::<SetPromotion>()
                .answers::<Promotion>(200),
        )
        .get("/api/cart/v1/admin/taxes", taxes)
        .describe(listing("List rates of tax by country; for staff").answers::<Page<TaxRate>>(200))
        .put("/api/cart/v1/admin/taxes/{country}", put_tax)
        .describe(
            setting("Set the rate of tax of a country; for admins")
                .parameter::<Country>("country")
                .takes::<SetTax>()
                .answers::<TaxRate>(200),
        )
}

fn listing(summary: &'static str) -> Operation {
    operation(summary).bearer().query::<PageRequest>().problems(&[FORBIDDEN])
}

fn setting(summary: &'static str) -> Operation {
    operation(summary).bearer().problems(&[FORBIDDEN])
}

/// After what a page begins, and how many it may have.
fn page_of<T: FromStr>(call: &Call) -> Result<(Option<T>, u16), Problem> {
    call.require_staff()?;
    let asked: PageRequest = call.query()?;
    let wrong = |name: &str, detail: &str| {
        Problem::new(&INVALID_PARAMETER).detail("The page cannot be given.").error(name, detail)
    };
    let limit = asked.bounded_limit().ok_or_else(|| wrong("limit", "ask for 1 to 200 items"))?;
    let after = asked.after.as_deref().map(str::parse::<T>).transpose();
    Ok((after.map_err(|_| wrong("after", "send the next mark of the page before"))?, limit))
}

async fn coupons(carts: Arc<Carts>, call: Call) -> Result<Reply, Problem> {
    let (after, limit) = page_of::<Slug>(&call)?;
    let found = coupons::page(&carts.db, after.as_ref(), limit + 1).await?;
    Reply::ok(&Page::from_probe(found, limit, |coupon| coupon.code.to_string()))
}

async fn promotions(carts: Arc<Carts>, call: Call) -> Result<Reply, Problem> {
    let (after, limit) = page_of::<Slug>(&call)?;
    let found = terms::promotions(&carts.db, after.as_ref(), limit + 1).await?;
    Reply::ok(&Page::from_probe(found, limit, |promotion| promotion.name.to_string()))
}

async fn taxes(carts: Arc<Carts>, call: Call) -> Result<Reply, Problem> {
    let (after, limit) = page_of::<Country>(&call)?;
    let found = terms::taxes(&carts.db, after, limit + 1).await?;
    Reply::ok(&Page::from_probe(found, limit, |tax| tax.country.to_string()))
}

async fn put_coupon(carts: Arc<Carts>, mut call: Call) -> Result<Reply, Problem> {
    call.require_admin()?;
    call.no_query()?;
    let code = call.parameter("code")?;
    let coupon = call.json().await?;
    Reply::ok(&carts.db.write(call.context(), set_coupon::Set { code, coupon }).await?)
}

async fn put_promotion(carts: Arc<Carts>, mut call: Call) -> Result<Reply, Problem> {
    call.require_admin()?;
    call.no_query()?;
    let name = call.parameter("name")?;
    let promotion = call.json().await?;
    Reply::ok(&carts.db.write(call.context(), set_promotion::Set { name, promotion }).await?)
}

async fn put_tax(carts: Arc<Carts>, mut call: Call) -> Result<Reply, Problem> {
    call.require_admin()?;
    call.no_query()?;
    let country = call.parameter("country")?;
    let SetTax { rate } = call.json().await?;
    Reply::ok(&carts.db.write(call.context(), set_tax::Set { country, rate }).await?)
}
