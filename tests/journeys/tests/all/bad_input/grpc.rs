//! The same by gRPC: every method, with a call that it takes, spoilt in all ways.

use std::collections::BTreeSet;

use http::{HeaderMap, HeaderValue, Request, Version};
use tradewind_client::{Body, FarClient};
use tradewind_fleet::assembly;
use tradewind_grpc::{Code, Message, failure, frame, unframe};
use tradewind_problem::Problem;
use tradewind_stock_contract::grpc::v1;

use super::world::World;

/// A method with a call that it takes.
struct Method {
    door: &'static str,
    path: &'static str,
    message: Vec<u8>,
    is_command: bool,
}

/// All of them.
fn methods() -> Vec<Method> {
    let (one, sku) = (|| "1".to_owned(), "12345678".to_owned());
    let read = |path, message| Method { door: "stock/public", path, message, is_command: false };
    let command = |path, message| Method { door: "stock/internal", path, message, is_command: true };
    let receipt =
        v1::ReceiveStockRequest { product_id: one(), quantity: 1, reference: Some("note-7".to_owned()) };
    vec![
        read(v1::LIST_STOCKS.path(), bytes(&v1::ListStocksRequest {})),
        read(v1::GET_STOCK.path(), bytes(&v1::GetStockRequest { product_id: one() })),
        read(v1::BATCH_GET_STOCKS.path(), bytes(&v1::BatchGetStocksRequest { product_ids: vec![one()] })),
        command(v1::REGISTER_ITEM.path(), bytes(&v1::RegisterItemRequest { product_id: one(), sku })),
        command(v1::RECEIVE_STOCK.path(), bytes(&receipt)),
    ]
}

fn bytes(message: &impl Message) -> Vec<u8> {
    message.to_bytes().to_vec()
}

/// A call to be spoilt.
struct Draft {
    path: &'static str,
    body: Vec<u8>,
    headers: HeaderMap,
}

impl Method {
    fn good(&self, world: &World) -> Draft {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/grpc"));
        if self.is_command {
            let token = format!("Bearer {}", world.fleet.secret().expose());
            headers.insert("authorization", token.parse().unwrap());
            headers.insert("idempotency-key", world.key().parse().unwrap());
        }
        Draft { path: self.path, body: frame(&self.message).to_vec(), headers }
    }

    async fn send(&self, world: &World, draft: Draft) -> Result<Vec<u8>, Problem> {
        let far = FarClient::new(&world.fleet.door(self.door).to_string()).unwrap();
        let mut request = Request::post(draft.path).version(Version::HTTP_2).body(Body::empty()).unwrap();
        *request.body_mut() = Body::from(bytes::Bytes::from(draft.body));
        *request.headers_mut() = draft.headers;
        let (parts, body) = far.send(request).await.unwrap().into_parts();
        assert_eq!(parts.status.as_u16(), 200, "{}: {parts:?}", draft.path);
        let (body, trailers) = body.collect_with_trailers(1_000_000).await.unwrap();
        match failure(if trailers.is_empty() { &parts.headers } else { &trailers }) {
            Some(problem) => Err(problem),
            None => Ok(unframe(body).unwrap().to_vec()),
        }
    }

    /// Sends a call, makes sure that it is refused like this and that nothing changed.
    async fn refuses(&self, world: &World, draft: Draft, (code, problem): (Code, &str)) -> Problem {
        let what = format!("{} {:?}", draft.path, String::from_utf8_lossy(&draft.body));
        let refusal = self.send(world, draft).await.expect_err(&what);
        assert_eq!((Code::of(&refusal), refusal.code()), (code, problem), "{what}: {refusal}");
        let text = refusal.to_string();
        let leak = ["tradewind_", ".rs:", "sqlite", "postgres", "sqlx", "panicked"];
        assert!(!leak.iter().any(|leak| text.contains(leak)), "{what}: {text}");
        assert!(refusal.caller_text().is_some_and(|text| text.ends_with('.')), "{what}: {text}");
        world.unchanged(&what).await;
        refusal
    }
}

fn spoilt(good: Draft, message: &impl Message) -> Draft {
    Draft { body: frame(&message.to_bytes()).to_vec(), ..good }
}

