//! Starting the programs, and ending them.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

/// An upstream that ends with the test.
#[derive(Debug)]
pub(crate) struct Upstream {
    child: Child,
    /// Dropped, it ends the process.
    _input: ChildStdin,
    pub(crate) address: SocketAddr,
}

impl Upstream {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_canned-upstream"))
            .arg("--until-end-of-input")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the upstream starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("its address");
        let input = child.stdin.take().expect("its input");
        Self { child, _input: input, address: line.trim().parse().expect("an address") }
    }

    /// Sends bytes, then nothing more for a while, and gives what comes until the connection ends or rests.
    pub(crate) fn exchange(&self, request: &str) -> String {
        self.exchange_parts(&[request])
    }

    /// The same with a pause behind each part.
    pub(crate) fn exchange_parts(&self, parts: &[&str]) -> String {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_millis(400))).expect("a timeout");
        for part in parts {
            stream.write_all(part.as_bytes()).expect("sent");
            std::thread::sleep(Duration::from_millis(20));
        }
        let (mut bytes, mut buffer) = (Vec::new(), [0; 65536]);
        while let Ok(length @ 1..) = stream.read(&mut buffer) {
            bytes.extend_from_slice(&buffer[..length]);
        }
        String::from_utf8(bytes).expect("text")
    }

    pub(crate) fn get(&self, path: &str) -> String {
        self.exchange(&format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"))
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a program prints: names and values.
pub(crate) fn values(program: &str, arguments: &[&str]) -> BTreeMap<String, f64> {
    let output = Command::new(program).args(arguments).output().expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let pair = |line: &str| {
        let (name, value) = line.split_once(' ').expect("a name and a value");
        (name.to_owned(), value.trim().parse().expect("a number"))
    };
    text.lines().map(pair).collect()
}
