//! Another process of the same program takes the place of this one, and no connection is lost in between.
//!
//! The listening sockets are handed over while both processes have them, so the system keeps connections that nobody has
//! accepted yet. Only once the new process says that it serves does the old one stop accepting.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::rights;

/// The option by which a process is told that its standard input brings its sockets.
pub const INHERIT: &str = "--inherit";

/// How long the new process may take until it serves.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the new process says once it serves.
const SERVING: &[u8] = b"serving\n";

/// Starts the program of this process again, with the same arguments and [`INHERIT`], hands it these sockets under their
/// names, and waits until it serves.
///
/// # Errors
/// There is no new process then, and this one is to go on.
pub fn hand_on(sockets: &[(u32, &TcpListener)]) -> Result<(), String> {
    let (ours, theirs) = UnixStream::pair().map_err(|error| error.to_string())?;
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let arguments = std::env::args_os().skip(1).filter(|argument| argument != INHERIT);
    let mut command = Command::new(program);
    command.args(arguments).arg(INHERIT).stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)));
    let mut child = command.spawn().map_err(|error| format!("the program cannot be started: {error}"))?;
    // What the command holds of the link is closed, so that the end of the child is seen.
    drop(command);
    let handed = send(&ours, sockets).and_then(|()| serving(&ours));
    if handed.is_err() {
        end(&mut child);
    }
    handed
}

fn send(link: &UnixStream, sockets: &[(u32, &TcpListener)]) -> Result<(), String> {
    let names: Vec<u32> = sockets.iter().map(|(name, _)| *name).collect();
    let line = serde_json::to_vec(&names).map_err(|error| error.to_string())?;
    let descriptors: Vec<BorrowedFd<'_>> = sockets.iter().map(|(_, socket)| socket.as_fd()).collect();
    rights::send(link, &line, &descriptors)
}

fn serving(mut link: &UnixStream) -> Result<(), String> {
    link.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
    let mut said = [0; SERVING.len()];
    match link.read_exact(&mut said) {
        Ok(()) if said == SERVING => Ok(()),
        _ => Err("the new process did not come to serve; its own log says why".to_owned()),
    }
}

/// Whether it has ended already does not matter.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Takes the sockets that the process before this one hands on, by their names.
///
/// # Errors
/// Standard input brings none.
pub fn inherit() -> Result<Vec<(u32, TcpListener)>, String> {
    let input = std::io::stdin();
    let (line, sockets) = rights::receive(input.as_fd()).map_err(|error| {
        format!("no sockets came through standard input: {error}; {INHERIT} is for the program itself")
    })?;
    let names: Vec<u32> =
        serde_json::from_slice(&line).map_err(|error| format!("the sockets' names: {error}"))?;
    if names.len() != sockets.len() {
        return Err(format!("{} sockets came for {} names", sockets.len(), names.len()));
    }
    Ok(names.into_iter().zip(sockets.into_iter().map(TcpListener::from)).collect())
}

/// Tells the process before this one that this one serves.
///
/// # Errors
/// It is gone, or there was none.
pub fn tell_serving() -> Result<(), String> {
    let input = std::io::stdin();
    let link = input.as_fd().try_clone_to_owned().map_err(|error| error.to_string())?;
    UnixStream::from(link).write_all(SERVING).map_err(|error| error.to_string())
}
