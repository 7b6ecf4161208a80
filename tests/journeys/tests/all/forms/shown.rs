//! What people write comes out again in many places: everywhere it is the text that it is, and turns nothing around it.

use tradewind_testkit::Request;

use super::markup;
use super::table::Who;
use super::world::{Browser, World};

/// Names that are more than names: markup, an end of a quoted value, and a direction of writing.
const NAMES: [&str; 3] = [
    "<script>alert(1)</script> \u{645}\u{631}\u{62d}\u{628}\u{627}",
    "\"><img src=x onerror=alert(1)> \u{5e9}\u{5dc}\u{5d5}\u{5dd}",
    "'><svg onload=alert(1)> \u{1f600} \u{645}\u{631}",
];

/// Texts of several lines; the direction of the last is turned on purpose.
const TEXTS: [&str; 3] = ["<script>alert(2)</script>", "\"><img src=x>\nand more", "abc\u{202e}fdp.exe"];

/// Lists products of these names in the back office, and fills the shelves.
async fn list_products(world: &World, admin: &mut Browser) {
    for (number, (name, text)) in NAMES.iter().zip(TEXTS).enumerate() {
        let (id, sku) = (format!("shown-{number}"), format!("sku-{number}"));
        let fields = [
            ("id", id.as_str()),
            ("sku", &sku),
            ("name", name),
            ("description", text),
            ("price", "3.00"),
            ("currency", "GBP"),
        ];
        let listed = admin.fill("/admin/products", "/admin/products", &fields).await;
        assert_eq!(listed.status, 303, "{}", listed.text());
        world.fleet.receive(&id, 100).await;
    }
    let labels = |text: &str| serde_json::json!([{"language": "en", "text": text}]);
    let attribute = serde_json::json!({
        "name": "colour", "labels": labels(NAMES[0]), "value": "red", "valueLabels": labels(NAMES[1]),
    });
    let secret = world.fleet.secret().expose();
    for (path, body) in [
        ("categories/shown", serde_json::json!({"name": NAMES[2]})),
        ("products/shown-0/details", serde_json::json!({"category": "shown", "attributes": [attribute]})),
    ] {
        let request = Request::new("PUT", &format!("/admin/{path}")).bearer(secret).json(body.to_string());
        let answer = request.send(world.fleet.door("catalogue/internal")).await;
        assert!(answer.status < 300, "{}", answer.text());
    }
    world.fleet.quiet().await;
}

/// Registers somebody of such a name, who buys all of it; gives the address of the order.
async fn buy(world: &World, browser: &mut Browser) -> String {
    let account = [("name", NAMES[0]), ("email", "shown@example.com"), ("password", "correct horse battery")];
    let registered = browser.fill("/shop/register", "/shop/register", &account).await;
    assert_eq!(registered.status, 303, "{}", registered.text());
    for number in 0..NAMES.len() {
        let page = format!("/shop/products/shown-{number}");
        let added = browser.fill(&page, "/shop/cart/lines", &[("quantity", "1")]).await;
        assert_eq!(added.status, 303, "{}", added.text());
    }
    world.fleet.quiet().await;
    let way = [("country", "GB"), ("currency", "GBP"), ("payment", "account")];
    assert_eq!(browser.fill("/shop/checkout", "/shop/checkout", &way).await.status, 303);
    for path in ["/shop/cart", "/shop/cart/drawer", "/shop/checkout/review"] {
        harmless(browser, path).await;
    }
    let placed = browser.fill("/shop/checkout/review", "/shop/checkout/order", &[]).await;
    let order = placed.header("location").unwrap_or_else(|| panic!("{}", placed.text())).to_owned();
    world.fleet.quiet().await;
    order
}

/// Loads a page, and makes sure that it shows such names and does nothing else.
async fn harmless(browser: &mut Browser, path: &str) -> String {
    let page = browser.open(path).await;
    let text = page.text();
    assert_eq!(page.status, 200, "{path}: {text}");
    assert_eq!(markup::harm(&text), None, "{path}: {text}");
    text
}

async fn shows_names(browser: &mut Browser, path: &str) {
    let text = harmless(browser, path).await;
    let is_there =
        ["&lt;script&gt;", "&lt;img src=x", "&lt;svg onload"].iter().any(|name| text.contains(name));
    assert!(is_there, "{path} shows none of the names: {text}");
}

async fn mails(world: &World) {
    let mails = world.fleet.mails(1).await;
    let ours: Vec<_> = mails.iter().filter(|mail| mail.to == "shown@example.com").collect();
    assert!(!ours.is_empty(), "{mails:?}");
    for mail in ours {
        assert!(mail.html.contains("&lt;script&gt;"), "{}", mail.html);
        for path in [
            "/",
            "/?to=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
            &format!("/mails/{}", mail.number),
            &format!("/mails/{}/html", mail.number),
        ] {
            let page = Request::new("GET", path).header("Host", "localhost");
            let page = page.send(world.fleet.door("mail/admin")).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text());
            assert_eq!(markup::harm(&page.text()), None, "{path}: {}", page.text());
        }
    }
}

#[tokio::test]
async fn what_people_write_is_text_wherever_it_is_shown() {
    if tradewind_journeys::has_broker() {
        return;
    }
    let world = World::new().await;
    let (mut admin, mut buyer) = (Browser::new(&world.fleet), Browser::new(&world.fleet));
    admin.jar.clone_from(world.jar(Who::Admin));
    list_products(&world, &mut admin).await;
    let order = buy(&world, &mut buyer).await;
    let address = order.split('?').next().unwrap().to_owned();
    let id = address.rsplit('/').next().unwrap().to_owned();
    for path in [
        "/shop",
        "/shop/products",
        "/shop/products?category=shown",
        "/shop/products?q=%22%3E%3Cimg%20src%3Dx%3E%20%D9%85%D8%B1%D8%AD%D8%A8%D8%A7",
        "/shop/products/shown-0",
        "/shop/products/shown-1",
        "/shop/products/shown-2",
        "/shop/account",
        &address,
    ] {
        shows_names(&mut buyer, path).await;
    }
    harmless(&mut buyer, "/shop/orders").await;
    for path in [
        "/admin/products",
        "/admin/products/shown-0",
        "/admin/products/shown-2",
        &format!("/admin/orders/{id}"),
    ] {
        shows_names(&mut admin, path).await;
    }
    for path in ["/admin/orders", "/admin/customers", "/admin/audit", "/admin/audit?kind=product&id=shown-1"]
    {
        harmless(&mut admin, path).await;
    }
    let front = Request::new("GET", "/").send(world.fleet.door("shopfront/public")).await.text();
    assert!(!front.contains("<script>alert") && !front.contains("<img src=x"), "{front}");
    mails(&world).await;
    world.end().await;
}
