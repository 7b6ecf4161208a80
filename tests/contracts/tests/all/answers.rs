//! What is really answered is what is described, and what is described as a request is really taken.

use serde_json::{Value, json};
use tradewind_cart_contract::Payment;
use tradewind_fleet::services;
use tradewind_journeys::{Fleet, ada, admin, staff};
use tradewind_schema::sample;
use tradewind_testkit::{Answer, Request};

use crate::documents::operations;

/// Operations whose answer to the example is a refusal: method, where one of several is meant, path, status. No letter
/// is parked, nothing is held under the token of the example, nothing is reserved for the order of it, nobody has
/// paid by card, no view is being rebuilt, no saga has the name and id of the example, and its password is nobody's.
const REFUSED: [(&str, &str, u16); 15] = [
    ("get", "/processes/{process}/{id}", 404),
    ("", "/letters/{subscription}/{position}", 404),
    ("delete", "/backup/hold", 409),
    ("delete", "/views/{view}/rebuild", 409),
    // The examples name a category above that is not there, and options of a variant.
    ("put", "/admin/categories/", 422),
    ("put", "/admin/products/{id}/details", 422),
    ("put", "/admin/picks/", 409),
    ("put", "/admin/invoices/", 409),
    ("put", "/admin/payments/", 409),
    ("get", "/api/payments/v1/payments/", 404),
    ("put", "/api/payments/v1/payments/{order_id}/refund-requests/{number}/", 403),
    ("put", "/api/payments/v1/payments/", 404),
    ("post", "/api/payments/v1/payments/", 403),
    ("post", "/api/identity/v1/token", 400),
    ("post", "/api/identity/v1/me/erasure", 403),
];

/// The coupon of the example.
const COUPON: &str = "WELCOME10";
const ADA: &str = "01980000-0000-7000-8000-00000000000a";

/// A charge whose money is held, one whose money was taken, and an order that was sent.
const HELD: &str = "01980000-0000-7000-8000-0000000000c1";
const TAKEN: &str = "01980000-0000-7000-8000-0000000000c2";
const SENT: &str = "01980000-0000-7000-8000-0000000000c3";

/// A mail to somebody of the staff.
const MAIL: &str = "01980000-0000-7000-8000-0000000000f1";
/// An endpoint of another system, where nobody is.
const HOOK: &str = "01980000-0000-7000-8000-0000000000e1";
const ENDPOINT: &str =
    r#"{"url":"http://127.0.0.1:1/","types":["tradewind.shipping.shipment-delivered.v1"]}"#;
const REPLAY: &str = r#"{"from":"2026-01-01T00:00:00.000000Z"}"#;

/// An object, and its bytes.
const OBJECT: &str = "/api/storage/v1/storageservice/products/kept.svg";
const SVG: &str = r#"<svg xmlns="http://www.w3.org/2000/svg"/>"#;

/// What is there for examples: the order, and the body of a charge with the token of a card.
struct Prepared {
    order: String,
    charge: Value,
    carts: Carts,
}

/// Carts of a guest, one of which was merged into an own one of Ada's, and one that she completed by a quote.
struct Carts {
    guest: String,
    merged: String,
    own: String,
    done: String,
    quote: String,
}

async fn carts(fleet: &Fleet) -> Carts {
    let (guests, hers) = (fleet.guest_carts(), fleet.carts(&ada()));
    fleet.coupon(COUPON, 1_000, None).await;
    let done = fleet.filled_cart(&hers, &[("1", 1)]).await;
    let quote = hers.quote(done).await.unwrap();
    fleet.take(&ada(), &quote, Payment::Account).await.unwrap();
    let (merged, own) = (fleet.filled_cart(&guests, &[]).await, fleet.filled_cart(&hers, &[]).await);
    hers.merge(merged, own).await.unwrap();
    let guest = fleet.filled_cart(&guests, &[("2", 1)]).await;
    let [guest, merged, own, done] = [guest, merged, own, done].map(|id| id.to_string());
    Carts { guest, merged, own, done, quote: quote.id.to_string() }
}

