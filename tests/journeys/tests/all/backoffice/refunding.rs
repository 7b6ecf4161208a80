//! Refunds that customers ask for, as staff decides them.

use tradewind_accounts_contract::Role;
use tradewind_journeys::{Fleet, ada};
use tradewind_kernel::{Currency, Id, Money};
use tradewind_orders_contract::OrderState;
use tradewind_payments_contract::{
    AskRefund, PaymentsClient, RefundReason, RefundRequestState, RefusalReason,
};

use crate::backoffice::signed_in;
use crate::cards::{GOOD, card};

/// A completed order of Ada's of 8.20, of which she asks 4.10 back.
async fn asked(fleet: &Fleet) -> Id {
    let token = card(fleet, GOOD).await;
    let order = fleet.order_by_card(&ada(), &[("2", 2)], &token).await;
    fleet.comes_to(&ada(), order.id, |order| order.state == OrderState::Completed).await;
    ask(fleet, order.id.id(), 1).await;
    order.id.id()
}

async fn ask(fleet: &Fleet, order: Id, number: u16) {
    let note = "A <b>crack</b>.".parse().ok();
    let amount = Money::from_minor(410, Currency::GBP);
    let asked = AskRefund { amount, reason: RefundReason::Damaged, note };
    hers(fleet).ask_refund(order, number, &asked).await.unwrap();
}

fn hers(fleet: &Fleet) -> PaymentsClient {
    PaymentsClient::new(fleet.caller("gateway/data-plane", &ada()))
}

async fn prompt() -> Fleet {
    Fleet::start_with(&["orders.cancellation_window=0s", "shipping.pretend_carrier.handed_over=0s"]).await
}

#[tokio::test]
async fn staff_grants_a_part_of_what_is_asked_back_and_it_is_recorded() {
    let fleet = prompt().await;
    let (sam, mut browser) = signed_in(&fleet, "Samuel", &[Role::Staff]).await;
    let empty = browser.get("/admin/refunds").await.text();
    assert!(empty.contains("There is nothing to decide."), "{empty}");
    let order = asked(&fleet).await;
    let list = browser.get("/admin/refunds").await.text();
    for part in [&*order.to_string(), "£4.10", "broken, or does not work", "A &lt;b&gt;crack&lt;/b&gt;."] {
        assert!(list.contains(part), "{part}: {list}");
    }
    let address = format!("/admin/orders/{order}");
    let action = format!("{address}/refund-requests/1/grant");
    let page = browser.get(&address).await;
    for granted in ["", "0", "-1", "4.11", "ten", "<script>alert(1)</script>"] {
        let again = browser.submit(&page, &action, &[("granted", granted)]).await;
        assert!(
            again.status == 422 && again.text().contains("role=\"alert\""),
            "{granted}: {}",
            again.text()
        );
        assert!(!again.text().contains("<script>"), "{}", again.text());
    }
    let question = browser.submit(&page, &action, &[("granted", "3.00")]).await;
    assert!(question.text().contains("Give £3.00 of order"), "{}", question.text());
    assert_eq!(hers(&fleet).refund_requests(order).await.unwrap()[0].state, RefundRequestState::Asked);
    let done = browser.submit(&question, &action, &[]).await;
    let changed = browser.follow(&done).await.text();
    for part in ["payments.refund-granted", &sam.id.to_string(), "staff", "3.00"] {
        assert!(changed.contains(part), "{part}: {changed}");
    }
    // The form sent once more gives nothing more back; another amount is refused.
    assert_eq!(browser.submit(&question, &action, &[]).await.status, 303);
    let other = browser.submit(&page, &action, &[("granted", "4.10")]).await;
    let refused = browser.submit(&other, &action, &[]).await;
    assert!(refused.status == 409 && refused.text().contains("decided before"), "{}", refused.text());
    fleet.refunds_rest().await;
    let payment = hers(&fleet).payment(order).await.unwrap();
    assert_eq!(payment.refunded, Money::from_minor(300, Currency::GBP));
    let page = browser.get(&address).await.text();
    assert!(page.contains("£3.00 given back"), "{page}");
    assert!(browser.get("/admin/refunds").await.text().contains("There is nothing to decide."));
    fleet.quiet().await;
    fleet.keeps_its_promises().await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn staff_refuses_with_a_reason_and_the_customer_reads_it() {
    let fleet = prompt().await;
    let (_, mut browser) = signed_in(&fleet, "Samuel", &[Role::Staff]).await;
    let order = asked(&fleet).await;
    let address = format!("/admin/orders/{order}");
    let action = format!("{address}/refund-requests/1/refusal");
    let page = browser.get(&address).await;
    let long = "x".repeat(501);
    for (reason, note) in [("", ""), ("nonsense", ""), ("too-late", long.as_str()), ("too-late", "a\u{7}")] {
        let again = browser.submit(&page, &action, &[("reason", reason), ("note", note)]).await;
        assert!(again.status == 422 && again.text().contains("role=\"alert\""), "{reason}: {}", again.text());
    }
    let fields = [("reason", "not-sent-back"), ("note", "Send it back first.")];
    let question = browser.submit(&page, &action, &fields).await;
    assert!(question.text().contains("because the goods did not come back?"), "{}", question.text());
    let done = browser.submit(&question, &action, &[]).await;
    let changed = browser.follow(&done).await.text();
    assert!(changed.contains("payments.refund-refused") && !changed.contains("Send it back"), "{changed}");
    let seen = hers(&fleet).refund_requests(order).await.unwrap();
    assert_eq!(
        (seen[0].state, seen[0].refusal),
        (RefundRequestState::Refused, Some(RefusalReason::NotSentBack))
    );
    assert_eq!(
        seen[0].refusal_note.as_ref().map(|note| note.as_str().to_owned()).as_deref(),
        Some("Send it back first.")
    );
    ask(&fleet, order, 2).await;
    fleet.quiet().await;
    fleet.keeps_its_promises().await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn decisions_are_for_staff_and_for_forms_of_the_page() {
    let fleet = prompt().await;
    let order = asked(&fleet).await;
    let (_, mut browser) = signed_in(&fleet, "Samuel", &[Role::Staff]).await;
    let action = format!("/admin/orders/{order}/refund-requests/1/grant");
    let forged = browser.post(&action, &[("granted", "4.10"), ("confirmed", "yes")]).await;
    assert_eq!(forged.status, 403, "{}", forged.text());
    let page = browser.get(&format!("/admin/orders/{order}")).await;
    let nothing = browser.submit(&page, &action, &[("granted", "4.10")]).await;
    assert_eq!(nothing.status, 200);
    assert_eq!(hers(&fleet).refund_requests(order).await.unwrap()[0].state, RefundRequestState::Asked);
    let mut stranger = crate::backoffice::browser::Browser::new(&fleet);
    assert_eq!(stranger.get("/admin/refunds").await.status, 303);
    fleet.shutdown().await;
}
