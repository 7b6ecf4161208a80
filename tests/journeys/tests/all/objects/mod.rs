//! Objects: put, read whole and in parts and on conditions, listed and removed, through the gateway.

mod guide;

use tradewind_journeys::{Fleet, ada, staff};
use tradewind_testkit::{Answer, Request};

const OBJECTS: &str = "/api/storage/v1/storageservice";
const PICTURE: &str = "/api/storage/v1/storageservice/products/shoe.svg";
const NOTE: &str = "/api/storage/v1/storageservice/notes/2026/one.txt";
const SVG: &str =
    r##"<svg xmlns="http://www.w3.org/2000/svg"><rect width="1" height="1" fill="#fff"/></svg>"##;

fn put(path: &str, media_type: &str, bytes: impl AsRef<[u8]>) -> Request {
    Request::new("PUT", path).bearer(&staff()).header("Content-Type", media_type).body(bytes)
}

fn get(path: &str) -> Request {
    Request::new("GET", path)
}

/// The values of these headers.
fn headers<const N: usize>(answer: &Answer, names: [&str; N]) -> [String; N] {
    names.map(|name| answer.header(name).unwrap_or_default().to_owned())
}

/// More than goes out at once, and different everywhere.
fn long() -> Vec<u8> {
    (0..900_000_u32).map(|number| u8::try_from(number * 7 % 251).unwrap()).collect()
}

