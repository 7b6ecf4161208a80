//! The cart: what is wanted, how many of it, and what it costs.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::http::StatusCode;
use maud::{Markup, html};
use tradewind_cart_contract::{Cart, MAX_QUANTITY, Quote};
use tradewind_chassis::http::Reply;
use tradewind_kernel::{Money, Slug};
use tradewind_pages::{Fields, Flash, HTML, Html, Message, written};
use tradewind_problem::Problem;

use crate::shop::frame::token;
use crate::shop::goods::{self, Level};
use crate::shop::goods_view::level;
use crate::shop::routed::{Answer, Answered, go};
use crate::shop::shopper::Shopper;
use crate::shop::view::View;
use crate::shop::words::*;
use crate::shop::{drawn, refusal};

/// The longest code of a coupon that is asked about.
const MAX_CODE: usize = 64;

/// What is in the cart, and what it costs, as far as that can be said.
struct Contents {
    cart: Option<Cart>,
    quote: Result<Option<Quote>, Problem>,
    levels: BTreeMap<Slug, Level>,
    /// What products are called of which there is no quote.
    names: BTreeMap<Slug, String>,
}

pub(crate) async fn cart(shopper: Arc<Shopper>) -> Answered {
    let contents = contents(&shopper).await?;
    let title = shopper.say(CART);
    let main = html! { section.narrow { h1 { (title) } (drawn_cart(&shopper, &contents, false)) } };
    let mut view = View::new(title, main);
    view.cookies.extend(contents.cart.map(|cart| shopper.cart_cookie(cart.id)));
    Ok(view.into())
}

/// The same without what stands around a page.
pub(crate) async fn drawer(shopper: Arc<Shopper>) -> Answered {
    let contents = contents(&shopper).await?;
    let main = html! { h2 { (shopper.say(CART)) } (drawn_cart(&shopper, &contents, true)) };
    let reply = Reply::bytes(StatusCode::OK, HTML, main.into_string());
    Ok(Answer::Raw(Box::new(reply.header(::http::header::CACHE_CONTROL, "no-store")?)))
}

async fn contents(shopper: &Shopper) -> Result<Contents, Problem> {
    let cart = shopper.cart().await?;
    let (mut levels, mut names) = (BTreeMap::new(), BTreeMap::new());
    let Some(cart) = cart.filter(|cart| !cart.lines.is_empty()) else {
        return Ok(Contents { cart: None, quote: Ok(None), levels, names });
    };
    let quote = shopper.carts().quote(cart.id).await.map(Some);
    let said = cart.lines.iter().map(|line| (&line.product_id, None));
    levels.extend(goods::levels(shopper, said).await);
    if quote.is_err() {
        for line in cart.lines.iter().take(20) {
            let found = goods::product(shopper, &line.product_id).await.ok().flatten();
            names.extend(found.map(|detail| (detail.id, detail.name)));
        }
    }
    Ok(Contents { cart: Some(cart), quote, levels, names })
}

fn drawn_cart(shopper: &Shopper, contents: &Contents, is_drawer: bool) -> Markup {
    let Some(cart) = &contents.cart else {
        return html! {
            p { (shopper.say(CART_EMPTY)) }
            p { a.button href="/shop/products" { (shopper.say(BROWSE)) } }
        };
    };
    let quote = contents.quote.as_ref().ok().and_then(Option::as_ref);
    html! {
        @if let Err(problem) = &contents.quote { (drawn::alert(shopper.say(refusal::of_cart(problem)))) }
        (lines(shopper, cart, contents, quote, is_drawer))
        @if !is_drawer { (coupon_form(shopper, cart)) }
        @if let Some(quote) = quote {
            (totals(shopper, quote))
            p { a.button.primary href="/shop/checkout" { (shopper.say(CHECK_OUT)) } }
        }
        @if is_drawer { p { a href="/shop/cart" { (shopper.say(CHANGE_CART)) } } }
    }
}

fn lines(
    shopper: &Shopper,
    cart: &Cart,
    contents: &Contents,
    quote: Option<&Quote>,
    is_drawer: bool,
) -> Markup {
    let quoted =
        |product: &Slug| quote.and_then(|quote| quote.lines.iter().find(|line| line.product_id == *product));
    let name = |product: &Slug| {
        let known = quoted(product).map(|line| line.name.clone());
        known.or_else(|| contents.names.get(product).cloned()).unwrap_or_else(|| product.to_string())
    };
    html! {
        ul.lines {
            @for line in &cart.lines {
                @let called = name(&line.product_id);
                li {
                    div {
                        a href=(format!("/shop/products/{}", line.product_id)) { (Html::name(&called)) }
                        @if let Some(known) = contents.levels.get(&line.product_id).filter(|known| **known != Level::Available) {
                            (level(shopper, *known))
                        }
                    }
                    @if is_drawer { span { "× " (line.quantity.get()) } }
                    @else { (quantity_form(shopper, &line.product_id, &called, line.quantity.get())) }
                    @if let Some(price) = quoted(&line.product_id).and_then(|line| sum(line.unit_price, line.quantity.get())) {
                        span.price { (written::money(shopper.language(), price)) }
                    }
                }
            }
        }
    }
}

pub(crate) fn sum(price: Money, quantity: u32) -> Option<Money> {
    price.times(i64::from(quantity)).ok()
}

