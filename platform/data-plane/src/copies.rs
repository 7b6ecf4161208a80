//! Copies of requests, whose answers nobody waits for.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tradewind_edge::balance::Places;
use tradewind_http_validation::head::HeadLimits;

use crate::buffer::Buffers;
use crate::exchange::Exchange;
use crate::exchange::over_http1::{OverHttp1, Upload};
use crate::message::request_head::Sending;
use crate::source::{Broken, Source};
use crate::task::spawn;
use crate::timer::{now, within};
use crate::upstream::cluster::Cluster;
use crate::upstream::connection;

/// Copies under way on one thread; further ones are left out, so that a slow mirror costs nobody anything.
const MOST: u32 = 100;

/// Counts the copies under way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Copies(Rc<Cell<u32>>);

/// A copy, as long as it is under way.
struct Place(Copies);

impl Copies {
    fn place(&self) -> Option<Place> {
        let count = self.0.get();
        (count < MOST).then(|| {
            self.0.set(count + 1);
            Place(self.clone())
        })
    }

    /// Sends a whole message to a cluster, and forgets the answer.
    pub(crate) fn send(
        &self,
        cluster: &Rc<Cluster>,
        message: Vec<u8>,
        (limits, limit): (HeadLimits, Duration),
    ) {
        let Some(place) = self.place() else { return };
        let cluster = cluster.clone();
        spawn(async move {
            // Neither the answer nor that there is none concerns anybody.
            let _ = within(limit, carry(&cluster, message, limits)).await;
            drop(place);
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let copies = &self.0.0;
        copies.set(copies.get().saturating_sub(1));
    }
}

/// None where it came to nothing.
async fn carry(cluster: &Cluster, message: Vec<u8>, limits: HeadLimits) -> Option<()> {
    let began = now();
    let busy = cluster.pick(Places::NONE, None, began).ok()?;
    let connection = match busy.endpoint.take_idle(began, cluster.settings.idle) {
        Some(connection) => connection,
        None => connection::open(busy.endpoint.address, &cluster.settings, limits).await.ok()?,
    };
    let to_head = message.starts_with(b"HEAD ");
    let buffers = Buffers::default();
    let upload = Upload::new(Whole, Sending::Nothing, message, true);
    let exchange = OverHttp1::new(busy, connection, buffers.take(), upload);
    let mut exchange = Exchange::Http1(Box::new(exchange));
    loop {
        poll_fn(|context| exchange.poll_head(context)).await.ok()?;
        if exchange.status() >= 200 {
            break;
        }
        exchange.skip_interim();
    }
    exchange.begin_body(to_head, u64::MAX, &buffers);
    while let count @ 1.. = poll_fn(|context| exchange.poll_data(context)).await.ok()? {
        exchange.consume(count);
    }
    exchange.keep(&buffers, now(), cluster.settings.most_idle);
    Some(())
}

/// A body that is in the message already.
struct Whole;

impl Source for Whole {
    fn poll_more(&mut self, _: &mut Context<'_>, _: &mut Vec<u8>) -> Poll<Result<bool, Broken>> {
        Poll::Ready(Ok(false))
    }

    fn answer_begins(&mut self) {}

    fn taken(&self) -> u64 {
        0
    }

    fn has_ended(&self) -> bool {
        true
    }

    fn trailers(&self) -> &[u8] {
        &[]
    }
}
