//! What nobody gets through by: forged forms, other sites, scripts in names, too much text, prices of one's own.

use tradewind_journeys::{Fleet, Person};

use super::browser::Browser;
use super::{add, customer, sign_in, to_review};

#[tokio::test]
async fn a_forged_form_changes_nothing() {
    let fleet = Fleet::start().await;
    let (_, mut browser) = customer(&fleet, "Ada3").await;
    let page = browser.open("/shop/products/1").await;
    let own = page.hidden("/shop/cart/lines");
    let mut other = Browser::new(&fleet);
    let theirs = other.open("/shop/products/1").await.hidden("/shop/cart/lines");
    let body =
        |fields: &[(String, String)]| format!("{}&quantity=1", serde_urlencoded::to_string(fields).unwrap());
    let without: Vec<_> = own.iter().filter(|(name, _)| name == "product").cloned().collect();
    for (fields, headers) in [
        (&without, &[][..]),
        (&theirs, &[][..]),
        (&own, &[("Origin", "https://evil.example")][..]),
        (&own, &[("Origin", "null")][..]),
        (&own, &[("Sec-Fetch-Site", "cross-site")][..]),
        (&own, &[("Sec-Fetch-Site", "same-site")][..]),
    ] {
        let refused = browser.once("POST", "/shop/cart/lines", Some(&body(fields)), headers).await;
        assert_eq!(refused.status, 403, "{headers:?}");
        assert!(refused.text().contains("We did not accept this form"), "{}", refused.text());
    }
    browser.open("/shop/cart").await.says("There is nothing in your cart.");
    let taken = browser
        .once("POST", "/shop/cart/lines", Some(&body(&own)), &[("Sec-Fetch-Site", "same-origin")])
        .await;
    assert_eq!(taken.status, 303);
    fleet.shutdown().await;
}

