//! Bodies that are no JSON, or JSON of another shape, or say what cannot be.

use serde_json::{Value, json};
use tradewind_journeys::staff;
use tradewind_testkit::Refusal;

use super::routes::Route;
use super::world::{Draft, Trace, World, route, routes};

/// Fields that may be left out.
const OPTIONAL: [&str; 5] = ["/attributes", "/customerId", "/description", "/note", "/reference"];

const ORDERS: (&str, &str) = ("POST", "/api/orders/v1/orders");
const PRODUCT: (&str, &str) = ("PUT", "/admin/products/{id}");
const ITEM: (&str, &str) = ("PUT", "/admin/items/{product_id}");
const RECEIPT: (&str, &str) = ("POST", "/admin/items/{product_id}/receipts");
const CUSTOMER: (&str, &str) = ("PUT", "/admin/customers/{id}");
const LIMIT: (&str, &str) = ("PUT", "/admin/customers/{id}/credit-limit");

/// The pointers of all values in a document, the document itself first.
pub fn pointers(document: &Value) -> Vec<String> {
    let below = |name: &str, value: &Value| -> Vec<String> {
        pointers(value).into_iter().map(|pointer| format!("/{name}{pointer}")).collect()
    };
    let mut found = vec![String::new()];
    match document {
        Value::Object(fields) => found.extend(fields.iter().flat_map(|(name, value)| below(name, value))),
        Value::Array(items) => {
            found
                .extend(items.iter().enumerate().flat_map(|(index, value)| below(&index.to_string(), value)));
        }
        _ => {}
    }
    found
}

/// The good body with another value at `pointer`.
pub fn with(body: &str, pointer: &str, value: Value) -> String {
    let mut document: Value = serde_json::from_str(body).unwrap();
    *document.pointer_mut(pointer).unwrap() = value;
    document.to_string()
}

fn taking_json() -> Vec<(&'static Route, &'static str)> {
    routes(|route| route.body().is_some()).into_iter().map(|route| (route, route.body().unwrap())).collect()
}

fn all_name(refusals: &[Refusal], pointer: &str) {
    assert!(refusals.iter().all(|refusal| refusal.names(pointer)), "{pointer}: {refusals:?}");
}

#[tokio::test]
async fn what_is_no_json_is_refused() {
    let world = World::new().await;
    for (route, body) in taking_json() {
        let cut = |count: usize| body.as_bytes()[..body.len() - count].to_vec();
        let mut invalid = body.as_bytes().to_vec();
        invalid[2] = 0xff;
        for bad in [
            Vec::new(),
            b" ".to_vec(),
            b"x".to_vec(),
            cut(1),
            cut(body.len() - 1),
            invalid,
            body.replace('"', "'").into_bytes(),
            format!("{body}x").into_bytes(),
            format!("{body}{body}").into_bytes(),
            format!("\u{feff}{body}").into_bytes(),
            body.replacen(':', "=", 1).into_bytes(),
            format!("{},}}", body.strip_suffix('}').unwrap()).into_bytes(),
            format!("// a\n{body}").into_bytes(),
        ] {
            let draft = world.good(route).with_body(bad);
            for refusal in world.refuses_at(route, &draft, (400, "malformed-json")).await {
                assert!(refusal.detail.contains("line"), "{}", refusal.detail);
            }
        }
    }
    world.end().await;
}

#[tokio::test]
async fn a_value_of_another_shape_is_pointed_at() {
    let world = World::new().await;
    for (route, body) in taking_json() {
        for pointer in pointers(&serde_json::from_str(body).unwrap()) {
            for wrong in [json!({"surprise": 1}), json!([[]]), json!(true)] {
                let draft = world.good(route).with_body(with(body, &pointer, wrong));
                let refusals = world.refuses_at(route, &draft, (422, "invalid-body")).await;
                all_name(&refusals, &pointer);
            }
        }
        for wrong in ["null", "7", "\"text\"", "[]"] {
            let draft = world.good(route).with_body(wrong);
            world.refuses_at(route, &draft, (422, "invalid-body")).await;
        }
    }
    world.end().await;
}

