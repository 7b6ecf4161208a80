//! The link between a process and whoever supervises it: a Unix socket that is the process's standard input.
//!
//! The supervisor sends the listening sockets of the doors, as `SCM_RIGHTS` ([unix(7)]), with a line that names them.
//! The process answers with one line when it is ready: its [`Part`]. After that, the end of the link is what it means:
//! to the process a request to stop, which comes also when the supervisor is killed.
//!
//! [unix(7)]: https://man7.org/linux/man-pages/man7/unix.7.html

use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::SendFlags;
use serde::{Deserialize, Serialize};
use tradewind_chassis::{DoorKind, HandedSocket};

use crate::{Part, rights};

/// Which door each of the sockets is for, in their order.
#[derive(Debug, Serialize, Deserialize)]
struct Names {
    doors: Vec<String>,
}

/// Sends the listening sockets of a process's doors over the supervisor's end of the link.
///
/// # Errors
/// When the system refuses, or there are more doors than a service can have.
pub fn hand_over(link: &UnixStream, doors: &[(DoorKind, &TcpListener)]) -> Result<(), String> {
    let names = Names { doors: doors.iter().map(|(kind, _)| kind.name().to_owned()).collect() };
    let line = serde_json::to_vec(&names).map_err(|error| error.to_string())?;
    let sockets: Vec<BorrowedFd<'_>> = doors.iter().map(|(_, socket)| socket.as_fd()).collect();
    rights::send(link, &line, &sockets)
}

/// Takes the sockets of the doors of `service` from the process's end of the link.
///
/// # Errors
/// When `link` is no socket, nothing comes, or what comes is not understood.
pub(crate) fn take_over(link: impl AsFd, service: &str) -> Result<Vec<HandedSocket>, String> {
    let (line, sockets) = rights::receive(link).map_err(|error| {
        format!(
            "no sockets came through standard input: {error}; --supervised is for whoever starts the fleet"
        )
    })?;
    let names: Names =
        serde_json::from_slice(&line).map_err(|error| format!("the names of the doors: {error}"))?;
    name_sockets(service, &names, sockets)
}

fn name_sockets(service: &str, names: &Names, sockets: Vec<OwnedFd>) -> Result<Vec<HandedSocket>, String> {
    if names.doors.len() != sockets.len() {
        return Err(format!("{} sockets came for the doors {}", sockets.len(), names.doors.join(", ")));
    }
    let named = names.doors.iter().zip(sockets);
    let named = named.map(|(name, socket)| {
        let kind = DoorKind::ALL.into_iter().find(|kind| kind.name() == name);
        let kind = kind.ok_or_else(|| format!("there is no kind of door called {name}"))?;
        Ok(HandedSocket { service: service.to_owned(), kind, socket: TcpListener::from(socket) })
    });
    named.collect()
}

/// Tells the supervisor that the process is ready, and where its doors are.
///
/// # Errors
/// When the supervisor is gone.
pub(crate) fn tell_ready(link: impl AsFd, part: &Part) -> Result<(), String> {
    let mut line = serde_json::to_vec(part).map_err(|error| error.to_string())?;
    line.push(b'\n');
    let sent = rustix::net::send(link, &line, SendFlags::NOSIGNAL);
    sent.map(drop).map_err(|error| format!("the supervisor cannot be told: {error}"))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read};

    use super::*;

    fn bound() -> TcpListener {
        TcpListener::bind("127.0.0.1:0").unwrap()
    }

    #[test]
    fn sockets_come_out_as_they_went_in_and_connections_wait_in_them() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (public, internal) = (bound(), bound());
        hand_over(&ours, &[(DoorKind::Public, &public), (DoorKind::Internal, &internal)]).unwrap();
        let address = public.local_addr().unwrap();
        let waiting = std::net::TcpStream::connect(address).unwrap();
        drop((public, internal));
        let taken = take_over(&theirs, "lamps").unwrap();
        let kinds: Vec<DoorKind> = taken.iter().map(|each| each.kind).collect();
        assert_eq!(kinds, [DoorKind::Public, DoorKind::Internal]);
        assert_eq!(taken[0].socket.local_addr().unwrap(), address);
        let (_, who) = taken[0].socket.accept().unwrap();
        assert_eq!(who, waiting.local_addr().unwrap());
    }

    #[test]
    fn the_answer_is_a_line_and_the_end_of_the_link_is_seen() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let part = Part { service: "lamps".to_owned(), replica: 2, process: 7, doors: Vec::new() };
        tell_ready(&theirs, &part).unwrap();
        let mut line = String::new();
        BufReader::new(&ours).read_line(&mut line).unwrap();
        assert_eq!(serde_json::from_str::<Part>(&line).unwrap(), part);
        drop(ours);
        assert_eq!((&theirs).read(&mut [0; 8]).unwrap(), 0);
        tell_ready(&theirs, &part).unwrap_err();
    }

    #[test]
    fn what_is_no_socket_and_what_says_nothing_sensible_are_refused() {
        let (reader, _writer) = std::io::pipe().unwrap();
        let refused = take_over(&reader, "lamps").unwrap_err();
        assert!(refused.contains("--supervised"), "{refused}");
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(ours);
        assert!(take_over(&theirs, "lamps").unwrap_err().contains("names of the doors"));
        let names = Names { doors: vec!["public".to_owned()] };
        assert!(name_sockets("lamps", &names, Vec::new()).unwrap_err().contains("0 sockets"));
        let names = Names { doors: vec!["attic".to_owned()] };
        let wrong = name_sockets("lamps", &names, vec![bound().into()]).unwrap_err();
        assert!(wrong.contains("attic"), "{wrong}");
    }
}
