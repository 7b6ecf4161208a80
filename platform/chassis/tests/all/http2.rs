//! HTTP/2 at a door, frame by frame: what clients are told, and what they are not let do.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Version};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tradewind_chassis::http::{Call, Reply, Routes};
use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{
    DataFolder, Definition, DoorKind, Drained, Host, Init, Network, NoSettings, Running, Storage,
};
use tradewind_client::{Body, FarClient};
use tradewind_kernel::Clock;
use tradewind_problem::Problem;
use tradewind_testkit::{Folder, within};

use crate::lamps::{run, service, simulated};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

/// `END_STREAM` and `END_HEADERS`.
const WHOLE: u8 = 5;

/// `GET /lamps` from the static table, with its path as a literal.
const GET_LAMPS: &[u8] = b"\x82\x86\x04\x06/lamps\x41\x01x";

/// Real sockets and time, with these settings.
pub fn host(settings: &[&str]) -> (Host, Folder) {
    let folder = Folder::new("http2");
    let storage = Storage::Folder(DataFolder::open(folder.path()).unwrap());
    let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
    let settings = SettingsSource::new().overrides(&settings).unwrap();
    (Host { clock: Clock::system(), storage, network: Network::Free, settings, ..simulated() }, folder)
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

fn setting(id: u16, value: u32) -> Vec<u8> {
    [&id.to_be_bytes()[..], &value.to_be_bytes()].concat()
}

/// What the server sent: kind and payload of each frame.
fn frames(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let Some((head, rest)) = bytes.split_first_chunk::<9>() {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        frames.push((head[3], rest[..length].to_vec()));
        bytes = &rest[length..];
    }
    frames
}

async fn connect(running: &Running) -> TcpStream {
    let door = running.doors().into_iter().find(|door| door.kind == DoorKind::Public).unwrap();
    TcpStream::connect(door.address).await.unwrap()
}

/// Sends bytes and reads until the server closes the connection, which it must do.
async fn until_closed(running: &Running, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(running).await;
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // A reset ends it as well.
    drop(within("the server closes", stream.read_to_end(&mut answer)).await);
    answer
}

const IMPATIENT: [&str; 2] = ["http.head_timeout=100ms", "http.deadline=100ms"];

#[tokio::test]
async fn a_connection_on_which_nothing_is_said_is_closed() {
    let (host, _folder) = host(&IMPATIENT);
    let running = run(service(), host).await;
    for beginning in [&b""[..], b"PRI * HT"] {
        assert_eq!(until_closed(&running, beginning).await, b"");
    }
    running.shutdown().await;
}

#[tokio::test]
async fn an_unused_connection_is_told_its_bounds_and_to_go() {
    let (host, _folder) = host(&IMPATIENT);
    let running = run(service(), host).await;
    // It acknowledges nothing: it is cut off in the end.
    let answer = until_closed(&running, &[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await;
    let frames = frames(&answer);
    let (kind, told) = &frames[0];
    assert_eq!(*kind, SETTINGS);
    let told: Vec<&[u8]> = told.chunks(6).collect();
    for bound in [setting(3, 128), setting(6, 32 * 1024)] {
        assert!(told.contains(&bound.as_slice()), "{bound:?} in {told:?}");
    }
    assert!(frames.iter().any(|(kind, _)| *kind == GOAWAY), "{frames:?}");
    running.shutdown().await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_cut_off() {
    let (host, _folder) = host(&IMPATIENT);
    let running = run(service(), host).await;
    let no_window = frame(SETTINGS, 0, 0, &setting(4, 0));
    let request = frame(HEADERS, WHOLE, 1, GET_LAMPS);
    let answer = until_closed(&running, &[PREFACE, &no_window, &request].concat()).await;
    let kinds: Vec<u8> = frames(&answer).into_iter().map(|(kind, _)| kind).collect();
    assert!(kinds.contains(&HEADERS) && !kinds.contains(&0), "{kinds:?}");
    running.shutdown().await;
}

#[tokio::test]
async fn a_flood_of_resets_ends_the_connection() {
    let (host, _folder) = host(&[]);
    let running = run(service(), host).await;
    let mut flood = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    for stream in (1..2_000).step_by(2) {
        flood.extend(frame(HEADERS, WHOLE, stream, GET_LAMPS));
        flood.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
    }
    let answer = until_closed(&running, &flood).await;
    let frames = frames(&answer);
    let goaway = frames.iter().find(|(kind, _)| *kind == GOAWAY).map(|(_, payload)| payload[7]);
    // ENHANCE_YOUR_CALM
    assert_eq!(goaway, Some(11), "{frames:?}");
    running.shutdown().await;
}

async fn far(running: &Running) -> FarClient {
    let door = running.doors().into_iter().find(|door| door.kind == DoorKind::Public).unwrap();
    FarClient::new(&door.address.to_string()).unwrap()
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).version(Version::HTTP_2).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn headers_beyond_their_bound_are_refused() {
    let (host, _folder) = host(&[]);
    let running = run(service(), host).await;
    let far = far(&running).await;
    let mut request = get("/lamps");
    request.headers_mut().insert("x", "a".repeat(40_000).parse().unwrap());
    let refused = match far.send(request).await {
        Ok(response) => response.status().as_u16() == 431,
        Err(_) => true,
    };
    assert!(refused);
    assert_eq!(far.send(get("/lamps")).await.unwrap().status().as_u16(), 200);
    running.shutdown().await;
}

/// Tells that it has begun, and is not done before its deadline.
async fn held(begun: Arc<Notify>, call: Call) -> Result<Reply, Problem> {
    begun.notify_one();
    call.clock().sleep(Duration::from_secs(60)).await;
    Ok(Reply::no_content())
}

#[tokio::test]
async fn a_drain_answers_what_is_under_way_and_takes_nothing_new() {
    let (host, _folder) = host(&["http.deadline=500ms"]);
    let begun = Arc::new(Notify::new());
    let state = begun.clone();
    let start = move |_: &mut Init<NoSettings>| Ok(state);
    let routes = Routes::new().get("/held", |begun: Arc<Arc<Notify>>, call| held(Arc::clone(&begun), call));
    let held = Definition::new("lamps", "Lamps.", start).public(4010, routes).build();
    let running = run(held, host).await;
    let far = far(&running).await;
    let slow = tokio::spawn({
        let far = far.clone();
        async move { far.send(get("/held")).await.unwrap().status().as_u16() }
    });
    within("the request is under way", begun.notified()).await;
    assert_eq!(running.shutdown().await, Drained::Clean);
    assert_eq!(slow.await.unwrap(), 504);
    assert!(far.send(get("/held")).await.is_err());
}
