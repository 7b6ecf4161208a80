//! The page on which somebody gives their card: it is the provider's own, so that the shop never sees one, and it works
//! without scripts. It comes back with the token that stands for the card.

use std::sync::Arc;

use ::http::StatusCode;
use maud::{Markup, html};
use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_kernel::Secret;
use tradewind_pages::{
    Asset, Assets, Cookie, Document, FORM_TOKEN, Fields, Html, LocalPath, Message, Visit, explain, page,
    see_other, with_cookies,
};
use tradewind_problem::Problem;
use tradewind_provider_contract::{Card, CardDetails, RegisterCard};

use crate::cards::keep;
use crate::state::Provider;

/// The cookie with the browser's key, as all pages of this site use it.
const VISIT: &str = "visit";
const PREFIX: &str = "/api/provider/v1/assets";

tradewind_pages::messages! {
    TITLE = "Pay by card", "Mit Karte zahlen";
    TEXT = "This provider only pretends. Try the card 4242 4242 4242 4242, any month to come and any three digits; 4000 0000 0000 9995 is declined.",
        "Dieser Anbieter tut nur so. Versuchen Sie die Karte 4242 4242 4242 4242, einen künftigen Monat und drei beliebige Ziffern; 4000 0000 0000 9995 wird abgelehnt.";
    NUMBER = "Card number", "Kartennummer";
    EXPIRY = "Valid until (MM/YY)", "Gültig bis (MM/JJ)";
    CODE = "Security code", "Prüfziffer";
    USE_CARD = "Use this card", "Diese Karte verwenden";
    BACK = "Go back without a card", "Ohne Karte zurück";
    NUMBER_UNFIT = "The card number has a mistake in it.", "In der Kartennummer ist ein Fehler.";
    EXPIRY_UNFIT = "Enter a month to come, such as 12/30.", "Geben Sie einen künftigen Monat ein wie 12/30.";
    CODE_UNFIT = "The security code has 3 or 4 digits.", "Die Prüfziffer hat 3 oder 4 Stellen.";
}

pub(crate) fn assets() -> Assets {
    let (style, icon) = (include_bytes!("../assets/card.css"), include_bytes!("../assets/icon.svg"));
    Assets::new(
        PREFIX,
        &[
            Asset { name: "card.css", media_type: "text/css; charset=utf-8", bytes: style },
            Asset { name: "icon.svg", media_type: "image/svg+xml", bytes: icon },
        ],
    )
}

pub(crate) fn add_to(routes: Routes<Provider>) -> Routes<Provider> {
    routes
        .get("/api/provider/v1/card-form", ask)
        .for_people()
        .post("/api/provider/v1/card-form", given)
        .for_people()
        .get("/api/provider/v1/assets/{file}", asset)
        .for_people()
}

async fn asset(provider: Arc<Provider>, call: Call) -> Result<Reply, Problem> {
    provider.assets.serve(&call, "file")
}

async fn ask(provider: Arc<Provider>, call: Call) -> Result<Reply, Problem> {
    let visit = Visit::of(&call, VISIT);
    let back = back(Fields::of_query(&call).raw("back"));
    shown(&provider, (&call, &visit), &back, None)
}

/// Where to go on: on this site, whoever asks.
fn back(text: Option<&str>) -> LocalPath {
    LocalPath::own(text.unwrap_or("/"))
}

async fn given(provider: Arc<Provider>, mut call: Call) -> Result<Reply, Problem> {
    let visit = Visit::of(&call, VISIT);
    let own = Fields::read(&mut call).await;
    let fields = match own.and_then(|fields| visit.own_form(&call, &fields).map(|()| fields)) {
        Ok(fields) => fields,
        Err(problem) => return refused(&provider, &visit, &problem),
    };
    let back = back(fields.raw("back"));
    match keep(&provider, &call, &card(&fields)).await {
        Ok(card) => see_other(&on(&back, &card)),
        Err(problem) if problem.is_server_fault() => refused(&provider, &visit, &problem),
        Err(problem) => {
            let pointer = problem.errors().first().map_or("", |error| error.pointer.as_str());
            shown(&provider, (&call, &visit), &back, Some(unfit(pointer)))
        }
    }
}

fn card(fields: &Fields) -> RegisterCard {
    // Numbers are written in groups.
    let text = |name: &str| {
        let text = Secret::new(fields.raw(name).unwrap_or_default());
        CardDetails::new(text.expose().replace([' ', '-'], ""))
    };
    RegisterCard { number: text("number"), expiry: text("expiry"), cvc: text("cvc") }
}

