//! nginx and HAProxy as child processes on loopback, each in front of a recording upstream.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;

use super::super::upstream::Upstream;
use super::{Believed, Server};

const LIMIT: Duration = Duration::from_secs(20);

/// Ends the server when its own input ends, which it does with this process, however that goes.
const KEEPER: &str = "\"$@\" & server=$!; cat >/dev/null; kill -9 $server; wait";

/// A server that runs.
pub struct Engine {
    name: &'static str,
    address: SocketAddr,
    upstream: Upstream,
    folder: PathBuf,
    keeper: Child,
    _kept: TcpSocket,
}

/// A port that stays ours: a bound socket that never listens keeps others away, but not a server that allows the
/// address to be used again, as these do.
fn port() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

pub fn nginx() -> Engine {
    Engine::start("nginx", &["/usr/sbin/nginx"], |folder, listen, upstream| {
        let folder = folder.display();
        let configuration = format!(
            "daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;\n\
             events {{ worker_connections 256; }}\n\
             http {{\n\
             access_log off; keepalive_requests 100000; client_max_body_size 0; large_client_header_buffers 4 64k;\n\
             client_header_buffer_size 64k; merge_slashes off; ignore_invalid_headers off; underscores_in_headers on;\n\
             client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;\n\
             uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;\n\
             server {{ listen {listen}; location / {{ proxy_pass http://{upstream}; proxy_http_version 1.1;\n\
             proxy_set_header Connection \"\"; proxy_set_header Host $http_host; }} }}\n\
             }}\n"
        );
        (configuration, vec!["-e".to_owned(), format!("{folder}/log"), "-c".to_owned()])
    })
}

pub fn haproxy() -> Engine {
    Engine::start("haproxy", &["/usr/sbin/haproxy"], |_, listen, upstream| {
        let configuration = format!(
            "global\n    nbthread 1\n    tune.bufsize 65536\n    tune.http.maxhdr 300\n\
             defaults\n    mode http\n    timeout client 10s\n    timeout server 10s\n    timeout connect 5s\n\
             frontend all\n    bind {listen}\n    default_backend recorder\n\
             backend recorder\n    http-reuse always\n    server one {upstream}\n"
        );
        (configuration, vec!["-f".to_owned()])
    })
}

impl Engine {
    fn start(
        name: &'static str,
        programs: &[&str],
        configure: impl Fn(&Path, SocketAddr, SocketAddr) -> (String, Vec<String>),
    ) -> Self {
        let program = programs.iter().find(|program| Path::new(program).exists());
        let program =
            program.unwrap_or_else(|| panic!("missing here: {name}. As root: apt-get install {name}"));
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("agreement-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let upstream = Upstream::start(Vec::new());
        let (kept, address) = port();
        let (configuration, arguments) = configure(&folder, address, upstream.address());
        let file = folder.join("configuration");
        std::fs::write(&file, configuration).unwrap();
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(KEEPER).arg("keeper").arg(program).args(arguments).arg(&file);
        let output = std::fs::File::create(folder.join("output")).unwrap();
        command.stdin(Stdio::piped()).stdout(output.try_clone().unwrap()).stderr(output);
        let keeper = command.spawn().unwrap();
        let engine = Self { name, address, upstream, folder, keeper, _kept: kept };
        engine.wait();
        engine
    }

    fn wait(&self) {
        let begin = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            let said = || std::fs::read_to_string(self.folder.join("output")).unwrap_or_default();
            assert!(begin.elapsed() < LIMIT, "{} does not serve: {}", self.name, said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Server for Engine {
    fn name(&self) -> &'static str {
        self.name
    }

    fn address(&self) -> SocketAddr {
        self.address
    }

    fn seen(&self) -> Vec<Believed> {
        self.upstream.take().iter().map(|request| Believed::of(&request.message)).collect()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
