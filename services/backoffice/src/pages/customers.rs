//! Customers and their credit.

use maud::html;
use tradewind_customers_contract::Account;
use tradewind_kernel::{Id, Page};
use tradewind_pages::Html;

use crate::pages::forms::{Field, form};
use crate::pages::next_page;
use crate::reader::Reader;
use crate::words::*;
use crate::worker::Worker;

pub(crate) fn list(reader: &Reader, accounts: &Page<Account>) -> Html {
    Html::new(html! {
        table {
            caption { (reader.say(CUSTOMERS)) }
            thead {
                tr {
                    th scope="col" { (reader.say(CUSTOMER)) }
                    th scope="col" { (reader.say(NAME)) }
                    th.number scope="col" { (reader.say(CREDIT_LIMIT)) }
                    th.number scope="col" { (reader.say(LEFT_OF_IT)) }
                }
            }
            tbody {
                @for account in &accounts.items {
                    tr {
                        td { a href={ "/admin/customers/" (account.customer_id) } { (account.customer_id) } }
                        td { (name(reader, account)) }
                        td.number { (reader.money(account.credit_limit)) }
                        td.number { (reader.money(account.available)) }
                    }
                }
            }
        }
        (next_page(reader, "/admin/customers", accounts.next.as_deref()))
    })
}

/// An account that somebody opened by registering has no name here.
fn name(reader: &Reader, account: &Account) -> Html {
    if account.name.is_empty() { Html::text(reader.say(NO_NAME)) } else { Html::name(&account.name) }
}

pub(crate) fn one(worker: &Worker, key: Id, account: &Account) -> Html {
    let (id, reader) = (account.customer_id, &worker.reader);
    Html::new(html! {
        dl {
            dt { (reader.say(CUSTOMER)) } dd { (id) }
            dt { (reader.say(NAME)) } dd { (name(reader, account)) }
            dt { (reader.say(CREDIT_LIMIT)) } dd id="limit" { (reader.money(account.credit_limit)) }
            dt { (reader.say(RESERVED)) } dd { (reader.money(account.reserved)) }
            dt { (reader.say(OWED)) } dd { (reader.money(account.owed)) }
            dt { (reader.say(LEFT)) } dd { (reader.money(account.available)) }
        }
        @if worker.is_admin {
            h2 { (reader.say(CHANGE_LIMIT)) }
            (form(reader, key, &format!("/admin/customers/{id}/credit-limit"), &limit_field(reader, account), reader.say(CHANGE)))
        } @else {
            p { (reader.say(LIMITS_FOR_ADMINS)) }
        }
        p { a href={ "/admin/audit?kind=customer&id=" (id) } { (reader.say(TRAIL_CUSTOMER)) } }
    })
}

fn limit_field(reader: &Reader, account: &Account) -> Html {
    let label = reader.say_with(LIMIT_IN, &[("currency", account.credit_limit.currency().code())]);
    let (hint, limit) = (reader.say(LIMIT_HINT), reader.amount(account.credit_limit));
    Field { hint, ..Field::text("limit", &label, &limit, 20) }.shown(reader)
}
