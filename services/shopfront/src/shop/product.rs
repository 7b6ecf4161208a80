//! The page of a product.

use std::collections::BTreeMap;
use std::sync::Arc;

use maud::{Markup, html};
use tradewind_catalogue_contract::{ProductDetail, ProductId, Variant};
use tradewind_kernel::Money;
use tradewind_pages::{Html, written};
use tradewind_problem::{NOT_FOUND, Problem};

use crate::shop::frame::token;
use crate::shop::goods::{self, Level};
use crate::shop::goods_view::{level, picture};
use crate::shop::routed::Answered;
use crate::shop::shopper::Shopper;
use crate::shop::view::View;
use crate::shop::words::*;

type Levels = BTreeMap<ProductId, Level>;

pub(crate) async fn product(shopper: Arc<Shopper>) -> Answered {
    let id: ProductId = shopper.call.parameter("id")?;
    let found = goods::product(&shopper, &id).await?;
    let detail = found.ok_or_else(|| Problem::new(&NOT_FOUND).detail("There is no such product."))?;
    let said = detail.variants.iter().map(|variant| (&variant.id, variant.availability));
    let said = said.chain([(&detail.id, detail.availability)]);
    let levels = goods::levels(&shopper, said).await;
    let main = html! {
        (trail(&shopper, &detail))
        article.product {
            (pictures(&shopper, &detail))
            div {
                h1 { (Html::name(&detail.name)) }
                (offer(&shopper, &detail, &levels))
                @if !detail.description.is_empty() { p.description dir="auto" { (detail.description) } }
                (attributes(&shopper, &detail))
            }
        }
    };
    let mut view = View::new(detail.name.clone(), main);
    view.description = detail.description.chars().take(150).collect();
    Ok(view.into())
}

fn trail(shopper: &Shopper, detail: &ProductDetail) -> Markup {
    html! {
        nav.trail aria-label=(shopper.say(TRAIL)) {
            ol {
                li { a href="/shop" { (shopper.say(HOME)) } }
                @for category in &detail.category_path {
                    li { a href=(format!("/shop/products?category={}", category.slug)) { (Html::name(&category.name)) } }
                }
            }
        }
    }
}

fn pictures(shopper: &Shopper, detail: &ProductDetail) -> Markup {
    html! {
        div.pictures {
            (picture(shopper, detail.images.first(), (640, 480), ""))
            @for image in detail.images.iter().skip(1).take(7) { (picture(shopper, Some(image), (160, 120), "")) }
        }
    }
}

fn offer(shopper: &Shopper, detail: &ProductDetail, levels: &Levels) -> Markup {
    let known = |id: &ProductId| levels.get(id).copied().unwrap_or(Level::Unknown);
    let price = goods::price_in(shopper.currency, detail.price, &detail.prices);
    if !detail.variants.is_empty() {
        return variants(shopper, detail, levels);
    }
    html! {
        p.price { (written::money(shopper.language(), price)) }
        (no_price_note(shopper, price))
        (level(shopper, known(&detail.id)))
        @if known(&detail.id) == Level::SoldOut {
            p { (shopper.say(SOLD_OUT_TEXT)) }
        } @else {
            form.buy method="post" action="/shop/cart/lines" data-cart {
                (token(shopper))
                input type="hidden" name="product" value=(detail.id);
                (quantity(shopper))
                button.primary type="submit" { (shopper.say(ADD_TO_CART)) }
            }
        }
    }
}

fn variants(shopper: &Shopper, detail: &ProductDetail, levels: &Levels) -> Markup {
    let known = |variant: &Variant| levels.get(&variant.id).copied().unwrap_or(Level::Unknown);
    let first =
        detail.variants.iter().find(|variant| known(variant) != Level::SoldOut).map(|variant| &variant.id);
    html! {
        form.buy method="post" action="/shop/cart/lines" data-cart {
            (token(shopper))
            fieldset {
                legend { (shopper.say(CHOOSE_ONE)) }
                @for variant in &detail.variants {
                    @let price = goods::price_in(shopper.currency, variant.price, &variant.prices);
                    label.choice {
                        input type="radio" name="product" value=(variant.id) required
                            checked[first == Some(&variant.id)] disabled[known(variant) == Level::SoldOut];
                        span { (choices(detail, variant)) }
                        span.price { (written::money(shopper.language(), price)) }
                        (level(shopper, known(variant)))
                    }
                }
            }
            @if first.is_some() {
                (quantity(shopper))
                button.primary type="submit" { (shopper.say(ADD_TO_CART)) }
            } @else {
                p { (shopper.say(SOLD_OUT_TEXT)) }
            }
        }
    }
}

/// What a variant is told apart by.
fn choices(detail: &ProductDetail, variant: &Variant) -> Markup {
    let label = |option: &tradewind_catalogue_contract::ProductOption| {
        let choice = variant.choices.iter().find(|choice| choice.option == option.name)?;
        option.values.iter().find(|value| value.value == choice.value).map(|value| value.label.clone())
    };
    let labels: Vec<String> = detail.options.iter().filter_map(label).collect();
    let text = if labels.is_empty() { variant.name.clone() } else { labels.join(", ") };
    html! { (Html::name(&text)) }
}

fn quantity(shopper: &Shopper) -> Markup {
    html! {
        label for="quantity" { (shopper.say(QUANTITY)) }
        input #quantity.number type="number" name="quantity" value="1" min="1" max="10000" inputmode="numeric" required;
    }
}

fn no_price_note(shopper: &Shopper, price: Money) -> Markup {
    html! {
        @if price.currency() != shopper.currency {
            p.help { (shopper.say_with(NO_PRICE, &[("currency", shopper.currency.code())])) }
        }
    }
}

fn attributes(shopper: &Shopper, detail: &ProductDetail) -> Markup {
    html! {
        @if !detail.attributes.is_empty() {
            h2 { (shopper.say(DETAILS)) }
            dl.facts {
                @for attribute in &detail.attributes {
                    dt { (Html::name(&attribute.label)) }
                    dd { (Html::name(&attribute.value_label)) }
                }
            }
        }
    }
}
