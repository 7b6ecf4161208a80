//! Money that customers ask for: asked once, decided once, given back once.

use futures_util::future::join_all;
use tradewind_journeys::{Fleet, Person, ada, grace, staff, user};
use tradewind_kernel::{Currency, Id, Money};
use tradewind_orders_contract::{OrderId, OrderState};
use tradewind_payments_contract::{
    AskRefund, GrantRefund, MAX_REFUND_REQUESTS, Note, PaymentsClient, RefundPayment, RefundReason,
    RefundRequest, RefundRequestState, RefusalReason, RefuseRefund,
};
use tradewind_problem::Problem;

use crate::cards::{GOOD, card};

fn pence(minor: i64) -> Money {
    Money::from_minor(minor, Currency::GBP)
}

async fn prompt() -> Fleet {
    Fleet::start_with(&["orders.cancellation_window=0s", "shipping.pretend_carrier.handed_over=0s"]).await
}

fn payments(fleet: &Fleet, token: &str) -> PaymentsClient {
    PaymentsClient::new(fleet.caller("gateway/data-plane", token))
}

/// A completed order by card of 8.20.
async fn paid(fleet: &Fleet, token: &str) -> Id {
    let card = card(fleet, GOOD).await;
    let order = fleet.order_by_card(token, &[("2", 2)], &card).await;
    fleet.comes_to(token, order.id, |order| order.state == OrderState::Completed).await;
    order.id.id()
}

fn asking(minor: i64) -> AskRefund {
    let note: Option<Note> = "One of them has a crack.".parse().ok();
    AskRefund { amount: pence(minor), reason: RefundReason::Damaged, note }
}

fn granting(minor: i64) -> GrantRefund {
    GrantRefund { amount: pence(minor) }
}

