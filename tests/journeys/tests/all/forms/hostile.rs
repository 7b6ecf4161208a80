//! Each value that somebody could think of, in each field of each form and each parameter of each page: it is refused in
//! words, or taken for the text that it is.

use tradewind_kernel::{Slug, is_one_line};

use super::table::{FORMS, Field, Form, PARAMETERS, Takes, Who};
use super::world::{Outcome, Ready, World, judged};

/// What somebody could send. Nothing strict takes any of it.
const HOSTILE: &[&str] = &[
    "",
    " ",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'; drop table orders; -- {{7*7}} ${7*7} %s%n",
    "\u{1f600}\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "\u{645}\u{631}\u{62d}\u{628}\u{627} \u{5e9}\u{5dc}\u{5d5}\u{5dd}",
    "abc\u{202e}fdp.exe\u{2066}",
    "a\0b",
    "a\u{7}\r\nSet-Cookie: hostile=1",
    "../../../etc/passwd",
    "..\\..\\x",
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "/\t/evil.example/",
    "javascript:alert(1)",
    "/admin/../api/x",
    "/shop/%2e%2e/api/x",
    "/api/identity/v1/token",
    "-1",
    "0.5",
    "1e9",
    "99999999999999999999",
    "Infinity",
    "NaN",
    "2026-02-30",
    "\u{661}\u{662}",
];

/// What is no text in the encoding of forms, or hardly: it stands in the body as it is.
const ENCODED: &[&str] = &["%ff%fe", "%c0%ae%c0%ae%c0%af", "%ed%a0%80", "%", "%zz", "%u0041", "+", "&&==&"];

/// Characters of what is too long for every field.
const LONG: usize = 20_000;

/// Whether a field has to refuse a value.
fn has_to_refuse(takes: Takes, value: &str) -> bool {
    let (trimmed, length) = (value.trim(), value.trim().chars().count());
    match takes {
        Takes::Strict => true,
        Takes::StrictOrNone => !trimmed.is_empty(),
        Takes::Money => trimmed != "0.5",
        Takes::Name => trimmed.parse::<Slug>().is_err() && !trimmed.is_empty(),
        Takes::Text => trimmed.is_empty() || length > 200 || !is_one_line(trimmed),
        Takes::Lines => length > 2_000 || value.contains(['\0', '\u{7}']),
        Takes::Return | Takes::Ignored | Takes::Anything => false,
    }
}

/// Whether a field has to take a value: it is text of people, whatever it looks like.
fn has_to_take(takes: Takes, value: &str) -> bool {
    matches!(takes, Takes::Text | Takes::Lines) && !has_to_refuse(takes, value)
}

/// A body with these fields, one of them as it is written here.
fn body(ready: &Ready, field: &str, written: &str) -> String {
    let others = ready.fields.iter().filter(|(name, _)| name != field);
    let body = serde_urlencoded::to_string(others.collect::<Vec<_>>()).unwrap();
    format!("{body}&{field}={written}")
}

fn encoded(text: &str) -> String {
    serde_urlencoded::to_string([("", text)]).unwrap().split_off(1)
}

async fn spoilt(world: &World, form: &Form, field: &Field, mut ready: Ready) -> Ready {
    let long = "x".repeat(LONG);
    // What only says that it is there is used up by each value that is taken.
    let some = if field.at_times && field.takes == Takes::Anything { 5 } else { HOSTILE.len() };
    for value in HOSTILE.iter().copied().take(some).chain([long.as_str()]) {
        let sent = world.renewed(form, &ready);
        let what = format!("{} with {}={value:.60?}", form.action, field.name);
        let (_, outcome) = world.send(&sent, &body(&sent, field.name, &encoded(value)), &what).await;
        if has_to_refuse(field.takes, value) {
            assert_eq!(outcome, Outcome::Refused, "{what}");
        }
        if has_to_take(field.takes, value) {
            assert_eq!(outcome, Outcome::Taken, "{what}");
        }
        ready = after(world, form, ready, outcome).await;
    }
    for written in &ENCODED[..if some < HOSTILE.len() { 2 } else { ENCODED.len() }] {
        let sent = world.renewed(form, &ready);
        let what = format!("{} with {}={written}", form.action, field.name);
        let (_, outcome) = world.send(&sent, &body(&sent, field.name, written), &what).await;
        ready = after(world, form, ready, outcome).await;
    }
    ready
}

/// What was taken may have changed what the form is about.
async fn after(world: &World, form: &Form, ready: Ready, outcome: Outcome) -> Ready {
    let is_used = outcome == Outcome::Taken && form.who == Who::Customer;
    if is_used { world.ready(form).await } else { ready }
}

/// Without a field, and with it twice: the first counts, so that nobody puts another one behind it.
async fn missing_and_doubled(world: &World, form: &Form, field: &Field, ready: Ready) -> Ready {
    let sent = world.renewed(form, &ready);
    let without: Vec<_> = sent.fields.iter().filter(|(name, _)| name != field.name).collect();
    let what = format!("{} without {}", form.action, field.name);
    let (_, outcome) = world.send(&sent, &serde_urlencoded::to_string(without).unwrap(), &what).await;
    let is_needed = !field.at_times && matches!(field.takes, Takes::Strict | Takes::Money | Takes::Text);
    if is_needed {
        assert_eq!(outcome, Outcome::Refused, "{what}");
    }
    let ready = after(world, form, ready, outcome).await;
    let sent = world.renewed(form, &ready);
    let what = format!("{} with {} twice", form.action, field.name);
    let twice = format!(
        "{}={}&{}",
        field.name,
        encoded(HOSTILE[2]),
        serde_urlencoded::to_string(&sent.fields).unwrap()
    );
    let (_, outcome) = world.send(&sent, &twice, &what).await;
    if has_to_refuse(field.takes, HOSTILE[2]) {
        assert_eq!(outcome, Outcome::Refused, "{what}");
    }
    after(world, form, ready, outcome).await
}

/// As addresses are written.
fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn parameters(world: &World) {
    let searches = FORMS.iter().filter(|form| form.method == "GET");
    let of_forms =
        searches.flat_map(|form| form.fields.iter().map(|field| (form.page, form.who, field.name)));
    for (page, who, parameter) in of_forms.chain(PARAMETERS.iter().copied()) {
        let address = world.address(page);
        let values = HOSTILE.iter().map(|value| percent_encoded(value));
        for value in values.chain(["%FF%FE", "%C0%AE", "x=&x"].map(str::to_owned)) {
            let path = format!("{address}?{parameter}={value}");
            let answer = world.open(who, &path).await;
            // The edge refuses what is no address at all, and speaks to programs.
            if answer.header("content-type").is_some_and(|kind| kind.starts_with("application/problem")) {
                assert_eq!(answer.status, 400, "{path}: {}", answer.text());
                continue;
            }
            judged(&answer, &address, &path);
        }
    }
}

#[tokio::test]
async fn whatever_is_sent_is_refused_in_words_or_taken_for_text() {
    if tradewind_journeys::has_broker() {
        // How values are kept is another thing on each engine, and the same with and without a broker.
        return;
    }
    let world = World::new().await;
    for form in FORMS.iter().filter(|form| form.method == "POST") {
        let mut ready = world.ready(form).await;
        for field in form.fields {
            ready = spoilt(&world, form, field, ready).await;
            ready = missing_and_doubled(&world, form, field, ready).await;
        }
    }
    parameters(&world).await;
    world.end().await;
}
