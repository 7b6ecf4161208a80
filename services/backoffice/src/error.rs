//! What is said when something is refused.

use tradewind_chassis::http::Reply;
use tradewind_pages::Message;
use tradewind_problem::{CONFLICT, FORBIDDEN, INVALID_BODY, NOT_FOUND, Problem, UNAUTHENTICATED};

use crate::reader::Reader;
use crate::words::*;
use crate::{offer_words, refund_words};

/// What fields are called, by the name that they have in forms and in what owners refuse.
const FIELDS: [(&str, Message); 27] = [
    ("id", PRODUCT_NUMBER),
    ("sku", SKU),
    ("name", NAME),
    ("description", DESCRIPTION),
    ("price", PRICE),
    ("prices", PRICE),
    ("currency", CURRENCY),
    ("quantity", QUANTITY),
    ("reference", NOTE),
    ("amount", AMOUNT),
    ("limit", CREDIT_LIMIT),
    ("key", FORM),
    ("language", LANGUAGE),
    ("granted", AMOUNT),
    ("reason", refund_words::REFUSAL_REASON),
    ("note", refund_words::REFUSAL_NOTE),
    ("coupon-code", offer_words::CODE),
    ("coupon-discount", offer_words::DISCOUNT_FIELD),
    ("coupon-limit", offer_words::LIMIT_FIELD),
    ("coupon-from", offer_words::FROM_FIELD),
    ("coupon-until", offer_words::UNTIL_FIELD),
    ("promotion-name", NAME),
    ("promotion-discount", offer_words::DISCOUNT_FIELD),
    ("promotion-from", offer_words::FROM_FIELD),
    ("promotion-until", offer_words::UNTIL_FIELD),
    ("tax-country", offer_words::COUNTRY),
    ("tax-rate", offer_words::RATE_FIELD),
];

/// Somebody is signed in who does not work here, or may not do this. They are told no more.
pub(crate) fn not_allowed() -> Problem {
    Problem::new(&FORBIDDEN)
}

/// A field of a form does not fit; `detail` says in the reader's words what to change.
pub(crate) fn field(reader: &Reader, name: &str, detail: impl Into<String>) -> Problem {
    Problem::new(&INVALID_BODY).detail(reader.say(NOTHING_CHANGED)).error(name, detail)
}

/// What was answered, or the page `again` when what was entered has to be changed.
pub(crate) async fn again_if_of_input(
    answered: Result<Reply, Problem>,
    again: impl AsyncFnOnce(Problem) -> Result<Reply, Problem>,
) -> Result<Reply, Problem> {
    match answered {
        Err(problem) if is_of_input(&problem) => again(problem).await,
        answered => answered,
    }
}

fn is_of_input(problem: &Problem) -> bool {
    let status = problem.status();
    let is_of_caller = problem.is(&UNAUTHENTICATED) || problem.is(&FORBIDDEN) || problem.is(&NOT_FOUND);
    (400..500).contains(&status) && status != 429 && !is_of_caller
}

/// What to change, in the reader's words, whoever refused.
pub(crate) fn told(reader: &Reader, problem: &Problem) -> Vec<String> {
    let mut told = vec![reader.say(sentence(problem)).to_owned()];
    told.extend(problem.errors().iter().map(|error| {
        let (name, fault) = match error.pointer.strip_prefix('/') {
            // The owner says it in English, for programs.
            Some(pointer) => (pointer, reader.say(fault(pointer)).to_owned()),
            None => (error.pointer.as_str(), error.detail.clone()),
        };
        reader.say_with(FAULT, &[("field", &called(reader, name)), ("fault", &fault)])
    }));
    told
}

fn sentence(problem: &Problem) -> Message {
    match problem.code() {
        code if code == INVALID_BODY.code => NOTHING_CHANGED,
        code if code == CONFLICT.code => NOTE_DIFFERS,
        "idempotency-key-reused" => USED_FORM,
        "idempotency-key-in-flight" => UNDER_WAY,
        "order-not-open" => ORDER_NOT_OPEN,
        "payment-not-captured" => NOT_CAPTURED,
        "refund-exceeds-capture" => TOO_MUCH_BACK,
        "refund-request-decided" => refund_words::DECIDED,
        _ => REFUSED,
    }
}

/// What an owner wants of a field.
fn fault(pointer: &str) -> Message {
    match pointer.split('/').next().unwrap_or_default() {
        "quantity" => UNFIT_QUANTITY,
        "amount" => UNFIT_REFUND,
        "name" | "description" => UNFIT_TEXT,
        "sku" | "reference" => UNFIT_NAME,
        _ => UNFIT,
    }
}

/// What a field is called on the page: `price-EUR` is a price in a currency.
fn called(reader: &Reader, name: &str) -> String {
    if let Some(currency) = name.strip_prefix("price-") {
        return reader.say_with(PRICE_IN, &[("currency", currency)]);
    }
    let first = name.split('/').next().unwrap_or_default();
    let known = FIELDS.iter().find(|(field, _)| *field == first);
    known.map_or_else(|| name.replace('/', " "), |(_, message)| reader.say(*message).to_owned())
}

#[cfg(test)]
mod tests {
    use tradewind_pages::Language;
    use tradewind_problem::Kind;

    use super::*;

    fn reader(language: Language) -> Reader {
        Reader { language, form_token: String::new(), has_key: true, back: String::new() }
    }

    #[test]
    fn what_was_entered_wrongly_is_told_with_its_field_in_the_readers_words() {
        for (language, first, second) in [
            (Language::English, "Nothing was changed.", "Quantity: enter something"),
            (Language::German, "Nichts wurde geändert.", "Menge: geben Sie etwas ein"),
        ] {
            let reader = reader(language);
            let problem = field(&reader, "quantity", reader.say(MISSING));
            assert!(is_of_input(&problem));
            assert_eq!(told(&reader, &problem), [first, second]);
        }
        assert!(!is_of_input(&not_allowed()));
    }

    #[test]
    fn what_owners_refuse_is_told_in_words_of_ours() {
        let german = reader(Language::German);
        let problem = Problem::new(&INVALID_BODY).detail("The body does not fit; see errors.");
        let problem = problem.error("/quantity", "a receipt has a quantity").error("/prices/0", "too many");
        let told_of = told(&german, &problem).join(" ");
        assert!(
            told_of.contains("Menge: geben Sie eine ganze Zahl") && told_of.contains("Preis: "),
            "{told_of}"
        );
        assert!(!told_of.contains("receipt") && !told_of.contains("body"), "{told_of}");
        let kind = |code| Kind { code, status: 409, title: "" };
        for (code, message) in [
            ("order-not-open", ORDER_NOT_OPEN),
            ("payment-not-captured", NOT_CAPTURED),
            ("refund-exceeds-capture", TOO_MUCH_BACK),
            ("something-new", REFUSED),
        ] {
            let kind = kind(code);
            assert_eq!(told(&german, &Problem::new(&kind)), [message.to(Language::German)], "{code}");
        }
    }
}
