//! File descriptors over a Unix socket (`SCM_RIGHTS`, [unix(7)]), with a line that says what they are.
//!
//! [unix(7)]: https://man7.org/linux/man-pages/man7/unix.7.html

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, sockopt,
};

/// The most descriptors of one message; the system takes no more than 253.
pub(crate) const MOST: usize = 128;

/// The longest line, in bytes.
const MAX_LINE: usize = 4096;

/// How long a process waits for what was sent before it started.
const LIMIT: Duration = Duration::from_secs(10);

/// Sends descriptors with a line.
pub(crate) fn send(link: &UnixStream, line: &[u8], descriptors: &[BorrowedFd<'_>]) -> Result<(), String> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut rights = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !rights.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(format!("at most {MOST} sockets can be handed over"));
    }
    match rustix::net::sendmsg(link, &[IoSlice::new(line)], &mut rights, SendFlags::NOSIGNAL) {
        // A new socket takes so short a line whole.
        Ok(count) if count == line.len() => Ok(()),
        Ok(_) => Err("the names of the sockets were cut off".to_owned()),
        Err(error) => Err(format!("the sockets cannot be handed over: {error}")),
    }
}

/// Takes descriptors, and the line that came with them.
pub(crate) fn receive(link: impl AsFd) -> Result<(Vec<u8>, Vec<OwnedFd>), String> {
    let failed = |error: rustix::io::Errno| error.to_string();
    let wait = |limit| sockopt::set_socket_timeout(&link, sockopt::Timeout::Recv, limit);
    wait(Some(LIMIT)).map_err(failed)?;
    let mut line = vec![0; MAX_LINE];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut rights = RecvAncillaryBuffer::new(&mut space);
    let mut parts = [IoSliceMut::new(&mut line)];
    let received = rustix::net::recvmsg(&link, &mut parts, &mut rights, RecvFlags::CMSG_CLOEXEC);
    let count = received.map_err(failed)?.bytes;
    wait(None).map_err(failed)?;
    let mut sockets: Vec<OwnedFd> = Vec::new();
    for message in rights.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            sockets.extend(rights);
        }
    }
    line.truncate(count);
    Ok((line, sockets))
}
