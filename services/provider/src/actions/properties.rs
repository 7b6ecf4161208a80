//! Whatever is asked in whatever sequence, the books add up.

use proptest::prelude::*;
use tradewind_provider_contract::ChargeState;

use crate::actions::support::{Books, CARD, REFERENCE, STOLEN, pounds};
use crate::store;

#[derive(Debug, Clone, Copy)]
enum Step {
    Authorise { accepts: bool, amount: i64 },
    Capture,
    Cancel,
    Refund { id: u128, amount: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (any::<bool>(), 1_i64..3)
            .prop_map(|(accepts, amount)| Step::Authorise { accepts, amount: amount * 50 }),
        Just(Step::Capture),
        Just(Step::Cancel),
        (1_u128..6, -1_i64..70).prop_map(|(id, amount)| Step::Refund { id, amount }),
    ]
}

async fn take(books: &Books, step: Step) {
    let outcome = match step {
        Step::Authorise { accepts, amount } => {
            books.authorise(if accepts { CARD } else { STOLEN }, pounds(amount)).await
        }
        Step::Capture => books.capture().await,
        Step::Cancel => books.cancel().await,
        Step::Refund { id, amount } => books.refund(id, pounds(amount)).await,
    };
    // A refusal is an answer; what must not be is a fault.
    assert!(outcome.is_ok() || outcome.is_err_and(|problem| problem.status() < 500), "{step:?}");
}

async fn add_up(books: &Books) {
    let Some(charge) = store::find(&books.db, REFERENCE).await.unwrap() else { return };
    let (amount, captured, refunded) =
        (charge.amount.minor(), charge.captured.minor(), charge.refunded.minor());
    assert!(0 <= refunded && refunded <= captured && captured <= amount, "{charge:?}");
    let movements = books.movements().await;
    let sum = |kind: &str| -> i64 {
        movements.iter().filter(|(known, _)| known == kind).map(|(_, amount)| amount).sum()
    };
    assert_eq!((sum("captured"), sum("refunded")), (captured, refunded), "{charge:?}");
    let is_held = charge.state == ChargeState::Authorised;
    assert_eq!(sum("authorised") - sum("voided") - sum("captured"), if is_held { amount } else { 0 });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_more_is_given_back_than_taken_and_no_more_taken_than_held(
        steps in prop::collection::vec(step(), 1..14),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let books = Books::new().await;
            for step in steps {
                take(&books, step).await;
                add_up(&books).await;
            }
        });
    }
}