fn method(path: &str) -> Method {
    methods().into_iter().find(|method| method.path == path).unwrap()
}

#[test]
fn every_method_has_cases() {
    let described = assembly().descriptions().into_iter().flat_map(|service| {
        let doors = service.doors.into_iter();
        let name = service.name;
        let each = doors.flat_map(move |door| {
            let at = format!("{name}/{}", door.kind.name());
            door.rpcs.into_iter().map(move |path| (at.clone(), path)).collect::<Vec<_>>()
        });
        each.collect::<Vec<_>>()
    });
    let described: BTreeSet<(String, String)> = described.collect();
    let covered = methods().into_iter().map(|method| (method.door.to_owned(), method.path.to_owned()));
    assert_eq!(covered.collect::<BTreeSet<_>>(), described, "list the new method in bad_input/grpc.rs");
}

#[tokio::test]
async fn every_call_is_taken_while_it_is_not_spoilt() {
    let world = World::new().await;
    for method in methods() {
        let good = method.good(&world);
        method.send(&world, good).await.unwrap_or_else(|refusal| panic!("{}: {refusal}", method.path));
    }
    world.end().await;
}

#[tokio::test]
async fn what_is_no_message_is_refused() {
    let world = World::new().await;
    for method in methods() {
        let good = frame(&method.message).to_vec();
        let compressed = [&[1], &good[1..]].concat();
        let twice = [good.clone(), good.clone()].concat();
        let no_text = frame(b"\x0a\x02\xff\xff").to_vec();
        let invalid = (Code::InvalidArgument, "invalid-body");
        let unsupported = (Code::Unimplemented, "unsupported-media-type");
        let mut cases = vec![
            (Vec::new(), invalid),
            (good[..4].to_vec(), invalid),
            (twice, invalid),
            (frame(b"\xff").to_vec(), invalid),
            (compressed, unsupported),
        ];
        if !method.message.is_empty() {
            cases.push((good[..good.len() - 1].to_vec(), invalid));
            cases.push((no_text, invalid));
        }
        for (body, expected) in cases {
            let draft = Draft { body, ..method.good(&world) };
            method.refuses(&world, draft, expected).await;
        }
        let large = Draft { body: frame(&vec![0; 1024 * 1024]).to_vec(), ..method.good(&world) };
        method.refuses(&world, large, (Code::InvalidArgument, "payload-too-large")).await;
        let other = Draft { path: "/tradewind.stock.v1.StockService/None", ..method.good(&world) };
        method.refuses(&world, other, (Code::Unimplemented, "method-not-allowed")).await;
    }
    world.end().await;
}

#[tokio::test]
async fn who_may_not_call_is_refused() {
    let world = World::new().await;
    for method in methods() {
        for token in [None, Some("Bearer wrong"), Some("Basic eDp5"), Some("Bearer")] {
            let mut draft = method.good(&world);
            draft.headers.remove("authorization");
            match token {
                Some(token) => drop(draft.headers.insert("authorization", token.parse().unwrap())),
                // The public door asks nobody who they are.
                None if !method.is_command => continue,
                None => {}
            }
            method.refuses(&world, draft, (Code::Unauthenticated, "unauthenticated")).await;
        }
        // What is internal is nowhere else.
        if method.is_command {
            let elsewhere = Method { door: "stock/public", ..method };
            let mut draft = elsewhere.good(&world);
            draft.headers.remove("authorization");
            elsewhere.refuses(&world, draft, (Code::Unimplemented, "method-not-allowed")).await;
        }
    }
    world.end().await;
}

#[tokio::test]
async fn a_command_needs_its_key() {
    let world = World::new().await;
    for method in methods().into_iter().filter(|method| method.is_command) {
        let mut without = method.good(&world);
        without.headers.remove("idempotency-key");
        method.refuses(&world, without, (Code::InvalidArgument, "idempotency-key-missing")).await;
        for key in ["", "a b", &"k".repeat(256)] {
            let mut draft = method.good(&world);
            draft.headers.insert("idempotency-key", key.parse().unwrap());
            let refusal =
                method.refuses(&world, draft, (Code::InvalidArgument, "idempotency-key-invalid")).await;
            assert_eq!(refusal.errors()[0].pointer, "Idempotency-Key");
        }
    }
    world.end().await;
}

