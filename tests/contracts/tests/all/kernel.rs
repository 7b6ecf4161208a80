//! The schemas of the kernel's values are as narrow as their parsers.

use std::fmt::Display;
use std::str::FromStr;

use jsonschema::Validator;
use serde_json::{Value, json};
use tradewind_kernel::{Currency, Id, Money, Position, Slug, Timestamp};
use tradewind_schema::{Described, Side, sample};

fn validator<T: Described>() -> Validator {
    jsonschema::options().should_validate_formats(true).build(T::schema(Side::Read).as_value()).unwrap()
}

/// Texts around the edges of all of them.
fn texts() -> Vec<String> {
    let id = "01980000-0000-7000-8000-000000000001";
    let mut texts: Vec<String> =
        ["", ".", "..", "...", ".a", "a b", "a/b", "ä", "a\n", "\0", "widget-2.0_b", "%", "="]
            .into_iter()
            .chain([
                "GBP", "gbp", "XXX", "JPY", "GBPX", "GB", "10", "-1", "1.", ".5", "1.234", "1.2345", "--1",
                "1e3",
            ])
            .chain([id, "01980000000070008000000000000001", "{01980000-0000-7000-8000-000000000001}"])
            .map(str::to_owned)
            .collect();
    texts.push(id.to_ascii_uppercase());
    texts.push(format!("{id} "));
    texts.push(id.replace('-', "_"));
    texts.push(id.replace("01980", "g1980"));
    texts.extend([63, 64, 65, 1024, 1025].map(|length| "x".repeat(length)));
    texts
}

/// Texts that the schema takes and the parser does not, or the other way round.
fn disagreements<T: FromStr + Described>() -> Vec<String> {
    let validator = validator::<T>();
    let agree = |text: &String| validator.is_valid(&Value::from(text.as_str())) == text.parse::<T>().is_ok();
    texts().into_iter().filter(|text| !agree(text)).collect()
}

#[test]
fn schemas_and_parsers_agree() {
    assert_eq!(disagreements::<Id>(), Vec::<String>::new());
    assert_eq!(disagreements::<Slug>(), Vec::<String>::new());
    assert_eq!(disagreements::<Currency>(), Vec::<String>::new());
}

#[test]
fn what_is_written_fits_and_what_fits_is_read() {
    fn check<T: FromStr + Display + Described>() {
        let (validator, schema) = (validator::<T>(), T::schema(Side::Written));
        let example = sample(schema.as_value(), schema.as_value());
        let value = example.as_str().unwrap().parse::<T>().ok().unwrap();
        assert_eq!(value.to_string(), example);
        assert!(validator.is_valid(&example), "{example}");
    }
    check::<Id>();
    check::<Slug>();
    check::<Currency>();
    check::<Timestamp>();
    check::<Position>();
}

#[test]
fn texts_that_are_no_token_and_no_time_fit_neither_schema() {
    let (token, time) = (validator::<Position>(), validator::<Timestamp>());
    for text in texts() {
        // A token has an inner form that no pattern shows: the schema may take more.
        let parsed = text.parse::<Position>().is_ok();
        assert!(!parsed || token.is_valid(&json!(text)), "{text}");
        assert!(!time.is_valid(&json!(text)) || text.parse::<Timestamp>().is_ok(), "{text}");
    }
    assert!(!token.is_valid(&json!("x".repeat(1025))) && !token.is_valid(&json!("%")));
}

#[test]
fn amounts_agree_but_for_the_places_of_each_currency_and_the_greatest() {
    let validator = validator::<Money>();
    // What has more than 18 digits need not fit 64 bits.
    for text in texts().into_iter().filter(|text| text.len() <= 18) {
        let amount = json!({"amount": text, "currency": "KWD"});
        let parsed = Money::from_decimal(&text, "KWD".parse().unwrap()).is_ok();
        assert_eq!(validator.is_valid(&amount), parsed, "{text:?}");
    }
    assert!(!validator.is_valid(&json!({"amount": "1", "currency": "GBP", "more": 1})));
    assert!(!validator.is_valid(&json!({"amount": "1"})));
}
