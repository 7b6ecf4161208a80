//! Does what `docs/guides/gateway.md` says, word for word.

use std::collections::BTreeMap;
use std::time::Duration;

use tradewind_data_plane::{ClusterSettings, Limits, Timers};
use tradewind_routing::EffectiveListenerPolicy;
use tradewind_testkit::{Answer, Request, until};

use crate::backend::{Backend, Does};
use crate::gateway::{Gateway, folder_of, refused, route, secret, start};

const GUIDE: &str = include_str!("../../../../docs/guides/gateway.md");
/// Where the first part ends.
const SECOND: &str = "\n## Where backends are";
/// What stands in front of a document that has a file of its own.
const WRITE: &str = "Write this into `";
/// The part that is not about the program; the journeys do what it says.
const FLEET: &str = "\n## In a fleet";
const PROGRAM: &str = "target/release/tradewind-gateway ";

/// A fenced block.
struct Block {
    language: &'static str,
    text: &'static str,
    /// The paragraph in front of it.
    before: &'static str,
}

fn blocks(text: &'static str) -> Vec<Block> {
    let mut parts = text.split("```");
    let mut before = parts.next().unwrap();
    let mut blocks = Vec::new();
    while let Some(block) = parts.next() {
        let (language, text) = block.split_once('\n').unwrap();
        let paragraph = before.trim_end().rsplit("\n\n").next().unwrap();
        blocks.push(Block { language, text, before: paragraph });
        before = parts.next().expect("each block ends");
    }
    blocks
}

/// Those that are about the program.
fn of_the_program() -> Vec<Block> {
    let (before, rest) = GUIDE.split_once(FLEET).expect("a part about the fleet");
    let (_, after) = rest.split_once("\n## ").expect("parts after it");
    blocks(before).into_iter().chain(blocks(after)).collect()
}

fn commands(block: &Block) -> impl Iterator<Item = &'static str> {
    block.text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Who follows the first part.
#[derive(Default)]
struct Reader {
    folder: Vec<&'static str>,
    /// What the page of the backend says.
    page: Option<String>,
    backend: Option<(String, Backend)>,
    documents: BTreeMap<&'static str, &'static str>,
    gateway: Option<Gateway>,
    answer: Option<&'static str>,
    checked: usize,
}

impl Reader {
    /// Does what a command does, with a backend of the test and on free ports.
    async fn follow(&mut self, command: &'static str) {
        let words: Vec<&str> = command.trim_end_matches(" &").split(' ').collect();
        match words.as_slice() {
            ["cargo", "build", "--release", "-p", package] => assert_eq!(*package, env!("CARGO_PKG_NAME")),
            ["mkdir", folders @ ..] => self.folder.extend(folders),
            ["echo", .., ">", "site/index.html"] => {
                self.page = command.split('"').nth(1).map(str::to_owned);
            }
            ["python3", "-m", "http.server", port, "--bind", address, "--directory", "site"] => {
                let page = self.page.as_ref().expect("there is a page");
                self.backend = Some((format!("{address}:{port}"), Backend::start(page, Does::Answers).await));
            }
            [program, arguments @ ..] if PROGRAM.trim_end() == *program => self.start(arguments).await,
            ["curl", "-i", _] => self.answer = Some(words[2]),
            ["kill", "%2"] => {
                let gateway = self.gateway.take().expect("the second job is the gateway");
                gateway.signal("TERM").await;
                assert_eq!(gateway.ended().await.code, Some(0));
            }
            ["kill", "%1"] => drop(self.backend.take().expect("the first job is the backend")),
            _ => panic!("nobody has tried this: {command}"),
        }
    }

    async fn start(&mut self, arguments: &[&str]) {
        let (told, backend) = self.backend.as_ref().expect("the backend runs");
        let [folder, rest @ ..] = arguments.strip_prefix(&["--routes"]).expect("the folder comes first")
        else {
            panic!("no folder");
        };
        assert!(self.folder.contains(folder), "{folder} was made");
        let rest: Vec<String> =
            rest.iter().map(|word| word.replace(told, &backend.address.to_string())).collect();
        let given = rest.iter().any(|word| word.contains(&backend.address.to_string()));
        assert!(given, "the backend is named as it was started: {arguments:?}");
        // The internal door is on a free port, too; the door for clients is where the defaults say.
        let [backend, door, admin] = rest.split_at(1).1.first_chunk::<3>().expect("a backend and a door");
        assert_eq!((rest[0].as_str(), door.as_str()), ("--backend", "--admin"));
        assert!(admin.parse::<std::net::SocketAddr>().is_ok());
        let files: Vec<(&str, &str)> = self.documents.iter().map(|(name, text)| (*name, *text)).collect();
        self.gateway = Some(Gateway::start(&files, &["--backend", backend]).await);
    }

    /// Writes a document where the text in front of it says.
    fn write(&mut self, block: &Block) {
        let place = block.before.rsplit(WRITE).next().unwrap();
        let name = place.split('`').next().unwrap().strip_prefix("routes/").expect("below routes/");
        self.documents.insert(name, block.text);
        if let Some(gateway) = &self.gateway {
            gateway.write(name, block.text);
        }
    }