#[tokio::test]
async fn every_form_wants_its_token() {
    let fleet = Fleet::start().await;
    let (_, mut browser) = customer(&fleet, "Ada4").await;
    let order = "01980000-0000-7000-8000-0000000000ff";
    for path in [
        "/shop/preferences",
        "/shop/cart/lines",
        "/shop/cart/quantities",
        "/shop/cart/coupon",
        "/shop/checkout",
        "/shop/checkout/order",
        &format!("/shop/orders/{order}/cancellation"),
        &format!("/shop/orders/{order}/refund-requests"),
        "/shop/sign-in",
        "/shop/register",
        "/shop/sign-out",
        "/api/provider/v1/card-form",
    ] {
        let refused = browser.once("POST", path, Some("a=b"), &[]).await;
        assert_eq!(refused.status, 403, "{path}: {}", refused.text());
    }
    // They are still signed in.
    assert_eq!(browser.open("/shop/account").await.path, "/shop/account");
    fleet.shutdown().await;
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let fleet = Fleet::start().await;
    let person = Person::register(&fleet, "Ken").await;
    for to in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/api/identity/v1/token",
        "/shop/../api",
    ] {
        let mut browser = Browser::new(&fleet);
        let page = browser.open("/shop/sign-in").await;
        let mut fields = page.hidden("/shop/sign-in");
        fields.retain(|(name, _)| name != "to");
        let more = [("to", to), ("email", person.email.as_str()), ("password", person.password.as_str())];
        fields.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let body = serde_urlencoded::to_string(&fields).unwrap();
        let answer = browser.once("POST", "/shop/sign-in", Some(&body), &[]).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/shop")), "{to}");
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn names_are_text_whatever_they_hold() {
    let fleet = Fleet::start().await;
    for (number, name) in
        ["<script>alert(1)</script>", "\"><img src=x>", "\u{1f600} مرحبا abc"].iter().enumerate()
    {
        let mut browser = Browser::new(&fleet);
        let form = browser.open("/shop/register").await;
        let email = format!("name{number}@example.com");
        let fields = [("name", *name), ("email", email.as_str()), ("password", "correct horse battery")];
        let home = browser.fill(&form, "/shop/register", &fields).await;
        assert_eq!((home.status, home.path.as_str()), (200, "/shop"), "{}", home.text);
        let account = browser.open("/shop/account").await;
        assert!(!account.has("<script>alert") && !account.has("<img src=x>"), "{}", account.text);
        account.says("<bdi>");
    }
    let mut browser = Browser::new(&fleet);
    let found = browser.open("/shop/products?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E%22").await;
    assert!(found.status == 200 && !found.has("<script>alert"), "{}", found.text);
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_is_entered_wrongly_is_said_beside_the_field() {
    let fleet = Fleet::start().await;
    let person = Person::register(&fleet, "Taken").await;
    let mut browser = Browser::new(&fleet);
    let form = browser.open("/shop/register").await;
    let long = "x".repeat(300);
    for (name, email, password, said) in [
        ("", "a@example.com", "correct horse battery", "Please fill this in."),
        (long.as_str(), "a@example.com", "correct horse battery", "At most 200 characters."),
        ("A\u{7}", "a@example.com", "correct horse battery", "characters in it that cannot be used"),
        ("A", "no address", "correct horse battery", "Enter an e-mail address such as"),
        ("A", "a@example.com", "short", "12 to 256 characters"),
        (
            "A",
            person.email.as_str(),
            "correct horse battery",
            "There is an account with this e-mail address.",
        ),
    ] {
        let fields = [("name", name), ("email", email), ("password", password)];
        let refused = browser.fill(&form, "/shop/register", &fields).await;
        assert_eq!(refused.status, 422, "{said}");
        refused.says(said);
        assert!(!refused.has(password), "the password is shown again");
    }
    let page = browser.open("/shop/sign-in").await;
    for email in [person.email.as_str(), "nobody@example.com"] {
        let fields = [("email", email), ("password", "not the password")];
        let refused = browser.fill(&page, "/shop/sign-in", &fields).await;
        assert_eq!(refused.status, 422);
        refused.says("The e-mail address or the password is not right.");
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn too_much_text_is_refused_in_words() {
    let fleet = Fleet::start().await;
    let mut browser = Browser::new(&fleet);
    browser.open("/shop").await;
    let body = format!("name={}", "x".repeat(10 * 1024 * 1024));
    // At the shop's own door: the gateway may end such a request sooner.
    let refused = tradewind_testkit::Request::new("POST", "/shop/register")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(&body)
        .send(fleet.door("shopfront/public"))
        .await;
    assert_eq!(refused.status, 413);
    assert!(refused.text().contains("That was too much text"), "{}", refused.text());
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_price_of_ones_own_counts_for_nothing() {
    let fleet = Fleet::start().await;
    let (_, mut browser) = customer(&fleet, "Bargain").await;
    add(&mut browser, "3", "1").await;
    let review = to_review(&mut browser, "account").await;
    let more = [("price", "0.01"), ("total", "0.01"), ("unitPrice", "1")];
    let order = browser.fill(&review, "/shop/checkout/order", &more).await;
    order.says("£54.60");
    // What was not agreed to is not ordered.
    add(&mut browser, "3", "1").await;
    let review = to_review(&mut browser, "account").await;
    let mut fields = review.hidden("/shop/checkout/order");
    for (name, value) in &mut fields {
        if name == "agreed" {
            *value = "0".repeat(64);
        }
    }
    let refused = browser.send("/shop/checkout/order", &fields).await;
    assert_eq!(refused.status, 409);
    refused.says("Nothing was ordered.");
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_order_of_somebody_else_is_not_there() {
    let fleet = Fleet::start().await;
    let (_, mut one) = customer(&fleet, "One").await;
    let (_, mut other) = customer(&fleet, "Other").await;
    add(&mut one, "1", "1").await;
    let review = to_review(&mut one, "account").await;
    let order = one.fill(&review, "/shop/checkout/order", &[]).await;
    let address = order.path.split('?').next().unwrap().to_owned();
    for path in [address.clone(), format!("{address}/live")] {
        let hidden = other.open(&path).await;
        assert_eq!(hidden.status, 404, "{path}");
    }
    let token = other.open("/shop/cart").await.hidden("/shop/preferences");
    let refused = other.send(&format!("{address}/cancellation"), &token).await;
    assert_eq!(refused.status, 404);
    // Nor is their cart, whoever names it.
    let mut guest = Browser::new(&fleet);
    add(&mut one, "1", "1").await;
    guest.cookies.insert("cart".to_owned(), one.cookies["cart"].clone());
    guest.open("/shop/cart").await.says("There is nothing in your cart.");
    fleet.shutdown().await;
}

#[tokio::test]
async fn tokens_stay_where_no_script_reads_them() {
    let fleet = Fleet::start().await;
    let person = Person::register(&fleet, "Secretive").await;
    let mut browser = Browser::new(&fleet);
    let before = browser.open("/shop/sign-in").await;
    let key = browser.cookies["visit"].clone();
    let home = sign_in(&mut browser, &person).await;
    // A key that somebody gave the browser before is worth nothing.
    assert_ne!(browser.cookies["visit"], key);
    assert!(!home.has(&person.email) && browser.cookies.values().all(|value| value.len() < 100));
    for (_, cookie) in
        before.answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
    {
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    }
    let secure = tradewind_testkit::Request::new("GET", "/shop").header("X-Forwarded-Proto", "https");
    let answer = secure.send(fleet.door("shopfront/public")).await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-visit=") && cookie.contains("; Secure"), "{cookie}");
    fleet.shutdown().await;
}

#[tokio::test]
async fn tokens_are_renewed_by_one_of_many_requests() {
    // Good for as long as they are renewed before: each page renews them, or waits for the one that does.
    let fleet = Fleet::start_with(&["accounts.access_token_ttl=60s"]).await;
    let (_, browser) = customer(&fleet, "Busy").await;
    let pages = (0..8).map(|_| {
        let mut tab = Browser::new(&fleet);
        tab.cookies.clone_from(&browser.cookies);
        async move { tab.open("/shop/account").await }
    });
    for page in futures_util::future::join_all(pages).await {
        assert_eq!((page.status, page.path.as_str()), (200, "/shop/account"), "{}", page.text);
    }
    fleet.shutdown().await;
}
