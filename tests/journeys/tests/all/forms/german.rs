//! The back office in German: chosen once, and then everywhere, refusals included.

use tradewind_accounts_contract::{AccountsClient, GrantRoles, Role};
use tradewind_fleet::ACCOUNTS;
use tradewind_journeys::{Fleet, Person};

use super::markup;
use super::world::Browser;

/// What stands on the pages in English.
const ENGLISH: [&str; 12] = [
    "Sign in",
    "Sign out",
    "Language",
    "Products",
    "Orders",
    "Customers",
    "Credit limit",
    "Available",
    "Nothing was changed",
    "optional",
    "did not work",
    "no such page",
];

fn in_german(page: &str, path: &str) {
    assert!(page.contains("<html lang=\"de\">"), "{path}: {page}");
    let left: Vec<_> = ENGLISH.iter().filter(|words| page.contains(**words)).collect();
    assert!(left.is_empty(), "{path}: {left:?} {page}");
}

#[tokio::test]
async fn the_back_office_speaks_german_to_who_wants_that() {
    if !tradewind_journeys::is_plain() {
        return;
    }
    let fleet = Fleet::start().await;
    let person = Person::register(&fleet, "Maximilian").await;
    let roles = GrantRoles { roles: vec![Role::Admin] };
    AccountsClient::new(fleet.internal("accounts")).grant(person.id, &roles).await.unwrap();
    let mut browser = Browser::new(&fleet);
    let sign_in = "/admin/sign-in?to=/admin/products";
    let page = browser.open(sign_in).await.text();
    assert!(page.contains("<html lang=\"en\">") && page.contains("Deutsch"), "{page}");
    let chosen = browser.fill(sign_in, "/admin/language", &[("language", "de")]).await;
    assert_eq!((chosen.status, chosen.header("location")), (303, Some(sign_in)));
    in_german(&browser.open(sign_in).await.text(), sign_in);
    let wrong = [("email", "nobody@example.com"), ("password", "nothing")];
    let refused = browser.fill(sign_in, "/admin/sign-in", &wrong).await;
    assert_eq!(refused.status, 401);
    in_german(&refused.text(), sign_in);
    let right = [("email", &*person.email), ("password", &*person.password)];
    assert_eq!(browser.fill(sign_in, "/admin/sign-in", &right).await.status, 303);
    let customer = format!("/admin/customers/{}", ACCOUNTS[0].id);
    for path in [
        "/admin",
        "/admin/products",
        "/admin/products/1",
        "/admin/orders",
        "/admin/customers",
        &customer,
        "/admin/audit",
    ] {
        let page = browser.open(path).await;
        assert_eq!(page.status, 200, "{path}");
        in_german(&page.text(), path);
    }
    let page = browser.open("/admin/products/1").await.text();
    assert!(page.contains("1,20\u{a0}£") && page.contains("value=\"1,20\""), "{page}");
    let limit = format!("{customer}/credit-limit");
    let asked = browser.fill(&customer, &limit, &[("limit", "1234,50")]).await;
    assert!(asked.text().contains("von 15,00\u{a0}£ auf 1.234,50\u{a0}£ ändern?"), "{}", asked.text());
    in_german(&asked.text(), &limit);
    let confirmed =
        markup::forms(&asked.text()).into_iter().find(|form| form.action == limit).unwrap().hidden;
    assert_eq!(browser.post(&limit, &confirmed).await.status, 303);
    refusals(&mut browser).await;
    fleet.shutdown().await;
}

/// What is refused: by the page, by an owner, and by nobody in particular.
async fn refusals(browser: &mut Browser) {
    let (page, action) = ("/admin/products/1", "/admin/products/1/receipts");
    let refused = browser.fill(page, action, &[("quantity", "viele")]).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.text().contains("Menge: geben Sie eine ganze Zahl von 1 bis 1.000.000 ein"),
        "{}",
        refused.text()
    );
    in_german(&refused.text(), action);
    let refused = browser.fill(page, action, &[("quantity", "0"), ("confirmed", "yes")]).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.text().contains("Menge: geben Sie eine ganze Zahl"), "{}", refused.text());
    in_german(&refused.text(), action);
    let gone = browser.open("/admin/products/none").await;
    assert_eq!(gone.status, 404);
    in_german(&gone.text(), "/admin/products/none");
    let forged = browser.post(action, &[]).await;
    assert_eq!(forged.status, 403);
    in_german(&forged.text(), action);
}