    /// Asks until the answer is what the guide shows: what was written before takes a moment to be in use.
    async fn compare(&mut self, shown: &str) {
        let url = self.answer.take().expect("a command stands before its answer");
        let path = url.strip_prefix("http://127.0.0.1:8080").expect("the default port");
        let gateway = self.gateway.as_ref().expect("the gateway runs");
        until(&format!("{url} is answered with {shown}"), async || {
            let answer = Request::new("GET", path).send(gateway.address).await;
            is_like(&answer, shown).then_some(())
        })
        .await;
        self.checked += 1;
    }
}

/// Whether an answer is like what is shown: the status, the fields, and the body, of a problem its code.
fn is_like(answer: &Answer, shown: &str) -> bool {
    let lines: Vec<&str> = shown.lines().collect();
    let ([status, fields @ .., body], true) = (lines.as_slice(), lines.len() >= 2) else { return false };
    let has = |line: &&&str| {
        let (name, value) = line.split_once(": ").unwrap();
        answer.header(name) == Some(value)
    };
    let fields: Vec<&&str> = fields.iter().filter(|line| **line != "...").collect();
    let is_body = match body.strip_prefix("{\"code\":\"") {
        Some(code) => answer.status >= 400 && answer.json()["code"] == code.trim_end_matches("\"}"),
        None => answer.text().trim_end() == *body,
    };
    status.split(' ').nth(1) == Some(answer.status.to_string().as_str())
        && fields.iter().filter(|line| has(line)).count() == fields.len()
        && is_body
}

#[tokio::test]
async fn five_minutes_are_as_the_guide_says() {
    let (first, _) = GUIDE.split_once(SECOND).expect("a first part");
    let mut reader = Reader::default();
    for block in blocks(first) {
        match block.language {
            "bash" => {
                for command in commands(&block) {
                    reader.follow(command).await;
                }
            }
            "yaml" => reader.write(&block),
            "text" => reader.compare(block.text).await,
            other => panic!("nobody knows what a block of {other:?} is"),
        }
    }
    assert!(reader.gateway.is_none() && reader.backend.is_none(), "all is stopped");
    assert_eq!(reader.checked, 3);
}

#[tokio::test]
async fn the_documents_of_the_guide_have_no_mistake() {
    let found = of_the_program();
    let documents = found.iter().filter(|block| block.language == "yaml");
    for (number, block) in documents.enumerate() {
        let mut files = vec![("guide.yaml", block.text.to_owned())];
        if !block.text.contains("\nkind: HTTPRoute") {
            files.push(("route.yaml", route("hello", "/")));
        }
        if block.text.contains("certificateRefs") {
            files.push(("secret.yaml", secret("shop-certificate", "shop.example")));
        }
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let backend = "--backend=hello:80=127.0.0.1:9";
        // Listeners below 1024 want root.
        let offset = free_offset();
        let gateway = Gateway::start(&files, &[backend, "--port-offset", &offset]).await;
        let errors = gateway.errors();
        for complaint in ["not used", "not served", "not in effect"] {
            assert!(!errors.contains(complaint), "{number}: {errors}");
        }
        if block.text.contains("kind: Gateway\n") && !block.text.contains("HTTPS") {
            refused(&gateway.get("/").await, 502, "bad-gateway");
        }
    }
}

/// Documents of the guide of this kind.
fn documents(kind: &str) -> Vec<&'static str> {
    let found = of_the_program().into_iter();
    let kind = format!("\nkind: {kind}\n");
    found.filter(|block| block.text.contains(&kind)).map(|block| block.text).collect()
}

#[tokio::test]
async fn policies_about_instances_do_what_the_guide_says() {
    let policies = documents("BackendPolicy");
    assert_eq!(policies.len(), 2);
    let backends = [Backend::start("a", Does::Answers).await, Backend::start("b", Does::Answers).await];
    let given = backends.each_ref().map(|backend| format!("--backend=hello:80={}", backend.address));
    let route = route("hello", "/");
    let files = [("route.yaml", route.as_str()), ("policy.yaml", policies[0])];
    let gateway = Gateway::start(&files, &given.each_ref().map(String::as_str)).await;
    let answer = gateway.get("/").await;
    let cookie = answer.header("set-cookie").and_then(|set| set.split(';').next()).expect("a cookie");
    for _ in 0..10 {
        let again = Request::new("GET", "/").header("Cookie", cookie).send(gateway.address).await;
        assert_eq!(again.text(), answer.text());
    }
    until("both are asked whether they work", async || {
        let is_asked = |backend: &Backend| backend.received().iter().any(|asked| asked.target() == "/ready");
        backends.iter().all(is_asked).then_some(())
    })
    .await;
    gateway.write("policy.yaml", policies[1]);
    until("the other policy is in use", async || {
        gateway.get("/").await.header("set-cookie").is_none().then_some(())
    })
    .await;
    for user in ["anna", "berta", "carla"] {
        let request = Request::new("GET", "/").header("X-User", user);
        let first = request.send(gateway.address).await.text();
        for _ in 0..10 {
            assert_eq!(request.send(gateway.address).await.text(), first);
        }
    }
}

