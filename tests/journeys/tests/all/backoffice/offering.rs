//! Coupons, promotions and taxes, as admins set them and carts take them into account.

use tradewind_accounts_contract::Role;
use tradewind_cart_contract::{CartDeskClient, SetTax};
use tradewind_journeys::{Fleet, ada, admin, staff};

use crate::backoffice::browser::Browser;
use crate::backoffice::signed_in;

async fn set(browser: &mut Browser, what: &str, fields: &[(&str, &str)]) -> String {
    let action = format!("/admin/offers/{what}");
    let page = browser.get("/admin/offers").await;
    let question = browser.submit(&page, &action, fields).await;
    assert_eq!(question.status, 200, "{}", question.text());
    let done = browser.submit(&question, &action, &[]).await;
    browser.follow(&done).await.text()
}

#[tokio::test]
async fn an_admin_sets_offers_and_taxes_and_carts_cost_what_they_say() {
    let fleet = Fleet::start().await;
    let (max, mut browser) = signed_in(&fleet, "Maximilian", &[Role::Admin]).await;
    let fields = [
        ("coupon-code", "TENTH"),
        ("coupon-discount", "10"),
        ("coupon-limit", "2"),
        ("coupon-until", "2999-12-24"),
    ];
    let changed = set(&mut browser, "coupons", &fields).await;
    for part in ["cart.coupon-set", &max.id.to_string(), "admin", "1000"] {
        assert!(changed.contains(part), "{part}: {changed}");
    }
    let changed =
        set(&mut browser, "promotions", &[("promotion-name", "summer"), ("promotion-discount", "12.5")])
            .await;
    assert!(changed.contains("cart.promotion-set") && changed.contains("1250"), "{changed}");
    let changed = set(&mut browser, "taxes", &[("tax-country", "GB"), ("tax-rate", "0")]).await;
    assert!(changed.contains("cart.tax-set"), "{changed}");
    let page = browser.get("/admin/offers").await.text();
    for part in ["TENTH", "10%", "0 of 2", "until 24 December 2999", "summer", "12.5%", ">GB<"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // 8.20 less a tenth and an eighth, without tax.
    let hers = fleet.carts(&ada());
    let cart = fleet.filled_cart(&hers, &[("2", 2)]).await;
    hers.enter_coupon(cart, &"TENTH".parse().unwrap()).await.unwrap();
    let quote = hers.quote(cart).await.unwrap();
    assert_eq!((quote.discount.minor(), quote.tax.minor(), quote.total.minor()), (184, 0, 636));
    fleet.quiet().await;
    fleet.keeps_its_promises().await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_is_entered_wrongly_is_said_and_changes_nothing() {
    let fleet = Fleet::start().await;
    let (_, mut browser) = signed_in(&fleet, "Maximilian", &[Role::Admin]).await;
    let page = browser.get("/admin/offers").await;
    for (what, fields) in [
        ("coupons", vec![("coupon-code", "a b"), ("coupon-discount", "10")]),
        ("coupons", vec![("coupon-code", "TEN"), ("coupon-discount", "101")]),
        ("coupons", vec![("coupon-code", "TEN"), ("coupon-discount", "<script>alert(1)</script>")]),
        ("coupons", vec![("coupon-code", "TEN"), ("coupon-discount", "10"), ("coupon-limit", "-1")]),
        ("coupons", vec![("coupon-code", "TEN"), ("coupon-discount", "10"), ("coupon-limit", "0")]),
        ("coupons", vec![("coupon-code", "TEN"), ("coupon-discount", "10"), ("coupon-limit", "1000001")]),
        ("coupons", vec![("coupon-code", "TEN"), ("coupon-discount", "10"), ("coupon-from", "yesterday")]),
        (
            "coupons",
            vec![
                ("coupon-code", "TEN"),
                ("coupon-discount", "10"),
                ("coupon-from", "2026-12-02"),
                ("coupon-until", "2026-12-01"),
            ],
        ),
        ("promotions", vec![("promotion-name", ""), ("promotion-discount", "10")]),
        ("promotions", vec![("promotion-name", "summer"), ("promotion-discount", "\u{202e}10")]),
        ("taxes", vec![("tax-country", "gb"), ("tax-rate", "19")]),
        ("taxes", vec![("tax-country", "GB"), ("tax-rate", "")]),
    ] {
        let again = browser.submit(&page, &format!("/admin/offers/{what}"), &fields).await;
        assert_eq!(again.status, 422, "{fields:?}: {}", again.text());
        assert!(
            again.text().contains("role=\"alert\"") && !again.text().contains("<script>"),
            "{}",
            again.text()
        );
    }
    let after = browser.get("/admin/offers").await.text();
    assert!(after.contains("There are no coupons.") && after.contains("There are no promotions."), "{after}");
    fleet.shutdown().await;
}

#[tokio::test]
async fn staff_sees_offers_and_only_admins_set_them() {
    let fleet = Fleet::start().await;
    let (_, mut browser) = signed_in(&fleet, "Samuel", &[Role::Staff]).await;
    let page = browser.get("/admin/offers").await;
    let text = page.text();
    assert!(page.status == 200 && text.contains(">GB<") && text.contains("are changed by admins"), "{text}");
    assert!(!text.contains("action=\"/admin/offers/"), "{text}");
    let forged = browser.post("/admin/offers/taxes", &[("tax-country", "GB"), ("tax-rate", "0")]).await;
    assert_eq!(forged.status, 403, "{}", forged.text());
    let desk = |token: &str| CartDeskClient::new(fleet.caller("gateway/data-plane", token));
    let rate = SetTax { rate: 0.try_into().unwrap() };
    let country = "GB".parse().unwrap();
    for token in [ada(), staff()] {
        assert_eq!(desk(&token).set_tax(country, &rate).await.unwrap_err().status(), 403);
    }
    assert_eq!(desk(&ada()).taxes(None, 10).await.unwrap_err().status(), 403);
    let first = desk(&staff()).taxes(None, 3).await.unwrap();
    let mark = first.next.unwrap().parse().unwrap();
    let second = desk(&staff()).taxes(Some(mark), 200).await.unwrap();
    assert!(first.items.len() == 3 && second.items.iter().all(|tax| tax.country > mark), "{second:?}");
    desk(&admin()).set_tax(country, &rate).await.unwrap();
    fleet.shutdown().await;
}
