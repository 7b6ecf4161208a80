//! Forms, credentials of another kind, where requests come from, and secrets of services.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{Request, StatusCode};
use serde::Deserialize;
use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{
    Assembly, ConnectionGuard, DataFolder, Definition, GuardRefusal, Host, Init, Network, NoSettings,
    Running, Service, Storage,
};
use tradewind_client::{Body, Caller};
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal};
use tradewind_problem::Problem;
use tradewind_testkit::{Folder, LIMIT};

use crate::lamps::{read, simulated};

#[derive(Deserialize)]
struct Wish {
    name: String,
    #[serde(default)]
    count: Option<u8>,
}

/// What the desk keeps secret, told to everybody: it is a test.
struct Desk(String);

/// Lets everything pass.
struct Careless;

impl ConnectionGuard for Careless {
    fn feed(&mut self, input: &[u8], released: &mut Vec<u8>) -> Result<(), GuardRefusal> {
        released.extend_from_slice(input);
        Ok(())
    }

    fn heads(&self) -> u64 {
        0
    }
}

async fn wish(_: Arc<Desk>, mut call: Call) -> Result<Reply, Problem> {
    let shown = call.header(&http::header::AUTHORIZATION)?.unwrap_or_default().to_owned();
    let from = call.client_address().map(|address| address.to_string());
    let Wish { name, count } = call.form().await?;
    let who = call.context().principal.scope();
    Reply::ok(&(name, count, who, shown, from))
}

async fn secret(desk: Arc<Desk>, _: Call) -> Result<Reply, Problem> {
    Reply::ok(&desk.0)
}

fn service() -> Service {
    let init = |init: &mut Init<NoSettings>| {
        assert!(init.secret("another").unwrap_err().contains("keeps_secret(\"another\")"));
        Ok(Desk(init.secret("sealing-key")?.expose().to_owned()))
    };
    let public =
        Routes::new().post("/wish", wish).with_own_credentials().get("/secret", secret).post("/usual", wish);
    Definition::new("desks", "Take wishes.", init)
        .keeps_secret("sealing-key")
        .public(4040, public)
        .data_plane(4041, Routes::new().otherwise(wish), Arc::new(|| Box::new(Careless)))
        .build()
}

async fn start() -> Running {
    Assembly::new(vec![service()]).start(simulated(), &mut |_, _| {}).await.unwrap()
}

async fn send(running: &Running, door: &str, headers: &[(&str, &str)], body: &str) -> (StatusCode, String) {
    let path = if door == "desks/data-plane" { "/any" } else { "/wish" };
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let (status, _, text) = read(running.book().peer(door).send(request).await.unwrap()).await;
    (status, text)
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[tokio::test(start_paused = true)]
async fn a_form_is_read_and_what_is_none_is_refused_without_a_word_of_it() {
    let running = start().await;
    let (status, text) = send(&running, "desks", &[FORM], "name=a+b%26c&count=2&more=1").await;
    assert_eq!((status, text.as_str()), (StatusCode::OK, r#"["a b&c",2,"anonymous","",null]"#));
    for body in ["", "count=1", "name=canary&name=canary", "name=canary&count=canary", "name=%ff&count=x"] {
        let (status, text) = send(&running, "desks", &[FORM], body).await;
        assert_eq!(status, 422, "{body}");
        assert!(text.contains("invalid-body") && !text.contains("canary"), "{text}");
    }
    let json = ("content-type", "application/json");
    assert_eq!(send(&running, "desks", &[json], "name=a").await.0, 415);
}

#[tokio::test(start_paused = true)]
async fn a_route_with_credentials_of_its_own_gets_them_as_they_are_and_no_other_does() {
    let running = start().await;
    let shown = ("authorization", "Basic Zm9vOmJhcg==");
    let (status, text) = send(&running, "desks", &[FORM, shown], "name=a").await;
    assert_eq!(
        (status, text.as_str()),
        (StatusCode::OK, r#"["a",null,"anonymous","Basic Zm9vOmJhcg==",null]"#)
    );
    let request = Request::post("/usual").header(FORM.0, FORM.1).header(shown.0, shown.1);
    let request = request.body(Body::from("name=a".to_owned())).unwrap();
    let (status, ..) = read(running.book().peer("desks").send(request).await.unwrap()).await;
    assert_eq!(status, 401);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_is_believed_where_a_request_came_from_and_believes_nobody() {
    let running = start().await;
    let claimed = ("x-forwarded-for", "192.0.2.7");
    let (_, text) = send(&running, "desks", &[FORM, claimed], "name=a").await;
    assert!(text.contains("192.0.2.7"), "{text}");
    let (_, text) = send(&running, "desks/data-plane", &[FORM, claimed], "name=a").await;
    assert!(!text.contains("192.0.2.7"), "{text}");
    let (_, text) = send(&running, "desks", &[FORM, claimed, claimed], "name=a").await;
    assert!(!text.contains("192.0.2.7"), "two of them are none: {text}");
}

#[tokio::test(start_paused = true)]
async fn a_caller_sends_forms() {
    let running = start().await;
    let (clock, entropy) = (running.clock().clone(), Entropy::seeded(1));
    let context = Context::begin(Principal::Anonymous, &clock, &entropy);
    let deadline = Deadline::after(&clock, LIMIT);
    let caller = Caller::new(running.book().peer("desks"), context, deadline, clock, entropy);
    let form = BTreeMap::from([("name", "ü & +"), ("count", "7")]);
    let (name, count, ..): (String, u8, String, String, Option<String>) =
        caller.send_form("/wish", &form).await.unwrap();
    assert_eq!((name.as_str(), count), ("ü & +", 7));
}

#[tokio::test]
async fn a_secret_is_made_once_and_lies_beside_the_data() {
    let folder = Folder::new("desks");
    let mut told = Vec::new();
    for _ in 0..2 {
        let host = Host {
            clock: Clock::system(),
            entropy: Entropy::system(),
            settings: SettingsSource::new(),
            storage: Storage::Folder(DataFolder::open(folder.path()).unwrap()),
            network: Network::Free,
        };
        let running = Assembly::new(vec![service()]).start(host, &mut |_, _| {}).await.unwrap();
        let request = Request::get("/secret").body(Body::empty()).unwrap();
        running.mark_ready();
        told.push(read(running.book().peer("desks").send(request).await.unwrap()).await.2);
        running.shutdown().await;
    }
    assert_eq!(told[0], told[1]);
    let kept = std::fs::read_to_string(folder.path().join("secrets/desks-sealing-key")).unwrap();
    assert_eq!((format!("\"{kept}\""), kept.len()), (told[0].clone(), 43));
}
