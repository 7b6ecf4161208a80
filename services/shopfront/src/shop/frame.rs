//! What stands around every page: the way to everything else.

use maud::{Markup, html};
use tradewind_pages::{Document, Explanation, FORM_TOKEN, Flash, Html, Language, Tone};

use crate::shop::shopper::{CURRENCIES, Shopper};
use crate::shop::view::View;
use crate::shop::words::*;

/// The page, with how much is in the cart.
pub(crate) async fn around(shopper: &Shopper, view: &View) -> Html {
    // A page is there without the number of things in the cart.
    let count = match shopper.cart_id {
        Some(_) => shopper
            .cart()
            .await
            .ok()
            .flatten()
            .map(|cart| cart.lines.iter().map(|line| u64::from(line.quantity.get())).sum::<u64>()),
        None => None,
    };
    drawn(shopper, view, count)
}

/// The page without asking anybody: for when others do not answer.
pub(crate) fn alone(shopper: &Shopper, view: &View) -> Html {
    drawn(shopper, view, None)
}

fn drawn(shopper: &Shopper, view: &View, count: Option<u64>) -> Html {
    let assets = &shopper.shop.assets;
    let title = format!("{} · {}", view.title, shopper.say(SHOP_NAME));
    let document = Document {
        language: shopper.language(),
        title: &title,
        description: if view.description.is_empty() { shopper.say(SHOP_ABOUT) } else { &view.description },
        styles: &[assets.address("shop.css")],
        scripts: &[assets.address("shop.js")],
        icon: assets.address("icon.svg"),
        refresh: view.refresh,
    };
    document.with(&Html::new(html! {
        a.skip href="#main" { (shopper.say(SKIP)) }
        (header(shopper, count))
        main #main tabindex="-1" {
            @if let Some(flash) = &shopper.flash { (flashed(shopper, flash)) }
            (view.main)
        }
        (footer(shopper))
        // The drawer is filled and opened by the script; without one the link leads to the page of the cart.
        dialog #drawer aria-label=(shopper.say(CART)) data-close=(shopper.say(CLOSE_CART))
            data-placeholder=(assets.address("placeholder.svg")) {}
        div #live .hidden aria-live="polite" {}
    }))
}

fn flashed(shopper: &Shopper, flash: &Flash) -> Markup {
    let (class, role) = match flash.tone {
        Tone::Good => ("notice good", "status"),
        Tone::Bad => ("notice bad", "alert"),
    };
    html! { p class=(class) role=(role) { (shopper.say(flash.message)) } }
}

fn header(shopper: &Shopper, count: Option<u64>) -> Markup {
    let cart = match count {
        Some(count) if count > 0 => format!("{} ({count})", shopper.say(CART)),
        _ => shopper.say(CART).to_owned(),
    };
    html! {
        header.top {
            a.brand href="/shop" { (shopper.say(SHOP_NAME)) }
            form.search role="search" action="/shop/products" method="get" {
                label.hidden for="q" { (shopper.say(SEARCH_LABEL)) }
                input #q type="search" name="q" maxlength="200" placeholder=(shopper.say(SEARCH_LABEL)) enterkeyhint="search";
                button type="submit" { (shopper.say(SEARCH)) }
            }
            nav aria-label=(shopper.say(SHOP_NAV)) {
                a href="/shop/products" { (shopper.say(ALL_PRODUCTS)) }
                @if shopper.signed.is_some() {
                    a href="/shop/orders" { (shopper.say(YOUR_ORDERS)) }
                    a href="/shop/account" { (shopper.say(YOUR_ACCOUNT)) }
                } @else if !is_signing_in(shopper) {
                    a href="/shop/sign-in" { (shopper.say(SIGN_IN)) }
                }
                a #cart-link href="/shop/cart" data-drawer="/shop/cart/drawer" { (cart) }
            }
        }
    }
}

/// Where the page itself leads there, a second link of the same name would only confuse.
fn is_signing_in(shopper: &Shopper) -> bool {
    ["/shop/sign-in", "/shop/register"].contains(&shopper.call.uri().path())
}

fn footer(shopper: &Shopper) -> Markup {
    let back = shopper.call.uri().path_and_query().map_or("/shop", |path| path.as_str());
    let is_read = shopper.call.method() == http::Method::GET;
    html! {
        footer {
            form.inline method="post" action="/shop/preferences" aria-label=(shopper.say(PREFERENCES)) {
                (token(shopper))
                input type="hidden" name="back" value=(if is_read { back } else { "/shop" });
                (languages(shopper))
                (currencies(shopper))
                button type="submit" { (shopper.say(APPLY)) }
            }
            p { (shopper.say(FOOTNOTE)) }
        }
    }
}

fn languages(shopper: &Shopper) -> Markup {
    html! {
        span.pair {
            label for="language" { (shopper.say(LANGUAGE)) }
            select #language name="language" {
                @for language in Language::ALL {
                    option value=(language.tag()) lang=(language.tag()) selected[language == shopper.language()] { (language.name()) }
                }
            }
        }
    }
}

fn currencies(shopper: &Shopper) -> Markup {
    html! {
        span.pair {
            label for="currency" { (shopper.say(CURRENCY)) }
            select #currency name="currency" {
                @for code in CURRENCIES {
                    option value=(code) selected[code == shopper.currency.code()] { (code) }
                }
            }
        }
    }
}

/// What shows that a form is from here.
pub(crate) fn token(shopper: &Shopper) -> Markup {
    html! { input type="hidden" name=(FORM_TOKEN) value=(shopper.visit.key.form_token()); }
}

/// What went wrong, in words.
pub(crate) fn explained(shopper: &Shopper, told: &Explanation) -> String {
    let markup = html! {
        section.narrow {
            h1 { (told.title) }
            p role="alert" { (told.text) }
            p { a.button href="/shop" { (shopper.say(TO_HOME)) } }
        }
    };
    markup.into_string()
}
