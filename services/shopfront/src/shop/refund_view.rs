//! What was asked back for an order, and the form to ask.

use maud::{Markup, html};
use tradewind_orders_contract::OrderId;
use tradewind_pages::{Html, Message, written};
use tradewind_payments_contract::{MAX_NOTE, RefundReason, RefundRequest, RefundRequestState, RefusalReason};

use crate::shop::frame::token;
use crate::shop::orders::Known;
use crate::shop::refund::{Askable, Entered, askable};
use crate::shop::shopper::Shopper;
use crate::shop::words::*;

/// Everything about money that is given back; nothing when there is nothing to say.
pub(crate) fn section(shopper: &Shopper, known: &Known, entered: Option<&Entered>) -> Markup {
    let askable = askable(known);
    if askable.is_none() && known.requests.is_empty() {
        return html! {};
    }
    html! {
        h2 #refund { (shopper.say(REFUND)) }
        @if !known.requests.is_empty() {
            ol.steps { @for request in &known.requests { li { (request_of(shopper, request)) } } }
        }
        @if known.requests.iter().any(|request| request.state == RefundRequestState::Granted) {
            p { a href=(format!("/shop/orders/{}", known.order.id)) { (shopper.say(LOAD_AGAIN)) } }
        }
        @if let Some(askable) = askable { (form(shopper, known.order.id, &askable, entered)) }
    }
}

fn request_of(shopper: &Shopper, request: &RefundRequest) -> Markup {
    let language = shopper.language();
    let money = |amount| written::money(language, amount);
    let (amount, time) = (money(request.amount), written::moment(language, request.asked_at));
    let granted = request.granted.map(money).unwrap_or_default();
    let state = match request.state {
        RefundRequestState::Asked => REFUND_STATE_ASKED,
        RefundRequestState::Granted => REFUND_STATE_GRANTED,
        RefundRequestState::Returned => REFUND_STATE_RETURNED,
        RefundRequestState::Failed => REFUND_STATE_FAILED,
        RefundRequestState::Refused => REFUND_STATE_REFUSED,
        RefundRequestState::Other => REFUND_STATE_OTHER,
    };
    html! {
        p {
            (shopper.say_with(REFUND_ASKED_FOR, &[("amount", &amount), ("time", &time)])) " " (shopper.say(reason(request.reason))) "."
            @if let Some(note) = &request.note { br; q { (Html::name(note.as_str())) } }
        }
        p data-refund=(request.state.name()) {
            strong { (shopper.say_with(state, &[("amount", &granted)])) }
            @if let Some(refusal) = request.refusal { " " (shopper.say(why_not(refusal))) }
            @if let Some(note) = &request.refusal_note { br; q { (Html::name(note.as_str())) } }
        }
    }
}

/// Why somebody wants money back.
fn reason(reason: RefundReason) -> Message {
    match reason {
        RefundReason::ChangedMind => REFUND_CHANGED_MIND,
        RefundReason::Damaged => REFUND_DAMAGED,
        RefundReason::WrongItem => REFUND_WRONG_ITEM,
        RefundReason::NotArrived => REFUND_NOT_ARRIVED,
        RefundReason::SomethingElse | RefundReason::Other => REFUND_SOMETHING_ELSE,
    }
}

/// Why they do not get it.
fn why_not(reason: RefusalReason) -> Message {
    match reason {
        RefusalReason::TooLate => REFUSED_TOO_LATE,
        RefusalReason::NotSentBack => REFUSED_NOT_SENT_BACK,
        RefusalReason::Used => REFUSED_USED,
        RefusalReason::GivenBackAlready => REFUSED_GIVEN_BACK,
        RefusalReason::SomethingElse | RefusalReason::Other => REFUSED_SOMETHING_ELSE,
    }
}

fn form(shopper: &Shopper, order: OrderId, askable: &Askable, entered: Option<&Entered>) -> Markup {
    let first = Entered::first(shopper.language(), askable);
    let shown = entered.unwrap_or(&first);
    let most = written::money(shopper.language(), askable.most);
    html! {
        // Closed until somebody wants it: most never do.
        details open[entered.is_some()] {
            summary { (shopper.say(REFUND_ASK)) }
            form method="post" action=(format!("/shop/orders/{order}/refund-requests")) {
                (token(shopper))
                input type="hidden" name="number" value=(askable.number);
                (amount_field(shopper, shown, &most, askable.most.currency().code()))
                (reason_field(shopper, shown))
                (note_field(shopper, shown))
                button.primary type="submit" { (shopper.say(REFUND_SEND)) }
            }
        }
    }
}

fn fault(id: &str, fault: Option<&String>) -> Markup {
    html! { @if let Some(fault) = fault { p.fault id=(id) role="alert" { (fault) } } }
}

fn invalid(fault: Option<&String>) -> Option<&'static str> {
    fault.map(|_| "true")
}

fn amount_field(shopper: &Shopper, shown: &Entered, most: &str, currency: &str) -> Markup {
    let wrong = shown.amount_fault.as_ref();
    let described =
        if wrong.is_some() { "refund-amount-help refund-amount-fault" } else { "refund-amount-help" };
    html! {
        div.field {
            label for="refund-amount" { (shopper.say_with(REFUND_AMOUNT, &[("currency", currency)])) }
            p.help #refund-amount-help { (shopper.say_with(REFUND_AMOUNT_HELP, &[("amount", most)])) }
            input #refund-amount name="amount" type="text" inputmode="decimal" value=(shown.amount) required maxlength="20"
                autocomplete="off" aria-invalid=[invalid(wrong)] aria-describedby=(described);
            (fault("refund-amount-fault", wrong))
        }
    }
}

fn reason_field(shopper: &Shopper, shown: &Entered) -> Markup {
    let wrong = shown.reason_fault.as_ref();
    html! {
        div.field {
            label for="refund-reason" { (shopper.say(REFUND_REASON)) }
            select #refund-reason name="reason" required aria-invalid=[invalid(wrong)]
                aria-describedby=[wrong.map(|_| "refund-reason-fault")] {
                option value="" { (shopper.say(CHOOSE_ONE)) }
                @for each in RefundReason::ALL {
                    option value=(each.name()) selected[each.name() == shown.reason] { (shopper.say(reason(each))) }
                }
            }
            (fault("refund-reason-fault", wrong))
        }
    }
}

fn note_field(shopper: &Shopper, shown: &Entered) -> Markup {
    let wrong = shown.note_fault.as_ref();
    html! {
        div.field {
            label for="refund-note" { (shopper.say(REFUND_NOTE)) }
            textarea #refund-note name="note" rows="3" maxlength=(MAX_NOTE) dir="auto" aria-invalid=[invalid(wrong)]
                aria-describedby=[wrong.map(|_| "refund-note-fault")] { (shown.note) }
            (fault("refund-note-fault", wrong))
        }
    }
}
