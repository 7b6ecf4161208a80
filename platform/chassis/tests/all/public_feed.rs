//! The public events of a service, page by page.

use std::time::Duration;

use http::header::{CACHE_CONTROL, CONTENT_LOCATION, ETAG, LINK};
use http::{HeaderMap, Request, StatusCode};
use serde::{Deserialize, Serialize};
use tradewind_chassis::http::Routes;
use tradewind_chassis::{Assembly, Definition, DoorKind, NoSettings, Running, Service};
use tradewind_client::Body;
use tradewind_db::{DbError, Tx, Work};
use tradewind_events::{Event, EventType, Prune, announce};
use tradewind_kernel::{Context, Entropy, Principal};

use crate::lamps::{LampLit, Lamps, code, read, simulated, start};

const FEED: &str = "/api/lamps/v1/feed";
const STAFF: &str = "Bearer dev-staff-01980000-0000-7000-8000-000000000001";

/// Nobody outside hears of it.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
struct LampDusted {}

impl Event for LampDusted {
    const TYPE: &'static str = "tradewind.lamps.lamp-dusted.v1";

    fn partition_key(&self) -> String {
        "dust".to_owned()
    }
}

fn definition() -> Definition<NoSettings, Lamps> {
    Definition::new("lamps", "Lamps.", start)
        .public(4010, Routes::new())
        .internal(4110, Routes::new())
        .promises::<LampLit>()
        .promises::<LampDusted>()
}

fn service() -> Service {
    definition().publishes(&[EventType::of::<LampLit>()]).build()
}

async fn running() -> Running {
    let running = Assembly::new(vec![service()]).start(simulated(), &mut |_, _| {}).await.unwrap();
    running.mark_ready();
    running
}

/// So many lamps are lit, then so many dusted.
struct Happen(u32, u32);

impl Work for Happen {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        for number in 0..self.0 {
            announce(tx, &LampLit { name: format!("lamp-{number}") }).await?;
        }
        for _ in 0..self.1 {
            announce(tx, &LampDusted {}).await?;
        }
        Ok(())
    }
}

async fn write<W: Work<Error = DbError>>(running: &Running, work: W) -> W::Output {
    let principal = Principal::Service("test".to_owned());
    let context = Context::begin(principal, running.clock(), &Entropy::seeded(7));
    running.database("lamps").unwrap().write(&context, work).await.unwrap()
}

struct Page {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Page {
    fn header(&self, name: http::HeaderName) -> &str {
        self.headers[name].to_str().unwrap()
    }

    fn events(&self) -> usize {
        let events: Vec<serde_json::Value> = serde_json::from_str(&self.body).unwrap();
        assert!(events.iter().all(|event| event["type"] == LampLit::TYPE), "{}", self.body);
        events.len()
    }

