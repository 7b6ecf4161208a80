//! Refunds that customers ask for.

use maud::html;
use tradewind_kernel::{Id, Page};
use tradewind_pages::{Html, Message};
use tradewind_payments_contract::{RefundReason, RefundRequest, RefundRequestState, RefusalReason};

use crate::pages::forms::{Field, form, lines};
use crate::pages::next_page;
use crate::reader::Reader;
use crate::refund_words::*;

/// What is to be decided.
pub(crate) fn list(reader: &Reader, requests: &Page<RefundRequest>) -> Html {
    Html::new(html! {
        table {
            caption { (reader.say(CAPTION)) }
            thead {
                tr {
                    th scope="col" { (reader.say(ASKED_AT)) } th scope="col" { (reader.say(ORDER)) }
                    th.number scope="col" { (reader.say(AMOUNT)) } th scope="col" { (reader.say(WHY)) }
                }
            }
            tbody {
                @for request in &requests.items {
                    tr {
                        td { (reader.moment(request.asked_at)) }
                        td { a href={ "/admin/orders/" (request.order_id) } { (request.order_id) } }
                        td.number { (reader.money(request.amount)) }
                        td { (why(reader, request)) }
                    }
                }
            }
        }
        @if requests.items.is_empty() { p { (reader.say(NONE_OPEN)) } }
        (next_page(reader, "/admin/refunds", requests.next.as_deref()))
    })
}

fn why(reader: &Reader, request: &RefundRequest) -> Html {
    Html::new(html! {
        (reader.say(reason(request.reason)))
        @if let Some(note) = &request.note { ": " (Html::name(note.as_str())) }
    })
}

fn reason(reason: RefundReason) -> Message {
    match reason {
        RefundReason::ChangedMind => CHANGED_MIND,
        RefundReason::Damaged => DAMAGED,
        RefundReason::WrongItem => WRONG_ITEM,
        RefundReason::NotArrived => NOT_ARRIVED,
        RefundReason::SomethingElse | RefundReason::Other => SOMETHING_ELSE,
    }
}

/// Why nothing is given back, in words.
pub(crate) fn refusal(reader: &Reader, reason: RefusalReason) -> &'static str {
    reader.say(match reason {
        RefusalReason::TooLate => TOO_LATE,
        RefusalReason::NotSentBack => NOT_SENT_BACK,
        RefusalReason::Used => USED,
        RefusalReason::GivenBackAlready => GIVEN_BACK_ALREADY,
        RefusalReason::SomethingElse | RefusalReason::Other => SOMETHING_ELSE,
    })
}

fn state(reader: &Reader, request: &RefundRequest) -> String {
    let message = match request.state {
        RefundRequestState::Asked => STATE_ASKED,
        RefundRequestState::Granted => STATE_GRANTED,
        RefundRequestState::Returned => STATE_RETURNED,
        RefundRequestState::Failed => STATE_FAILED,
        RefundRequestState::Refused => STATE_REFUSED,
        RefundRequestState::Other => STATE_OTHER,
    };
    let amount = request.granted.map(|amount| reader.money(amount)).unwrap_or_default();
    let reason = request.refusal.map(|reason| refusal(reader, reason)).unwrap_or_default();
    reader.say_with(message, &[("amount", &amount), ("reason", reason)])
}

/// What was asked back for one order, and the forms to decide what is open.
pub(crate) fn of_order(reader: &Reader, key: Id, requests: &[RefundRequest]) -> Html {
    Html::new(html! {
        @if !requests.is_empty() {
            h2 { (reader.say(OF_ORDER)) }
            @for request in requests {
                dl {
                    dt { (reader.say(ASKED_AT)) } dd { (reader.moment(request.asked_at)) }
                    dt { (reader.say(AMOUNT)) } dd { (reader.money(request.amount)) ", " (state(reader, request)) }
                    dt { (reader.say(WHY)) } dd { (why(reader, request)) }
                    @if let Some(note) = &request.refusal_note {
                        dt { (reader.say(REFUSAL_NOTE)) } dd { (Html::name(note.as_str())) }
                    }
                }
                @if request.state == RefundRequestState::Asked { (decisions(reader, key, request)) }
            }
        }
    })
}

fn decisions(reader: &Reader, key: Id, request: &RefundRequest) -> Html {
    let address = format!("/admin/orders/{}/refund-requests/{}", request.order_id, request.number);
    let label = reader.say_with(GRANT_AMOUNT, &[("currency", request.amount.currency().code())]);
    let hint = reader.say_with(GRANT_HINT, &[("amount", &reader.money(request.amount))]);
    // The form of a refund by staff has a field `amount` on the same page.
    let asked = reader.amount(request.amount);
    let amount = Field { hint: &hint, ..Field::text("granted", &label, &asked, 20) };
    let refusal = Html::new(html! {
        p.field {
            label for="field-reason" { (reader.say(REFUSAL_REASON)) }
            select id="field-reason" name="reason" required {
                option value="" { }
                @for each in RefusalReason::ALL { option value=(each.name()) { (self::refusal(reader, each)) } }
            }
        }
        (lines(reader, "note", reader.say(REFUSAL_NOTE), "", 500))
    });
    Html::new(html! {
        (form(reader, key, &format!("{address}/grant"), &amount.shown(reader), reader.say(GRANT)))
        (form(reader, key, &format!("{address}/refusal"), &refusal, reader.say(REFUSE)))
    })
}
