//! Asking for money back on the page of an order.

use tradewind_journeys::{Fleet, staff};
use tradewind_kernel::{Currency, Id, Money};
use tradewind_payments_contract::{GrantRefund, PaymentsClient, RefusalReason, RefuseRefund};

use super::browser::{Browser, Shown};
use super::buying::{COMPLETED, GOOD, address, by_card, quick};
use super::{add, customer, until_it_says};

/// A customer with a completed order of 1.44 by card, and its address.
async fn paid(fleet: &Fleet, name: &str) -> (Browser, String) {
    let (_, mut browser) = customer(fleet, name).await;
    add(&mut browser, "1", "1").await;
    let order = by_card(&mut browser, GOOD).await;
    let address = address(&order);
    until_it_says(&mut browser, &address, COMPLETED).await;
    (browser, address)
}

fn order_of(address: &str) -> Id {
    address.rsplit('/').next().unwrap().parse().unwrap()
}

fn desk(fleet: &Fleet) -> PaymentsClient {
    PaymentsClient::new(fleet.caller("gateway/data-plane", &staff()))
}

async fn ask(browser: &mut Browser, page: &Shown, fields: &[(&str, &str)]) -> Shown {
    let action = format!("{}/refund-requests", address(page));
    browser.fill(page, &action, fields).await
}

#[tokio::test]
async fn asked_for_granted_and_returned_it_is_seen_on_the_page() {
    let fleet = quick().await;
    let (mut browser, address) = paid(&fleet, "Ada5").await;
    let page = browser.open(&address).await;
    page.says("Ask for a refund");
    page.says("At most £1.44");
    page.says("value=\"1.44\"");
    let fields = [("amount", "1.00"), ("reason", "damaged"), ("note", "A <b>crack</b>,\r\nsee \u{202e}abc")];
    let asked = ask(&mut browser, &page, &fields).await;
    assert_eq!((asked.status, asked.path.as_str()), (200, address.as_str()), "{}", asked.text);
    for said in [
        "We have your request and will look at it.",
        "you asked for £1.00",
        "It is broken",
        "A &lt;b&gt;crack",
    ] {
        asked.says(said);
    }
    asked.says("We are looking at your request.");
    assert!(!asked.has("Ask for a refund"), "one request is open at a time");
    // The form once more, from another tab: the same request, and another one is refused in words.
    ask(&mut browser, &page, &fields).await.says("We have your request and will look at it.");
    let other = ask(&mut browser, &page, &[("amount", "0.50"), ("reason", "damaged")]).await;
    other.says("We have a request for this order already.");
    assert_eq!(desk(&fleet).refund_requests(order_of(&address)).await.unwrap().len(), 1);
    let granted = GrantRefund { amount: Money::from_minor(60, Currency::GBP) };
    desk(&fleet).grant_refund(order_of(&address), 1, &granted).await.unwrap();
    let returned = until_it_says(&mut browser, &address, "Money returned: £0.60").await;
    returned.says("Given back: £0.60");
    returned.says("At most £0.84");
    browser.language = "de";
    let german = browser.open(&address).await;
    for said in ["Geld zurück", "Geld zurück: 0,60", "Es ist kaputt", "value=\"0,84\""] {
        german.says(said);
    }
    let page = browser.open(&address).await;
    let asked = ask(&mut browser, &page, &[("amount", "0,84"), ("reason", "not-arrived")]).await;
    asked.says("Wir haben Ihre Anfrage und sehen sie uns an.");
    fleet.quiet().await;
    fleet.keeps_its_promises().await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn asked_for_and_refused_it_says_why() {
    let fleet = quick().await;
    let (mut browser, address) = paid(&fleet, "Grace5").await;
    let page = browser.open(&address).await;
    ask(&mut browser, &page, &[("amount", "1.44"), ("reason", "changed-mind")]).await;
    let note = "Come by \"the desk\".".parse().ok();
    let refused = RefuseRefund { reason: RefusalReason::TooLate, note };
    desk(&fleet).refuse_refund(order_of(&address), 1, &refused).await.unwrap();
    let page = browser.open(&address).await;
    for said in ["We cannot give this back.", "too long after the goods came", "Come by", "Ask for a refund"]
    {
        page.says(said);
    }
    assert!(!page.has("Given back:"));
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_is_entered_wrongly_is_said_and_nothing_is_asked() {
    let fleet = quick().await;
    let (mut browser, address) = paid(&fleet, "Alan5").await;
    let page = browser.open(&address).await;
    let long = "x".repeat(501);
    let rule = "Enter an amount of more than nothing and at most £1.44.";
    for (amount, reason, note, said) in [
        ("", "damaged", "", rule),
        ("0", "damaged", "", rule),
        ("-1.00", "damaged", "", rule),
        ("1.45", "damaged", "", rule),
        ("999999999999999999999", "damaged", "", rule),
        ("ten", "damaged", "", rule),
        ("\u{202e}1.00", "damaged", "", rule),
        ("<script>alert(1)</script>", "damaged", "", rule),
        ("1.00", "", "", "Choose why you would like it back."),
        ("1.00", "nonsense", "", "Choose why you would like it back."),
        ("1.00", "damaged", long.as_str(), "Write at most 500 characters"),
        ("1.00", "damaged", "a\u{7}b", "Write at most 500 characters"),
        ("1.00", "damaged", "a\0b", "Write at most 500 characters"),
    ] {
        let fields = [("amount", amount), ("reason", reason), ("note", note)];
        let again = ask(&mut browser, &page, &fields).await;
        assert_eq!(again.status, 422, "{fields:?}: {}", again.text);
        again.says(said);
        again.says("<details open>");
        assert!(!again.has("<script>alert"), "{}", again.text);
    }
    assert!(desk(&fleet).refund_requests(order_of(&address)).await.unwrap().is_empty());
    // A number that no page wrote.
    let action = format!("{address}/refund-requests");
    for number in ["", "7", "-1", "99999"] {
        let mut fields = page.hidden(&action);
        fields.retain(|(name, _)| name != "number");
        let more = [("number", number), ("amount", "1.00"), ("reason", "damaged")];
        fields.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let answer = browser.send(&action, &fields).await;
        assert!(answer.status == 200 || answer.status == 404, "{number}: {}", answer.text);
    }
    assert!(desk(&fleet).refund_requests(order_of(&address)).await.unwrap().is_empty());
    fleet.shutdown().await;
}

#[tokio::test]
async fn nobody_asks_back_what_another_has_paid_or_what_is_on_account() {
    let fleet = quick().await;
    let (_, address) = paid(&fleet, "One5").await;
    let (_, mut other) = customer(&fleet, "Other5").await;
    let mut fields = other.open("/shop/cart").await.hidden("/shop/preferences");
    let more = [("number", "1"), ("amount", "1.00"), ("reason", "damaged")];
    fields.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let hidden = other.send(&format!("{address}/refund-requests"), &fields).await;
    assert_eq!(hidden.status, 404, "{}", hidden.text);
    assert!(desk(&fleet).refund_requests(order_of(&address)).await.unwrap().is_empty());
    add(&mut other, "1", "1").await;
    let review = super::to_review(&mut other, "account").await;
    let order = other.fill(&review, "/shop/checkout/order", &[]).await;
    let own = super::buying::address(&order);
    let done = until_it_says(&mut other, &own, COMPLETED).await;
    assert!(!done.has("Ask for a refund"), "nothing was taken from a card");
    let nothing = other.send(&format!("{own}/refund-requests"), &fields).await;
    assert_eq!(nothing.status, 404, "{}", nothing.text);
    fleet.shutdown().await;
}