#[tokio::test]
async fn an_unknown_field_is_pointed_at_wherever_it_is() {
    let world = World::new().await;
    for (route, body) in taking_json() {
        let good: Value = serde_json::from_str(body).unwrap();
        for pointer in pointers(&good).into_iter().filter(|at| good.pointer(at).unwrap().is_object()) {
            let mut bad = good.clone();
            bad.pointer_mut(&pointer).unwrap()["surprise"] = json!(1);
            let draft = world.good(route).with_body(bad.to_string());
            let refusals = world.refuses_at(route, &draft, (422, "invalid-body")).await;
            all_name(&refusals, &format!("{pointer}/surprise"));
        }
    }
    world.end().await;
}

#[tokio::test]
async fn a_missing_field_is_named() {
    let world = World::new().await;
    for (route, body) in taking_json() {
        let good: Value = serde_json::from_str(body).unwrap();
        for pointer in pointers(&good) {
            let Some((parent, name)) = pointer.rsplit_once('/') else { continue };
            let mut bad = good.clone();
            let Some(fields) = bad.pointer_mut(parent).unwrap().as_object_mut() else { continue };
            fields.remove(name);
            if OPTIONAL.contains(&pointer.as_str()) {
                continue;
            }
            let draft = world.good(route).with_body(bad.to_string());
            for refusal in world.refuses_at(route, &draft, (422, "invalid-body")).await {
                assert!(refusal.errors[0].detail.contains(name), "{pointer}: {refusal:?}");
            }
        }
    }
    world.end().await;
}

#[tokio::test]
async fn a_field_that_comes_twice_is_refused() {
    let world = World::new().await;
    for (route, body) in taking_json() {
        let twice = format!("{{{},{}", &body[1..body.len() - 1], &body[1..]);
        let draft = world.good(route).with_body(twice);
        world.refuses_at(route, &draft, (422, "invalid-body")).await;
    }
    world.end().await;
}

#[tokio::test]
async fn a_quantity_is_a_whole_number_within_its_bounds() {
    let world = World::new().await;
    for (name, pointer, wrong) in [
        (ORDERS, "/lines/0/quantity", ["-1", "0", "10001", "1.5", "1.0", "1e2", "\"1\"", "null", "1e20"]),
        (RECEIPT, "/quantity", ["-1", "-0.0", "4294967296", "1.5", "1.0", "1e2", "\"1\"", "null", "1e20"]),
    ] {
        let route = route(name.0, name.1);
        for number in wrong {
            let body = with(route.body().unwrap(), pointer, json!("HERE")).replace("\"HERE\"", number);
            let refusals =
                world.refuses_at(route, &world.good(route).with_body(body), (422, "invalid-body")).await;
            all_name(&refusals, pointer);
        }
        for number in ["01", "+1", "NaN", "1e999", "1_0", ".5"] {
            let body = with(route.body().unwrap(), pointer, json!("HERE")).replace("\"HERE\"", number);
            world.refuses_at(route, &world.good(route).with_body(body), (400, "malformed-json")).await;
        }
    }
    world.end().await;
}

#[tokio::test]
async fn a_name_is_made_of_its_characters() {
    let world = World::new().await;
    let long = "x".repeat(65);
    for (name, pointer) in [(ORDERS, "/lines/0/productId"), (ITEM, "/sku"), (RECEIPT, "/reference")] {
        let route = route(name.0, name.1);
        for text in ["", " ", ".", "..", "a b", "a/b", "é", "a\0", &long] {
            let body = with(route.body().unwrap(), pointer, json!(text));
            let refusals =
                world.refuses_at(route, &world.good(route).with_body(body), (422, "invalid-body")).await;
            all_name(&refusals, pointer);
        }
    }
    world.end().await;
}

