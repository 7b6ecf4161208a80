//! A listener as one thread has it open, and the connections that came in by it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::rc::Rc;

use tokio::sync::Notify;

use crate::listener::Listener;
use crate::task::{Task, spawn_owned};

/// A listener as one thread has it open. It can be closed while others stay: it takes no further connections then, and
/// those that it has end with the request under way.
pub(crate) struct Door {
    listener: Listener,
    /// No further requests are taken.
    pub(crate) is_stopping: Cell<bool>,
    pub(crate) stopping: Notify,
    /// Connections by number; dropped, they end.
    connections: RefCell<BTreeMap<u64, Task>>,
    next: Cell<u64>,
    emptied: Notify,
}

/// A connection that is under way.
struct Underway {
    door: Rc<Door>,
    number: u64,
}

impl Door {
    pub(crate) fn new(listener: Listener) -> Rc<Self> {
        Rc::new(Self {
            listener,
            is_stopping: Cell::new(false),
            stopping: Notify::new(),
            connections: RefCell::default(),
            next: Cell::new(0),
            emptied: Notify::new(),
        })
    }

    /// Serves a connection in a task of its own.
    pub(crate) fn serve(self: &Rc<Self>, connection: impl Future<Output = ()> + 'static) {
        let number = self.next.replace(self.next.get() + 1);
        let underway = Underway { door: self.clone(), number };
        let task = spawn_owned(async move {
            connection.await;
            drop(underway);
        });
        self.connections.borrow_mut().insert(number, task);
    }

    /// Takes no further requests.
    pub(crate) fn stop(&self) {
        self.is_stopping.set(true);
        self.stopping.notify_waiters();
    }

    /// Waits until no connection is left.
    pub(crate) async fn emptied(&self) {
        while !self.connections.borrow().is_empty() {
            self.emptied.notified().await;
        }
    }

    /// Ends the connections that are left, and says how many there were.
    pub(crate) fn drop_all(&self) -> usize {
        let left = self.connections.take();
        left.len()
    }
}

impl Deref for Door {
    type Target = Listener;

    fn deref(&self) -> &Listener {
        &self.listener
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        let mut connections = self.door.connections.borrow_mut();
        let task = connections.remove(&self.number);
        let is_empty = connections.is_empty();
        drop(connections);
        // It has ended, or is about to.
        drop(task);
        if is_empty {
            self.door.emptied.notify_waiters();
        }
    }
}
