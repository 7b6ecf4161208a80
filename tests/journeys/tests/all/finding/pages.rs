//! Pages, facets, product pages, and how soon they show what changed.

use std::time::Duration;

use serde_json::json;
use tradewind_catalogue_contract::{
    AvailabilityLevel, Label, Language, ProductSort, PutCategory, PutDetails, SearchQuery, SetListedPrice,
};
use tradewind_journeys::Fleet;
use tradewind_kernel::{Clock, Currency, Money};
use tradewind_stock_contract::{ReceiveStock, StockClient};
use tradewind_testkit::Request;

use super::{find, ids, import, row, shop, slug, staff};

async fn category(fleet: &Fleet, name: &str, german: &str, parent: Option<&str>) {
    let names = vec![Label { language: Language::DE, text: german.to_owned() }];
    let put = PutCategory { name: name.to_owned(), names, parent: parent.map(slug), position: 0 };
    staff(fleet).put_category(&slug(&name.to_lowercase()), &put).await.unwrap();
}

async fn assortment(fleet: &Fleet) {
    category(fleet, "Clothes", "Kleidung", None).await;
    category(fleet, "Shirts", "Hemden", Some("clothes")).await;
    category(fleet, "Hats", "Hüte", Some("clothes")).await;
    let colour = |value: &str| json!({"name": "colour", "value": value});
    let labelled = json!({
        "name": "colour", "labels": [{"language": "en", "text": "Colour"}, {"language": "de", "text": "Farbe"}],
        "value": "red", "valueLabels": [{"language": "en", "text": "Red"}, {"language": "de", "text": "Rot"}],
    });
    let sizes = json!([{"name": "size", "values": [{"value": "s"}, {"value": "m"}]}]);
    let variant = |size: &str| {
        json!({"category": "shirts", "variantOf":
            {"product": "shirt", "choices": [{"option": "size", "value": size}]}})
    };
    let rows = [
        row(
            "shirt",
            "Shirt",
            2_000,
            json!({"category": "shirts", "options": sizes, "attributes": [labelled],
            "images": [{"path": "products/shirt.svg"}],
            "texts": [{"language": "de", "name": "Hemd", "description": "Aus Leinen"}]}),
        ),
        row("shirt-s", "Shirt, small", 1_900, variant("s")),
        row("shirt-m", "Shirt, medium", 2_100, variant("m")),
        row("blouse", "Blouse", 3_000, json!({"category": "shirts", "attributes": [colour("blue")]})),
        row("cap", "Cap", 900, json!({"category": "hats", "attributes": [colour("red")]})),
        row("beret", "Beret", 900, json!({"category": "hats", "attributes": [colour("blue")]})),
    ];
    let progress = import(fleet, "clothes", &rows, 0).await;
    assert_eq!((progress.changed, progress.errors), (6, vec![]));
}

fn within(category: &str) -> SearchQuery {
    SearchQuery { category: Some(slug(category)), ..SearchQuery::default() }
}