#[tokio::test]
async fn money_is_decimal_text_in_a_known_currency() {
    let world = World::new().await;
    for (name, pointer) in [(PRODUCT, "/price"), (CUSTOMER, "/creditLimit"), (LIMIT, "/limit")] {
        let route = route(name.0, name.1);
        let body = route.body().unwrap();
        let mut cases = Vec::new();
        for amount in ["", "1.234", "1e3", "1,00", "+1", ".5", "1.", "ten", "92233720368547758.08"] {
            cases.push((pointer.to_owned(), json!({"amount": amount, "currency": "GBP"})));
        }
        cases.push((format!("{pointer}/amount"), json!({"amount": 1.2, "currency": "GBP"})));
        for currency in ["", "gbp", "XXX", "POUND", "€"] {
            cases.push((format!("{pointer}/currency"), json!({"amount": "1.00", "currency": currency})));
        }
        for (place, money) in cases {
            let draft = world.good(route).with_body(with(body, pointer, money));
            all_name(&world.refuses_at(route, &draft, (422, "invalid-body")).await, &place);
        }
    }
    world.end().await;
}

/// A refusal that the command itself decides on: it is kept with its key.
async fn kept(
    world: &World,
    draft: impl Fn(&Draft) -> Draft,
    name: (&str, &str),
    (status, code): (u16, &str),
) -> Vec<Refusal> {
    let route = route(name.0, name.1);
    let draft = draft(&world.good(route));
    world.refuses_and_leaves(route, &draft, (status, code), Trace::Kept).await
}

#[tokio::test]
async fn an_order_that_cannot_be_is_refused_with_the_lines_to_change() {
    let world = World::new().await;
    let line = json!({"productId": "1", "quantity": 1});
    for lines in [json!([]), Value::Array(vec![line.clone(); 101])] {
        let body = json!({ "lines": lines }).to_string();
        let refusals =
            kept(&world, |good| good.clone().with_body(&*body), ORDERS, (422, "invalid-body")).await;
        all_name(&refusals, "/lines");
    }
    let unknown = json!({"productId": "none", "quantity": 1});
    let body = json!({"lines": [unknown, line, unknown]}).to_string();
    let refusals =
        kept(&world, |good| good.clone().with_body(&*body), ORDERS, (422, "unknown-product")).await;
    all_name(&refusals, "/lines/0/productId");
    all_name(&refusals, "/lines/2/productId");
    assert!(refusals.iter().all(|refusal| !refusal.names("/lines/1")), "{refusals:?}");
    world.end().await;
}

#[tokio::test]
async fn an_order_of_the_greatest_number_of_lines_is_taken() {
    let world = World::new().await;
    let route = route(ORDERS.0, ORDERS.1);
    let lines = vec![json!({"productId": "1", "quantity": 10_000}); 100];
    let draft = world.good(route).with_body(json!({ "lines": lines }).to_string());
    let answer = draft.request().send(world.fleet.gateway()).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    world.end().await;
}

#[tokio::test]
async fn an_order_for_nobody_or_for_somebody_else_is_refused() {
    let world = World::new().await;
    let route = route(ORDERS.0, ORDERS.1);
    let lines = json!([{"productId": "1", "quantity": 1}]);
    let unknown = "01980000-0000-7000-8000-0000000000ff";
    let named = json!({"customerId": unknown, "lines": lines}).to_string();
    let unnamed = json!({ "lines": lines }).to_string();
    let by = |token: String, body: &str| {
        let draft = Draft { token: Some(token), ..world.good(route) };
        draft.with_body(body)
    };
    world.refuses_at(route, &world.good(route).with_body(&*named), (403, "forbidden")).await;
    let refusals = world.refuses_at(route, &by(staff(), &unnamed), (422, "invalid-body")).await;
    all_name(&refusals, "/customerId");
    kept(&world, |_| by(staff(), &named), ORDERS, (422, "unknown-customer")).await;
    kept(&world, |_| by(format!("dev-user-{unknown}"), &unnamed), ORDERS, (422, "unknown-customer")).await;
    world.end().await;
}