fn quantity_form(shopper: &Shopper, product: &Slug, name: &str, quantity: u32) -> Markup {
    let id = format!("quantity-{product}");
    html! {
        form.inline method="post" action="/shop/cart/quantities" {
            (token(shopper))
            input type="hidden" name="product" value=(product);
            label.hidden for=(id) { (shopper.show_with(QUANTITY_OF, &[("name", Html::name(name))])) }
            input.number id=(id) type="number" name="quantity" value=(quantity) min="0" max=(MAX_QUANTITY) inputmode="numeric" required;
            button type="submit" aria-label=(shopper.say_with(UPDATE_OF, &[("name", name)])) { (shopper.say(UPDATE)) }
            button type="submit" name="remove" value="1" aria-label=(shopper.say_with(REMOVE_OF, &[("name", name)])) { (shopper.say(REMOVE)) }
        }
    }
}

fn coupon_form(shopper: &Shopper, cart: &Cart) -> Markup {
    html! {
        form.inline method="post" action="/shop/cart/coupon" {
            (token(shopper))
            @if let Some(coupon) = &cart.coupon {
                span { (shopper.say_with(COUPON_IN, &[("code", coupon.as_str())])) }
                button type="submit" name="remove" value="1" { (shopper.say(REMOVE_COUPON)) }
            } @else {
                label for="code" { (shopper.say(COUPON)) }
                input #code name="code" maxlength=(MAX_CODE) autocomplete="off" required;
                button type="submit" { (shopper.say(ENTER_COUPON)) }
            }
        }
    }
}

/// What it comes to.
pub(crate) fn totals(shopper: &Shopper, quote: &Quote) -> Markup {
    let money = |amount| written::money(shopper.language(), amount);
    let rate = written::percent(shopper.language(), quote.tax_rate.get());
    html! {
        dl.totals {
            dt { (shopper.say(SUBTOTAL)) } dd { (money(quote.subtotal)) }
            @if quote.discount.minor() != 0 { dt { (shopper.say(DISCOUNT)) } dd { "\u{2212}" (money(quote.discount)) } }
            dt { (shopper.say_with(TAX, &[("rate", &rate), ("country", quote.country.code())])) } dd { (money(quote.tax)) }
            dt.sum { (shopper.say(TOTAL)) } dd.sum { (money(quote.total)) }
        }
    }
}

/// Puts more of a product into the cart.
pub(crate) async fn add(shopper: Arc<Shopper>, fields: Fields) -> Answered {
    let Ok(product) = fields.value::<Slug>("product") else {
        return back(&shopper, Flash::bad(CHOOSE_FIRST), Vec::new());
    };
    let Ok(more) = fields.value::<u32>("quantity") else {
        return back(&shopper, Flash::bad(QUANTITY_UNFIT), Vec::new());
    };
    let cart = shopper.cart_or_new().await?;
    let there =
        cart.lines.iter().find(|line| line.product_id == product).map_or(0, |line| line.quantity.get());
    let wanted = there.saturating_add(more);
    if more == 0 || wanted > MAX_QUANTITY {
        return back(&shopper, Flash::bad(QUANTITY_UNFIT), vec![shopper.cart_cookie(cart.id)]);
    }
    put(&shopper, &cart, &product, wanted, ADDED).await
}

/// Changes how many of a product are wanted.
pub(crate) async fn set(shopper: Arc<Shopper>, fields: Fields) -> Answered {
    let product = fields.value::<Slug>("product");
    let is_removed = fields.raw("remove").is_some();
    let quantity = if is_removed { Ok(0) } else { fields.value::<u32>("quantity") };
    let (Ok(product), Some(quantity)) = (product, quantity.ok().filter(|quantity| *quantity <= MAX_QUANTITY))
    else {
        return back(&shopper, Flash::bad(QUANTITY_UNFIT), Vec::new());
    };
    let cart = shopper.cart_or_new().await?;
    put(&shopper, &cart, &product, quantity, if quantity == 0 { REMOVED } else { CHANGED }).await
}

async fn put(shopper: &Shopper, cart: &Cart, product: &Slug, quantity: u32, done: Message) -> Answered {
    let flash = match shopper.carts().put(cart.id, product, quantity).await {
        Ok(_) => Flash::good(done),
        Err(problem) if problem.is_server_fault() => return Err(problem),
        Err(problem) => Flash::bad(refusal::of_cart(&problem)),
    };
    back(shopper, flash, vec![shopper.cart_cookie(cart.id)])
}

/// Enters a coupon, or takes it out.
pub(crate) async fn coupon(shopper: Arc<Shopper>, fields: Fields) -> Answered {
    let cart = shopper.cart_or_new().await?;
    let cookies = vec![shopper.cart_cookie(cart.id)];
    let outcome = if fields.raw("remove").is_some() {
        shopper.carts().remove_coupon(cart.id).await.map(|_| COUPON_REMOVED)
    } else {
        let code = fields.text("code", MAX_CODE).ok().and_then(|text| text.parse::<Slug>().ok());
        let Some(code) = code else { return back(&shopper, Flash::bad(COUPON_NOT_VALID), cookies) };
        shopper.carts().enter_coupon(cart.id, &code).await.map(|_| COUPON_ENTERED)
    };
    match outcome {
        Ok(done) => back(&shopper, Flash::good(done), cookies),
        Err(problem) if problem.is_server_fault() => Err(problem),
        Err(problem) => back(&shopper, Flash::bad(refusal::of_cart(&problem)), cookies),
    }
}

fn back(shopper: &Shopper, flash: Flash, mut cookies: Vec<tradewind_pages::Cookie>) -> Answered {
    cookies.push(shopper.flash(flash));
    go("/shop/cart", cookies)
}
