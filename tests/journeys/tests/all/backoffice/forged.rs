//! Whom the back office refuses: strangers, customers, staff that wants what is for admins, and forms of other sites.

use tradewind_accounts_contract::{AccountsClient, GrantRoles, Role};
use tradewind_fleet::ACCOUNTS;
use tradewind_journeys::{Fleet, Person, staff};
use tradewind_testkit::Request;

use crate::backoffice::browser::Browser;
use crate::backoffice::signed_in;

#[tokio::test]
async fn who_is_not_signed_in_is_sent_to_where_they_can() {
    let fleet = Fleet::start().await;
    let mut browser = Browser::new(&fleet);
    for path in ["/admin", "/admin/products/1", "/admin/audit", "/admin/customers"] {
        let answer = browser.get(path).await;
        let to = format!("/admin/sign-in?to={path}");
        assert_eq!((answer.status, answer.header("location")), (303, Some(to.as_str())), "{path}");
    }
    // A token is none of a browser: only the cookie counts.
    let request = Request::new("GET", "/admin/orders").bearer(&staff());
    assert_eq!(browser.send(request).await.status, 303);
    let page = browser.get("/admin/sign-in?to=https://evil.example/").await.text();
    // It is a part of this page's own address at most.
    assert!(!page.contains("\"https:") && !page.contains("=\"//"), "{page}");
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_customer_is_refused_and_told_no_more() {
    let fleet = Fleet::start().await;
    let carla = Person::register(&fleet, "Carla").await;
    let mut browser = Browser::new(&fleet);
    let refused = browser.sign_in(&carla.email, &carla.password, "").await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    let text = refused.text();
    for part in ["Carla", "staff", "admin role", "/admin/products"] {
        assert!(!text.contains(part), "{part}: {text}");
    }
    assert_eq!(browser.get("/admin/orders").await.status, 303);
    let wrong = browser.sign_in(&carla.email, "not the password", "").await;
    assert_eq!(wrong.status, 401, "{}", wrong.text());
    fleet.shutdown().await;
}

#[tokio::test]
async fn whose_role_was_taken_is_refused_at_the_next_page() {
    let fleet = Fleet::start().await;
    let (sam, mut browser) = signed_in(&fleet, "Samuel", &[Role::Customer, Role::Staff]).await;
    assert_eq!(browser.get("/admin/orders").await.status, 200);
    let roles = GrantRoles { roles: vec![Role::Customer] };
    AccountsClient::new(fleet.internal("accounts")).grant(sam.id, &roles).await.unwrap();
    assert_eq!(browser.get("/admin/orders").await.status, 403);
    fleet.shutdown().await;
}

#[tokio::test]
async fn staff_does_not_set_credit_limits_and_the_attempt_is_recorded() {
    let fleet = Fleet::start().await;
    let (sam, mut browser) = signed_in(&fleet, "Samuel", &[Role::Staff]).await;
    let id = ACCOUNTS[0].id;
    let page = browser.get(&format!("/admin/customers/{id}")).await;
    assert!(page.status == 200 && !page.text().contains("Change the credit limit"), "{}", page.text());
    // The page offers no form; they make one of their own, with what another form on a page of theirs has.
    let other = browser.get("/admin/products/1").await;
    let hidden = |name: &str| {
        let text = other.text();
        let from = text.find(&format!("name=\"{name}\" value=\"")).unwrap();
        text[from..].split('"').nth(3).unwrap().to_owned()
    };
    let (token, key) = (hidden("form_token"), hidden("key"));
    let fields = [("form_token", token.as_str()), ("key", &key), ("limit", "1000.00"), ("confirmed", "yes")];
    let refused = browser.post(&format!("/admin/customers/{id}/credit-limit"), &fields).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    let page = browser.get(&format!("/admin/customers/{id}")).await.text();
    assert!(page.contains("<dd id=\"limit\">£15.00</dd>"), "{page}");
    let audit = browser.get(&format!("/admin/audit?actor={}", sam.id)).await.text();
    assert!(audit.contains("customers.credit-limit-set") && audit.contains("refused:forbidden"), "{audit}");
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_forged_form_is_refused_and_changes_nothing() {
    let fleet = Fleet::start().await;
    let (_, mut browser) = signed_in(&fleet, "Samuel", &[Role::Staff]).await;
    let page = browser.get("/admin/products/4").await;
    let asked = browser.submit(&page, "/admin/products/4/receipts", &[("quantity", "7")]).await.text();
    let token = asked.split("name=\"form_token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let key = "01980000-0000-7000-8000-0000000000f1";
    let fields = |token| [("form_token", token), ("key", key), ("quantity", "7"), ("confirmed", "yes")];
    let action = "/admin/products/4/receipts";
    let made_up = "A".repeat(43);
    for forged in ["", "AAAA", &token[1..], &made_up] {
        let refused = browser.post(action, &fields(forged)).await;
        assert_eq!(refused.status, 403, "{forged}: {}", refused.text());
    }
    let from_elsewhere = Request::new("POST", action)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Sec-Fetch-Site", "cross-site")
        .body(format!("form_token={token}&key={key}&quantity=7&confirmed=yes"));
    assert_eq!(browser.send(from_elsewhere).await.status, 403);
    assert_eq!(fleet.available("4").await, 0);
    let large = "x".repeat(3 * 1024 * 1024);
    let refused = browser.post(action, &[("form_token", token), ("key", key), ("quantity", &large)]).await;
    assert_eq!(refused.status, 413, "{}", refused.text());
    assert_eq!(browser.post(action, &fields(token)).await.status, 303);
    assert_eq!(fleet.available("4").await, 7);
    fleet.shutdown().await;
}

#[tokio::test]
async fn pages_load_nothing_from_elsewhere_and_are_not_kept() {
    let fleet = Fleet::start().await;
    let (_, mut browser) = signed_in(&fleet, "Samuel", &[Role::Staff]).await;
    for path in [
        "/admin",
        "/admin/products",
        "/admin/products/1",
        "/admin/orders",
        "/admin/customers",
        "/admin/audit",
    ] {
        let page = browser.get(path).await;
        let policy = page.header("content-security-policy").unwrap_or_default().to_owned();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(page.header("cache-control"), Some("no-store"), "{path}");
        let text = page.text();
        assert!(!text.contains("<script") && !text.contains("http://") && !text.contains("style="), "{path}");
        assert_eq!(text.matches("<h1>").count(), 1, "{path}");
        let inputs = text.matches("<input ").count() - text.matches("type=\"hidden\"").count();
        let others = text.matches("<textarea").count() + text.matches("<select").count();
        let labels = text.matches("<label for=").count() - others;
        assert_eq!(inputs, labels, "{path}: each field has a label");
    }
    let style = browser.get("/admin").await.text();
    let address =
        style.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let style = browser.get(&address).await;
    assert!(style.status == 200 && style.header("cache-control").unwrap().contains("immutable"));
    let signed_out = {
        let page = browser.get("/admin").await;
        browser.submit(&page, "/admin/sign-out", &[]).await
    };
    assert_eq!(signed_out.header("location"), Some("/admin/sign-in"));
    assert_eq!(browser.get("/admin/orders").await.status, 303);
    fleet.shutdown().await;
}
