//! The listening sockets of a process's doors. They outlive the process, so that callers wait while it is started
//! again instead of being refused.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;

use tradewind_chassis::{DoorKind, listen};

/// The sockets of one process.
#[derive(Debug)]
pub(crate) struct Held {
    doors: Vec<HeldDoor>,
}

#[derive(Debug)]
struct HeldDoor {
    kind: DoorKind,
    address: SocketAddr,
    /// `None` while callers are better refused than kept waiting.
    socket: Option<TcpListener>,
}

impl Held {
    /// Binds all of them; port 0 takes a free one, which stays the same from then on.
    pub(crate) fn bind(doors: &[(DoorKind, SocketAddr)]) -> Result<Self, String> {
        let bind = |(kind, address): &(DoorKind, SocketAddr)| {
            let socket = listen(*address).map_err(|error| error.to_string())?;
            let address = socket.local_addr().map_err(|error| error.to_string())?;
            Ok(HeldDoor { kind: *kind, address, socket: Some(socket) })
        };
        Ok(Self { doors: doors.iter().map(bind).collect::<Result<_, String>>()? })
    }

    /// Where they are.
    pub(crate) fn addresses(&self) -> Vec<(DoorKind, SocketAddr)> {
        self.doors.iter().map(|door| (door.kind, door.address)).collect()
    }

    /// Refuses callers from now on, those that wait as well.
    pub(crate) fn close(&mut self) {
        self.doors.iter_mut().for_each(|door| door.socket = None);
    }

    /// Lets callers wait from now on.
    pub(crate) fn open(&mut self) -> Result<(), String> {
        for door in self.doors.iter_mut().filter(|door| door.socket.is_none()) {
            door.socket = Some(listen(door.address).map_err(|error| error.to_string())?);
        }
        Ok(())
    }

    /// Gives them to the process at the other end of `link`, beside this one.
    pub(crate) fn hand_over(&self, link: &UnixStream) -> Result<(), String> {
        let doors = self.doors.iter().filter_map(|door| Some((door.kind, door.socket.as_ref()?)));
        tradewind_process::hand_over(link, &doors.collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn callers_wait_while_they_are_open_and_are_refused_while_they_are_closed() {
        let mut held = Held::bind(&[(DoorKind::Public, "127.0.0.1:0".parse().unwrap())]).unwrap();
        let [(_, address)] = held.addresses()[..] else { panic!("one door") };
        TcpStream::connect(address).unwrap();
        held.close();
        TcpStream::connect(address).unwrap_err();
        held.open().unwrap();
        TcpStream::connect(address).unwrap();
        assert_eq!(held.addresses(), [(DoorKind::Public, address)]);
    }
}