#[tokio::test]
async fn a_sum_that_cannot_be_said_is_refused() {
    let world = World::new().await;
    for (id, amount, currency) in [("gem", "92233720368547758.07", "GBP"), ("baguette", "1.00", "EUR")] {
        let mut draft = world.good(route(PRODUCT.0, PRODUCT.1));
        draft.target = format!("/admin/products/{id}");
        let price = json!({"amount": amount, "currency": currency});
        let draft = draft.with_body(json!({"name": id, "price": price}).to_string());
        assert_eq!(draft.request().send(world.fleet.door("catalogue/internal")).await.status, 204);
    }
    world.settle().await;
    let order = |lines: &[(&str, i64)]| {
        let line = |(id, quantity): &(&str, i64)| json!({"productId": id, "quantity": quantity});
        json!({"lines": lines.iter().map(line).collect::<Vec<_>>()}).to_string()
    };
    for lines in [order(&[("gem", 2)]), order(&[("gem", 1), ("gem", 1)]), order(&[("gem", 10_000)])] {
        kept(&world, |good| good.clone().with_body(&*lines), ORDERS, (422, "order-too-large")).await;
    }
    let mixed = order(&[("1", 1), ("baguette", 1)]);
    kept(&world, |good| good.clone().with_body(&*mixed), ORDERS, (422, "mixed-currencies")).await;
    world.end().await;
}

#[tokio::test]
async fn a_value_beyond_its_bounds_is_pointed_at() {
    let world = World::new().await;
    let below_nothing = json!({"amount": "-0.01", "currency": "GBP"});
    for (name, pointer, value) in [
        (PRODUCT, "/name", json!("")),
        (PRODUCT, "/name", json!("  ")),
        (PRODUCT, "/name", json!("x".repeat(201))),
        (PRODUCT, "/name", json!("a\0b")),
        (PRODUCT, "/name", json!("a\nb")),
        (PRODUCT, "/description", json!("a\0b")),
        (PRODUCT, "/description", json!("x".repeat(2001))),
        (PRODUCT, "/price", below_nothing.clone()),
        (RECEIPT, "/quantity", json!(0)),
        (RECEIPT, "/quantity", json!(1_000_001)),
        (CUSTOMER, "/name", json!("")),
        (CUSTOMER, "/name", json!("x".repeat(201))),
        (CUSTOMER, "/name", json!("a\0b")),
        (CUSTOMER, "/creditLimit", below_nothing.clone()),
        (LIMIT, "/limit", below_nothing.clone()),
        (LIMIT, "/limit", json!({"amount": "1.00", "currency": "EUR"})),
    ] {
        let spoilt = |good: &Draft| {
            let body = String::from_utf8(good.body.clone().unwrap()).unwrap();
            good.clone().with_body(with(&body, pointer, value.clone()))
        };
        all_name(&kept(&world, spoilt, name, (422, "invalid-body")).await, pointer);
    }
    world.end().await;
}

#[tokio::test]
async fn a_value_at_its_bound_is_taken() {
    let world = World::new().await;
    for (name, pointer, value) in [
        (PRODUCT, "/name", json!("é".repeat(200))),
        (PRODUCT, "/description", json!("é".repeat(2000))),
        (PRODUCT, "/price", json!({"amount": "0.00", "currency": "GBP"})),
        (RECEIPT, "/quantity", json!(1_000_000)),
        (CUSTOMER, "/name", json!("é".repeat(200))),
        (CUSTOMER, "/creditLimit", json!({"amount": "92233720368547758.07", "currency": "GBP"})),
        (LIMIT, "/limit", json!({"amount": "0.00", "currency": "GBP"})),
    ] {
        let route = route(name.0, name.1);
        let draft = world.good(route).with_body(with(route.body().unwrap(), pointer, value));
        let answer = draft.request().send(world.doors(route)[0]).await;
        assert!(answer.status < 300, "{pointer}: {}", answer.text());
    }
    world.end().await;
}

#[tokio::test]
async fn a_command_for_what_does_not_exist_is_refused() {
    let world = World::new().await;
    let to = |target: &'static str| move |good: &Draft| Draft { target: target.to_owned(), ..good.clone() };
    let unknown = "/admin/customers/01980000-0000-7000-8000-0000000000ff/credit-limit";
    kept(&world, to("/admin/items/none/receipts"), RECEIPT, (404, "not-found")).await;
    kept(&world, to(unknown), LIMIT, (404, "not-found")).await;
    let cancel = ("POST", "/api/orders/v1/orders/{id}/cancellation");
    let order = "/api/orders/v1/orders/01980000-0000-7000-8000-0000000000ff/cancellation";
    kept(&world, to(order), cancel, (404, "not-found")).await;
    world.end().await;
}