#[tokio::test]
async fn an_object_is_put_read_listed_and_removed() {
    let fleet = Fleet::start().await;
    let made = fleet.send(put(NOTE, "text/plain; charset=utf-8", "remember")).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let object = made.json();
    assert_eq!((&object["bucket"], &object["name"]), (&"notes".into(), &"2026/one.txt".into()));
    assert_eq!((&object["size"], &object["mediaType"]), (&8.into(), &"text/plain".into()));
    assert_eq!(made.header("etag"), object["etag"].as_str());
    let again = fleet.send(put(NOTE, "text/plain", "remember")).await;
    assert_eq!((again.status, again.json()), (200, object.clone()), "saying it again changes nothing");
    let read = fleet.send(get(NOTE).bearer(&staff())).await;
    assert_eq!((read.status, read.text().as_str()), (200, "remember"));
    assert_eq!(read.header("etag"), object["etag"].as_str());
    let page = fleet.send(get(&format!("{OBJECTS}/notes?prefix=2026/")).bearer(&staff())).await.json();
    assert_eq!(page["items"], serde_json::json!([object]));
    for _ in 0..2 {
        assert_eq!(fleet.send(Request::new("DELETE", NOTE).bearer(&staff())).await.status, 204);
        drop(fleet.send(get(NOTE).bearer(&staff())).await.refusal(404, "not-found"));
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_part_is_a_part_and_several_are_the_whole() {
    let fleet = Fleet::start().await;
    let path = format!("{OBJECTS}/notes/long.bin");
    let bytes = long();
    let made = fleet.send(put(&path, "application/octet-stream", &bytes)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let tag = made.header("etag").unwrap().to_owned();
    let ask = async |range: &str| fleet.send(get(&path).bearer(&staff()).header("Range", range)).await;
    let whole = fleet.send(get(&path).bearer(&staff())).await;
    assert_eq!((whole.status, whole.header("content-length")), (200, Some("900000")));
    assert!(whole.body == bytes, "the whole is another");
    for (range, said, part) in [
        ("bytes=0-0", "bytes 0-0/900000", &bytes[..1]),
        ("bytes=899999-", "bytes 899999-899999/900000", &bytes[899_999..]),
        ("bytes=-5", "bytes 899995-899999/900000", &bytes[899_995..]),
        ("bytes=65535-65536", "bytes 65535-65536/900000", &bytes[65_535..65_537]),
        ("bytes=1000-500000", "bytes 1000-500000/900000", &bytes[1_000..500_001]),
        ("bytes=10-9999999999", "bytes 10-899999/900000", &bytes[10..]),
    ] {
        let answer = ask(range).await;
        assert_eq!((answer.status, answer.header("content-range")), (206, Some(said)), "{range}");
        assert!(answer.body == part, "{range}");
        assert_eq!(answer.header("etag"), Some(&*tag));
    }
    for range in ["bytes=0-1,3-4", "bytes=2-1", "lines=1-2", "bytes=x"] {
        let answer = ask(range).await;
        assert_eq!((answer.status, answer.body.len()), (200, bytes.len()), "{range}");
    }
    for range in ["bytes=900000-", "bytes=-0"] {
        let answer = ask(range).await;
        assert_eq!(answer.header("content-range"), Some("bytes */900000"), "{range}");
        drop(answer.refusal(416, "range-not-satisfiable"));
    }
    for (if_range, status) in
        [(tag.as_str(), 206), ("\"other\"", 200), ("Sun, 06 Nov 1994 08:49:37 GMT", 200)]
    {
        let part = get(&path).bearer(&staff()).header("Range", "bytes=0-9").header("If-Range", if_range);
        assert_eq!(fleet.send(part).await.status, status, "{if_range}");
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn conditions_decide_what_is_answered_and_what_is_changed() {
    let fleet = Fleet::start().await;
    let create = put(NOTE, "text/plain", "one").header("If-None-Match", "*");
    let made = fleet.send(create.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let first = made.header("etag").unwrap().to_owned();
    drop(
        fleet
            .send(put(NOTE, "text/plain", "two").header("If-None-Match", "*"))
            .await
            .refusal(412, "precondition-failed"),
    );
    let read =
        async |name: &str, value: &str| fleet.send(get(NOTE).bearer(&staff()).header(name, value)).await;
    let date = read("If-Match", "*").await.header("last-modified").unwrap().to_owned();
    for (name, value, status) in [
        ("If-None-Match", first.as_str(), 304),
        ("If-None-Match", "\"x\", W/\"y\"", 200),
        ("If-None-Match", "*", 304),
        ("If-Modified-Since", &date, 304),
        ("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", 200),
        ("If-Modified-Since", "yesterday", 200),
        ("If-Match", &first, 200),
        ("If-Match", "\"x\"", 412),
        ("If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", 412),
    ] {
        let answer = read(name, value).await;
        assert_eq!(answer.status, status, "{name}: {value}");
        if status == 304 {
            assert_eq!((answer.header("etag"), answer.body.len()), (Some(&*first), 0));
            assert!(answer.header("cache-control").is_some() && answer.header("last-modified").is_some());
        }
    }
    let change = |tag: &str, text: &str| put(NOTE, "text/plain", text).header("If-Match", tag);
    let changed = fleet.send(change(&first, "two")).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    drop(fleet.send(change(&first, "three")).await.refusal(412, "precondition-failed"));
    let remove = |tag: &str| Request::new("DELETE", NOTE).bearer(&staff()).header("If-Match", tag);
    drop(fleet.send(remove(&first)).await.refusal(412, "precondition-failed"));
    assert_eq!(fleet.send(get(NOTE).bearer(&staff())).await.text(), "two");
    assert_eq!(fleet.send(remove(changed.header("etag").unwrap())).await.status, 204);
    drop(fleet.send(remove("*")).await.refusal(412, "precondition-failed"));
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_browser_is_told_what_it_may_do_with_an_object() {
    let fleet = Fleet::start().await;
    assert_eq!(fleet.send(put(PICTURE, "image/svg+xml", SVG)).await.status, 201);
    let page = format!("{OBJECTS}/products/page.html");
    let html = "<script>alert(1)</script>";
    assert_eq!(fleet.send(put(&page, "application/octet-stream", html)).await.status, 201);
    let names = [
        "content-type",
        "content-disposition",
        "x-content-type-options",
        "content-security-policy",
        "cache-control",
        "accept-ranges",
    ];
    for (path, media_type, disposition) in [
        (PICTURE, "image/svg+xml", "inline; filename=\"shoe.svg\""),
        (&page, "application/octet-stream", "attachment; filename=\"page.html\""),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = fleet.send(Request::new(method, path)).await;
            assert_eq!(answer.status, 200);
            let policy = "sandbox; default-src 'none'";
            let told = [media_type, disposition, "nosniff", policy, "public, max-age=60", "bytes"];
            assert_eq!(headers(&answer, names), told.map(str::to_owned), "{method} {path}");
            let length = if path == PICTURE { SVG.len() } else { html.len() };
            assert_eq!(answer.header("content-length"), Some(&*length.to_string()), "{method} {path}");
            assert_eq!(answer.body.len(), if method == "HEAD" { 0 } else { length });
        }
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn everybody_reads_pictures_of_products_and_staff_does_all_else() {
    let fleet = Fleet::start().await;
    assert_eq!(fleet.send(put(PICTURE, "image/svg+xml", SVG)).await.status, 201);
    assert_eq!(fleet.send(put(NOTE, "text/plain", "secret")).await.status, 201);
    assert_eq!(fleet.send(get(PICTURE)).await.text(), SVG);
    assert_eq!(fleet.send(get(PICTURE).bearer(&ada())).await.text(), SVG);
    let list = format!("{OBJECTS}/products");
    for (method, path) in [
        ("GET", NOTE),
        ("HEAD", NOTE),
        ("GET", list.as_str()),
        ("PUT", PICTURE),
        ("PUT", NOTE),
        ("DELETE", PICTURE),
        ("DELETE", NOTE),
    ] {
        let ask = |token: Option<String>| {
            let request = Request::new(method, path);
            let request = token.map_or(request.clone(), |token| request.bearer(&token));
            if method == "PUT" { request.header("Content-Type", "image/svg+xml").body(SVG) } else { request }
        };
        assert_eq!(fleet.send(ask(None)).await.status, 401, "{method} {path}");
        assert_eq!(fleet.send(ask(Some(ada()))).await.status, 403, "{method} {path}");
    }
    let private = fleet.send(get(NOTE).bearer(&staff())).await;
    assert_eq!(
        (private.text().as_str(), private.header("cache-control")),
        ("secret", Some("private, no-cache"))
    );
    fleet.shutdown().await;
}

#[tokio::test]
async fn every_product_of_the_first_start_has_a_picture() {
    let fleet = Fleet::start().await;
    for _ in 0..2 {
        fleet.seeder().pictures().await.unwrap();
    }
    let products = fleet.send(get("/api/catalogue/v1/products")).await.json();
    let products = products["items"].as_array().unwrap();
    assert_eq!(products.len(), 5);
    for product in products {
        let id = product["id"].as_str().unwrap();
        let answer = fleet.send(get(&format!("{OBJECTS}/products/{id}.svg"))).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/svg+xml")), "{id}");
        let title = format!("<title>{}</title>", product["name"].as_str().unwrap());
        assert!(answer.text().contains(&title), "{}", answer.text());
        let shown = fleet.send(get(&format!("/api/catalogue/v1/products/{id}"))).await.json();
        assert_eq!(shown["images"][0]["path"], format!("products/{id}.svg"), "{shown}");
        assert_eq!(shown["images"][0]["alt"], product["name"], "{shown}");
    }
    let fleet = if tradewind_journeys::has_processes() { fleet } else { fleet.restart().await };
    assert_eq!(fleet.send(get(&format!("{OBJECTS}/products/1.svg"))).await.status, 200);
    fleet.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn in_a_simulation_pictures_are_kept_in_memory_and_tidied_up() {
    let fleet = Fleet::simulated(1, &[]).await;
    fleet.seeder().pictures().await.unwrap();
    let storage = tradewind_storage_contract::StorageClient::new(fleet.internal("storage"));
    let (bucket, name) = ("products".parse().unwrap(), "1.svg".parse().unwrap());
    let put = storage
        .put((&bucket, &name), "image/svg+xml", bytes::Bytes::from_static(SVG.as_bytes()))
        .await
        .unwrap();
    assert_eq!(put.size, SVG.len() as u64);
    let body = storage.get(&bucket, &name).await.unwrap().collect(10_000).await.unwrap();
    assert_eq!(body, SVG);
    let blobs = async || {
        let rows: Vec<(i64,)> =
            fleet.database("storage").query(&tradewind_journeys::rows::storage::BLOBS, &[]).await.unwrap();
        rows[0].0
    };
    assert_eq!(blobs().await, 6, "who reads what was replaced may read on");
    fleet.pass(std::time::Duration::from_secs(200)).await;
    assert_eq!(blobs().await, 5);
    fleet.shutdown().await;
}
