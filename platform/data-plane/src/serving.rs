//! What a thread does: it opens listeners, accepts connections, and stops.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::bounds::Admitted;
use crate::door::Door;
use crate::edge::Edge;
use crate::front;
use crate::listener::Listener;
use crate::settings::Settings;
use crate::task::{event_loop, spawn};
use crate::thread::Thread;
use crate::timer::{Moment, pause, within};

/// The pause after the system refused to accept: it is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How often the edge is told that time passes.
const TICK: Duration = Duration::from_millis(100);

/// What a thread is to do while it serves.
#[derive(Debug)]
pub(crate) enum Change {
    /// To serve a further listener.
    Open(Box<Listener>, std::net::TcpListener),
    /// To close that of a port.
    Close(u16),
}

/// How threads are asked to stop, and what they say of it.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    is_asked: AtomicBool,
    asked: Notify,
    /// Connections that had to be dropped.
    pub(crate) dropped: AtomicUsize,
}

impl Stop {
    /// Asks all threads.
    pub(crate) fn ask(&self) {
        self.is_asked.store(true, Ordering::Release);
        self.asked.notify_waiters();
    }
}

/// One thread, from its start to its end.
pub(crate) fn run(
    sockets: Vec<(Listener, std::net::TcpListener)>,
    edge: &dyn Edge,
    settings: Settings,
    (stop, changes): (&Stop, UnboundedReceiver<Change>),
    (seed, start): (u64, Moment),
) {
    let (runtime, tasks) = match event_loop() {
        Ok(made) => made,
        Err(error) => {
            tracing::error!(%error, "a thread of the data plane could not start");
            return;
        }
    };
    let serving = async {
        let thread = Thread::new(edge.thread(), settings, (seed, start));
        sockets.into_iter().for_each(|(listener, socket)| open(&thread, listener, socket));
        let ticking = thread.clone();
        spawn(async move {
            loop {
                pause(TICK).await;
                ticking.day_time.set();
                ticking.edge.tick();
            }
        });
        obey(&thread, stop, changes).await;
        thread.stop();
        let _ = within(thread.settings.timers.drain, thread.emptied()).await;
        thread.edge.tick();
        stop.dropped.fetch_add(thread.connections(), Ordering::Relaxed);
    };
    tasks.block_on(&runtime, serving);
}

/// Opens and closes listeners until the server is asked to stop.
async fn obey(thread: &Rc<Thread>, stop: &Stop, mut changes: UnboundedReceiver<Change>) {
    let mut asked = std::pin::pin!(asked(stop));
    loop {
        let change = tokio::select! {
            biased;
            () = &mut asked => return,
            change = changes.recv() => change,
        };
        match change {
            Some(Change::Open(listener, socket)) => open(thread, *listener, socket),
            Some(Change::Close(name)) => {
                thread.take(name).into_iter().for_each(|door| spawn(close(thread.clone(), door)));
            }
            // Nobody is left to give any; whoever held the server has asked to stop.
            None => return asked.await,
        }
    }
}

fn open(thread: &Rc<Thread>, listener: Listener, socket: std::net::TcpListener) {
    match TcpListener::from_std(socket) {
        Ok(socket) => spawn(accept(thread.clone(), thread.open(listener), socket)),
        Err(error) => tracing::error!(%error, "a socket of the data plane could not be used"),
    }
}

/// Lets what is under way by a listener end, and ends what does not.
async fn close(thread: Rc<Thread>, door: Rc<Door>) {
    door.stop();
    if within(thread.settings.timers.drain, door.emptied()).await.is_none() {
        let dropped = door.drop_all();
        tracing::warn!(dropped, port = door.name(), "connections of a listener that is no more were dropped");
    }
}

/// Waits until the server is asked to stop.
async fn asked(stop: &Stop) {
    loop {
        let asked = stop.asked.notified();
        let mut asked = std::pin::pin!(asked);
        asked.as_mut().enable();
        if stop.is_asked.load(Ordering::Acquire) {
            return;
        }
        asked.await;
    }
}

/// Accepts connections until the listener is closed.
async fn accept(thread: Rc<Thread>, door: Rc<Door>, socket: TcpListener) {
    let mut stopping = std::pin::pin!(door.stopping.notified());
    stopping.as_mut().enable();
    if door.is_stopping.get() {
        return drain_queue(&thread, &door, &socket).await;
    }
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stopping => return drain_queue(&thread, &door, &socket).await,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Ok(mut admitted) = admit(&door, peer) else { continue };
                let stops = match &mut admitted {
                    None => false,
                    Some(admitted) => tokio::select! {
                        biased;
                        () = &mut stopping => true,
                        () = admitted.enter() => false,
                    },
                };
                front::welcome(&thread, &door, stream, peer, admitted);
                if stops {
                    return drain_queue(&thread, &door, &socket).await;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                pause(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Takes the connections that are there already: to close the socket would reset them.
async fn drain_queue(thread: &Rc<Thread>, door: &Rc<Door>, socket: &TcpListener) {
    while let Some(Ok((stream, peer))) = within(Duration::ZERO, socket.accept()).await {
        if let Ok(admitted) = admit(door, peer) {
            front::welcome(thread, door, stream, peer, admitted);
        }
    }
}

/// Counts a connection where the listener has bounds of its own; an error where the client has too many.
fn admit(listener: &Listener, peer: SocketAddr) -> Result<Option<Admitted>, ()> {
    let Some(bounds) = &listener.bounds else { return Ok(None) };
    bounds.admit(peer.ip()).map(Some).ok_or(())
}
