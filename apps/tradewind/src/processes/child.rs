//! One life of one process.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::process::{Child, ChildStdin, Command};
use tradewind_process::PartFile;

use crate::processes::member::Member;
use crate::processes::output::Output;

/// How long a process that was asked to stop may take beyond its own deadline.
const GRACE: Duration = Duration::from_secs(30);

/// A running process; killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Life {
    child: Child,
    /// Closing it asks a service to drain.
    input: Option<ChildStdin>,
    is_foreign: bool,
}

impl Life {
    /// Starts a process, whose lines go to `output`.
    pub(crate) fn begin(member: &Member, data: &Path, output: &Arc<Output>) -> Result<Self, String> {
        PartFile::remove(data, &member.service, member.replica);
        let mut command = Command::new(&member.program);
        command
            .args(&member.arguments)
            .envs(&member.environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for the supervisor, which stops the processes in their turn.
            .process_group(0)
            .kill_on_drop(true);
        let failed =
            |error: std::io::Error| format!("{} cannot be started: {error}", member.program.display());
        let mut child = command.spawn().map_err(failed)?;
        let label = member.label();
        if let Some(from) = child.stdout.take() {
            let (output, label) = (output.clone(), label.clone());
            drop(tokio::spawn(async move { output.follow(&label, from).await }));
        }
        if let Some(from) = child.stderr.take() {
            let output = output.clone();
            drop(tokio::spawn(async move { output.follow(&label, from).await }));
        }
        let input = child.stdin.take();
        Ok(Self { child, input, is_foreign: member.is_foreign })
    }

    /// The process's number.
    pub(crate) fn process(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> Result<ExitStatus, String> {
        self.child.wait().await.map_err(|error| error.to_string())
    }

    /// Asks it to finish what it accepted, and ends it when that takes too long.
    pub(crate) async fn stop(&mut self) -> Result<ExitStatus, String> {
        drop(self.input.take());
        if self.is_foreign
            && let Some(process) = self.child.id().and_then(|id| i32::try_from(id).ok())
            && let Some(process) = rustix::process::Pid::from_raw(process)
        {
            // One that is gone already needs no signal.
            rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap_or_default();
        }
        match tokio::time::timeout(GRACE, self.child.wait()).await {
            Ok(ended) => ended.map_err(|error| error.to_string()),
            Err(_) => {
                self.child.kill().await.map_err(|error| error.to_string())?;
                self.child.wait().await.map_err(|error| error.to_string())
            }
        }
    }
}
