//! The pages of those who work for the shop, as a browser without scripts uses them.

mod browser;
mod forged;
mod offering;
mod refunding;
mod working;

use tradewind_accounts_contract::{AccountsClient, GrantRoles, Role};
use tradewind_journeys::{Fleet, Person};

use crate::backoffice::browser::Browser;

/// Somebody with these roles, signed in at the back office.
async fn signed_in(fleet: &Fleet, name: &str, roles: &[Role]) -> (Person, Browser) {
    let person = Person::register(fleet, name).await;
    let roles = GrantRoles { roles: roles.to_vec() };
    AccountsClient::new(fleet.internal("accounts")).grant(person.id, &roles).await.unwrap();
    let mut browser = Browser::new(fleet);
    let page = browser.sign_in(&person.email, &person.password, "").await;
    assert_eq!((page.status, page.header("location")), (303, Some("/admin")), "{}", page.text());
    (person, browser)
}