/// What moves the ports of the guide to where nobody is.
fn free_offset() -> String {
    let free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    // Processes beside this one begin elsewhere, below the ports that the system gives to clients.
    let first = 12_000 + (std::process::id() % 10_000) as u16;
    let mut offsets = (first..30_000).step_by(37);
    let found = offsets.find(|offset| [80, 81, 443].iter().all(|port| free(offset + port)));
    found.expect("free ports").to_string()
}

#[tokio::test]
async fn the_options_of_the_guide_exist() {
    let help = start(&folder_of(&[]), &["--help"]).ended().await.output;
    let mut seen = 0;
    let (first, rest) = GUIDE.split_at(GUIDE.find(SECOND).expect("a second part"));
    for block in blocks(first).iter().chain(&blocks(rest)).filter(|block| block.language == "bash") {
        for command in commands(block).filter(|command| command.starts_with(PROGRAM)) {
            for option in command.split(' ').filter(|word| word.starts_with("--")) {
                assert!(help.contains(&format!("{option} <")), "{option} is not in {help}");
                seen += 1;
            }
        }
    }
    let words = GUIDE.split(|at: char| at == '`' || at.is_whitespace());
    for word in words.filter(|word| word.starts_with("--") && word.len() > 4) {
        let of_others = [
            "--release",
            "--bind",
            "--directory",
            "--help",
            "--http2-prior-knowledge",
            "--cert",
            "--key",
            "--dry-run=client",
        ];
        assert!(of_others.contains(&word) || help.contains(word), "{word} is not in {help}");
    }
    assert!(seen >= 5);
}

#[tokio::test]
async fn the_internal_door_has_what_the_guide_names() {
    let gateway = Gateway::before(&[], &["--backend=shop:80=127.0.0.1:9"]).await;
    let metrics = gateway.ask("/metrics").await.text();
    let rows =
        GUIDE.lines().filter_map(|line| line.strip_prefix("| `")).filter_map(|row| row.split('`').next());
    let (mut paths, mut counted) = (0, 0);
    for name in rows {
        if name.starts_with('/') {
            assert_eq!(gateway.ask(name).await.status, 200, "{name}");
            paths += 1;
        } else if name.starts_with("gateway_") {
            let family = name.trim_end_matches("_total");
            assert!(metrics.contains(&format!("# TYPE {family} ")), "{name} is not in {metrics}");
            counted += 1;
        }
    }
    assert_eq!((paths, counted), (6, 13));
}

#[test]
fn limits_are_those_of_the_program() {
    let (limits, timers) = (Limits::default(), Timers::default());
    let kib = |bytes: usize| format!("{} KiB", bytes / 1024);
    let seconds = |duration: Duration| format!("{} s", duration.as_secs());
    for (what, limit) in [
        ("Bytes of its target", kib(limits.head.max_target_bytes)),
        ("Bytes of its body", format!("{} MiB", limits.body / 1024 / 1024)),
        ("Bytes of an answer's head", kib(limits.answer_head.max_head_bytes)),
        ("To connect to a backend", seconds(ClusterSettings::default().connect)),
        ("From the last byte of a request to the first of its answer", seconds(timers.answer)),
        ("A tunnel (a WebSocket) through which nothing goes", seconds(timers.tunnel)),
    ] {
        assert!(GUIDE.contains(&format!("\n| {what} | {limit} |")), "{what} is {limit}");
    }
    let EffectiveListenerPolicy { limits: of_port, timeouts, http2, .. } = EffectiveListenerPolicy::default();
    for (what, limit) in [
        ("Bytes of a request's head", kib(of_port.max_head_bytes as usize)),
        ("Header fields", of_port.max_headers.to_string()),
        ("Connections", of_port.max_connections.to_string()),
        ("Connections of one address", of_port.max_connections_per_client.to_string()),
        ("Requests on one connection", of_port.max_requests_per_connection.to_string()),
        ("Streams of one HTTP/2 connection at a time", http2.max_concurrent_streams.to_string()),
        (
            "Requests that an HTTP/2 client takes back within a minute",
            http2.max_resets_per_minute.to_string(),
        ),
        ("A TLS handshake", seconds(timeouts.tls_handshake)),
        ("A connection without a request", seconds(timeouts.idle)),
        ("From the first byte of a head to its last, over HTTP/1", seconds(timeouts.request_head)),
        ("Between two pieces of a request's body", seconds(timeouts.request_body_idle)),
        ("For a client to take a piece of an answer", seconds(timeouts.write_stall)),
        ("A connection, however much it is used", seconds(timeouts.max_connection_age)),
    ] {
        assert!(GUIDE.contains(&format!("\n| {what} | {limit} \\* |")), "{what} is {limit}");
    }
    assert!(GUIDE.contains(&format!("**Bodies above {} are not kept", kib(limits.replay))));
}
