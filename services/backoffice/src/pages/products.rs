//! Products, what they cost, and how many there are.

use std::collections::BTreeMap;

use maud::html;
use tradewind_catalogue_contract::Product;
use tradewind_kernel::{Id, Money, Page};
use tradewind_pages::Html;
use tradewind_stock_contract::Stock;

use crate::pages::forms::{Field, form, lines};
use crate::pages::next_page;
use crate::reader::Reader;
use crate::words::*;
use crate::worker::Worker;

/// A page of products; what stock does not know is shown as unknown.
pub(crate) fn list(worker: &Worker, key: Id, products: &Page<Product>, stocks: &[Stock]) -> Html {
    let reader = &worker.reader;
    let stocks: BTreeMap<&str, &Stock> =
        stocks.iter().map(|stock| (stock.product_id.as_str(), stock)).collect();
    let available = |product: &Product| {
        let stock = stocks.get(product.id.as_str());
        shown_stock(reader, stock.copied())
    };
    Html::new(html! {
        table {
            caption { (reader.say(PRODUCTS_CAPTION)) }
            thead {
                tr {
                    th scope="col" { (reader.say(NUMBER)) }
                    th scope="col" { (reader.say(NAME)) }
                    th.number scope="col" { (reader.say(PRICE)) }
                    th.number scope="col" { (reader.say(AVAILABLE)) }
                }
            }
            tbody {
                @for product in &products.items {
                    tr {
                        td { a href={ "/admin/products/" (product.id) } { (product.id) } }
                        td { (Html::name(&product.name)) }
                        td.number { (reader.money(product.price)) }
                        td.number { (available(product)) }
                    }
                }
            }
        }
        (next_page(reader, "/admin/products", products.next.as_deref()))
        @if worker.is_admin {
            h2 { (reader.say(LIST_NEW)) }
            (form(reader, key, "/admin/products", &new_fields(reader), reader.say(LIST_IT)))
        }
    })
}

fn shown_stock(reader: &Reader, stock: Option<&Stock>) -> String {
    stock.map_or_else(|| reader.say(UNKNOWN).to_owned(), |stock| reader.number(stock.amount_available))
}

fn new_fields(reader: &Reader) -> Html {
    let id = Field { hint: reader.say(STAYS), ..Field::text("id", reader.say(PRODUCT_NUMBER), "", 64) };
    let currency = Field::text("currency", reader.say(CURRENCY), "GBP", 3);
    let currency = Field { hint: reader.say(CURRENCY_HINT), ..currency };
    Html::new(html! {
        (id.shown(reader))
        (Field::text("sku", reader.say(SKU), "", 64).shown(reader))
        (Field::text("name", reader.say(NAME), "", 200).shown(reader))
        (lines(reader, "description", reader.say(DESCRIPTION), "", 2_000))
        (Field::text("price", reader.say(PRICE), "", 20).shown(reader))
        (currency.shown(reader))
    })
}

/// One product.
pub(crate) fn one(worker: &Worker, key: Id, product: &Product, stock: Option<&Stock>) -> Html {
    let (reader, address) = (&worker.reader, format!("/admin/products/{}", product.id));
    let trail = format!("/admin/audit?kind=product&id={}", product.id);
    Html::new(html! {
        dl {
            dt { (reader.say(NUMBER)) } dd { (product.id) }
            dt { (reader.say(PRICE)) } dd { (reader.money(product.price)) }
            @for price in &product.prices { dt { (price_in(reader, price)) } dd { (reader.money(*price)) } }
            dt { (reader.say(AVAILABLE)) }
            dd id="available" { (shown_stock(reader, stock)) }
        }
        h2 { (reader.say(TAKE_IN)) }
        (form(reader, key, &format!("{address}/receipts"), &receipt_fields(reader), reader.say(TAKE_IT_IN)))
        @if worker.is_admin {
            h2 { (reader.say(CHANGE_PRODUCT)) }
            (form(reader, key, &address, &changed_fields(reader, product), reader.say(CHANGE)))
        }
        p { a href=(trail) { (reader.say(TRAIL_PRODUCT)) } }
    })
}

fn price_in(reader: &Reader, price: &Money) -> String {
    reader.say_with(PRICE_IN, &[("currency", price.currency().code())])
}

fn receipt_fields(reader: &Reader) -> Html {
    let quantity = Field::text("quantity", reader.say(QUANTITY), "", 7);
    let quantity = Field { hint: reader.say(QUANTITY_HINT), kind: "number", ..quantity };
    let reference = Field::text("reference", reader.say(NOTE), "", 64).optional();
    let reference = Field { hint: reader.say(NOTE_HINT), ..reference };
    Html::new(html! { (quantity.shown(reader)) (reference.shown(reader)) })
}

fn changed_fields(reader: &Reader, product: &Product) -> Html {
    let price = |name: &str, price: &Money| {
        Field::text(name, &price_in(reader, price), &reader.amount(*price), 20).shown(reader)
    };
    Html::new(html! {
        (Field::text("name", reader.say(NAME), &product.name, 200).shown(reader))
        (lines(reader, "description", reader.say(DESCRIPTION), &product.description, 2_000))
        (price("price", &product.price))
        @for other in &product.prices { (price(&format!("price-{}", other.currency()), other)) }
    })
}
