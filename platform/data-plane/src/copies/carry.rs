//! Carries one copy to its mirror.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use http::Request;

use crate::buffer::Buffers;
use crate::copied::{CopiedBody, CopyLost, Watch};
use crate::copies::CopyBounds;
use crate::exchange::Exchange;
use crate::exchange::over_http1::{OverHttp1, Upload};
use crate::exchange::over_http2::OverHttp2;
use crate::message::request_head::Sending;
use crate::source::Source;
use crate::timer::{Alarm, now};
use crate::upstream::busy::Busy;
use crate::upstream::cluster::Cluster;
use crate::upstream::multiplexed::NoStream;

/// The head of a copy, as its mirror speaks.
pub(super) enum Head {
    Http1(Vec<u8>),
    Http2(Box<Request<()>>),
}

/// A copy on its way.
pub(super) struct Carrying {
    pub(super) cluster: Rc<Cluster>,
    pub(super) busy: Busy,
    pub(super) head: Head,
    pub(super) body: CopiedBody,
    pub(super) sending: Sending,
    pub(super) to_head: bool,
}

impl Carrying {
    /// Sends it, and forgets the answer. It ends when its original breaks off, and soon after that is whole.
    pub(super) async fn run(self, watch: Watch, bounds: CopyBounds) -> Result<(), CopyLost> {
        let mut carried = Box::pin(self.carry(bounds));
        let mut alarm: Option<Alarm> = None;
        poll_fn(|context| {
            if watch.poll(context)? {
                let alarm = alarm.get_or_insert_with(|| Alarm::new(now() + bounds.after));
                if alarm.poll(context).is_ready() {
                    return Poll::Ready(Err(CopyLost::Late));
                }
            }
            carried.as_mut().poll(context)
        })
        .await
    }

    async fn carry(self, bounds: CopyBounds) -> Result<(), CopyLost> {
        let (cluster, to_head, buffers) = (self.cluster.clone(), self.to_head, Buffers::default());
        let mut exchange = self.start(bounds, &buffers).await?;
        loop {
            poll_fn(|context| exchange.poll_head(context)).await.map_err(|_| CopyLost::Failed)?;
            match exchange.status() {
                101 => return Err(CopyLost::Failed),
                200.. => break,
                _ => exchange.skip_interim(),
            }
        }
        exchange.begin_body(to_head, u64::MAX, &buffers);
        poll_fn(|context| poll_rest(&mut exchange, context)).await?;
        let is_whole = exchange.is_upload_whole();
        exchange.keep(&buffers, now(), cluster.settings.most_idle);
        if is_whole { Ok(()) } else { Err(CopyLost::Failed) }
    }

    async fn start(self, bounds: CopyBounds, buffers: &Buffers) -> Result<Exchange<CopiedBody>, CopyLost> {
        let Self { cluster, busy, head, mut body, sending, .. } = self;
        let (settings, address) = (&cluster.settings, busy.endpoint.address);
        match head {
            Head::Http1(mut message) => {
                let connection = match busy.endpoint.take_idle(now(), settings.idle) {
                    Some(connection) => connection,
                    None => cluster
                        .open(&busy.endpoint, bounds.limits.answer_head)
                        .await
                        .map_err(|none| lost(&none))?,
                };
                if sending != Sending::Chunked {
                    // Most of them are short, and go out in one step.
                    body.take_first(&mut message);
                }
                body.settle();
                let is_whole = body.has_ended();
                let upload = Upload::new(body, sending, message, is_whole);
                Ok(Exchange::Http1(Box::new(OverHttp1::new(busy, connection, buffers.take(), upload))))
            }
            Head::Http2(head) => {
                let slot = busy.endpoint.multiplexed.slot(address, &cluster, &bounds.limits).await;
                let slot = slot.map_err(|none| lost(&none))?;
                body.settle();
                let started = OverHttp2::start(busy, slot, *head, (body, Vec::new(), 0));
                started.map(Exchange::Http2).map_err(|_| CopyLost::Failed)
            }
        }
    }
}

fn lost(none: &NoStream) -> CopyLost {
    match none {
        NoStream::Busy | NoStream::Full(_) => CopyLost::Overloaded,
        NoStream::Unreachable(_) => CopyLost::Unreachable,
    }
}

/// Takes what comes of the answer, and goes on with the body meanwhile.
fn poll_rest(exchange: &mut Exchange<CopiedBody>, context: &mut Context<'_>) -> Poll<Result<(), CopyLost>> {
    loop {
        match ready!(exchange.poll_data(context)).map_err(|_| CopyLost::Failed)? {
            0 => return Poll::Ready(Ok(())),
            count => exchange.consume(count),
        }
    }
}
