//! Asking for money back.

use std::sync::Arc;

use tradewind_kernel::{Currency, Money};
use tradewind_orders_contract::{OrderId, OrderState};
use tradewind_pages::{Fields, Flash, Language, written};
use tradewind_payments_contract::{
    AskRefund, MAX_NOTE, MAX_REFUND_REQUESTS, Note, Payment, PaymentState, RefundReason, RefundRequestState,
};
use tradewind_problem::Problem;

use crate::shop::order_view;
use crate::shop::orders::{Known, known};
use crate::shop::routed::{Answered, go};
use crate::shop::shopper::Shopper;
use crate::shop::view::{UNFIT, View};
use crate::shop::words::*;

/// What can be asked back for an order now.
pub(crate) struct Askable {
    /// The number of the next request.
    pub(crate) number: u16,
    /// What was taken and is not given back, nor about to be.
    pub(crate) most: Money,
}

/// Nothing can be asked while a request waits, or when nothing is left to give back.
pub(crate) fn askable(known: &Known) -> Option<Askable> {
    let order = &known.order;
    let is_agreed =
        order.state == OrderState::Completed || (order.state == OrderState::Open && !order.cancelling);
    let payment = known.payment.as_ref().filter(|payment| payment.state == PaymentState::Captured)?;
    let waits = known.requests.iter().any(|request| request.state == RefundRequestState::Asked);
    let number = u16::try_from(known.requests.len()).ok()?.checked_add(1)?;
    let most = left(payment);
    let can = is_agreed && !waits && number <= MAX_REFUND_REQUESTS && most.minor() > 0;
    can.then_some(Askable { number, most })
}

fn left(payment: &Payment) -> Money {
    let minor = payment.amount.minor().saturating_sub(payment.refunded.minor());
    Money::from_minor(minor, payment.amount.currency())
}

/// What was entered, and what is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Entered {
    pub(crate) amount: String,
    pub(crate) reason: String,
    pub(crate) note: String,
    pub(crate) amount_fault: Option<String>,
    pub(crate) reason_fault: Option<String>,
    pub(crate) note_fault: Option<String>,
}

impl Entered {
    /// What the form holds at first: everything that is left.
    pub(crate) fn first(language: Language, askable: &Askable) -> Self {
        Self { amount: decimal(language, askable.most), ..Self::default() }
    }

    fn of(fields: &Fields) -> Self {
        let raw = |name: &str, most| fields.raw(name).unwrap_or_default().trim().chars().take(most).collect();
        Self {
            amount: raw("amount", 20),
            reason: raw("reason", 20),
            note: raw("note", MAX_NOTE),
            ..Self::default()
        }
    }

    fn is_fine(&self) -> bool {
        self.amount_fault.is_none() && self.reason_fault.is_none() && self.note_fault.is_none()
    }

    /// What is asked; what does not fit is said beside its field.
    fn asked(&mut self, shopper: &Shopper, fields: &Fields, most: Money) -> Option<AskRefund> {
        let amount = amount(&self.amount, most.currency());
        let amount = amount.filter(|amount| (1..=most.minor()).contains(&amount.minor()));
        if amount.is_none() {
            self.amount_fault = Some(amount_rule(shopper, most));
        }
        let reason = Some(RefundReason::named(&self.reason)).filter(|reason| *reason != RefundReason::Other);
        if reason.is_none() {
            self.reason_fault = Some(shopper.say(REFUND_REASON_FIRST).to_owned());
        }
        let text = fields.raw("note").unwrap_or_default().trim();
        let note = (!text.is_empty()).then(|| text.parse::<Note>()).transpose();
        if note.is_err() {
            let most = MAX_NOTE.to_string();
            self.note_fault = Some(shopper.say_with(REFUND_NOTE_RULE, &[("max", &most)]));
        }
        Some(AskRefund { amount: amount?, reason: reason?, note: note.ok()? })
    }
}

