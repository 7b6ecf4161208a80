//! One life of one process.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader, Lines};
use tokio::process::{Child, ChildStdin, Command};
use tradewind_chassis::Scope;
use tradewind_kernel::Clock;
use tradewind_process::Part;

use crate::processes::held::Held;
use crate::processes::member::Member;
use crate::processes::output::Output;

/// How long a process that was asked to stop may take beyond its own deadline.
const GRACE: Duration = Duration::from_secs(30);

/// What lives are made of.
#[derive(Debug, Clone)]
pub(crate) struct Nursery {
    pub(crate) output: Arc<Output>,
    pub(crate) clock: Clock,
    pub(crate) tasks: Scope,
}

/// A running process; killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Life {
    child: Child,
    link: Link,
    clock: Clock,
}

/// How the process is spoken to. Closing it asks a service to drain.
#[derive(Debug)]
enum Link {
    /// A service of ours that has not said yet that it is ready.
    Starting(Lines<BufReader<tokio::net::UnixStream>>),
    /// One that has.
    Ready(#[expect(dead_code, reason = "dropping it closes it")] Lines<BufReader<tokio::net::UnixStream>>),
    /// No service of ours: it says nothing, and is asked to stop by a signal.
    Foreign(#[expect(dead_code, reason = "dropping it closes it")] Option<ChildStdin>),
    Closed,
}

/// What happened to a process.
#[derive(Debug)]
pub(crate) enum News {
    /// It takes requests; one that is no service of ours says nothing of its doors.
    Ready(Option<Part>),
    Ended(ExitStatus),
}

impl Life {
    /// Starts a process, whose doors are `held` and whose lines go to the output; `spare` gives it the second name of
    /// its replica.
    pub(crate) fn begin(
        member: &Member,
        held: &Held,
        spare: bool,
        nursery: &Nursery,
    ) -> Result<Self, String> {
        let failed =
            |error: std::io::Error| format!("{} cannot be started: {error}", member.program.display());
        let mut command = Command::new(&member.program);
        command
            .args(&member.arguments)
            .args(spare.then_some("--spare"))
            .envs(&member.environment)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for the supervisor, which stops the processes in their turn.
            .process_group(0)
            .kill_on_drop(true);
        let ours = if member.is_foreign {
            command.stdin(Stdio::piped());
            None
        } else {
            let (ours, theirs) = UnixStream::pair().map_err(failed)?;
            // Before the process starts, so that it need not wait for them.
            held.hand_over(&ours)?;
            command.stdin(Stdio::from(OwnedFd::from(theirs)));
            Some(ours)
        };
        let mut child = command.spawn().map_err(failed)?;
        // It holds the other end of the link, whose end would not be seen.
        drop(command);
        let label = member.label();
        if let Some(from) = child.stdout.take() {
            nursery.follow(&label, from);
        }
        if let Some(from) = child.stderr.take() {
            nursery.follow(&label, from);
        }
        let link = match ours {
            None => Link::Foreign(child.stdin.take()),
            Some(ours) => {
                ours.set_nonblocking(true).map_err(failed)?;
                let ours = tokio::net::UnixStream::from_std(ours).map_err(failed)?;
                Link::Starting(BufReader::new(ours).lines())
            }
        };
        Ok(Self { child, link, clock: nursery.clock.clone() })
    }

    /// The process's number.
    pub(crate) fn process(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for what happens next: that it is ready, then its end. What was waited for in vain can be waited for again.
    pub(crate) async fn news(&mut self) -> Result<News, String> {
        if let Link::Starting(lines) = &mut self.link {
            // One that ends instead closes the link.
            if let Ok(Some(line)) = lines.next_line().await {
                let part =
                    serde_json::from_str(&line).map_err(|error| format!("it said {line:?}: {error}"))?;
                if let Link::Starting(lines) = std::mem::replace(&mut self.link, Link::Closed) {
                    self.link = Link::Ready(lines);
                }
                return Ok(News::Ready(Some(part)));
            }
            self.link = Link::Closed;
        }
        self.child.wait().await.map(News::Ended).map_err(|error| error.to_string())
    }

    /// Asks it to finish what it accepted, and ends it when that takes too long.
    pub(crate) async fn stop(&mut self) -> Result<ExitStatus, String> {
        if matches!(self.link, Link::Foreign(_))
            && let Some(process) = self.child.id().and_then(|id| i32::try_from(id).ok())
            && let Some(process) = rustix::process::Pid::from_raw(process)
        {
            // One that is gone already needs no signal.
            rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap_or_default();
        }
        self.link = Link::Closed;
        match self.clock.timeout(GRACE, self.child.wait()).await {
            Ok(ended) => ended.map_err(|error| error.to_string()),
            Err(_) => self.end().await,
        }
    }

    /// Ends it at once.
    pub(crate) async fn end(&mut self) -> Result<ExitStatus, String> {
        // One that has ended already need not be killed.
        self.child.start_kill().unwrap_or_default();
        self.child.wait().await.map_err(|error| error.to_string())
    }
}

impl Nursery {
    fn follow(&self, label: &str, from: impl AsyncRead + Unpin + Send + 'static) {
        let (output, label) = (self.output.clone(), label.to_owned());
        self.tasks.spawn("output", async move { output.follow(&label, from).await });
    }
}