async fn prepare(fleet: &Fleet) -> Prepared {
    let order = fleet.order(&ada(), &[("1", 1)]).await.id.to_string();
    let card = json!({"number": "4242424242424242", "expiry": "12/99", "cvc": "123"});
    let card = Request::new("POST", "/api/provider/v1/cards").json(card.to_string());
    let token = fleet.send(card).await.json()["token"].clone();
    let charge = json!({"amount": {"amount": "1000.00", "currency": "GBP"}, "card": token});
    let shipment = json!({
        "customerId": ADA,
        "lines": [{"productId": "1", "quantity": 1}],
    });
    let person = json!({
        "name": "Ada", "email": "ada@another.example", "password": "ada's password", "roles": ["customer"],
    });
    for (door, path, body) in [
        ("accounts", format!("accounts/{ADA}"), Some(&person)),
        ("catalogue", "imports/1/chunks".to_owned(), Some(&json!({"format": "ndjson", "rows": ""}))),
        ("provider", format!("charges/{HELD}"), Some(&charge)),
        ("provider", format!("charges/{TAKEN}"), Some(&charge)),
        ("provider", format!("charges/{TAKEN}/capture"), None),
        ("shipping", format!("shipments/{SENT}"), Some(&shipment)),
    ] {
        let method = if path.ends_with("/chunks") { "POST" } else { "PUT" };
        let request = Request::new(method, &format!("/admin/{path}")).bearer(fleet.secret().expose());
        let request = if let Some(body) = body { request.json(body.to_string()) } else { request };
        let answer = request.send(fleet.door(&format!("{door}/internal"))).await;
        assert!((200..300).contains(&answer.status), "{}", answer.text());
    }
    let hook =
        Request::new("PUT", &format!("/api/webhooks/v1/endpoints/{HOOK}")).bearer(&staff()).json(ENDPOINT);
    assert_eq!(fleet.send(hook).await.status, 200);
    let object =
        Request::new("PUT", OBJECT).bearer(&staff()).header("Content-Type", "image/svg+xml").body(SVG);
    assert_eq!(fleet.send(object).await.status, 201);
    let mail = Request::new("PUT", &format!("/api/mailservice/mailservice/test-mails/{MAIL}"));
    let mail = fleet.send(mail.bearer(&staff()).json(r#"{"language":"en"}"#)).await;
    assert_eq!(mail.status, 200, "{}", mail.text());
    let carts = carts(fleet).await;
    fleet.mails(1).await;
    Prepared { order, charge, carts }
}

/// Where the parameter is somebody.
const PEOPLE: [&str; 3] = ["/admin/customers", "/admin/accounts", "/admin/people"];

/// What stands for a parameter, where the example in the document names nothing that is there.
fn parameter(path: &str, name: &str, Prepared { order, carts, .. }: &Prepared) -> Option<String> {
    match (path.split('/').nth(1)?, name) {
        ("api", "id") if path.starts_with("/api/cart") => Some(match path.rsplit('/').next()? {
            "completion" => carts.done.clone(),
            "merge" => carts.merged.clone(),
            _ => carts.guest.clone(),
        }),
        ("admin", "code") => Some(COUPON.to_owned()),
        ("api", "product") => Some("1".to_owned()),
        ("mails", "number") => Some("1".to_owned()),
        ("api", "id") if path.starts_with("/api/mailservice") => Some(MAIL.to_owned()),
        ("letters", "subscription") => Some("orders".to_owned()),
        ("api", "id") if path.starts_with("/api/orders") => Some(order.clone()),
        ("api", "id") if path.starts_with("/api/customers") => Some(ADA.to_owned()),
        ("admin", "id") if PEOPLE.iter().any(|start| path.starts_with(start)) => Some(ADA.to_owned()),
        ("admin", "id") if path.starts_with("/admin/callbacks") => Some(HELD.to_owned()),
        ("admin", "reference") if path.contains("/refunds/") => Some(TAKEN.to_owned()),
        ("admin", "reference") if !path.ends_with("/cancellation") => Some(HELD.to_owned()),
        ("api", "order") => Some(SENT.to_owned()),
        ("admin", "order") if path.contains("/steps/") => Some(SENT.to_owned()),
        ("api", "id") if path.starts_with("/api/webhooks") => Some(HOOK.to_owned()),
        (_, "bucket") => Some("products".to_owned()),
        (_, "name") if path.contains("/products/") => Some("kept.svg".to_owned()),
        (_, "step") => Some("handed-over".to_owned()),
        ("processes", "process") => Some("card-payment".to_owned()),
        ("processes", "id") => Some(order.clone()),
        (_, "view") => Some("order_view".to_owned()),
        (_, "id" | "product_id") => Some("1".to_owned()),
        _ => None,
    }
}

fn target(document: &Value, (method, path): (&str, &str), operation: &Value, prepared: &Prepared) -> String {
    let parameters = operation["parameters"].as_array().unwrap();
    let in_path = parameters.iter().filter(|each| each["in"] == "path");
    let example = |each: &Value| {
        let example = sample(&each["schema"], document);
        example.as_str().map_or_else(|| example.to_string(), str::to_owned)
    };
    let target = in_path.fold(path.to_owned(), |path, each| {
        let name = each["name"].as_str().unwrap();
        // The endpoint and the object stay for the others.
        let is_removal =
            method == "delete" && ["/endpoints/{id}", "/{name}"].iter().any(|end| path.ends_with(end));
        let known = parameter(&path, name, prepared).filter(|_| !is_removal);
        let value = known.unwrap_or_else(|| example(each));
        path.replace(&format!("{{{name}}}"), &value)
    });
    let needed = parameters.iter().filter(|each| each["in"] == "query" && each["required"] == true);
    let query: Vec<_> =
        needed.map(|each| format!("{}={}", each["name"].as_str().unwrap(), example(each))).collect();
    if query.is_empty() { target } else { format!("{target}?{}", query.join("&")) }
}

/// The request that the document shows.
fn request(
    document: &Value,
    (method, path): (&str, &str),
    operation: &Value,
    prepared: &Prepared,
) -> Request {
    let target = target(document, (method, path), operation, prepared);
    let mut request = Request::new(&method.to_ascii_uppercase(), &target);
    let takes = |name: &str| {
        operation["parameters"].as_array().unwrap().iter().any(|parameter| parameter["name"] == name)
    };
    if takes("Idempotency-Key") {
        request = request.header("Idempotency-Key", format!("{method}-{target}"));
    }
    if path == "/events" {
        // A log without events is waited for: half of the time allowed.
        request = request.header("Tradewind-Timeout-Ms", "200");
    }
    if takes("Prefer") {
        request = request.header("Prefer", "wait=2");
    }
    if path.starts_with("/api/webhooks") && method == "put" {
        return if path.ends_with("/{id}") { request.json(ENDPOINT) } else { request };
    }
    if let Some(form) = operation.pointer("/requestBody/content/application~1x-www-form-urlencoded/example") {
        let fields = form.as_object().unwrap().iter();
        let fields: Vec<String> =
            fields.filter_map(|(name, value)| Some(format!("{name}={}", value.as_str()?))).collect();
        let media_type = "application/x-www-form-urlencoded";
        return request.header("Content-Type", media_type).body(fields.join("&"));
    }
    if operation.pointer("/requestBody/content/*~1*").is_some() {
        return request.header("Content-Type", "image/svg+xml").body(SVG);
    }
    match operation.pointer("/requestBody/content/application~1json/example") {
        Some(_) if path.ends_with("/replays") => request.json(REPLAY),
        Some(example) if example.get("card").is_some() => request.json(prepared.charge.to_string()),
        Some(example) if example.get("into").is_some() => {
            request.json(json!({"into": prepared.carts.own}).to_string())
        }
        Some(example) if example.get("quoteId").is_some() => {
            request.json(json!({"quoteId": prepared.carts.quote}).to_string())
        }
        Some(example) => request.json(example.to_string()),
        None => request,
    }
}

/// A schema within its document, which takes nothing that it does not describe.
fn closed(document: &Value, schema: &Value) -> Value {
    fn close(value: &mut Value) {
        match value {
            Value::Object(object) => {
                if object.get("properties").is_some_and(Value::is_object) && object.contains_key("type") {
                    object.entry("additionalProperties").or_insert(Value::Bool(false));
                }
                object.values_mut().for_each(close);
            }
            Value::Array(items) => items.iter_mut().for_each(close),
            _ => {}
        }
    }
    let mut schema = json!({"components": document["components"], "allOf": [schema]});
    close(&mut schema);
    schema
}

/// What is wrong with an answer.
fn wrong(document: &Value, operation: &Value, answer: &Answer) -> Vec<String> {
    let Some(response) = operation["responses"].get(answer.status.to_string()) else {
        return vec![format!("{} is not described: {}", answer.status, answer.text())];
    };
    let mut wrong = Vec::new();
    for name in response["headers"].as_object().into_iter().flatten().map(|(name, _)| name) {
        if answer.header(&name.to_ascii_lowercase()).is_none() {
            wrong.push(format!("the header {name} is missing"));
        }
    }
    let Some(content) = response["content"].as_object() else {
        wrong.extend((!answer.body.is_empty()).then(|| "there is a body".to_owned()));
        return wrong;
    };
    let media_type = answer.header("content-type").unwrap_or_default();
    // Bytes are described as being of any media type.
    match content.get(media_type).or_else(|| content.get("*/*")) {
        None => wrong.push(format!("{media_type} is not described")),
        Some(described) if media_type.ends_with("/json") || media_type.ends_with("+json") => {
            let schema = closed(document, &described["schema"]);
            let options = jsonschema::options().should_validate_formats(true);
            let validator = options.build(&schema).unwrap();
            wrong.extend(validator.iter_errors(&answer.json()).map(|error| error.to_string()));
        }
        Some(_) => {}
    }
    wrong
}

#[tokio::test]
async fn every_operation_takes_its_example_and_answers_as_described() {
    let fleet = Fleet::start_with(&["webhooks.allow_private=true"]).await;
    let prepared = prepare(&fleet).await;
    let (mut asked, mut found) = (0, Vec::new());
    for service in services() {
        let name = &service.description().name;
        for door in service.description().doors.iter().filter(|door| door.kind.is_documented()) {
            let place = format!("{name}/{}", door.kind.name());
            let token =
                if door.kind.name() == "internal" { fleet.secret().expose().to_owned() } else { ada() };
            let address = fleet.door(&place);
            let document = Request::new("GET", "/openapi.json").bearer(&token).send(address).await.json();
            for (method, path, operation) in operations(&document) {
                let request = request(&document, (&method, &path), operation, &prepared);
                let needs_token = operation["security"] != json!([]);
                let is_for_staff = ["/api/webhooks", "/api/storage", "/api/mailservice"]
                    .iter()
                    .any(|start| path.starts_with(start))
                    || path.ends_with("/feed");
                let is_for_admins = path.contains("/v1/admin/") || path.ends_with("/v1/audit");
                let token = if is_for_staff { staff() } else { token.clone() };
                let token = if is_for_admins { admin() } else { token };
                let request = if needs_token { request.bearer(&token) } else { request };
                let answer = request.send(address).await;
                let refused = REFUSED
                    .iter()
                    .find(|(of, start, _)| path.starts_with(start) && (of.is_empty() || *of == method));
                let expected =
                    refused.map_or((200..300).contains(&answer.status), |(.., s)| answer.status == *s);
                let mut wrong = wrong(&document, operation, &answer);
                wrong.extend((!expected).then(|| format!("{}: {}", answer.status, answer.text())));
                found.extend(wrong.into_iter().map(|what| format!("{place} {method} {path}: {what}")));
                asked += 1;
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(asked > 60, "only {asked} operations");
    fleet.shutdown().await;
}

#[tokio::test]
async fn refusals_are_described_too() {
    let fleet = Fleet::start().await;
    let door = fleet.door("orders/public");
    let document = Request::new("GET", "/openapi.json").send(door).await.json();
    let path = "/api/orders/v1/orders";
    let place = |body: &str| Request::new("POST", path).bearer(&ada()).json(body);
    let unknown = r#"{"lines":[{"productId":"nine","quantity":1}]}"#;
    for (request, status) in [
        (Request::new("POST", path), 401),
        (place("{"), 400),
        (place("{}"), 422),
        (place(r#"{"lines":[{"productId":"1","quantity":0}]}"#), 422),
        (place(unknown).header("Idempotency-Key", "a"), 422),
        (place(unknown), 400),
        (Request::new("POST", path).bearer(&ada()).body("x"), 415),
    ] {
        let answer = request.send(door).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(wrong(&document, &document["paths"][path]["post"], &answer), Vec::<String>::new());
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_answer_with_a_field_that_is_not_described_is_noticed() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]});
    let operation = json!({"responses": {"200": {"content": {"application/json": {"schema": schema}}}}});
    let answer = |body: &str| {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Answer { status: 200, headers, body: body.as_bytes().to_vec() }
    };
    let document = json!({"components": {}});
    assert_eq!(wrong(&document, &operation, &answer(r#"{"a":"x"}"#)), Vec::<String>::new());
    for body in [r#"{"a":"x","b":1}"#, r#"{"a":1}"#, "{}"] {
        assert_eq!(wrong(&document, &operation, &answer(body)).len(), 1, "{body}");
    }
}

#[tokio::test]
async fn the_document_is_found_through_the_gateway() {
    let fleet = Fleet::start().await;
    for service in ["catalogue", "stock", "customers", "orders", "cart"] {
        let answer = fleet.send(Request::new("GET", &format!("/api/{service}/v1/openapi.json"))).await;
        assert_eq!((answer.status, &answer.json()["openapi"]), (200, &json!("3.1.0")), "{service}");
        let direct =
            Request::new("GET", "/openapi.json").send(fleet.door(&format!("{service}/public"))).await;
        assert_eq!(direct.text(), answer.text());
    }
    fleet.shutdown().await;
}
