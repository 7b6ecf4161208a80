//! Looking around: pages, languages, currencies, and how much a browser loads.

use tradewind_journeys::Fleet;

use super::browser::{Browser, attribute};

/// What the first page may weigh, with style and script, compressed as browsers take it.
const FIRST_PAGE: usize = 100 * 1024;

#[tokio::test]
async fn goods_are_found_and_looked_at_without_scripts() {
    let fleet = Fleet::start().await;
    let mut browser = Browser::new(&fleet);
    for path in ["/", "/shop"] {
        let home = browser.open(path).await;
        assert_eq!(home.status, 200, "{}", home.text);
        home.says("<h1>Good things, honestly counted</h1>");
        home.says("href=\"/shop/products/1\"");
    }
    let all = browser.open("/shop/products?sort=name").await;
    all.says("<bdi>Anvil</bdi>");
    all.says("5 products");
    assert!(all.text.find("<bdi>Anvil").unwrap() < all.text.find("<bdi>Widget").unwrap());
    let found = browser.open("/shop/products?q=anvil").await;
    found.says("Results for");
    assert!(found.has("<bdi>Anvil</bdi>") && !found.has("<bdi>Widget</bdi>"), "{}", found.text);
    let anvil = browser.open("/shop/products/3").await;
    anvil.says("£45.50");
    anvil.says("In stock");
    anvil.says("Add to cart");
    let multitool = browser.open("/shop/products/5").await;
    multitool.says("Only 1 left");
    let cogs = browser.open("/shop/products/4").await;
    cogs.says("Sold out");
    assert!(!cogs.has("Add to cart"), "{}", cogs.text);
    let none = browser.open("/shop/products/none").await;
    assert_eq!(none.status, 404);
    none.says("There is no such page");
    let nowhere = browser.open("/shop/nowhere/at/all").await;
    assert_eq!(
        (nowhere.status, nowhere.answer.header("content-type")),
        (404, Some("text/html; charset=utf-8"))
    );
    fleet.shutdown().await;
}

#[tokio::test]
async fn language_and_currency_are_negotiated_and_chosen() {
    let fleet = Fleet::start().await;
    let mut browser = Browser::new(&fleet);
    browser.language = "de-AT,en;q=0.5";
    let page = browser.open("/shop/products/3").await;
    page.says("<html lang=\"de\">");
    page.says("45,50\u{a0}£");
    page.says("In den Warenkorb");
    let fields = [("language", "en"), ("currency", "EUR")];
    let chosen = browser.fill(&page, "/shop/preferences", &fields).await;
    assert_eq!((chosen.status, chosen.path.as_str()), (200, "/shop/products/3"));
    chosen.says("<html lang=\"en\">");
    chosen.says("€53.00");
    chosen.says("Your choice was kept.");
    // Said once.
    assert!(!browser.open("/shop").await.has("Your choice was kept."));
    fleet.shutdown().await;
}

#[tokio::test]
async fn the_first_page_is_light_and_all_of_it_is_from_here() {
    let fleet = Fleet::start().await;
    let mut browser = Browser::new(&fleet);
    let page = browser.open("/").await;
    let mut weight = page.answer.body.len();
    let head = page.text.split("</head>").next().unwrap();
    let links = head.split('<').filter(|tag| tag.starts_with("link ") || tag.starts_with("script "));
    let addresses: Vec<String> =
        links.map(|tag| [attribute(tag, "href"), attribute(tag, "src")].concat()).collect();
    assert_eq!(addresses.len(), 3, "{head}");
    for address in addresses {
        assert!(address.starts_with("/shop/assets/"), "{address}");
        let file = browser.once("GET", &address, None, &[("Accept-Encoding", "gzip")]).await;
        assert_eq!(file.status, 200, "{address}");
        assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"));
        weight += file.body.len();
    }
    assert!(weight < FIRST_PAGE, "the first page weighs {weight} bytes");
    assert!(!page.has("http://") && !page.has("https://") && !page.has(" style=") && !page.has("<style"));
    assert!(!page.has(" onclick=") && !page.has("<script>"), "{}", page.text);
    let policy = page.answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    for part in ["form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'", "script-src 'self'"] {
        assert!(policy.contains(part), "{policy}");
    }
    let gone = browser.once("GET", "/shop/assets/shop.0000000000000000.css", None, &[]).await;
    assert_eq!(gone.status, 404);
    fleet.shutdown().await;
}

#[tokio::test]
async fn every_page_has_its_landmarks_and_every_field_its_label() {
    let fleet = Fleet::start().await;
    let (_, mut browser) = super::customer(&fleet, "Ada").await;
    super::add(&mut browser, "1", "1").await;
    for path in [
        "/shop",
        "/shop/products",
        "/shop/products/1",
        "/shop/cart",
        "/shop/checkout",
        "/shop/checkout/review",
        "/shop/orders",
        "/shop/account",
    ] {
        let page = browser.open(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        for part in ["<main ", "<header", "<nav ", "<footer>", "href=\"#main\"", "<title>", "lang=\"en\""] {
            assert!(page.has(part), "{path} lacks {part}");
        }
        assert_eq!(page.text.matches("<h1>").count(), 1, "{path}");
        for tag in page.text.split('<').filter(|tag| tag.starts_with("input ") || tag.starts_with("select "))
        {
            let tag = tag.split('>').next().unwrap();
            let kind = attribute(tag, "type");
            if ["hidden", "checkbox", "radio"].contains(&kind.as_str()) {
                continue;
            }
            let id = attribute(tag, "id");
            assert!(page.has(&format!(" for=\"{id}\"")), "{path}: no label for {tag}");
            assert_eq!(page.text.matches(&format!(" id=\"{id}\"")).count(), 1, "{path}: {id}");
        }
    }
    fleet.shutdown().await;
}
