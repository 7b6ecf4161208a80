use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use tradewind_catalogue_contract::DecimalPrice;
use tradewind_kernel::Currency;

use super::*;
use crate::offer::Availability;

fn offer(name: &str, minor: i64, availability: Availability) -> Offer {
    let price = DecimalPrice(Money::from_minor(minor, Currency::GBP));
    Offer { id: "1".parse().unwrap(), name: name.into(), description: "Premium".into(), price, availability }
}

fn known(amount: i64) -> Availability {
    Availability::Known { sku: "12345678".into(), amount }
}

#[test]
fn the_page_has_what_the_original_one_had() {
    let page = shop(&[offer("Widget", 120, known(5))]);
    assert!(page.contains("<title>Welcome to the Docker Java Shopfront!</title>"));
    assert!(page.contains("<h1>Welcome to the Docker Java Shopfront!</h1>"));
    assert!(page.contains(">Docker Java Shopfront</nav>"));
    assert!(page.contains("Please select a product!"));
    assert!(page.contains("<table id=\"product-table\" class=\"product-table\">"));
    let headings: Vec<&str> =
        page.split("<th ").skip(1).map(|rest| &rest[..rest.find('<').unwrap()]).collect();
    let headings: Vec<&str> =
        headings.into_iter().map(|heading| heading.split('>').nth(1).unwrap()).collect();
    assert_eq!(headings, ["Product Num", "SKU", "Name", "Description", "Price £", "Qty Available"]);
    let row = "<tr><td>1</td><td>12345678</td><td>Widget</td><td>Premium</td>\
               <td class=\"number\">1.20</td><td class=\"number\">5</td></tr>";
    assert!(page.contains(row), "{page}");
    assert!(!page.contains("unknown</td>"));
}

#[test]
fn stock_that_is_not_known_is_said_in_words() {
    let page = shop(&[offer("Widget", 120, Availability::Unknown)]);
    assert_eq!(page.matches(">unknown</td>").count(), 2, "{page}");
    assert!(page.contains("is not known for every product right now") && !page.contains("999"));
    let pretended = shop(&[offer("Widget", 120, Availability::Pretended)]);
    assert!(pretended.contains("<td>default</td>") && pretended.contains(">999</td>"));
    assert!(!pretended.contains("not known"));
}

#[test]
fn an_empty_shop_says_so_and_shows_no_table() {
    let page = shop(&[]);
    assert!(page.contains("No products yet.") && !page.contains("<table") && page.contains("Docker Java"));
}

#[test]
fn names_are_text_and_nothing_else() {
    let evil = "<script>alert('x')</script>\" onload=\"&amp;\u{7}";
    let shown = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot; onload=&quot;&amp;amp;\u{fffd}";
    let mut all = offer(evil, 120, Availability::Known { sku: evil.into(), amount: 1 });
    all.description = evil.into();
    let page = shop(&[all]);
    assert_eq!(page.matches(shown).count(), 3, "{page}");
    assert!(!page.contains("<script") && !page.contains("onload=\""));
}

#[test]
fn prices_have_two_places_and_commas() {
    for (minor, shown) in [
        (0, "0.00"),
        (5, "0.05"),
        (120, "1.20"),
        (15_410, "154.10"),
        (99_999, "999.99"),
        (100_000, "1,000.00"),
        (123_456_789, "1,234,567.89"),
        (-123_456, "-1,234.56"),
        (i64::MAX, "92,233,720,368,547,758.07"),
    ] {
        assert_eq!(pounds(Money::from_minor(minor, Currency::GBP)), shown);
    }
    let yen = Money::from_decimal("1500", "JPY".parse().unwrap()).unwrap();
    assert_eq!(pounds(yen), "1,500.00");
}

#[test]
fn the_style_is_the_one_that_the_policy_allows() {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    assert!(CONTENT_SECURITY_POLICY.contains(&format!("'sha256-{hash}'")), "the hash of the style is {hash}");
    let page = shop(&[]);
    assert!(!page.contains("style=") && !page.contains("<script") && !page.contains("http"), "{page}");
}

#[test]
fn who_finds_the_shop_closed_is_told_when_to_come_back() {
    assert!(out_of_order(1).contains("in 1 second."));
    assert!(out_of_order(3).contains("in 3 seconds."));
}