fn unfit(pointer: &str) -> Message {
    match pointer {
        "/expiry" => EXPIRY_UNFIT,
        "/cvc" => CODE_UNFIT,
        _ => NUMBER_UNFIT,
    }
}

/// The address to go on at, with what stands for the card.
fn on(back: &LocalPath, card: &Card) -> LocalPath {
    let (path, _) = back.as_str().split_once('#').unwrap_or((back.as_str(), ""));
    let mark = if path.contains('?') { '&' } else { '?' };
    LocalPath::own(format!("{path}{mark}card={}&last4={}", card.token, card.last4))
}

fn shown(
    provider: &Provider,
    (call, visit): (&Call, &Visit),
    back: &LocalPath,
    unfit: Option<Message>,
) -> Result<Reply, Problem> {
    let status = if unfit.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let main = form(visit, back, unfit);
    let cookies: Vec<Cookie> = if visit.is_new { vec![visit.cookie(call)] } else { Vec::new() };
    with_cookies(page(status, document(provider, visit, TITLE.to(visit.language), &main))?, &cookies)
}

fn refused(provider: &Provider, visit: &Visit, problem: &Problem) -> Result<Reply, Problem> {
    let told = explain(problem, visit.language);
    let main = html! { h1 { (told.title) } p role="alert" { (told.text) } };
    page(told.status, document(provider, visit, told.title, &main))
}

fn document(provider: &Provider, visit: &Visit, title: &str, main: &Markup) -> Html {
    let document = Document {
        language: visit.language,
        title,
        description: "",
        styles: &[provider.assets.address("card.css")],
        scripts: &[],
        icon: provider.assets.address("icon.svg"),
        refresh: 0,
    };
    document.with(&Html::new(html! { main { (main) } }))
}

fn form(visit: &Visit, back: &LocalPath, unfit: Option<Message>) -> Markup {
    let say = |message: Message| message.to(visit.language);
    let field = |name: &str, label: Message, autocomplete: &str, max: u32| {
        html! {
            label for=(name) { (say(label)) }
            input id=(name) name=(name) inputmode="numeric" autocomplete=(autocomplete) maxlength=(max) required;
        }
    };
    html! {
        h1 { (say(TITLE)) }
        p { (say(TEXT)) }
        @if let Some(unfit) = unfit { p.bad role="alert" { (say(unfit)) } }
        form method="post" action="/api/provider/v1/card-form" {
            input type="hidden" name=(FORM_TOKEN) value=(visit.key.form_token());
            input type="hidden" name="back" value=(back);
            (field("number", NUMBER, "cc-number", 24))
            (field("expiry", EXPIRY, "cc-exp", 5))
            (field("cvc", CODE, "cc-csc", 4))
            button type="submit" { (say(USE_CARD)) }
        }
        p { a href=(back) { (say(BACK)) } }
    }
}

#[cfg(test)]
mod tests {
    use tradewind_kernel::Id;
    use tradewind_provider_contract::CardToken;

    use super::*;

    #[test]
    fn it_goes_on_with_a_token_and_on_this_site() {
        let card =
            Card { token: CardToken::new(Id::from_u128(7)), last4: "4242".into(), brand: "visa".into() };
        let token = "card_00000000-0000-0000-0000-000000000007";
        for (asked, expected) in [
            ("/a", format!("/a?card={token}&last4=4242")),
            ("/a?b=c", format!("/a?b=c&card={token}&last4=4242")),
            ("//evil.example/", format!("/?card={token}&last4=4242")),
            ("https://evil.example/", format!("/?card={token}&last4=4242")),
        ] {
            assert_eq!(on(&back(Some(asked)), &card).as_str(), expected);
        }
    }

    #[test]
    fn a_number_may_be_written_in_groups_and_is_not_shown() {
        let fields = Fields::of(&[("number", "4242 4242-4242 4242"), ("expiry", "12/99"), ("cvc", "123")]);
        let card = card(&fields);
        assert_eq!(card.number.expose(), "4242424242424242");
        assert!(!format!("{card:?}").contains("4242"));
    }

    #[test]
    fn everything_is_said_in_every_language() {
        for (name, message) in ALL {
            assert_eq!(message.lacks(), None, "{name}");
        }
    }
}
