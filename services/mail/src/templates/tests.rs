//! What mails say.

use proptest::prelude::*;
use tradewind_kernel::{Currency, Timestamp};
use tradewind_notification_contract::Language;

use super::*;

const SHOP: &str = "https://shop.example.com/";
const ORDER: Id = Id::from_u128(0x0198_0000_0000_7000_8000_0000_0000_00ab);

fn pounds(minor: i64) -> Money {
    Money::from_minor(minor, Currency::GBP)
}

fn asked(occasion: Occasion) -> MailRequested {
    MailRequested {
        notification_id: Id::from_u128(1),
        recipient_id: Id::from_u128(2),
        occasion,
        language: Language::En,
        order_id: ORDER,
        happened_at: Timestamp::from_micros(0),
        reason: None,
        lines: vec![MailLine { name: "Widget".to_owned(), quantity: 2, unit_price: pounds(120) }],
        total: Some(pounds(240)),
        refunded: None,
        tracking_number: None,
    }
}

fn written(asked: MailRequested, tongue: Tongue) -> Written {
    write(&Content::Order(Box::new(asked)), tongue, "Ada", SHOP).unwrap()
}

#[test]
fn every_occasion_has_words_of_its_own_in_each_language() {
    let mut subjects = std::collections::BTreeSet::new();
    for occasion in Occasion::ALL {
        for tongue in [Tongue::English, Tongue::German] {
            let Written { subject, text, html } = written(asked(occasion), tongue);
            assert!(subject.contains("0000000000AB"), "{subject}");
            assert!(subjects.insert(subject));
            for words in
                ["Ada", "https://shop.example.com/orders/01980000-", "https://shop.example.com/account"]
            {
                assert!(text.contains(words) && html.contains(words), "{words}: {text}");
            }
            assert!(html.contains(&format!("<html lang=\"{}\">", tongue.tag())), "{html}");
        }
    }
    assert!(write(&Content::Order(Box::new(asked(Occasion::Other))), Tongue::English, "Ada", SHOP).is_none());
}

#[test]
fn an_order_is_told_with_its_lines_and_a_refund_with_its_amount() {
    let placed = written(asked(Occasion::OrderPlaced), Tongue::English);
    assert!(placed.text.contains("  2 × Widget, £1.20\n  Total: £2.40\n"), "{}", placed.text);
    assert!(
        placed.html.contains("2 × <bdi>Widget</bdi>") && placed.html.contains("£2.40"),
        "{}",
        placed.html
    );
    let refund = MailRequested { refunded: Some(pounds(150)), ..asked(Occasion::OrderRefunded) };
    let refund = written(refund, Tongue::German);
    assert!(refund.text.contains("Zurück erhältst du: 1,50 £"), "{}", refund.text);
    assert!(!refund.text.contains("2,40") && !refund.html.contains("Widget"), "{}", refund.text);
}

#[test]
fn a_rejection_says_why_in_words_and_never_in_codes() {
    let rejected =
        |code: &str| MailRequested { reason: Some(code.to_owned()), ..asked(Occasion::OrderRejected) };
    let english = written(rejected("sold-out"), Tongue::English);
    assert!(english.text.contains("Something that you ordered is sold out."), "{}", english.text);
    let german = written(rejected("card-declined"), Tongue::German);
    assert!(german.html.contains("Deine Karte wurde abgelehnt."), "{}", german.html);
    let unknown = written(rejected("flux-capacitor-drained"), Tongue::English);
    assert!(
        !unknown.text.contains("flux") && unknown.text.contains("went wrong on our side"),
        "{}",
        unknown.text
    );
}

#[test]
fn a_test_mail_is_about_no_order() {
    let test = Content::Test { at: Timestamp::from_micros(0) };
    let written = write(&test, Tongue::English, "Sam", SHOP).unwrap();
    assert_eq!(written.subject, "A test mail");
    assert!(!written.text.contains("/orders/"), "{}", written.text);
}

#[test]
fn a_name_is_one_line_and_turns_nothing_around_it() {
    let test = Content::Test { at: Timestamp::from_micros(0) };
    let written = write(&test, Tongue::English, "Sam\r\nBcc: x\u{2028}\u{202e}y", SHOP).unwrap();
    assert_eq!(written.text.lines().next(), Some("Hello Sam  Bcc: x  y,"));
    assert!(!written.html.contains(['\u{202e}', '\u{2028}']), "{}", written.html);
}

proptest! {
    #[test]
    fn whatever_a_name_holds_is_text(name in any::<String>(), product in any::<String>()) {
        let mut asked = asked(Occasion::OrderPlaced);
        asked.lines[0].name = format!("{product}<script>alert(1)</script>\" onload=\"x");
        let named = format!("{name}<img src=x onerror=alert(1)>");
        let content = Content::Order(Box::new(asked));
        let written = write(&content, Tongue::English, &named, SHOP).unwrap();
        prop_assert!(!written.html.contains("<script") && !written.html.contains("<img"), "{}", written.html);
        let usual = write(&Content::Order(Box::new(super::tests::asked(Occasion::OrderPlaced))), Tongue::English, "Ada", SHOP);
        let elements = |html: &str| html.matches('<').count();
        prop_assert_eq!(elements(&written.html), elements(&usual.unwrap().html));
    }
}
