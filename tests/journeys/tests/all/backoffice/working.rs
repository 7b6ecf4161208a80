//! What staff and admins do, and what is recorded of it.

use tradewind_accounts_contract::Role;
use tradewind_fleet::ACCOUNTS;
use tradewind_journeys::{Fleet, ada, staff};
use tradewind_orders_contract::OrderState;
use tradewind_testkit::Request;

use crate::backoffice::signed_in;
use crate::cards::{GOOD, card};

#[tokio::test]
async fn staff_receives_stock_and_it_is_recorded() {
    let fleet = Fleet::start().await;
    let (sam, mut browser) = signed_in(&fleet, "Samuel", &[Role::Staff]).await;
    let page = browser.get("/admin/products/4").await;
    assert!(page.status == 200 && page.text().contains("<dd id=\"available\">0</dd>"), "{}", page.text());
    // Prices are for admins.
    assert!(!page.text().contains("Change what is said of it"));
    let action = "/admin/products/4/receipts";
    let asked = browser.submit(&page, action, &[("quantity", "7"), ("reference", "note-1")]).await;
    assert!(asked.status == 200 && asked.text().contains("Take in 7 of product 4?"), "{}", asked.text());
    assert_eq!(fleet.available("4").await, 0);
    let done = browser.submit(&asked, action, &[]).await;
    let changed = browser.follow(&done).await.text();
    for part in ["stock.goods-received", &sam.id.to_string(), "staff", "&quot;quantity&quot;:7"] {
        assert!(changed.contains(part), "{part}: {changed}");
    }
    // The form sent once more, as an impatient person does: the same answer, and nothing more comes in.
    assert_eq!(browser.submit(&asked, action, &[]).await.status, 303);
    assert_eq!(fleet.available("4").await, 7);
    let page = browser.get("/admin/products/4").await.text();
    assert!(page.contains("<dd id=\"available\">7</dd>"), "{page}");
    let audit = browser.get(&format!("/admin/audit?actor={}&kind=product&id=4", sam.id)).await.text();
    assert_eq!(audit.matches("<td>stock.goods-received</td>").count(), 1, "{audit}");
    fleet.keeps_its_promises().await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_was_entered_wrongly_is_said_and_nothing_is_changed() {
    let fleet = Fleet::start().await;
    let (_, mut browser) = signed_in(&fleet, "Samuel", &[Role::Staff]).await;
    let page = browser.get("/admin/products/4").await;
    let action = "/admin/products/4/receipts";
    for quantity in ["", "-1", "0.5", "ten", "\u{202e}7", "99999999999", "<script>alert(1)</script>"] {
        let again = browser.submit(&page, action, &[("quantity", quantity)]).await;
        assert_eq!(again.status, 422, "{quantity}: {}", again.text());
        let text = again.text();
        assert!(text.contains("role=\"alert\"") && text.contains("Quantity:"), "{text}");
        assert!(!text.contains("<script>"), "{text}");
    }
    let asked = browser.submit(&page, action, &[("quantity", "0")]).await;
    let refused = browser.submit(&asked, action, &[]).await;
    assert!(refused.status == 422 && refused.text().contains("from 1 to 1,000,000"), "{}", refused.text());
    assert_eq!(fleet.available("4").await, 0);
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_admin_raises_credit_and_the_customer_can_order_more() {
    let fleet = Fleet::start().await;
    let (max, mut browser) = signed_in(&fleet, "Maximilian", &[Role::Admin]).await;
    let refused = fleet.order(&ada(), &[("3", 1)]).await;
    assert_eq!(refused.reason.as_deref(), Some("credit-limit-exceeded"));
    let id = ACCOUNTS[0].id;
    let (address, action) = (format!("/admin/customers/{id}"), format!("/admin/customers/{id}/credit-limit"));
    let page = browser.get(&address).await;
    assert!(page.text().contains("<dd id=\"limit\">£15.00</dd>"), "{}", page.text());
    let asked = browser.submit(&page, &action, &[("limit", "99.50")]).await;
    assert!(asked.text().contains("from £15.00 to £99.50?"), "{}", asked.text());
    let done = browser.submit(&asked, &action, &[]).await;
    let changed = browser.follow(&done).await.text();
    for part in ["customers.credit-limit-set", &max.id.to_string(), "admin", "15.00", "99.50"] {
        assert!(changed.contains(part), "{part}: {changed}");
    }
    let order = fleet.order(&ada(), &[("3", 1)]).await;
    assert_eq!(order.state, OrderState::Open);
    fleet.keeps_its_promises().await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_admin_changes_a_price_and_lists_a_product() {
    let fleet = Fleet::start().await;
    let (_, mut browser) = signed_in(&fleet, "Maximilian", &[Role::Admin]).await;
    let page = browser.get("/admin/products/1").await;
    let fields = [
        ("name", "Widget"),
        ("description", "Premium"),
        ("price", "2.40"),
        ("price-EUR", "1.40"),
        ("price-USD", "1.60"),
    ];
    let done = browser.submit(&page, "/admin/products/1", &fields).await;
    let changed = browser.follow(&done).await.text();
    assert!(changed.contains("catalogue.product-listed") && changed.contains("2.40"), "{changed}");
    let page = browser.get("/admin/products").await;
    let fields =
        [("id", "77"), ("sku", "sku-77"), ("name", "Lamp <b>"), ("price", "3.00"), ("currency", "GBP")];
    let done = browser.submit(&page, "/admin/products", &fields).await;
    browser.follow(&done).await;
    let page = browser.get("/admin/products/77").await.text();
    assert!(page.contains("Lamp &lt;b&gt;") && page.contains("£3.00") && page.contains(">0</dd>"), "{page}");
    let again = browser.get("/admin/products").await;
    let taken = browser.submit(&again, "/admin/products", &fields).await;
    assert!(
        taken.status == 422 && taken.text().contains("there is a product with this number"),
        "{}",
        taken.text()
    );
    fleet.shutdown().await;
}

#[tokio::test]
async fn staff_calls_an_order_off_and_gives_money_back() {
    let fleet = Fleet::start_with(&["orders.cancellation_window=5s"]).await;
    let (_, mut browser) = signed_in(&fleet, "Samuel", &[Role::Staff]).await;
    let open = fleet.order(&ada(), &[("1", 1)]).await;
    let list = browser.get("/admin/orders").await.text();
    assert!(list.contains(&open.id.to_string()), "{list}");
    let address = format!("/admin/orders/{}", open.id);
    let action = format!("{address}/cancellation");
    let page = browser.get(&address).await;
    let asked = browser.submit(&page, &action, &[]).await;
    let done = browser.submit(&asked, &action, &[]).await;
    let changed = browser.follow(&done).await.text();
    assert!(changed.contains("orders.order-cancelled"), "{changed}");
    fleet.comes_to(&ada(), open.id, |order| order.state == OrderState::Cancelled).await;

    let token = card(&fleet, GOOD).await;
    let paid = fleet.order_by_card(&ada(), &[("2", 1)], &token).await;
    fleet.comes_to(&ada(), paid.id, |order| order.state == OrderState::Completed).await;
    let address = format!("/admin/orders/{}", paid.id);
    let action = format!("{address}/refunds");
    let page = browser.get(&address).await;
    let asked = browser.submit(&page, &action, &[("amount", "1.00")]).await;
    assert!(asked.text().contains("Give £1.00"), "{}", asked.text());
    let done = browser.submit(&asked, &action, &[]).await;
    let changed = browser.follow(&done).await.text();
    assert!(changed.contains("payments.refund-asked"), "{changed}");
    let page = browser.get(&address).await;
    let asked = browser.submit(&page, &action, &[("amount", "1000.00")]).await;
    let refused = browser.submit(&asked, &action, &[]).await;
    assert!(refused.status == 409 && refused.text().contains("role=\"alert\""), "{}", refused.text());
    fleet.shutdown().await;
}

#[tokio::test]
async fn records_are_shown_to_staff_and_to_nobody_else() {
    let fleet = Fleet::start().await;
    fleet.receive("4", 3).await;
    let ask = async |token: &str, query: &str| {
        let request = Request::new("GET", &format!("/api/stock/v1/audit{query}"));
        let request = if token.is_empty() { request } else { request.bearer(token) };
        fleet.send(request).await
    };
    assert_eq!(ask("", "").await.status, 401);
    assert_eq!(ask(&ada(), "").await.status, 403);
    let records = ask(&staff(), "?targetKind=product&targetId=4&limit=1").await;
    assert_eq!(records.status, 200, "{}", records.text());
    let record = &records.json()[0];
    assert_eq!(
        (&record["action"], &record["actor"]["role"]),
        (&"stock.goods-received".into(), &"service".into())
    );
    for wrong in ["?limit=0", "?limit=501", "?before=x", "?other=1", "?actor=%00"] {
        assert_eq!(ask(&staff(), wrong).await.status, 400, "{wrong}");
    }
    fleet.shutdown().await;
}