    fn is_full(&self) -> bool {
        let is_full = self.header(CACHE_CONTROL).contains("immutable");
        assert_eq!(is_full, self.header(LINK).contains("rel=\"next\""), "{:?}", self.headers);
        is_full
    }
}

async fn get(running: &Running, target: &str, more: &[(&str, &str)]) -> Page {
    let mut request = Request::get(target).header("authorization", STAFF);
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    let response = running.book().peer("lamps/public").send(request).await.unwrap();
    let (status, headers, body) = read(response).await;
    Page { status, headers, body }
}

#[tokio::test(start_paused = true)]
async fn a_page_is_full_when_its_last_position_is_there_whatever_that_holds() {
    let running = running().await;
    write(&running, Happen(3, 195)).await;
    let newest = get(&running, FEED, &[]).await;
    assert_eq!((newest.status, newest.events(), newest.is_full()), (StatusCode::OK, 3, false));
    assert_eq!(newest.header(CONTENT_LOCATION), "/api/lamps/v1/feed?page=0");
    let known = newest.header(ETAG);
    let headers = [("if-none-match", known)];
    let again = |target| get(&running, target, &headers);
    // Dust is nobody's concern outside …
    write(&running, Happen(0, 1)).await;
    assert_eq!(again(FEED).await.status, StatusCode::NOT_MODIFIED);
    // … but the page ends with it, and the reader must go on to the next.
    write(&running, Happen(0, 1)).await;
    let full = again("/api/lamps/v1/feed?page=0").await;
    assert_eq!((full.status, full.events(), full.is_full()), (StatusCode::OK, 3, true));
    let next = get(&running, "/api/lamps/v1/feed?page=1", &[]).await;
    assert_eq!((next.status, next.events(), next.is_full()), (StatusCode::OK, 0, false));
    let beyond = get(&running, "/api/lamps/v1/feed?page=2", &[]).await;
    assert_eq!((beyond.status, code(&beyond.body).as_str()), (StatusCode::NOT_FOUND, "not-found"));
}

#[tokio::test(start_paused = true)]
async fn who_has_a_full_page_is_told_so_without_a_look_and_who_waits_when_something_happens() {
    let running = running().await;
    write(&running, Happen(250, 0)).await;
    let full = get(&running, "/api/lamps/v1/feed?page=0", &[]).await;
    assert_eq!((full.events(), full.is_full()), (200, true));
    let statements = || running.database("lamps").unwrap().stats().statements;
    let before = statements();
    let known = full.header(ETAG);
    let again = get(&running, "/api/lamps/v1/feed?page=0", &[("if-none-match", known)]).await;
    assert_eq!(
        (again.status, again.body.as_str(), again.header(ETAG)),
        (StatusCode::NOT_MODIFIED, "", known)
    );
    assert_eq!(statements(), before);
    let weak = format!("\"x\", W/{known}");
    let again = get(&running, "/api/lamps/v1/feed?page=0", &[("if-none-match", &weak)]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);

    let newest = get(&running, FEED, &[]).await;
    let headers = [("if-none-match", newest.header(ETAG)), ("prefer", "wait=2")];
    let begun = running.clock().monotonic();
    let (waited, ()) = tokio::join!(get(&running, FEED, &headers), async {
        running.clock().sleep(Duration::from_millis(500)).await;
        // What is not public wakes nobody for long.
        write(&running, Happen(0, 1)).await;
        running.clock().sleep(Duration::from_millis(500)).await;
        write(&running, Happen(1, 0)).await;
    });
    assert_eq!((waited.status, waited.events()), (StatusCode::OK, 51));
    let took = running.clock().monotonic() - begun;
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(2), "{took:?}");
    let headers = [("if-none-match", waited.header(ETAG)), ("prefer", "wait=2")];
    assert_eq!(get(&running, FEED, &headers).await.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_page_is_for_those_who_know_that_something_is_gone() {
    let running = running().await;
    write(&running, Happen(250, 0)).await;
    let seen = get(&running, FEED, &[]).await;
    running.clock().sleep(Duration::from_secs(1)).await;
    let prune = Prune { keep: Duration::ZERO, forget_after: Duration::ZERO };
    assert_eq!(write(&running, prune).await.horizon, 250);
    write(&running, Happen(2, 0)).await;
    for page in ["?page=0", "?page=1", "?page=1&after=249"] {
        let gone = get(&running, &format!("{FEED}{page}"), &[]).await;
        assert_eq!((gone.status, code(&gone.body).as_str()), (StatusCode::GONE, "events-pruned"), "{page}");
        assert!(gone.body.contains("/api/lamps/v1/feed?page=1&after=250"), "{}", gone.body);
    }
    for page in ["", "?page=1&after=250"] {
        let left = get(&running, &format!("{FEED}{page}"), &[]).await;
        assert_eq!((left.status, left.events()), (StatusCode::OK, 2), "{page}");
        assert!(left.header(LINK).contains("</api/lamps/v1/feed?page=1&after=250>; rel=\"first\""));
    }
    // Who has seen what is gone has missed nothing.
    let page = get(&running, &format!("{FEED}?page=1"), &[("if-none-match", seen.header(ETAG))]).await;
    assert_eq!((page.status, page.events()), (StatusCode::OK, 2));
    for wrong in ["?page=-1", "?page=x", "?after=3", "?page=0&after=200", "?page=0&limit=1"] {
        let refused = get(&running, &format!("{FEED}{wrong}"), &[]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_public_that_is_not_published_and_nothing_is_published_that_is_not_promised() {
    let documents =
        |service: &Service| (service.asyncapi(DoorKind::Internal), service.asyncapi(DoorKind::Public));
    let (all, public) = documents(&service());
    assert!(all.unwrap().contains(LampDusted::TYPE) && !public.unwrap().contains(LampDusted::TYPE));
    let (all, public) = documents(&definition().build());
    assert!(all.is_some() && public.is_none());
    let quiet = Assembly::new(vec![definition().build()]).start(simulated(), &mut |_, _| {}).await.unwrap();
    assert_eq!(get(&quiet, FEED, &[]).await.status, StatusCode::NOT_FOUND);
    let unpromised = Definition::new("lamps", "Lamps.", start)
        .public(4010, Routes::new())
        .publishes(&[EventType::of::<LampLit>()])
        .build();
    let refused = Assembly::new(vec![unpromised]).start(simulated(), &mut |_, _| {}).await.unwrap_err();
    assert!(refused.to_string().contains("does not promise"), "{refused}");
}
