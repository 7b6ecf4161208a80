//! Charges that are changed again, late, and at the same time.

use tradewind_kernel::{Currency, Money};
use tradewind_provider_contract::{ChargeState, DeclineReason};

use crate::actions::support::{Books, CARD, STOLEN, code, pounds};

fn moved(movements: &[(&str, i64)]) -> Vec<(String, i64)> {
    movements.iter().map(|(kind, amount)| ((*kind).to_owned(), *amount)).collect()
}

#[tokio::test]
async fn whatever_is_asked_again_is_answered_the_same_and_done_once() {
    let books = Books::new().await;
    let held = books.authorise(CARD, pounds(100)).await.unwrap();
    assert_eq!(books.authorise(CARD, pounds(100)).await, Ok(held));
    let taken = books.capture().await.unwrap();
    assert_eq!((taken.state, taken.captured), (ChargeState::Captured, pounds(100)));
    assert_eq!(books.capture().await, Ok(taken.clone()));
    assert_eq!(books.authorise(CARD, pounds(100)).await, Ok(taken));
    let given_back = books.refund(1, pounds(30)).await.unwrap();
    assert_eq!(given_back.refunded, pounds(30));
    assert_eq!(books.refund(1, pounds(30)).await, Ok(given_back));
    assert_eq!(code(&books.refund(1, pounds(31)).await), "invalid-body");
    let off = books.cancel().await.unwrap();
    assert_eq!((off.state, off.refunded), (ChargeState::Cancelled, pounds(100)));
    assert_eq!(books.cancel().await, Ok(off.clone()));
    assert_eq!(books.refund(1, pounds(30)).await, Ok(off));
    let all = [("authorised", 100), ("captured", 100), ("refunded", 30), ("refunded", 70)];
    assert_eq!(books.movements().await, moved(&all));
    assert_eq!(books.told().await, ["authorised", "captured", "captured", "cancelled"]);
}

#[tokio::test]
async fn a_charge_that_is_asked_for_otherwise_is_refused_and_stays() {
    let books = Books::new().await;
    assert_eq!(code(&books.authorise(CARD, pounds(0)).await), "invalid-body");
    let held = books.authorise(CARD, pounds(100)).await;
    for (card, amount) in [
        (CARD, pounds(101)),
        (STOLEN, pounds(100)),
        (CARD, Money::from_minor(100, "EUR".parse::<Currency>().unwrap())),
    ] {
        assert_eq!(code(&books.authorise(card, amount).await), "invalid-body");
    }
    assert_eq!(books.authorise(CARD, pounds(100)).await, held);
}

#[tokio::test]
async fn an_authorisation_that_comes_after_its_cancellation_holds_nothing() {
    let books = Books::new().await;
    let off = books.cancel().await.unwrap();
    assert_eq!((off.state, off.amount), (ChargeState::Cancelled, pounds(0)));
    assert_eq!(code(&books.authorise(CARD, pounds(100)).await), "charge-cancelled");
    assert_eq!(books.cancel().await, Ok(off));
    assert_eq!(code(&books.capture().await), "charge-not-authorised");
    assert_eq!((books.movements().await, books.told().await), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn a_card_that_refuses_says_why_each_time_and_nothing_moves() {
    let books = Books::new().await;
    for _ in 0..2 {
        let refused = books.authorise(STOLEN, pounds(100)).await.unwrap_err();
        assert_eq!(DeclineReason::of(&refused), Some(DeclineReason::Stolen));
        assert_eq!(code(&books.capture().await), "charge-not-authorised");
        assert_eq!(code(&books.refund(1, pounds(1)).await), "refund-exceeds-capture");
        assert_eq!(books.cancel().await.unwrap().state, ChargeState::Declined);
    }
    assert_eq!((books.movements().await, books.told().await), (Vec::new(), vec!["declined".to_owned()]));
}

#[tokio::test]
async fn two_refunds_at_once_do_not_exceed_the_capture() {
    let books = Books::new().await;
    books.authorise(CARD, pounds(100)).await.unwrap();
    books.capture().await.unwrap();
    let (one, other) = tokio::join!(books.refund(1, pounds(60)), books.refund(2, pounds(60)));
    let codes = [code(&one), code(&other)];
    assert!(codes.contains(&"") && codes.contains(&"refund-exceeds-capture"), "{codes:?}");
    assert_eq!(books.refund(3, pounds(40)).await.unwrap().refunded, pounds(100));
    assert_eq!(code(&books.refund(4, pounds(1)).await), "refund-exceeds-capture");
    assert_eq!(code(&books.refund(5, pounds(i64::MAX)).await), "refund-exceeds-capture");
}

#[tokio::test]
async fn a_cancellation_and_a_capture_at_once_leave_nothing_taken() {
    for cancel_first in [true, false] {
        let books = Books::new().await;
        books.authorise(CARD, pounds(100)).await.unwrap();
        if cancel_first {
            drop(tokio::join!(books.cancel(), books.capture()));
        } else {
            drop(tokio::join!(books.capture(), books.cancel()));
        }
        let off = books.cancel().await.unwrap();
        assert_eq!((off.state, off.captured), (ChargeState::Cancelled, off.refunded));
        let last = if cancel_first { ("voided", 100) } else { ("refunded", 100) };
        assert_eq!(books.movements().await.last(), moved(&[last]).first());
    }
}