#[tokio::test]
async fn facets_count_what_is_found_and_what_could_be_chosen() {
    let fleet = Fleet::start().await;
    assortment(&fleet).await;
    let all = find(&fleet, &within("clothes")).await;
    assert_eq!((ids(&all), all.total), (vec!["beret", "blouse", "cap", "shirt"], 4));
    let facets = all.facets.unwrap();
    let counts: Vec<_> = facets.categories.iter().map(|each| (each.name.as_str(), each.count)).collect();
    assert_eq!(counts, [("Hats", 2), ("Shirts", 2)]);
    let price = facets.price.unwrap();
    assert_eq!((price.min.minor(), price.max.minor()), (900, 3_000));
    let red = SearchQuery { attribute: Some("colour:red".to_owned()), ..within("clothes") };
    let red = find(&fleet, &SearchQuery { locale: Some(Language::DE), ..red }).await;
    assert_eq!(ids(&red), ["cap", "shirt"]);
    let facets = red.facets.unwrap();
    let values = |name: &str| {
        let facet = facets.attributes.iter().find(|facet| facet.name.as_str() == name).unwrap();
        let values = facet.values.iter().map(|each| (each.value.to_string(), each.label.clone(), each.count));
        (facet.label.clone(), values.collect::<Vec<_>>())
    };
    let (label, colours) = values("colour");
    assert_eq!(label, "Farbe");
    let told = |value: &str, label: &str, count| (value.to_owned(), label.to_owned(), count);
    assert_eq!(colours, [told("blue", "blue", 2), told("red", "Rot", 2)], "another one can be chosen");
    assert_eq!(values("size").1, [told("m", "m", 1), told("s", "s", 1)]);
    let both =
        SearchQuery { attribute: Some("colour:red,colour:blue,size:m".to_owned()), ..within("clothes") };
    assert_eq!(ids(&find(&fleet, &both).await), ["shirt"]);
    let cheap = SearchQuery { price_max: Some(1_900), ..within("clothes") };
    assert_eq!(ids(&find(&fleet, &cheap).await), ["beret", "cap", "shirt"]);
    let euro = SearchQuery { currency: "EUR".parse().ok(), ..within("clothes") };
    assert_eq!(find(&fleet, &euro).await.total, 0, "what has no price in euros is not sold for them");
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_product_page_is_in_the_language_asked_for() {
    let fleet = Fleet::start().await;
    assortment(&fleet).await;
    let shirt = shop(&fleet).product(&slug("shirt"), Language::DE).await.unwrap();
    assert_eq!(
        (shirt.name.as_str(), shirt.description.as_str(), shirt.slug.as_str()),
        ("Hemd", "Aus Leinen", "shirt")
    );
    let path: Vec<_> = shirt.category_path.iter().map(|each| each.name.as_str()).collect();
    assert_eq!(path, ["Kleidung", "Hemden"]);
    assert_eq!((shirt.images[0].path.as_str(), shirt.images[0].alt.as_str()), ("products/shirt.svg", "Hemd"));
    let variants: Vec<_> = shirt.variants.iter().map(|each| (each.id.as_str(), each.price.minor())).collect();
    assert_eq!(variants, [("shirt-m", 2_100), ("shirt-s", 1_900)]);
    assert_eq!(shirt.variants[0].choices[0].value.as_str(), "m");
    let small = shop(&fleet).product(&slug("shirt-s"), Language::EN).await.unwrap();
    assert_eq!(small.variant_of, Some(slug("shirt")));
    let found = find(&fleet, &SearchQuery { q: Some("medium".to_owned()), ..SearchQuery::default() }).await;
    let summary = &found.items[0];
    assert_eq!((summary.id.as_str(), summary.price.minor(), summary.has_variants), ("shirt", 1_900, true));
    assert_eq!(summary.from_price, Some(summary.price));
    let tree = shop(&fleet).categories(Language::DE).await.unwrap();
    assert_eq!((tree[0].name.as_str(), tree[0].count, tree[0].children.len()), ("Kleidung", 4, 2));
    // A category that is called something else is found by its new name.
    category(&fleet, "Hats", "Mützen", Some("clothes")).await;
    let query = SearchQuery { q: Some("Mützen".to_owned()), ..SearchQuery::default() };
    let clock = Clock::system();
    let renamed = async {
        while find(&fleet, &query).await.total != 2 {
            clock.sleep(Duration::from_millis(10)).await;
        }
    };
    clock.timeout(Duration::from_secs(10), renamed).await.expect("the pages are made again");
    fleet.shutdown().await;
}

/// Every page of a search, by `limit`.
async fn all_pages(fleet: &Fleet, query: &SearchQuery, limit: u16) -> Vec<(String, i64)> {
    let mut found = Vec::new();
    let mut query = SearchQuery { limit: Some(limit), ..query.clone() };
    loop {
        let page = find(fleet, &query).await;
        assert_eq!(page.facets.is_some(), query.after.is_none());
        found.extend(page.items.iter().map(|item| (item.id.to_string(), item.price.minor())));
        if page.next.is_none() {
            assert_eq!(found.len() as u64, page.total);
            return found;
        }
        query.after = page.next;
    }
}

#[tokio::test]
async fn pages_show_everything_once_in_every_sequence() {
    let fleet = Fleet::start().await;
    fleet.seeder().assortment(60, |_, _| {}).await.unwrap();
    // Many have the same price and the same name.
    let same: Vec<String> =
        (0..30).map(|number| row(&format!("s{number}"), "Same", 500, json!({}))).collect();
    import(&fleet, "same", &same, 0).await;
    for words in [None, Some("same"), Some("steel")] {
        for sort in ["relevance", "name", "price", "-price", "newest"] {
            let sort: ProductSort = serde_json::from_value(json!(sort)).unwrap();
            let query =
                SearchQuery { q: words.map(str::to_owned), sort: Some(sort), ..SearchQuery::default() };
            let whole = all_pages(&fleet, &query, 200).await;
            for limit in [7, 30] {
                assert_eq!(all_pages(&fleet, &query, limit).await, whole, "{words:?} {sort:?} {limit}");
            }
            let prices: Vec<i64> = whole.iter().map(|(_, price)| *price).collect();
            assert!(sort != ProductSort::PriceAscending || prices.is_sorted());
            assert!(sort != ProductSort::PriceDescending || prices.iter().rev().is_sorted());
            let mut ids: Vec<&String> = whole.iter().map(|(id, _)| id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), whole.len());
        }
    }
    let mark = find(&fleet, &SearchQuery { limit: Some(1), ..SearchQuery::default() }).await.next.unwrap();
    let other = Request::new("GET", &format!("/api/catalogue/v1/search?sort=newest&after={mark}"));
    assert!(fleet.send(other).await.refusal(400, "invalid-parameter").names("after"));
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_change_is_visible_within_a_second() {
    let fleet = Fleet::start().await;
    let clock = Clock::system();
    let level = |product: &'static str| {
        let fleet = &fleet;
        async move {
            let shown = shop(fleet).product(&slug(product), Language::EN).await.unwrap();
            let found = find(fleet, &SearchQuery { limit: Some(200), ..SearchQuery::default() }).await;
            let item = found.items.into_iter().find(|item| item.id.as_str() == product).unwrap();
            // A change may come between the two; none that stays is for only one of them.
            let both = shown.availability.filter(|_| item.availability == shown.availability);
            both.map(|availability| (availability.level, availability.amount))
        }
    };
    // What the shop is filled with: 5 widgets, 999 anvils, no cogs.
    assert_eq!(level("1").await, Some((AvailabilityLevel::Low, Some(5))));
    assert_eq!(level("3").await, Some((AvailabilityLevel::InStock, None)));
    assert_eq!(level("4").await, Some((AvailabilityLevel::SoldOut, None)));
    let stock = StockClient::new(fleet.internal("stock"));
    stock.receive(&slug("4"), &ReceiveStock { quantity: 3, reference: None }, "three").await.unwrap();
    let seen = async {
        while level("4").await != Some((AvailabilityLevel::Low, Some(3))) {
            clock.sleep(Duration::from_millis(10)).await;
        }
    };
    clock.timeout(Duration::from_secs(5), Box::pin(seen)).await.expect("the receipt is visible");
    let there = SearchQuery { in_stock: Some(true), limit: Some(200), ..SearchQuery::default() };
    assert_eq!(ids(&find(&fleet, &there).await), ["1", "2", "3", "4", "5"]);
    let price = SetListedPrice { price: Money::from_minor(100, Currency::GBP) };
    staff(&fleet).set_listed_price(&slug("wholesale"), &slug("1"), &price).await.unwrap();
    let shown = shop(&fleet).product(&slug("1"), Language::EN).await.unwrap();
    assert_eq!(shown.price_lists[0].list, slug("wholesale"));
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_does_not_fit_what_there_is_is_pointed_at() {
    let fleet = Fleet::start().await;
    assortment(&fleet).await;
    let refused = |id: &'static str, details: serde_json::Value| {
        let fleet = &fleet;
        async move {
            let details: PutDetails = serde_json::from_value(details).unwrap();
            let problem = staff(fleet).put_details(&slug(id), &details).await.unwrap_err();
            problem.errors().first().map(|error| error.pointer.clone())
        }
    };
    let variant = |product: &str| json!({"variantOf": {"product": product}});
    for (id, details, pointer) in [
        ("1", json!({"category": "nowhere"}), "/category"),
        ("1", variant("1"), "/variantOf/product"),
        ("1", variant("nobody"), "/variantOf/product"),
        ("1", variant("shirt-s"), "/variantOf/product"),
        ("shirt", variant("1"), "/variantOf/product"),
    ] {
        assert_eq!(refused(id, details.clone()).await.as_deref(), Some(pointer), "{id} {details}");
    }
    fleet.shutdown().await;
}
