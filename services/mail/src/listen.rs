//! Door for events: event in, call one action.

use tradewind_accounts_contract::{self as accounts, PersonErased};
use tradewind_events::Subscription;
use tradewind_notification_contract::{self as notification, MailRequested};

use crate::actions::forget::ForgetPerson;
use crate::actions::record::Record;
use crate::state::Mails;

pub(crate) fn notification() -> Subscription<Mails> {
    Subscription::to(notification::SERVICE).on::<MailRequested, _>(|_, event| Record { asked: event.event })
}

pub(crate) fn accounts() -> Subscription<Mails> {
    Subscription::to(accounts::SERVICE)
        .on::<PersonErased, _>(|_, event| ForgetPerson { person: event.account_id })
}
