//! The process that stands between a test and its server, so that the server never outlives the test.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{Account, Engine};
use crate::until;

/// Reads commands from a pipe. When its other end is gone, with this process or before, the server is ended and
/// the folder removed.
#[derive(Debug)]
pub(super) struct Keeper {
    process: Child,
    answer: PathBuf,
    asked: u64,
}

impl Keeper {
    /// A keeper of `folder`, which is empty and belongs to `account`.
    pub(super) fn start(engine: &Engine<'_>, folder: &Path, account: Account) -> Self {
        let mut command = Command::new("/bin/sh");
        let script = format!("{}\n{}", engine.script, include_str!("keeper.sh"));
        command.arg("-c").arg(script).arg("keeper").arg(engine.programs).arg(folder);
        command.current_dir(folder).env_clear().env("PATH", super::PATH).env("LC_ALL", "C");
        command.envs(engine.variables.iter().map(|(name, value)| (name, value)));
        // Its own group: an interrupt from the terminal is for the test, which then goes.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let process = account.run(&mut command).spawn().expect("there is a shell");
        Self { process, answer: folder.join("answer"), asked: 0 }
    }

    /// Has a command carried out; gives its outcome.
    pub(super) async fn ask(&mut self, command: &str) -> u32 {
        self.asked += 1;
        let (asked, pipe) = (self.asked, self.process.stdin.as_mut().expect("it is taken nowhere"));
        writeln!(pipe, "{asked} {command}").expect("the keeper of the server lives");
        until(&format!("the keeper of the server has done {command:?}"), async || {
            let answer = std::fs::read_to_string(&self.answer).ok()?;
            let (number, outcome) = answer.trim_end().split_once(' ')?;
            (number.parse() == Ok(asked)).then(|| outcome.parse().expect("an outcome is a number"))
        })
        .await
    }
}
