//! Copies of requests, whose answers nobody waits for.
//!
//! A copy goes beside its original and at its own pace: what the original takes of its body lies in a bounded line until
//! the mirror takes it. A mirror that falls behind by more, or fails, loses its copy; the original never waits for it.

mod body;
mod carry;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tradewind_edge::balance::Places;

use crate::copied::{CopiedBody, CopyLost, Feeds, Watch};
use crate::copies::carry::{Carrying, Head};
use crate::edge::Mirrored;
use crate::message::request_head::{self, Making};
use crate::message::request_map;
use crate::settings::{BackendProtocol, Limits};
use crate::task::spawn;
use crate::timer::now;
use crate::upstream::cluster::Nobody;

/// Copies under way on one thread; further ones are left out, so that a slow mirror costs nobody anything.
const MOST: u32 = 100;

/// What a thread has of copies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Copies {
    count: Rc<Cell<u32>>,
    /// Bytes that wait for mirrors, over all copies.
    bytes: Rc<Cell<usize>>,
}

/// What bounds a copy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CopyBounds {
    pub(crate) limits: Limits,
    /// How long it may go on once its original is whole.
    pub(crate) after: Duration,
}

/// The body of a copy that is not on its way yet, and what becomes of its original.
pub(crate) type Line = (CopiedBody, Watch);

/// As many as there are mirrors.
pub(crate) type Lines = Vec<Line>;

/// A copy, as long as it is under way.
struct Place(Rc<Cell<u32>>);

impl Copies {
    fn place(&self) -> Option<Place> {
        let count = self.count.get();
        (count < MOST).then(|| {
            self.count.set(count + 1);
            Place(self.count.clone())
        })
    }

    /// A line for one copy, into which `feeds` put what is taken of the original.
    pub(crate) fn line(&self, feeds: &mut Feeds) -> Line {
        feeds.add(&self.bytes)
    }

    /// Sets a copy on its way. `making` makes its head.
    pub(crate) fn send(&self, making: Making<'_>, mirror: &Mirrored, bounds: CopyBounds, line: Line) {
        if let Err(lost) = self.begin(making, mirror, bounds, line) {
            mirror.counts.lost(lost);
        }
    }

    fn begin(
        &self,
        making: Making<'_>,
        mirror: &Mirrored,
        bounds: CopyBounds,
        (body, watch): Line,
    ) -> Result<(), CopyLost> {
        let place = self.place().ok_or(CopyLost::NoRoom)?;
        let cluster = mirror.cluster.clone();
        let busy = cluster.pick(Places::NONE, None, now()).map_err(|nobody| match nobody {
            Nobody::Empty => CopyLost::Unreachable,
            Nobody::Busy | Nobody::Full(_) => CopyLost::Overloaded,
        })?;
        let head = match cluster.settings.protocol {
            BackendProtocol::Http1 => {
                let mut head = Vec::with_capacity(1024);
                request_head::write(making, &mut head);
                Head::Http1(head)
            }
            BackendProtocol::Http2 => {
                let secure = cluster.settings.tls.is_some();
                let head = request_map::request(making, secure, busy.endpoint.address);
                Head::Http2(Box::new(head.map_err(|_| CopyLost::Failed)?))
            }
        };
        let (sending, to_head) = (making.sending, making.request.method == "HEAD");
        let carrying = Carrying { cluster, busy, head, body, sending, to_head };
        let counts = mirror.counts.clone();
        spawn(async move {
            match carrying.run(watch, bounds).await {
                Ok(()) => counts.carried(),
                Err(lost) => counts.lost(lost),
            }
            drop(place);
        });
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}