/// What becomes of a request.
async fn comes_to(
    fleet: &Fleet,
    (order, number): (Id, usize),
    is_there: impl Fn(&RefundRequest) -> bool,
) -> RefundRequest {
    let clock = fleet.clock();
    let seen = async {
        loop {
            let all = payments(fleet, &staff()).refund_requests(order).await.unwrap();
            if let Some(request) = all.get(number - 1).filter(|request| is_there(request)) {
                return request.clone();
            }
            clock.sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    clock.timeout(std::time::Duration::from_secs(20), seen).await.expect("nothing becomes of it")
}

fn codes(answers: Vec<Result<RefundRequest, Problem>>) -> Vec<String> {
    let code = |answer: Result<RefundRequest, Problem>| match answer {
        Ok(request) => request.state.name().to_owned(),
        Err(problem) => problem.code().to_owned(),
    };
    answers.into_iter().map(code).collect()
}

#[tokio::test]
async fn what_is_asked_back_is_granted_in_part_and_given_back_once() {
    let fleet = prompt().await;
    let order = paid(&fleet, &ada()).await;
    let (hers, desk) = (payments(&fleet, &ada()), payments(&fleet, &staff()));
    let asked = hers.ask_refund(order, 1, &asking(410)).await.unwrap();
    assert_eq!((asked.number, asked.state, asked.amount), (1, RefundRequestState::Asked, pence(410)));
    assert_eq!(hers.ask_refund(order, 1, &asking(410)).await.unwrap(), asked);
    let open = desk.open_refund_requests(None, 10).await.unwrap();
    assert_eq!((open.items, open.next), (vec![asked.clone()], None));
    let granted = desk.grant_refund(order, 1, &granting(300)).await.unwrap();
    assert_eq!((granted.granted, granted.note, granted.amount), (Some(pence(300)), asked.note, pence(410)));
    let refund = granted.refund_id.unwrap();
    let returned = comes_to(&fleet, (order, 1), |it| it.state == RefundRequestState::Returned).await;
    assert_eq!((returned.refund_id, returned.granted), (Some(refund), Some(pence(300))));
    // Said again it is what it was, and nothing else is decided.
    assert_eq!(desk.grant_refund(order, 1, &granting(300)).await.unwrap(), returned);
    let other = desk.grant_refund(order, 1, &granting(100)).await.unwrap_err();
    let refusal = RefuseRefund { reason: RefusalReason::TooLate, note: None };
    let refused = desk.refuse_refund(order, 1, &refusal).await.unwrap_err();
    assert_eq!((other.code(), refused.code()), ("refund-request-decided", "refund-request-decided"));
    assert_eq!(hers.payment(order).await.unwrap().refunded, pence(300));
    assert!(desk.open_refund_requests(None, 10).await.unwrap().items.is_empty());
    // What is left can be asked for as the next one, and no more than that.
    let above = hers.ask_refund(order, 2, &asking(521)).await.unwrap_err();
    let gap = hers.ask_refund(order, 3, &asking(1)).await.unwrap_err();
    assert_eq!((above.code(), gap.code()), ("refund-exceeds-capture", "conflict"));
    hers.ask_refund(order, 2, &asking(520)).await.unwrap();
    fleet.quiet().await;
    fleet.keeps_its_promises().await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_is_refused_says_why_and_can_be_asked_for_again() {
    let fleet = prompt().await;
    let order = paid(&fleet, &ada()).await;
    let (hers, desk) = (payments(&fleet, &ada()), payments(&fleet, &staff()));
    hers.ask_refund(order, 1, &asking(820)).await.unwrap();
    let refusal = RefuseRefund {
        reason: RefusalReason::NotSentBack,
        note: "Send them back first, please.".parse().ok(),
    };
    let refused = desk.refuse_refund(order, 1, &refusal).await.unwrap();
    assert_eq!(refused, desk.refuse_refund(order, 1, &refusal).await.unwrap());
    let seen = hers.refund_requests(order).await.unwrap();
    assert_eq!(
        (seen[0].state, seen[0].refusal),
        (RefundRequestState::Refused, Some(RefusalReason::NotSentBack))
    );
    assert_eq!(seen[0].refusal_note, refusal.note);
    let late = desk.grant_refund(order, 1, &granting(820)).await.unwrap_err();
    assert_eq!((late.status(), late.code()), (409, "refund-request-decided"));
    assert_eq!(hers.payment(order).await.unwrap().refunded, pence(0));
    hers.ask_refund(order, 2, &asking(820)).await.unwrap();
    fleet.quiet().await;
    fleet.keeps_its_promises().await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn asked_and_granted_many_times_at_once_it_is_one() {
    let fleet = prompt().await;
    let order = paid(&fleet, &ada()).await;
    let (hers, desk) = (payments(&fleet, &ada()), payments(&fleet, &staff()));
    // The same form from two tabs is one request; another one from a third is refused, or is the one.
    let amounts = [410, 410, 410, 200, 200, 100];
    let asks = amounts.map(|minor| {
        let hers = hers.clone();
        async move { hers.ask_refund(order, 1, &asking(minor)).await }
    });
    let codes_of_asks = codes(join_all(asks).await);
    assert!(
        codes_of_asks.iter().all(|code| ["asked", "refund-already-asked"].contains(&code.as_str())),
        "{codes_of_asks:?}"
    );
    let all = hers.refund_requests(order).await.unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    let amount = all[0].amount;
    let told = codes_of_asks.iter().filter(|code| *code == "asked").count();
    assert_eq!(told, amounts.iter().filter(|minor| pence(**minor) == amount).count());
    let grants = (0..8).map(|at| {
        let desk = desk.clone();
        let granted = granting(if at % 2 == 0 { amount.minor() } else { 50 });
        async move { desk.grant_refund(order, 1, &granted).await }
    });
    let codes_of_grants = codes(join_all(grants).await);
    let was_granted = |code: &&String| ["granted", "returned"].contains(&code.as_str());
    assert_eq!(codes_of_grants.iter().filter(was_granted).count(), 4, "{codes_of_grants:?}");
    assert!(codes_of_grants.iter().all(|code| was_granted(&code) || code == "refund-request-decided"));
    let returned = comes_to(&fleet, (order, 1), |it| it.state == RefundRequestState::Returned).await;
    assert_eq!(Some(hers.payment(order).await.unwrap().refunded), returned.granted);
    fleet.quiet().await;
    fleet.keeps_its_promises().await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn never_more_is_given_back_than_was_taken() {
    let fleet = prompt().await;
    let order = paid(&fleet, &ada()).await;
    let (hers, desk) = (payments(&fleet, &ada()), payments(&fleet, &staff()));
    hers.ask_refund(order, 1, &asking(820)).await.unwrap();
    // Staff gives something back of its own accord meanwhile.
    desk.refund(order, &RefundPayment { amount: pence(500) }, "goodwill").await.unwrap();
    let refused = desk.grant_refund(order, 1, &granting(820)).await.unwrap_err();
    assert_eq!(refused.code(), "refund-exceeds-capture");
    assert_eq!(hers.refund_requests(order).await.unwrap()[0].state, RefundRequestState::Asked);
    for minor in [0, -1, 821] {
        let refused = desk.grant_refund(order, 1, &granting(minor)).await.unwrap_err();
        assert_eq!((refused.status(), refused.errors()[0].pointer.as_str()), (422, "/amount"), "{minor}");
    }
    desk.grant_refund(order, 1, &granting(320)).await.unwrap();
    comes_to(&fleet, (order, 1), |it| it.state == RefundRequestState::Returned).await;
    assert_eq!(hers.payment(order).await.unwrap().refunded, pence(820));
    let nothing_left = hers.ask_refund(order, 2, &asking(1)).await.unwrap_err();
    assert_eq!(nothing_left.code(), "refund-exceeds-capture");
    fleet.quiet().await;
    fleet.keeps_its_promises().await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn only_what_was_taken_by_card_from_oneself_can_be_asked_back_and_staff_decides() {
    let fleet = prompt().await;
    let order = paid(&fleet, &ada()).await;
    let (hers, others) = (payments(&fleet, &ada()), payments(&fleet, &grace()));
    let on_account = fleet.order(&ada(), &[("1", 1)]).await.id.id();
    for (client, order) in [(&others, order), (&hers, on_account), (&hers, Id::from_u128(7))] {
        assert_eq!(client.ask_refund(order, 1, &asking(1)).await.unwrap_err().status(), 404);
        assert_eq!(client.refund_requests(order).await.unwrap_err().status(), 404);
    }
    let desk = payments(&fleet, &staff());
    assert_eq!(desk.ask_refund(order, 1, &asking(1)).await.unwrap_err().status(), 403);
    hers.ask_refund(order, 1, &asking(100)).await.unwrap();
    let refusal = RefuseRefund { reason: RefusalReason::Used, note: None };
    assert_eq!(hers.grant_refund(order, 1, &granting(100)).await.unwrap_err().status(), 403);
    assert_eq!(hers.refuse_refund(order, 1, &refusal).await.unwrap_err().status(), 403);
    assert_eq!(hers.open_refund_requests(None, 10).await.unwrap_err().status(), 403);
    for number in [0, 2, MAX_REFUND_REQUESTS + 1] {
        assert_eq!(desk.grant_refund(order, number, &granting(1)).await.unwrap_err().status(), 404);
    }
    for number in [0, MAX_REFUND_REQUESTS + 1] {
        assert_eq!(hers.ask_refund(order, number, &asking(1)).await.unwrap_err().status(), 404);
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn requests_of_one_order_are_bounded() {
    let fleet = prompt().await;
    let order = paid(&fleet, &ada()).await;
    let (hers, desk) = (payments(&fleet, &ada()), payments(&fleet, &staff()));
    let refusal = RefuseRefund { reason: RefusalReason::SomethingElse, note: None };
    for number in 1..=MAX_REFUND_REQUESTS {
        hers.ask_refund(order, number, &asking(10)).await.unwrap();
        desk.refuse_refund(order, number, &refusal).await.unwrap();
    }
    assert_eq!(hers.ask_refund(order, MAX_REFUND_REQUESTS + 1, &asking(10)).await.unwrap_err().status(), 404);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_decision_is_recorded_and_told_by_mail() {
    let fleet = prompt().await;
    fleet.seeder().people().await.unwrap();
    let order = paid(&fleet, &ada()).await;
    let (hers, desk) = (payments(&fleet, &ada()), payments(&fleet, &staff()));
    hers.ask_refund(order, 1, &asking(100)).await.unwrap();
    desk.grant_refund(order, 1, &granting(60)).await.unwrap();
    hers.ask_refund(order, 2, &asking(100)).await.unwrap();
    let note = "Canary 4711.".parse().ok();
    desk.refuse_refund(order, 2, &RefuseRefund { reason: RefusalReason::TooLate, note }).await.unwrap();
    let mut told = fleet.told("payments", OrderId::new(order)).await;
    told.retain(|kind| kind.starts_with("refund-"));
    assert_eq!(told, ["refund-requested", "refund-granted", "refund-requested", "refund-refused"]);
    let request = tradewind_testkit::Request::new(
        "GET",
        &format!("/api/payments/v1/audit?targetKind=order&targetId={order}"),
    );
    let records = fleet.send(request.bearer(&staff())).await.text();
    for part in ["payments.refund-granted", "payments.refund-refused", "too-late", "0.60"] {
        assert!(records.contains(part), "{part}: {records}");
    }
    assert!(!records.contains("Canary") && !records.contains("crack"), "{records}");
    let subjects = ["Your refund is granted", "We cannot give this money back", "You get money back"];
    let clock = fleet.clock();
    let arrived = async {
        loop {
            let mails = fleet.mailbox().await;
            let is_there = |subject: &&str| mails.iter().any(|mail| mail.subject.starts_with(*subject));
            if subjects.iter().all(is_there) {
                return mails;
            }
            clock.sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    clock.timeout(std::time::Duration::from_secs(20), arrived).await.expect("the mails do not come");
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_somebody_wrote_goes_when_they_do() {
    let fleet = prompt().await;
    let person = Person::register(&fleet, "Edsger").await;
    fleet.quiet().await;
    let token = user(person.id);
    let order = paid(&fleet, &token).await;
    let (theirs, desk) = (payments(&fleet, &token), payments(&fleet, &staff()));
    theirs.ask_refund(order, 1, &asking(100)).await.unwrap();
    assert!(desk.refund_requests(order).await.unwrap()[0].note.is_some());
    person.erase(&fleet).await;
    fleet.quiet().await;
    assert_eq!(desk.refund_requests(order).await.unwrap()[0].note, None);
    // Their token is good for a while, and nothing is written any more.
    let note = "Canary 4711.".parse().ok();
    desk.refuse_refund(order, 1, &RefuseRefund { reason: RefusalReason::Used, note }).await.unwrap();
    assert_eq!(desk.refund_requests(order).await.unwrap()[0].refusal_note, None);
    assert_eq!(theirs.ask_refund(order, 2, &asking(100)).await.unwrap_err().status(), 404);
    fleet.keeps_its_promises().await;
    fleet.shutdown().await;
}
