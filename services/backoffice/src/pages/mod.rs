//! What the pages look like. Everything works without scripts; nothing is loaded from elsewhere.

pub(crate) mod audit;
pub(crate) mod customers;
pub(crate) mod forms;
pub(crate) mod offers;
pub(crate) mod orders;
pub(crate) mod products;
pub(crate) mod refunds;
pub(crate) mod sign_in;

use maud::html;
use tradewind_pages::{Document, FORM_TOKEN, Html, Language, Message};

use crate::reader::Reader;
use crate::state::Office;
use crate::words::*;
use crate::worker::Worker;

/// The parts of the back office: address and name.
const AREAS: [(&str, Message); 6] = [
    ("/admin/products", PRODUCTS),
    ("/admin/orders", ORDERS),
    ("/admin/refunds", REFUNDS),
    ("/admin/customers", CUSTOMERS),
    ("/admin/offers", OFFERS),
    ("/admin/audit", AUDIT),
];

/// A whole page: who is signed in, where to go, what is wrong, and what it shows. The title may be of somebody's making.
pub(crate) fn whole(
    office: &Office,
    (reader, worker): (&Reader, Option<&Worker>),
    title: &str,
    wrong: &[String],
    shown: &Html,
) -> Html {
    let title_of_tab = reader.say_with(OF_OFFICE, &[("title", title)]);
    let body = Html::new(html! {
        a.skip href="#main" { (reader.say(SKIP)) }
        header {
            p.brand { a href="/admin" { (reader.say(OFFICE)) } }
            @if let Some(worker) = worker { (navigation(worker)) }
        }
        main id="main" tabindex="-1" {
            h1 { (Html::name(title)) }
            @if !wrong.is_empty() {
                div.wrong role="alert" {
                    p { strong { (reader.say(DID_NOT_WORK)) } }
                    ul { @for text in wrong { li { (text) } } }
                }
            }
            (shown)
        }
        @if reader.has_key { footer { (languages(reader)) } }
    });
    let document = Document {
        language: reader.language,
        title: &title_of_tab,
        description: "",
        styles: &[office.assets.address("backoffice.css")],
        scripts: &[],
        icon: office.assets.address("icon.svg"),
        refresh: 0,
    };
    document.with(&body)
}

fn navigation(worker: &Worker) -> Html {
    let reader = &worker.reader;
    let role = reader.say(if worker.is_admin { ROLE_ADMIN } else { ROLE_STAFF });
    let name = Html::name(&worker.name);
    Html::new(html! {
        nav aria-label=(reader.say(PARTS)) { (areas(reader)) }
        form.who method="post" action="/admin/sign-out" {
            input type="hidden" name=(FORM_TOKEN) value=(reader.form_token);
            span { (reader.show_with(SIGNED_IN_AS, &[("name", name), ("role", Html::text(role))])) }
            " "
            button type="submit" { (reader.say(SIGN_OUT)) }
        }
    })
}

fn areas(reader: &Reader) -> Html {
    Html::new(html! {
        ul { @for (address, name) in AREAS { li { a href=(address) { (reader.say(name)) } } } }
    })
}

fn languages(reader: &Reader) -> Html {
    Html::new(html! {
        form method="post" action="/admin/language" {
            input type="hidden" name=(FORM_TOKEN) value=(reader.form_token);
            input type="hidden" name="back" value=(reader.back);
            label for="language" { (reader.say(LANGUAGE)) }
            " "
            select id="language" name="language" {
                @for language in Language::ALL {
                    option value=(language.tag()) lang=(language.tag()) selected[language == reader.language] {
                        (language.name())
                    }
                }
            }
            " "
            button type="submit" { (reader.say(APPLY)) }
        }
    })
}

/// Where somebody begins.
pub(crate) fn overview(worker: &Worker) -> Html {
    let reader = &worker.reader;
    Html::new(html! {
        p { (reader.say(if worker.is_admin { MAY_ADMIN } else { MAY_STAFF })) }
        p { (reader.say(ALL_RECORDED)) }
        (areas(reader))
    })
}

/// What went wrong, where nothing else can be shown.
pub(crate) fn trouble(reader: &Reader, text: &str) -> Html {
    Html::new(html! {
        p role="alert" { (text) }
        p { a href="/admin" { (reader.say(TO_BEGINNING)) } }
    })
}

/// Onwards in a list.
pub(crate) fn next_page(reader: &Reader, address: &str, next: Option<&str>) -> Html {
    Html::new(html! {
        @if let Some(next) = next {
            p { a rel="next" href={ (address) "?after=" (next) } { (reader.say(NEXT_PAGE)) } }
        }
    })
}