fn amount_rule(shopper: &Shopper, most: Money) -> String {
    shopper.say_with(REFUND_AMOUNT_RULE, &[("amount", &written::money(shopper.language(), most))])
}

/// An amount as it is entered in a language.
fn decimal(language: Language, money: Money) -> String {
    match language {
        Language::English => money.decimal(),
        Language::German => money.decimal().replace('.', ","),
    }
}

/// An amount as people write it, with a point or a comma.
fn amount(text: &str, currency: Currency) -> Option<Money> {
    let text = if text.contains('.') { text.to_owned() } else { text.replacen(',', ".", 1) };
    Money::from_decimal(&text, currency).ok()
}

pub(crate) async fn ask(shopper: Arc<Shopper>, fields: Fields) -> Answered {
    shopper.require_signed()?;
    let id: OrderId = shopper.call.parameter("id")?;
    let order = shopper.orders(None).order(id).await?;
    // Of an order without a payment by card nothing can be asked back, and that is said.
    let payment = shopper.payments().payment(id.id()).await?;
    let mut entered = Entered::of(&fields);
    let Some(asked) = entered.asked(&shopper, &fields, left(&payment)) else {
        return again(&shopper, &known(&shopper, order).await, &entered);
    };
    let Ok(number) = fields.value::<u16>("number") else {
        return back(&shopper, id, Flash::bad(NOT_DONE));
    };
    match shopper.payments().ask_refund(id.id(), number, &asked).await {
        Ok(_) => back(&shopper, id, Flash::good(REFUND_ASKED)),
        Err(problem) => refused(&shopper, (id, problem), entered).await,
    }
}

async fn refused(shopper: &Shopper, (id, problem): (OrderId, Problem), entered: Entered) -> Answered {
    match problem.code() {
        "refund-already-asked" | "conflict" => back(shopper, id, Flash::bad(REFUND_ASKED_BEFORE)),
        "refund-exceeds-capture" => {
            // Less is left than a moment ago.
            let order = shopper.orders(None).order(id).await?;
            let known = known(shopper, order).await;
            let most = known.payment.as_ref().map(left);
            let amount_fault = most.map(|most| amount_rule(shopper, most));
            again(shopper, &known, &Entered { amount_fault, ..entered })
        }
        "payment-not-captured" => back(shopper, id, Flash::bad(REFUND_TOO_EARLY)),
        _ => Err(problem),
    }
}

/// The page once more, with what is wrong; when nothing can be asked any more it says what became of it.
fn again(shopper: &Shopper, known: &Known, entered: &Entered) -> Answered {
    let id = known.order.id;
    if askable(known).is_none() || entered.is_fine() {
        return back(shopper, id, Flash::bad(REFUND_ASKED_BEFORE));
    }
    let main = order_view::order(shopper, known, Some(entered));
    Ok(View::new(shopper.say(YOUR_ORDER), main).status(UNFIT).into())
}

fn back(shopper: &Shopper, id: OrderId, flash: Flash) -> Answered {
    go(format!("/shop/orders/{id}"), vec![shopper.flash(flash)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_with_a_point_or_a_comma() {
        let pence = |text| amount(text, Currency::GBP).map(|money| money.minor());
        assert_eq!((pence("12.50"), pence("12,50"), pence("12")), (Some(1_250), Some(1_250), Some(1_200)));
        for odd in ["", "1,2,3", "1.2,3", "1e3", "£1", "ten", "1.234", "\u{202e}1"] {
            assert_eq!(pence(odd), None, "{odd:?}");
        }
        assert_eq!(decimal(Language::German, Money::from_minor(1_250, Currency::GBP)), "12,50");
    }

    #[test]
    fn what_was_entered_is_shown_again_and_cut_where_it_is_too_long() {
        let long = "x".repeat(600);
        let entered = Entered::of(&Fields::of(&[("amount", " 1 "), ("note", &long), ("reason", "damaged")]));
        assert_eq!((entered.amount.as_str(), entered.note.len()), ("1", MAX_NOTE));
    }
}
