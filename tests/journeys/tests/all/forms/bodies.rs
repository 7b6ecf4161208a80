//! Bodies that are no forms, or too large.

use tradewind_testkit::{Connection, Request};

use super::table::Form;
use super::world::{FORM, Outcome, World, judged, with};

/// Ten megabytes.
const LARGE: usize = 10 * 1024 * 1024;

fn multipart(ready: &super::world::Ready) -> String {
    let part = |(name, value): &(String, String)| {
        format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    format!("{}--limit--\r\n", ready.fields.iter().map(part).collect::<String>())
}

/// Sends what is no form, or more than one, to where a form is sent.
pub async fn no_forms(world: &World, form: &Form) {
    let ready = world.ready(form).await;
    let fields = serde_urlencoded::to_string(&ready.fields).unwrap();
    let many = format!("{fields}{}", "&x=1".repeat(300));
    for (media_type, body, status) in [
        ("", fields.as_str(), 415),
        ("text/plain", &fields, 415),
        ("application/json", "{}", 415),
        ("multipart/form-data; boundary=limit", &multipart(&ready), 415),
        (FORM, "", 403),
        (FORM, "\0\u{1}=&=&%", 403),
        (FORM, &many, 422),
    ] {
        let request = Request::new("POST", &ready.path).header("Content-Type", media_type).body(body);
        let answer = with(request, &ready.jar).send(world.fleet.gateway()).await;
        let what = format!("{} as {media_type:?} {body:.40}", ready.path);
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        assert_eq!(judged(&answer, &ready.path, &what), Outcome::Refused);
    }
    // What is announced as too large is refused before it comes.
    let request = Request::new("POST", &ready.path).header("Content-Type", FORM);
    let request = with(request, &ready.jar).header("Content-Length", LARGE.to_string());
    let mut connection = Connection::open(world.fleet.gateway()).await;
    connection.send(&request.to_bytes()).await;
    let answer = connection.answer().await.expect("it is told that it is too large");
    too_large(&answer, &ready.path);
}

fn too_large(answer: &tradewind_testkit::Answer, path: &str) {
    assert_eq!(answer.status, 413, "{path}: {}", answer.text());
    assert_eq!(judged(answer, path, path), Outcome::Refused);
    assert!(answer.text().contains("That was too much text"), "{path}: {}", answer.text());
}

/// Sends ten megabytes in one field. Whoever reads while they send is told so; the connection does not just break.
pub async fn large_ones_through_the_gateway(world: &World) {
    for path in ["/shop/register", "/admin/sign-in", "/api/provider/v1/card-form"] {
        let body = format!("name={}", "x".repeat(LARGE));
        let request = Request::new("POST", path).header("Content-Type", FORM).body(body);
        for request in [request.clone(), request.chunked()] {
            let answer = request.send(world.fleet.gateway()).await;
            too_large(&answer, path);
        }
    }
}
