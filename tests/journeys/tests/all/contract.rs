//! The contract of the original shop, byte for byte where it says so.

use tradewind_chassis::DoorKind;
use tradewind_fleet::assembly;
use tradewind_journeys::{Fleet, ada};
use tradewind_testkit::{Answer, Request};

const PRODUCTS: &str = concat!(
    r#"[{"id":"1","name":"Widget","description":"Premium ACME Widgets","price":1.20},"#,
    r#"{"id":"2","name":"Sprocket","description":"Grade B sprockets","price":4.10},"#,
    r#"{"id":"3","name":"Anvil","description":"Large Anvils","price":45.50},"#,
    r#"{"id":"4","name":"Cogs","description":"Grade Y cogs","price":1.80},"#,
    r#"{"id":"5","name":"Multitool","description":"Multitools","price":154.10}]"#,
);

const STOCKS: &str = concat!(
    r#"[{"productId":"1","sku":"12345678","amountAvailable":5},"#,
    r#"{"productId":"2","sku":"34567890","amountAvailable":2},"#,
    r#"{"productId":"3","sku":"54326745","amountAvailable":999},"#,
    r#"{"productId":"4","sku":"93847614","amountAvailable":0},"#,
    r#"{"productId":"5","sku":"11856388","amountAvailable":1}]"#,
);

fn shown(answer: &Answer) -> (u16, Option<&str>, String) {
    (answer.status, answer.header("content-type"), answer.text())
}

fn json(text: &str) -> (u16, Option<&'static str>, String) {
    (200, Some("application/json"), text.to_owned())
}

#[test]
fn the_doors_have_the_ports_of_the_contract() {
    let described = assembly().descriptions();
    let port = |service: &str, kind: DoorKind| {
        let service = described.iter().find(|each| each.name == service)?;
        service.doors.iter().find(|door| door.kind == kind).map(|door| door.port)
    };
    assert_eq!(port("catalogue", DoorKind::Public), Some(8020));
    assert_eq!(port("catalogue", DoorKind::Admin), Some(8025));
    assert_eq!(port("stock", DoorKind::Public), Some(8030));
    assert_eq!(port("gateway", DoorKind::DataPlane), Some(8080));
}

#[tokio::test]
async fn products_are_shown_as_ever() {
    let fleet = Fleet::start().await;
    let door = fleet.door("catalogue/public");
    let get = async |path: &str| Request::new("GET", path).send(door).await;
    assert_eq!(shown(&get("/products").await), json(PRODUCTS));
    assert_eq!(
        shown(&get("/products/3").await),
        json(r#"{"id":"3","name":"Anvil","description":"Large Anvils","price":45.50}"#)
    );
    // A shop that was asked by a client with a token or a query answers the same.
    assert_eq!(shown(&get("/products?page=1").await), json(PRODUCTS));
    let known = Request::new("GET", "/products").bearer(&ada()).send(door).await;
    assert_eq!(shown(&known), json(PRODUCTS));
    for path in ["/products/6", "/products/0", "/products/widget"] {
        assert_eq!(get(path).await.status, 404, "{path}");
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn products_can_be_read_only() {
    let fleet = Fleet::start().await;
    let door = fleet.door("catalogue/public");
    for path in ["/products", "/products/1"] {
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let answer = Request::new(method, path).send(door).await;
            assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{method} {path}");
        }
        let head = Request::new("HEAD", path).send(door).await;
        assert_eq!((head.status, head.text().as_str()), (200, ""), "{path}");
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn the_answer_to_head_announces_no_other_length_than_get_has() {
    let fleet = Fleet::start().await;
    for (door, path) in [
        ("catalogue/public", "/products"),
        ("stock/public", "/stocks"),
        ("gateway/data-plane", "/api/catalogue/v1/products"),
        ("gateway/data-plane", "/nowhere"),
    ] {
        let door = fleet.door(door);
        let get = Request::new("GET", path).send(door).await;
        let head = Request::new("HEAD", path).send(door).await;
        let length = head.header("content-length");
        assert!(length.is_none() || length == get.header("content-length"), "{path}: {length:?}");
        assert_eq!((head.status, head.header("content-type")), (get.status, get.header("content-type")));
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn stocks_are_shown_as_ever_whatever_the_method() {
    let fleet = Fleet::start().await;
    let door = fleet.door("stock/public");
    for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let all = Request::new(method, "/stocks").send(door).await;
        assert_eq!(shown(&all), json(STOCKS), "{method}");
        let one = Request::new(method, "/stocks/1").send(door).await;
        assert_eq!(
            shown(&one),
            json(r#"{"productId":"1","sku":"12345678","amountAvailable":5}"#),
            "{method}"
        );
        assert_eq!(Request::new(method, "/stocks/6").send(door).await.status, 404, "{method}");
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn stocks_follow_what_is_reserved() {
    let fleet = Fleet::start().await;
    fleet.order(&ada(), &[("2", 2)]).await;
    let door = fleet.door("stock/public");
    let all = Request::new("GET", "/stocks").send(door).await;
    assert_eq!(all.text(), STOCKS.replace(r#""amountAvailable":2}"#, r#""amountAvailable":0}"#));
    fleet.shutdown().await;
}

#[tokio::test]
async fn health_is_told_as_ever() {
    let fleet = Fleet::start_with(&["catalogue.version=1.0-SNAPSHOT"]).await;
    let health = Request::new("GET", "/health").send(fleet.door("stock/public")).await;
    assert_eq!(shown(&health), json(r#"{"status":"UP"}"#));
    let check = Request::new("GET", "/healthcheck").send(fleet.door("catalogue/admin")).await;
    let template = r#"{"healthy":true,"message":"Ok with version: 1.0-SNAPSHOT"}"#;
    assert_eq!(shown(&check), json(&format!(r#"{{"deadlocks":{{"healthy":true}},"template":{template}}}"#)));
    fleet.shutdown().await;
}

#[tokio::test]
async fn the_version_in_the_health_check_must_not_be_empty() {
    let refused = Fleet::refused_with("catalogue.version=").await.to_string();
    assert!(refused.contains("catalogue.version must not be empty"), "{refused}");
}
