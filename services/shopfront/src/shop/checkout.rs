//! Buying: where to, how it is paid, and agreeing to what it costs.

use std::sync::Arc;

use maud::{Markup, html};
use tradewind_cart_contract::{Cart, CompleteCart, Country, Payment, Quote, QuoteId, SetDestination};
use tradewind_kernel::Slug;
use tradewind_pages::{Fields, Flash, Html, Message, written};
use tradewind_problem::Problem;

use crate::shop::cart::{sum, totals};
use crate::shop::frame::token;
use crate::shop::routed::{Answered, go};
use crate::shop::shopper::{CURRENCIES, Shopper, chosen_currency};
use crate::shop::view::{UNFIT, View};
use crate::shop::words::*;
use crate::shop::{drawn, refusal};

/// Where goods can be sent, as long as cart has a rate of tax for it.
const COUNTRIES: [(&str, Message); 10] = [
    ("GB", COUNTRY_GB),
    ("IE", COUNTRY_IE),
    ("DE", COUNTRY_DE),
    ("AT", COUNTRY_AT),
    ("CH", COUNTRY_CH),
    ("FR", COUNTRY_FR),
    ("NL", COUNTRY_NL),
    ("ES", COUNTRY_ES),
    ("IT", COUNTRY_IT),
    ("US", COUNTRY_US),
];

/// Where a browser gives its card: the provider of card payments has a page of its own, and the shop never sees a card.
const CARD_FORM: &str = "/api/provider/v1/card-form?back=/shop/checkout/review";

pub(crate) async fn choose(shopper: Arc<Shopper>) -> Answered {
    let Some(cart) = own_cart(&shopper).await? else { return go("/shop/cart", Vec::new()) };
    Ok(choices(&shopper, &cart, None).into())
}

/// A cart of one's own with something in it.
async fn own_cart(shopper: &Shopper) -> Result<Option<Cart>, Problem> {
    shopper.require_signed()?;
    Ok(shopper.cart().await?.filter(|cart| !cart.lines.is_empty()))
}

fn choices(shopper: &Shopper, cart: &Cart, refused: Option<Message>) -> View {
    let radio = |value: &str, label: Message, help: Message, is_checked: bool| {
        html! {
            label.choice {
                input type="radio" name="payment" value=(value) required checked[is_checked];
                span { (shopper.say(label)) }
                span.help { (shopper.say(help)) }
            }
        }
    };
    let main = html! {
        section.narrow {
            h1 { (shopper.say(CHECK_OUT)) }
            @if let Some(refused) = refused { (drawn::alert(shopper.say(refused))) }
            form method="post" action="/shop/checkout" {
                (token(shopper))
                div.field {
                    label for="country" { (shopper.say(COUNTRY)) }
                    select #country name="country" autocomplete="country" {
                        @for (code, name) in COUNTRIES {
                            option value=(code) selected[code == cart.country.code()] { (shopper.say(name)) }
                        }
                    }
                }
                div.field {
                    label for="pay-currency" { (shopper.say(PAY_IN)) }
                    select #pay-currency name="currency" {
                        @for code in CURRENCIES { option value=(code) selected[code == cart.currency.code()] { (code) } }
                    }
                }
                fieldset {
                    legend { (shopper.say(HOW_TO_PAY)) }
                    (radio("account", ON_ACCOUNT, ON_ACCOUNT_HELP, true))
                    (radio("card", BY_CARD, BY_CARD_HELP, false))
                }
                button.primary type="submit" { (shopper.say(CONTINUE)) }
            }
        }
    };
    let status = if refused.is_some() { UNFIT } else { ::http::StatusCode::OK };
    View::new(shopper.say(CHECK_OUT), main).status(status)
}

pub(crate) async fn chosen(shopper: Arc<Shopper>, fields: Fields) -> Answered {
    let Some(cart) = own_cart(&shopper).await? else { return go("/shop/cart", Vec::new()) };
    let country = fields.raw("country").and_then(|text| text.parse::<Country>().ok());
    let currency = fields.raw("currency").and_then(chosen_currency);
    let (Some(country), Some(currency)) = (country, currency) else {
        return Ok(choices(&shopper, &cart, Some(NOT_DONE)).into());
    };
    match shopper.carts().send_to(cart.id, &SetDestination { country, currency }).await {
        Ok(_) => {}
        Err(problem) if problem.is_server_fault() => return Err(problem),
        Err(problem) => return Ok(choices(&shopper, &cart, Some(refusal::of_cart(&problem))).into()),
    }
    let cookies = vec![shopper.cart_cookie(cart.id), shopper.currency_cookie(currency)];
    match fields.raw("payment") {
        Some("card") => go(CARD_FORM, cookies),
        Some("account") => go("/shop/checkout/review", cookies),
        _ => Ok(choices(&shopper, &cart, Some(HOW_TO_PAY_FIRST)).into()),
    }
}

/// How it is paid, as it comes back from the provider, or from the form.
struct Paid {
    card: Option<Slug>,
    last4: String,
}

impl Paid {
    fn of(fields: &Fields) -> Self {
        let card = fields.value::<Slug>("card").ok().filter(|token| token.as_str().starts_with("card_"));
        let digits = fields.raw("last4").unwrap_or_default();
        let is_plain = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
        Self { card, last4: if is_plain { digits.to_owned() } else { String::new() } }
    }

    fn method(&self) -> Payment {
        self.card.clone().map_or(Payment::Account, |token| Payment::Card { token })
    }
}

