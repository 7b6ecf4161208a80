//! How goods are shown.

use maud::{Markup, html};
use tradewind_catalogue_contract::{Image, ProductSummary};
use tradewind_pages::{Html, written};

use crate::shop::goods::Level;
use crate::shop::shopper::Shopper;
use crate::shop::words::*;

/// Where the storage service shows what it keeps, through the gateway.
const STORAGE: &str = "/api/storage/v1/storageservice/";

/// An image, or a drawing that says that there is none; `beside` is what stands next to it and need not be said twice.
pub(crate) fn picture(
    shopper: &Shopper,
    image: Option<&Image>,
    (width, height): (u16, u16),
    beside: &str,
) -> Markup {
    match image.filter(|image| is_plain(&image.path)) {
        Some(image) => html! {
            img src=(format!("{STORAGE}{}", image.path)) alt=(if image.alt == beside { "" } else { image.alt.as_str() })
                width=(width) height=(height) loading="lazy";
        },
        // It says nothing that the name beside it does not.
        None => html! {
            img.none src=(shopper.shop.assets.address("placeholder.svg")) alt="" width=(width) height=(height);
        },
    }
}

/// Whether a path leads to where images are, and nowhere else.
fn is_plain(path: &str) -> bool {
    let plain = |part: &str| {
        let letters = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        letters && !part.is_empty() && part != "." && part != ".."
    };
    path.split('/').all(plain)
}

/// How many there are, in words.
pub(crate) fn level(shopper: &Shopper, level: Level) -> Markup {
    let (class, text) = match level {
        Level::Available => ("level good", shopper.say(AVAILABLE).to_owned()),
        Level::Few(amount) => ("level few", shopper.say_with(FEW_LEFT, &[("n", &amount.to_string())])),
        Level::SoldOut => ("level out", shopper.say(SOLD_OUT).to_owned()),
        Level::Unknown => ("level", shopper.say(LEVEL_UNKNOWN).to_owned()),
    };
    html! { p class=(class) { (text) } }
}

/// A product in a list.
pub(crate) fn card(shopper: &Shopper, item: &ProductSummary, known: Level) -> Markup {
    let shown = item.from_price.unwrap_or(item.price);
    let price = written::money(shopper.language(), shown);
    html! {
        li.card {
            a href=(format!("/shop/products/{}", item.id)) {
                (picture(shopper, item.image.as_ref(), (320, 240), &item.name))
                h3 { (Html::name(&item.name)) }
            }
            p.price {
                @if item.from_price.is_some() { (shopper.say(FROM)) " " }
                (price)
            }
            (level(shopper, known))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_one_of_the_storage_service_or_none() {
        for path in ["products/3.svg", "a.png", "a/b-c_d/e.webp"] {
            assert!(is_plain(path), "{path}");
        }
        for path in
            ["", "/a", "a//b", "../a", "a/../b", "https://evil.example/a.png", "a b", "a?b", "a\"b", "\u{e4}"]
        {
            assert!(!is_plain(path), "{path}");
        }
    }
}
