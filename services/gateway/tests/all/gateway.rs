//! The program with a folder of route documents, on free ports.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tradewind_testkit::{Answer, Ended, Folder, Process, Request, until};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_tradewind-gateway");

/// A running gateway; killed when it is dropped.
pub struct Gateway {
    process: Process,
    folder: Folder,
    /// Where clients go.
    pub address: SocketAddr,
    /// The internal door.
    pub admin: SocketAddr,
}

/// Numbers of signals, as bits of the mask that the system shows.
const HEARD: [u64; 3] = [1 << 0, 1 << 9, 1 << 14];

impl Gateway {
    /// Starts it with these files and further arguments, and waits until it serves.
    pub async fn start(files: &[(&str, &str)], arguments: &[&str]) -> Self {
        let folder = folder_of(files);
        let mut process = start(&folder, &[&["--port", "0", "--admin", "127.0.0.1:0"], arguments].concat());
        process.says("gateway: ready").await;
        let said = process.output();
        let address = address(&said, "gateway: listening at ");
        let admin = address_of_admin(&said);
        Self { process, folder, address, admin }
    }

    /// Starts it with one route for everything, to the service `shop` at these addresses.
    pub async fn before(backends: &[SocketAddr], arguments: &[&str]) -> Self {
        Self::with_route(&route("shop", "/"), backends, arguments).await
    }

    /// Starts it with these documents and the service `shop` at these addresses.
    pub async fn with_route(route: &str, backends: &[SocketAddr], arguments: &[&str]) -> Self {
        let given: Vec<String> =
            backends.iter().map(|address| format!("--backend=shop:80={address}")).collect();
        let given: Vec<&str> = given.iter().map(String::as_str).chain(arguments.iter().copied()).collect();
        Self::start(&[("shop.yaml", route)], &given).await
    }

    /// Puts a file in its place, at once for whoever looks.
    pub fn write(&self, name: &str, text: &str) {
        let (new, path) = (self.path(&format!(".{name}.new")), self.path(name));
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, path).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        routes(&self.folder).join(name)
    }

    /// The folder of the documents.
    pub fn routes(&self) -> PathBuf {
        routes(&self.folder)
    }

    pub async fn get(&self, path: &str) -> Answer {
        Request::new("GET", path).send(self.address).await
    }

    /// Asks the internal door.
    pub async fn ask(&self, path: &str) -> Answer {
        Request::new("GET", path).send(self.admin).await
    }

    pub fn errors(&self) -> String {
        self.process.errors()
    }

    pub async fn says(&mut self, text: &str) {
        self.process.says(text).await;
    }

    /// Sends a signal, once the program hears signals: it says that it serves a little before it does.
    pub async fn signal(&self, name: &str) {
        let status = format!("/proc/{}/status", self.process.id());
        until("signals are heard", async || {
            let text = std::fs::read_to_string(&status).unwrap();
            let caught = text.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
            let caught = u64::from_str_radix(caught.trim(), 16).unwrap();
            HEARD.iter().all(|bit| caught & bit != 0).then_some(())
        })
        .await;
        self.process.signal(name).await;
    }

    pub async fn ended(self) -> Ended {
        self.process.ended().await
    }
}

/// A folder with these documents below `routes`.
pub fn folder_of(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::new("gateway");
    std::fs::create_dir(routes(&folder)).unwrap();
    for (name, text) in files {
        std::fs::write(routes(&folder).join(name), text).unwrap();
    }
    folder
}

fn routes(folder: &Folder) -> PathBuf {
    folder.path().join("routes")
}

/// The program with `--routes routes`, in this folder.
pub fn start(folder: &Folder, arguments: &[&str]) -> Process {
    run(folder.path(), &[&["--routes", "routes"], arguments].concat())
}

/// The program.
pub fn run(folder: &Path, arguments: &[&str]) -> Process {
    Process::start(PROGRAM, arguments, folder, &[])
}

/// The address behind the first line that begins so.
pub fn address(said: &str, beginning: &str) -> SocketAddr {
    let found = said.lines().find_map(|line| line.strip_prefix(beginning));
    let found = found.unwrap_or_else(|| panic!("no {beginning} in {said}"));
    found.rsplit('/').next().unwrap_or(found).parse().unwrap()
}

fn address_of_admin(said: &str) -> SocketAddr {
    address(said, "gateway: internal door at http://")
}

/// A route of its name: this prefix leads to the service of the same name.
pub fn route(name: &str, prefix: &str) -> String {
    let rule = format!(
        "  - matches: [{{path: {{value: {prefix}}}}}]\n    backendRefs: [{{name: {name}, port: 80}}]\n"
    );
    route_of(name, &rule)
}

/// A route of its name with these rules, indented by two.
pub fn route_of(name: &str, rules: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: {name}}}\nspec:\n  \
         parentRefs: [{{name: tradewind}}]\n  rules:\n{rules}"
    )
}

/// Checks that an answer is a problem document of this status and code, which says what is wrong.
pub fn refused(answer: &Answer, status: u16, code: &str) {
    let shown = || format!("{} {:?} {}", answer.status, answer.headers, answer.text());
    assert_eq!(answer.status, status, "{}", shown());
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", shown());
    let document = answer.json();
    assert_eq!((&document["status"], &document["code"]), (&status.into(), &code.into()), "{}", shown());
    for name in ["type", "title", "detail"] {
        assert!(document[name].as_str().is_some_and(|text| !text.is_empty()), "{name}: {}", shown());
    }
}

/// A `Secret` with a certificate of a host, which has signed itself.
pub fn secret(name: &str, host: &str) -> String {
    let made = rcgen::generate_simple_self_signed(vec![host.to_owned()]).unwrap();
    let indented = |pem: String| pem.lines().map(|line| format!("    {line}\n")).collect::<String>();
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\ntype: kubernetes.io/tls\nstringData:\n  tls.crt: |\n{}  \
         tls.key: |\n{}",
        indented(made.cert.pem()),
        indented(made.signing_key.serialize_pem())
    )
}