pub(crate) async fn review(shopper: Arc<Shopper>) -> Answered {
    let Some(cart) = own_cart(&shopper).await? else { return go("/shop/cart", Vec::new()) };
    let paid = Paid::of(&Fields::of_query(&shopper.call));
    match shopper.carts().quote(cart.id).await {
        Ok(quote) => Ok(agreement(&shopper, &quote, &paid, None).into()),
        Err(problem) if problem.is_server_fault() => Err(problem),
        Err(problem) => go("/shop/cart", vec![shopper.flash(Flash::bad(refusal::of_cart(&problem)))]),
    }
}

fn agreement(shopper: &Shopper, quote: &Quote, paid: &Paid, changed: Option<Message>) -> View {
    let money = |amount| written::money(shopper.language(), amount);
    let main = html! {
        section.narrow {
            h1 { (shopper.say(REVIEW)) }
            @if let Some(changed) = changed { (drawn::alert(shopper.say(changed))) }
            ul.lines {
                @for line in &quote.lines {
                    li {
                        div { (Html::name(&line.name)) " × " (line.quantity.get()) }
                        @if let Some(price) = sum(line.unit_price, line.quantity.get()) { span.price { (money(price)) } }
                    }
                }
            }
            (totals(shopper, quote))
            p { (how(shopper, paid)) " " a href="/shop/checkout" { (shopper.say(CHANGE_THIS)) } }
            form method="post" action="/shop/checkout/order" {
                (token(shopper))
                input type="hidden" name="quote" value=(quote.id);
                input type="hidden" name="agreed" value=(quote.fingerprint);
                @if let Some(card) = &paid.card {
                    input type="hidden" name="card" value=(card);
                    input type="hidden" name="last4" value=(paid.last4);
                }
                button.primary type="submit" { (shopper.say(PLACE_ORDER)) }
            }
            p.help { (shopper.say_with(HOLDS_UNTIL, &[("time", &written::moment(shopper.language(), quote.expires_at))])) }
        }
    };
    let status = if changed.is_some() { ::http::StatusCode::CONFLICT } else { ::http::StatusCode::OK };
    View::new(shopper.say(REVIEW), main).status(status)
}

fn how(shopper: &Shopper, paid: &Paid) -> Markup {
    match &paid.card {
        Some(_) => html! { (shopper.say_with(PAID_BY_CARD, &[("digits", &paid.last4)])) },
        None => html! { (shopper.say(PAID_ON_ACCOUNT)) },
    }
}

/// Takes the quote that was agreed to. What it says is compared with what would be said now: a price that changed since
/// is shown and agreed to once more. Nothing that the browser says of prices counts.
pub(crate) async fn place(shopper: Arc<Shopper>, fields: Fields) -> Answered {
    shopper.require_signed()?;
    let paid = Paid::of(&fields);
    let Some(cart) = own_cart(&shopper).await? else {
        return go("/shop/orders", vec![shopper.flash(Flash::bad(CART_EMPTY))]);
    };
    let quote = match shopper.carts().quote(cart.id).await {
        Ok(quote) => quote,
        Err(problem) if problem.is_server_fault() => return Err(problem),
        Err(problem) => return go("/shop/cart", vec![shopper.flash(Flash::bad(refusal::of_cart(&problem)))]),
    };
    // What does not stand for a card does not make it an order on account, to which nobody agreed.
    if fields.raw("card").is_some() && paid.card.is_none() {
        return Ok(choices(&shopper, &cart, Some(HOW_TO_PAY_FIRST)).into());
    }
    let agreed = fields.value::<QuoteId>("quote").ok();
    let is_same = fields.raw("agreed") == Some(quote.fingerprint.as_str());
    let Some(quote_id) = agreed.filter(|_| is_same) else {
        return Ok(agreement(&shopper, &quote, &paid, Some(PRICE_CHANGED)).into());
    };
    complete(&shopper, &cart, (quote_id, quote), &paid).await
}

async fn complete(
    shopper: &Shopper,
    cart: &Cart,
    (quote_id, newest): (QuoteId, Quote),
    paid: &Paid,
) -> Answered {
    let taken = CompleteCart { quote_id, payment: paid.method() };
    match shopper.carts().complete(cart.id, &taken, &quote_id.to_string()).await {
        Ok(accepted) => {
            let cookies = vec![shopper.no_cart_cookie(), shopper.flash(Flash::good(ORDER_PLACED))];
            go(format!("/shop/orders/{}?seen={}", accepted.id, accepted.position), cookies)
        }
        Err(problem) if problem.is_server_fault() => Err(problem),
        Err(problem) => match problem.code() {
            "cart-changed" | "quote-expired" | "not-found" => {
                Ok(agreement(shopper, &newest, paid, Some(QUOTE_OVER)).into())
            }
            _ => go("/shop/cart", vec![shopper.flash(Flash::bad(refusal::of_cart(&problem)))]),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_token_stands_for_a_card() {
        let token = "card_01980000-0000-7000-8000-000000000001";
        let paid = Paid::of(&Fields::of(&[("card", token), ("last4", "4242")]));
        assert!(matches!(paid.method(), Payment::Card { token: given } if given.as_str() == token));
        assert_eq!(paid.last4, "4242");
        for fields in [&[("card", "4242424242424242")][..], &[], &[("card", "<b>")]] {
            assert_eq!(Paid::of(&Fields::of(fields)).method(), Payment::Account);
        }
        assert_eq!(Paid::of(&Fields::of(&[("last4", "<b>4")])).last4, "");
    }
}
