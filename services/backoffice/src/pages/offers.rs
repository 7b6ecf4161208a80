//! Coupons, promotions and taxes.

use maud::html;
use tradewind_cart_contract::{Coupon, Promotion, TaxRate};
use tradewind_kernel::{Id, Page, Timestamp};
use tradewind_pages::{Html, Message, written};

use crate::offer_words::*;
use crate::pages::forms::{Field, form};
use crate::pages::next_page;
use crate::reader::Reader;
use crate::worker::Worker;

/// What changes prices, as far as it is shown on one page.
pub(crate) struct Offers {
    pub(crate) coupons: Page<Coupon>,
    pub(crate) promotions: Page<Promotion>,
    pub(crate) taxes: Page<TaxRate>,
}

/// When something is in force, in words.
pub(crate) fn valid(reader: &Reader, from: Option<Timestamp>, until: Option<Timestamp>) -> String {
    let [from_text, until_text] =
        [from, until].map(|time| time.map(|time| reader.moment(time)).unwrap_or_default());
    let message = match (from.is_some(), until.is_some()) {
        (false, false) => ALWAYS,
        (true, false) => FROM,
        (false, true) => UNTIL,
        (true, true) => FROM_UNTIL,
    };
    reader.say_with(message, &[("from", &from_text), ("until", &until_text)])
}

pub(crate) fn percent(reader: &Reader, basis_points: u32) -> String {
    written::percent(reader.language, basis_points)
}

/// Everything, with the forms for whoever may change it.
pub(crate) fn all(worker: &Worker, key: Id, offers: &Offers) -> Html {
    let reader = &worker.reader;
    Html::new(html! {
        (coupons(reader, &offers.coupons))
        @if worker.is_admin { (setting(reader, key, SET_COUPON, "coupons", &coupon_fields(reader))) }
        (promotions(reader, &offers.promotions))
        @if worker.is_admin { (setting(reader, key, SET_PROMOTION, "promotions", &promotion_fields(reader))) }
        (taxes(reader, &offers.taxes))
        @if worker.is_admin {
            (setting(reader, key, SET_TAX, "taxes", &tax_fields(reader)))
        } @else {
            p { (reader.say(FOR_ADMINS)) }
        }
    })
}

fn setting(reader: &Reader, key: Id, title: Message, what: &str, fields: &Html) -> Html {
    Html::new(html! {
        h2 { (reader.say(title)) }
        (form(reader, key, &format!("/admin/offers/{what}"), fields, reader.say(SET)))
    })
}

fn coupons(reader: &Reader, coupons: &Page<Coupon>) -> Html {
    let redeemed = |coupon: &Coupon| match coupon.limit {
        Some(limit) => {
            let places = [("redeemed", coupon.redeemed.to_string()), ("limit", limit.to_string())];
            reader.say_with(OF_LIMIT, &places.each_ref().map(|(name, value)| (*name, value.as_str())))
        }
        None => coupon.redeemed.to_string(),
    };
    Html::new(html! {
        table {
            caption { (reader.say(COUPONS)) }
            thead {
                tr {
                    th scope="col" { (reader.say(CODE)) } th.number scope="col" { (reader.say(DISCOUNT)) }
                    th.number scope="col" { (reader.say(REDEEMED)) } th scope="col" { (reader.say(VALID)) }
                }
            }
            tbody {
                @for coupon in &coupons.items {
                    tr {
                        td { a href={ "/admin/audit?kind=coupon&id=" (coupon.code) } { (coupon.code) } }
                        td.number { (percent(reader, coupon.discount.get())) }
                        td.number { (redeemed(coupon)) }
                        td { (valid(reader, coupon.valid_from, coupon.valid_until)) }
                    }
                }
            }
        }
        @if coupons.items.is_empty() { p { (reader.say(NO_COUPONS)) } }
        (next_page(reader, "/admin/offers", coupons.next.as_deref()))
    })
}

fn promotions(reader: &Reader, promotions: &Page<Promotion>) -> Html {
    Html::new(html! {
        table {
            caption { (reader.say(PROMOTIONS)) }
            thead {
                tr {
                    th scope="col" { (reader.say(NAME)) } th.number scope="col" { (reader.say(DISCOUNT)) }
                    th scope="col" { (reader.say(VALID)) }
                }
            }
            tbody {
                @for promotion in &promotions.items {
                    tr {
                        td { a href={ "/admin/audit?kind=promotion&id=" (promotion.name) } { (promotion.name) } }
                        td.number { (percent(reader, promotion.discount.get())) }
                        td { (valid(reader, promotion.valid_from, promotion.valid_until)) }
                    }
                }
            }
        }
        @if promotions.items.is_empty() { p { (reader.say(NO_PROMOTIONS)) } }
    })
}

fn taxes(reader: &Reader, taxes: &Page<TaxRate>) -> Html {
    Html::new(html! {
        table {
            caption { (reader.say(TAXES)) }
            thead { tr { th scope="col" { (reader.say(COUNTRY)) } th.number scope="col" { (reader.say(RATE)) } } }
            tbody {
                @for tax in &taxes.items {
                    tr {
                        td { a href={ "/admin/audit?kind=country&id=" (tax.country) } { (tax.country) } }
                        td.number { (percent(reader, tax.rate.get())) }
                    }
                }
            }
        }
    })
}

fn coupon_fields(reader: &Reader) -> Html {
    let code = Field { hint: reader.say(NAME_HINT), ..Field::text("coupon-code", reader.say(CODE), "", 64) };
    let limit = Field {
        hint: reader.say(LIMIT_HINT),
        kind: "number",
        ..Field::text("coupon-limit", reader.say(LIMIT_FIELD), "", 10).optional()
    };
    Html::new(html! {
        (code.shown(reader))
        (discount_field(reader, "coupon-discount"))
        (limit.shown(reader))
        (day_field(reader, "coupon-from", FROM_FIELD))
        (day_field(reader, "coupon-until", UNTIL_FIELD))
    })
}

fn promotion_fields(reader: &Reader) -> Html {
    let name =
        Field { hint: reader.say(NAME_HINT), ..Field::text("promotion-name", reader.say(NAME), "", 64) };
    Html::new(html! {
        (name.shown(reader))
        (discount_field(reader, "promotion-discount"))
        (day_field(reader, "promotion-from", FROM_FIELD))
        (day_field(reader, "promotion-until", UNTIL_FIELD))
    })
}

fn tax_fields(reader: &Reader) -> Html {
    let country =
        Field { hint: reader.say(COUNTRY_HINT), ..Field::text("tax-country", reader.say(COUNTRY), "", 2) };
    let rate =
        Field { hint: reader.say(RATE_HINT), ..Field::text("tax-rate", reader.say(RATE_FIELD), "", 10) };
    Html::new(html! { (country.shown(reader)) (rate.shown(reader)) })
}

fn discount_field(reader: &Reader, name: &str) -> Html {
    Field { hint: reader.say(DISCOUNT_HINT), ..Field::text(name, reader.say(DISCOUNT_FIELD), "", 10) }
        .shown(reader)
}

fn day_field(reader: &Reader, name: &str, label: Message) -> Html {
    Field { hint: reader.say(DAY_HINT), ..Field::text(name, reader.say(label), "", 10).optional() }
        .shown(reader)
}
