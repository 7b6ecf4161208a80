//! Child processes that never outlive their test.

use std::fmt::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::{until, within};

/// A child process with what it has said so far; killed when it is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    output: Stream,
    errors: Stream,
}

/// A process that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub output: String,
    /// What it wrote to standard error.
    pub errors: String,
}

#[derive(Debug)]
struct Stream {
    text: Arc<Mutex<String>>,
    reading: JoinHandle<()>,
}

impl Stream {
    fn read(from: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let said = text.clone();
        let reading = tokio::spawn(async move {
            let mut lines = BufReader::new(from).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                writeln!(said.lock().unwrap(), "{line}").unwrap();
            }
        });
        Self { text, reading }
    }

    fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }
}

impl Process {
    /// Starts `program` in `folder`, with these variables and no others.
    #[must_use]
    pub fn start(program: &str, arguments: &[&str], folder: &Path, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).env_clear().envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{program} does not start: {error}"));
        let output = Stream::read(child.stdout.take().unwrap());
        let errors = Stream::read(child.stderr.take().unwrap());
        Self { child, output, errors }
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id().expect("the process still runs")
    }

    /// What it has written to standard output.
    #[must_use]
    pub fn output(&self) -> String {
        self.output.text()
    }

    /// What it has written to standard error.
    #[must_use]
    pub fn errors(&self) -> String {
        self.errors.text()
    }

    /// Waits until it has written `text`, to either stream.
    pub async fn says(&mut self, text: &str) {
        until(&format!("the process says {text:?}"), async || {
            let ended = self.child.try_wait().unwrap();
            let said = format!("{}{}", self.output.text(), self.errors.text());
            assert!(ended.is_none() || said.contains(text), "it ended with {ended:?} and said:\n{said}");
            said.contains(text).then_some(())
        })
        .await;
    }

    /// Waits until it has written one of `texts`, to either stream, and gives that; `None` when it ended first.
    pub async fn first_of<'a>(&mut self, texts: &[&'a str]) -> Option<&'a str> {
        until(&format!("the process says one of {texts:?}"), async || {
            let ended = self.child.try_wait().unwrap();
            let said = format!("{}{}", self.output.text(), self.errors.text());
            let found = texts.iter().copied().find(|text| said.contains(text));
            (found.is_some() || ended.is_some()).then_some(found)
        })
        .await
    }

    /// Sends a signal by its name, such as `TERM`.
    pub async fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.arg(format!("-{name}")).arg(self.id().to_string());
        let status = within("kill", kill.status()).await.expect("there is a kill command");
        assert!(status.success(), "the signal was not sent");
    }

    /// Waits for its end.
    pub async fn ended(mut self) -> Ended {
        let ended = within("the end of the process", self.child.wait()).await.unwrap();
        within("its last words", async {
            (&mut self.output.reading).await.and((&mut self.errors.reading).await)
        })
        .await
        .unwrap();
        Ended { code: ended.code(), output: self.output(), errors: self.errors() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_is_heard_signalled_and_seen_to_end() {
        let script = "trap 'echo bye >&2; exit 3' TERM; echo $NAME; while :; do sleep 0.01; done";
        let folder = crate::Folder::new("process");
        let path = std::env::var("PATH").unwrap();
        let variables = [("NAME", "ada"), ("PATH", &path)];
        let mut process = Process::start("/bin/sh", &["-c", script], folder.path(), &variables);
        assert_eq!(process.first_of(&["eve", "ada"]).await, Some("ada"));
        process.signal("TERM").await;
        assert_eq!(process.first_of(&["eve"]).await, None);
        let ended = process.ended().await;
        assert_eq!((ended.code, ended.output.as_str(), ended.errors.as_str()), (Some(3), "ada\n", "bye\n"));
    }

    #[tokio::test]
    async fn a_dropped_process_is_gone() {
        let folder = crate::Folder::new("process");
        let path = std::env::var("PATH").unwrap();
        let process = Process::start("/bin/sh", &["-c", "exec sleep 60"], folder.path(), &[("PATH", &path)]);
        let id = process.id().to_string();
        drop(process);
        until("the process is gone", async || {
            let mut kill = Command::new("kill");
            let asked = kill.args(["-0", &id]).stderr(Stdio::null()).status().await.unwrap();
            (!asked.success()).then_some(())
        })
        .await;
    }
}
