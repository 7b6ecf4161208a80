//! The home page.

use std::sync::Arc;

use maud::{Markup, html};
use tradewind_catalogue_contract::{Category, ProductSort, SearchQuery};
use tradewind_pages::Html;

use crate::shop::routed::Answered;
use crate::shop::shopper::Shopper;
use crate::shop::view::View;
use crate::shop::words::*;
use crate::shop::{goods, goods_view};

/// Products on the home page.
const SHOWN: u16 = 8;

pub(crate) async fn home(shopper: Arc<Shopper>) -> Answered {
    let query = SearchQuery {
        sort: Some(ProductSort::Newest),
        limit: Some(SHOWN),
        facets: Some(false),
        ..SearchQuery::default()
    };
    let found = goods::search(&shopper, query).await?;
    let categories = goods::categories(&shopper).await;
    let said = found.items.iter().map(|item| (&item.id, item.availability));
    let levels = goods::levels(&shopper, said).await;
    let main = html! {
        section.hero {
            h1 { (shopper.say(HOME_TITLE)) }
            p { (shopper.say(HOME_TEXT)) }
            p { a.button href="/shop/products" { (shopper.say(BROWSE)) } }
        }
        @if !categories.is_empty() { (shelves(&shopper, &categories)) }
        section {
            h2 { (shopper.say(NEWEST)) }
            @if found.items.is_empty() { p { (shopper.say(NOTHING_YET)) } }
            ul.goods {
                @for item in found.items.iter().take(SHOWN.into()) {
                    (goods_view::card(&shopper, item, levels.get(&item.id).copied().unwrap_or(goods::Level::Unknown)))
                }
            }
        }
    };
    Ok(View::new(shopper.say(HOME), main).into())
}

fn shelves(shopper: &Shopper, categories: &[Category]) -> Markup {
    html! {
        section {
            h2 { (shopper.say(CATEGORIES)) }
            ul.chips {
                @for category in categories.iter().take(12) {
                    li { a href=(format!("/shop/products?category={}", category.slug)) { (Html::name(&category.name)) } }
                }
            }
        }
    }
}
