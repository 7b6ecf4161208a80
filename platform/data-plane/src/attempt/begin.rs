//! Sets a request on its way to an endpoint.

use std::time::Duration;

use crate::attempt::problems::{nobody, stopped_by_failure, unfit, unreachable};
use crate::attempt::{Attempts, FRESH, Stopped};
use crate::exchange::Exchange;
use crate::exchange::over_http1::{OverHttp1, Upload};
use crate::exchange::over_http2::{NotSent, OverHttp2};
use crate::message::request_map;
use crate::outcome::Upstream;
use crate::settings::BackendProtocol;
use crate::source::{Failure, Source};
use crate::timer::{Moment, now};
use crate::upstream::busy::Busy;
use crate::upstream::cluster::Nobody;
use crate::upstream::multiplexed::NoStream;

/// Why a request is not on its way to an endpoint. Nothing of it was sent.
enum NotBegun {
    Stopped(Stopped),
    Busy,
    /// The connection is closing; there is another one.
    Closing,
    Unreachable(std::io::Error),
}

impl From<NoStream> for NotBegun {
    fn from(none: NoStream) -> Self {
        match none {
            NoStream::Busy => Self::Busy,
            NoStream::Full(reached) => Self::Stopped(nobody(Nobody::Full(reached))),
            NoStream::Unreachable(error) => Self::Unreachable(error),
        }
    }
}

impl<S: Source + 'static> Attempts<'_, S> {
    /// An endpoint with the request on its way to it.
    pub(super) async fn begin(&mut self) -> Result<(Exchange<S>, Moment), Stopped> {
        // A first attempt begins when the request does, but for the time that its body was waited for.
        let mut began = if self.has_waited { now() } else { self.asking.began };
        loop {
            self.rest().await?;
            if self.count > 0 {
                began = now();
            }
            let busy = self.way.cluster.pick(self.tried, self.affinity.as_ref(), began).map_err(nobody)?;
            let (picked, address) = (busy.picked, busy.endpoint.address);
            self.count += 1;
            let begun = match self.way.cluster.settings.protocol {
                BackendProtocol::Http1 => self.begin_http1(busy, began).await,
                // Apart: it is large, and each request would keep the room for it.
                BackendProtocol::Http2 => Box::pin(self.begin_http2(busy, began)).await,
            };
            match begun {
                Ok(begun) => return Ok(begun),
                Err(NotBegun::Stopped(stopped)) => return Err(stopped),
                // What is full was not asked, and another one may have room.
                Err(NotBegun::Busy) if !self.tried.has(picked.place()) => {
                    self.count -= 1;
                    self.tried = self.tried.with(picked.place());
                }
                Err(NotBegun::Busy) => return Err(nobody(Nobody::Busy)),
                Err(NotBegun::Closing) if self.fresh < FRESH => {
                    self.fresh += 1;
                    self.count -= 1;
                }
                Err(NotBegun::Closing) => return Err(stopped_by_failure(Failure::Partly)),
                Err(NotBegun::Unreachable(error)) => {
                    self.report_failure(picked, began);
                    self.tried = self.tried.with(picked.place());
                    tracing::debug!(%error, %address, "an endpoint cannot be reached");
                    // Nothing was sent: any request may be tried elsewhere.
                    if !(self.way.retry_unreachable && self.may_try_again()) {
                        return Err(Stopped::Answer(unreachable(&error)));
                    }
                }
            }
        }
    }

    async fn begin_http1(
        &mut self,
        busy: Busy,
        mut began: Moment,
    ) -> Result<(Exchange<S>, Moment), NotBegun> {
        let endpoint = &busy.endpoint;
        let settings = &self.way.cluster.settings;
        let thread = self.asking.thread;
        let (connection, connected) = match endpoint.take_idle(began, settings.idle) {
            Some(connection) => (Ok(connection), Duration::ZERO),
            None => {
                let limits = thread.settings.limits.answer_head;
                // Apart, since it is rare and large: what is waited for is moved with each request.
                let opened = Box::pin(self.way.cluster.open(endpoint, limits)).await;
                let opened_at = now();
                let connected = opened_at.saturating_duration_since(began);
                began = opened_at;
                (opened, connected)
            }
        };
        self.upstream = Some(Upstream { address: endpoint.address, connected, answered: None });
        let connection = connection?;
        let Some(body) = self.body.take() else { return Err(NotBegun::Stopped(Stopped::Gone)) };
        let is_whole = body.has_ended();
        let message = std::mem::take(&mut self.message);
        let upload = Upload::new(body, self.sending, message, is_whole);
        let buffer = thread.buffers.take();
        Ok((Exchange::Http1(Box::new(OverHttp1::new(busy, connection, buffer, upload))), began))
    }

    async fn begin_http2(
        &mut self,
        busy: Busy,
        mut began: Moment,
    ) -> Result<(Exchange<S>, Moment), NotBegun> {
        let address = busy.endpoint.address;
        let (settings, limits) = (&self.way.cluster.settings, &self.asking.thread.settings.limits);
        let head = request_map::request(self.making(), settings.tls.is_some(), address);
        let head = head.map_err(|part| NotBegun::Stopped(unfit(part)))?;
        let slot = busy.endpoint.multiplexed.slot(address, &self.way.cluster, limits).await;
        let connected =
            slot.as_ref().map_or_else(|_| now().saturating_duration_since(began), |slot| slot.connected);
        if !connected.is_zero() {
            began = now();
        }
        self.upstream = Some(Upstream { address, connected, answered: None });
        let slot = slot?;
        let Some(body) = self.body.take() else { return Err(NotBegun::Stopped(Stopped::Gone)) };
        let upload = (body, std::mem::take(&mut self.message), limits.replay);
        match OverHttp2::start(busy, slot, head, upload) {
            Ok(exchange) => Ok((Exchange::Http2(exchange), began)),
            Err(NotSent { error, source, first }) => {
                tracing::debug!(%error, %address, "a connection takes no request");
                (self.body, self.message) = (Some(source), first);
                Err(NotBegun::Closing)
            }
        }
    }
}
