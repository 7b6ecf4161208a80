//! The shop that a person sees, and the contract of the original one.

use tradewind_chassis::DoorKind;
use tradewind_fleet::assembly;
use tradewind_journeys::{Fleet, ada};
use tradewind_testkit::{Answer, Request};

const PRODUCTS: &str = concat!(
    r#"[{"id":"1","sku":"12345678","name":"Widget","description":"Premium ACME Widgets","price":1.20,"#,
    r#""amountAvailable":5,"stock":"known"},"#,
    r#"{"id":"2","sku":"34567890","name":"Sprocket","description":"Grade B sprockets","price":4.10,"#,
    r#""amountAvailable":2,"stock":"known"},"#,
    r#"{"id":"3","sku":"54326745","name":"Anvil","description":"Large Anvils","price":45.50,"#,
    r#""amountAvailable":999,"stock":"known"},"#,
    r#"{"id":"4","sku":"93847614","name":"Cogs","description":"Grade Y cogs","price":1.80,"#,
    r#""amountAvailable":0,"stock":"known"},"#,
    r#"{"id":"5","sku":"11856388","name":"Multitool","description":"Multitools","price":154.10,"#,
    r#""amountAvailable":1,"stock":"known"}]"#,
);

fn shown(answer: &Answer) -> (u16, Option<&str>, String) {
    (answer.status, answer.header("content-type"), answer.text())
}

#[test]
fn the_door_has_the_port_of_the_contract() {
    let described = assembly().descriptions();
    let shopfront = described.iter().find(|service| service.name == "shopfront").unwrap();
    assert_eq!((shopfront.doors[0].kind, shopfront.doors[0].port), (DoorKind::Public, 8010));
    let calls = ["catalogue", "stock", "accounts", "cart", "orders", "customers", "payments", "shipping"];
    assert_eq!(shopfront.calls, calls);
}

#[tokio::test]
async fn the_checks_of_the_original_shop_pass() {
    let fleet = Fleet::start().await;
    let get = async |door: &str, path: &str| Request::new("GET", path).send(fleet.door(door)).await;
    let products = get("shopfront/public", "/products").await.json();
    assert_eq!(products.as_array().unwrap().len(), 5);
    assert_eq!((&products[0]["id"], &products[0]["sku"]), (&"1".into(), &"12345678".into()));
    assert_eq!(products[0]["amountAvailable"], 5);
    let page = get("shopfront/public", "/").await;
    assert!(page.status == 200 && page.text().contains("Docker Java"), "{page:?}");
    let health = get("shopfront/public", "/health").await;
    assert_eq!(shown(&health), (200, Some("application/json"), r#"{"status":"UP"}"#.to_owned()));
    let stocks = get("stock/public", "/stocks").await.json();
    assert_eq!((stocks.as_array().unwrap().len(), &stocks[0]["sku"]), (5, &"12345678".into()));
    fleet.shutdown().await;
}

#[tokio::test]
async fn products_are_shown_as_ever_whatever_the_method() {
    let fleet = Fleet::start().await;
    let expected = (200, Some("application/json"), PRODUCTS.to_owned());
    for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let answer = Request::new(method, "/products").send(fleet.door("shopfront/public")).await;
        assert_eq!(shown(&answer), expected, "{method}");
    }
    for door in ["shopfront/public", "gateway/data-plane"] {
        let answer = Request::new("GET", "/api/shopfront/v1/products").send(fleet.door(door)).await;
        assert_eq!(shown(&answer), expected, "{door}");
    }
    let one = Request::new("GET", "/products/1").send(fleet.door("shopfront/public")).await;
    drop(one.refusal(404, "not-found"));
    fleet.shutdown().await;
}

#[tokio::test]
async fn the_shop_follows_what_is_reserved_and_what_is_listed() {
    let fleet = Fleet::start().await;
    fleet.order(&ada(), &[("2", 2)]).await;
    let listed = r#"{"name":"<b>\"Nut\" & bolt</b>","price":{"amount":"1234.50","currency":"GBP"}}"#;
    let request = Request::new("PUT", "/admin/products/6").json(listed).header("Idempotency-Key", "nut");
    let request = request.bearer(fleet.secret().expose());
    assert_eq!(request.send(fleet.door("catalogue/internal")).await.status, 204);
    let door = fleet.door("shopfront/public");
    let products = Request::new("GET", "/products").send(door).await;
    let nut = concat!(
        r#"{"id":"6","sku":null,"name":"<b>\"Nut\" & bolt</b>","description":"","price":1234.50,"#,
        r#""amountAvailable":null,"stock":"unavailable"}]"#
    );
    let reserved = PRODUCTS.replace(r#""amountAvailable":2,"#, r#""amountAvailable":0,"#);
    assert_eq!(products.text(), reserved.replace("}]", &format!("}},{nut}")));
    let page = Request::new("GET", "/").send(door).await.text();
    assert!(page.contains("<td>&lt;b&gt;&quot;Nut&quot; &amp; bolt&lt;/b&gt;</td>"), "{page}");
    assert!(page.contains(r#"<td class="number">1,234.50</td>"#) && page.contains(">unknown</td>"), "{page}");
    fleet.shutdown().await;
}

#[tokio::test]
async fn the_page_is_what_a_browser_may_trust() {
    let fleet = Fleet::start().await;
    // Through the gateway `/` is the home page of the shop, which `shop_pages` judges.
    for door in ["shopfront/public"] {
        let page = Request::new("GET", "/").send(fleet.door(door)).await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (200, Some("text/html; charset=utf-8")),
            "{door}"
        );
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"));
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(page.header(name), Some(value), "{door}");
        }
        let head = Request::new("HEAD", "/").send(fleet.door(door)).await;
        assert_eq!((head.status, head.text().as_str()), (200, ""), "{door}");
    }
    fleet.shutdown().await;
}
