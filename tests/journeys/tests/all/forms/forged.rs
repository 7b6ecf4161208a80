//! Forms that no page of ours made for this browser.

use tradewind_testkit::Request;

use super::covered::fields_are_in_the_table;
use super::table::{FORMS, Form, Who};
use super::world::{Browser, FORM, Outcome, Ready, World, judged, with};

/// Sends fields with these headers, and makes sure that they are refused as what nobody made here.
async fn refused(world: &World, ready: &Ready, fields: &[(String, String)], headers: &[(&str, &str)]) {
    let body = serde_urlencoded::to_string(fields).unwrap();
    let request = Request::new("POST", &ready.path).header("Content-Type", FORM).body(body);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    let answer = with(request, &ready.jar).send(world.fleet.gateway()).await;
    let what = format!("{} {headers:?}", ready.path);
    assert_eq!(answer.status, 403, "{what}: {}", answer.text());
    assert_eq!(judged(&answer, &ready.path, &what), Outcome::Refused);
    assert!(answer.text().contains("We did not accept this form"), "{what}: {}", answer.text());
}

fn with_token(ready: &Ready, token: Option<&str>) -> Vec<(String, String)> {
    let others = ready.fields.iter().filter(|(name, _)| name != "form_token").cloned();
    others.chain(token.map(|token| ("form_token".to_owned(), token.to_owned()))).collect()
}

async fn forged(world: &World, form: &Form, other: &str) {
    let ready = world.ready(form).await;
    let (_, own) = ready.fields.iter().find(|(name, _)| name == "form_token").unwrap().clone();
    let made_up = "A".repeat(own.len());
    for token in [None, Some(""), Some(other), Some(&*made_up), Some(&own[1..]), Some("%00")] {
        refused(world, &ready, &with_token(&ready, token), &[]).await;
    }
    for header in [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        refused(world, &ready, &ready.fields, &[header]).await;
    }
    // The token of the same person in another browser, and of one who has no cookie.
    let strangers = Ready { jar: super::world::Jar::new(), ..ready.clone() };
    refused(world, &strangers, &ready.fields, &[]).await;
}

/// The token of another session of the same people.
async fn token_of_another_session(world: &World, form: &Form) -> String {
    let mut browser = Browser::new(&world.fleet);
    let (page, person) = match form.who {
        Who::Admin => ("/admin/sign-in", &world.staff),
        Who::Guest | Who::Customer => ("/shop/sign-in", &world.customer),
    };
    let fields = [("email", &*person.email), ("password", &*person.password)];
    assert_eq!(browser.fill(page, page, &fields).await.status, 303);
    let shown = browser.open(if form.who == Who::Admin { "/admin" } else { "/shop" }).await.text();
    shown.split("name=\"form_token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// Somebody's own form, about what is not theirs to change, or without being signed in.
async fn of_strangers(world: &World, form: &Form) {
    let ready = world.ready(form).await;
    let guest = FORMS.iter().find(|form| form.action == "/shop/preferences").unwrap();
    let sign_in = FORMS.iter().find(|form| form.action == "/admin/sign-in").unwrap();
    let theirs = world.ready(if form.who == Who::Admin { sign_in } else { guest }).await;
    let (_, token) = theirs.fields.iter().find(|(name, _)| name == "form_token").unwrap();
    let sent = Ready { jar: theirs.jar.clone(), ..ready.clone() };
    let body = serde_urlencoded::to_string(with_token(&ready, Some(token))).unwrap();
    let (answer, _) = world.send(&sent, &body, &format!("{} of a stranger", form.action)).await;
    let to = answer.header("location").unwrap_or_default();
    assert!(answer.status == 303 && to.contains("/sign-in?to="), "{}: {to}", form.action);
}

#[tokio::test]
async fn every_form_is_known_and_wants_to_be_made_here_for_whoever_sends_it() {
    if !tradewind_journeys::is_plain() {
        // Nothing of this comes near a database or a broker.
        return;
    }
    let world = World::new().await;
    fields_are_in_the_table(&world).await;
    for form in FORMS.iter().filter(|form| form.method == "POST") {
        let other = token_of_another_session(&world, form).await;
        forged(&world, form, &other).await;
        super::bodies::no_forms(&world, form).await;
    }
    super::bodies::large_ones_through_the_gateway(&world).await;
    let needs_to_sign_in = |form: &&Form| {
        let is_for_all = form.action.ends_with("/language") || form.action.ends_with("/sign-out");
        form.method == "POST"
            && form.who != Who::Guest
            && !is_for_all
            && !form.action.starts_with("/shop/cart")
    };
    for form in FORMS.iter().filter(needs_to_sign_in) {
        of_strangers(&world, form).await;
    }
    // Nobody was signed out, nothing was called off.
    for form in FORMS.iter().filter(|form| form.action.ends_with("/sign-out")) {
        world.ready(form).await;
    }
    world.end().await;
}
