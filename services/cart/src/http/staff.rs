//! The internal door: coupons, promotions and taxes, as staff sets them.

use std::sync::Arc;

use tradewind_cart_contract::{Country, Coupon, Promotion, SetCoupon, SetPromotion, SetTax, TaxRate};
use tradewind_chassis::http::{Call, Reply, Routes, operation};
use tradewind_kernel::Slug;
use tradewind_problem::{CONFLICT, NOT_FOUND, Problem};

use crate::actions::{set_coupon, set_promotion, set_tax};
use crate::error;
use crate::state::Carts;
use crate::store::coupons;

pub(crate) fn internal() -> Routes<Carts> {
    let of_coupon = |summary| operation(summary).parameter::<Slug>("code").answers::<Coupon>(200);
    Routes::new()
        .put("/admin/coupons/{code}", put_coupon)
        .describe(of_coupon("Make a coupon or change it").takes::<SetCoupon>().problems(&[CONFLICT]))
        .get("/admin/coupons/{code}", show_coupon)
        .describe(of_coupon("Show a coupon, and how often it is redeemed").problems(&[NOT_FOUND]))
        .put("/admin/promotions/{name}", put_promotion)
        .describe(
            operation("Make a promotion or change it")
                .parameter::<Slug>("name")
                .takes::<SetPromotion>()
                .answers::<Promotion>(200),
        )
        .put("/admin/taxes/{country}", put_tax)
        .describe(
            operation("Set the rate of tax of a country")
                .parameter::<Country>("country")
                .takes::<SetTax>()
                .answers::<TaxRate>(200),
        )
}

async fn put_coupon(carts: Arc<Carts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let code = call.parameter("code")?;
    let coupon = call.json().await?;
    Reply::ok(&carts.db.write(call.context(), set_coupon::Set { code, coupon }).await?)
}

async fn show_coupon(carts: Arc<Carts>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let code: Slug = call.parameter("code")?;
    Reply::ok(&coupons::show(&carts.db, &code).await?.ok_or_else(error::no_coupon)?)
}

async fn put_promotion(carts: Arc<Carts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let name = call.parameter("name")?;
    let promotion = call.json().await?;
    Reply::ok(&carts.db.write(call.context(), set_promotion::Set { name, promotion }).await?)
}

async fn put_tax(carts: Arc<Carts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let country = call.parameter("country")?;
    let SetTax { rate } = call.json().await?;
    Reply::ok(&carts.db.write(call.context(), set_tax::Set { country, rate }).await?)
}