#[tokio::test]
async fn a_field_that_does_not_fit_is_named() {
    let world = World::new().await;
    let long = "x".repeat(65);
    for text in ["", " ", ".", "..", "a b", "a/b", "é", "a\0", long.as_str()].map(str::to_owned) {
        let one = || "1".to_owned();
        let receipt = |product_id: String, reference: String| v1::ReceiveStockRequest {
            product_id,
            quantity: 1,
            reference: Some(reference),
        };
        let cases = [
            (v1::GET_STOCK.path(), bytes(&v1::GetStockRequest { product_id: text.clone() }), "/product_id"),
            (
                v1::BATCH_GET_STOCKS.path(),
                bytes(&v1::BatchGetStocksRequest { product_ids: vec![one(), text.clone()] }),
                "/product_ids/1",
            ),
            (
                v1::REGISTER_ITEM.path(),
                bytes(&v1::RegisterItemRequest { product_id: text.clone(), sku: one() }),
                "/product_id",
            ),
            (
                v1::REGISTER_ITEM.path(),
                bytes(&v1::RegisterItemRequest { product_id: one(), sku: text.clone() }),
                "/sku",
            ),
            (v1::RECEIVE_STOCK.path(), bytes(&receipt(text.clone(), one())), "/product_id"),
            (v1::RECEIVE_STOCK.path(), bytes(&receipt(one(), text.clone())), "/reference"),
        ];
        for (path, message, pointer) in cases {
            let method = method(path);
            let draft = Draft { body: frame(&message).to_vec(), ..method.good(&world) };
            let refusal = method.refuses(&world, draft, (Code::InvalidArgument, "invalid-body")).await;
            let named: Vec<&str> = refusal.errors().iter().map(|error| error.pointer.as_str()).collect();
            assert_eq!(named, [pointer], "{path} {text:?}");
        }
    }
    for count in [0, 101] {
        let method = method(v1::BATCH_GET_STOCKS.path());
        let message = v1::BatchGetStocksRequest { product_ids: vec!["1".to_owned(); count] };
        let draft = spoilt(method.good(&world), &message);
        let refusal = method.refuses(&world, draft, (Code::InvalidArgument, "invalid-body")).await;
        assert_eq!(refusal.errors()[0].pointer, "/product_ids");
    }
    world.end().await;
}

#[tokio::test]
async fn what_a_command_decides_is_refused_and_kept() {
    let world = World::new().await;
    let method = method(v1::RECEIVE_STOCK.path());
    let receipt = |product: &str, quantity: u32| v1::ReceiveStockRequest {
        product_id: product.to_owned(),
        quantity,
        reference: Some("note-9".to_owned()),
    };
    let booked = spoilt(method.good(&world), &receipt("1", 2));
    method.send(&world, booked).await.unwrap();
    world.settle().await;
    for (message, expected) in [
        (receipt("1", 0), (Code::InvalidArgument, "invalid-body")),
        (receipt("1", 1_000_001), (Code::InvalidArgument, "invalid-body")),
        (receipt("none", 1), (Code::NotFound, "not-found")),
        (receipt("1", 3), (Code::FailedPrecondition, "conflict")),
    ] {
        world.keeps_an_answer("stock");
        let draft = spoilt(method.good(&world), &message);
        method.refuses(&world, draft, expected).await;
    }
    let unknown = self::method(v1::GET_STOCK.path());
    let draft = spoilt(unknown.good(&world), &v1::GetStockRequest { product_id: "none".to_owned() });
    unknown.refuses(&world, draft, (Code::NotFound, "not-found")).await;
    world.end().await;
}

/// The head guard of the edge knows HTTP/1.1 only, and says so.
#[tokio::test]
async fn the_edge_takes_no_http2() {
    let world = World::new().await;
    let far = FarClient::new(&world.fleet.gateway().to_string()).unwrap();
    let request = Request::get("/products").version(Version::HTTP_2).body(Body::empty()).unwrap();
    assert!(far.send(request).await.is_err());
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let answers = tradewind_testkit::exchange(world.fleet.gateway(), preface).await;
    assert_eq!(answers.len(), 1);
    assert!((400..600).contains(&answers[0].status), "{}", answers[0].text());
    world.end().await;
}
